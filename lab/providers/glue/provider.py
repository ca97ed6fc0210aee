"""Glue's operations. Those of the Data Catalog are answered by the module of their resource, all
others refused by name.

Source: AWS Glue API reference, "Catalog objects".
"""

from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.plugins import Service

from lab.providers.glue import (
    connections,
    databases,
    functions,
    indexes,
    partitions,
    policies,
    refused,
    search,
    settings,
    statistics,
    tables,
    tags,
    versions,
)
from lab.providers.glue.dispatch import Handler, answering

RESOURCES = (
    *(connections, databases, functions, indexes, partitions, policies, search, settings),
    *(statistics, tables, tags, versions),
)


def create_service() -> Service:
    model = load_service("glue")
    handled: dict[str, Handler] = {}
    for resource in RESOURCES:
        handled.update(resource.HANDLERS)
    others = [name for name in model.operation_names if name not in handled]
    table = {name: answering(handler) for name, handler in handled.items()}
    return Service("glue", skeleton=Skeleton(model, {**table, **refused.handlers(others)}))
