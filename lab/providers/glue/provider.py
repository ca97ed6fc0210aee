"""Glue's operations. Those of the Data Catalog are answered by the module of their resource, all
others refused by name.

Source: AWS Glue API reference, "Catalog objects".
"""

from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.plugins import Service, ServiceLifecycleHook

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
from lab.providers.glue.crawlers import classifiers, crawls, definitions, schedules
from lab.providers.glue.dispatch import Handler, answering
from lab.providers.glue.jobs import bookmarks, runner
from lab.providers.glue.jobs import definitions as job_definitions
from lab.providers.glue.jobs import runs as job_runs
from lab.providers.glue.models import kept_catalogs
from lab.providers.glue.quality import rulesets, runs
from lab.providers.glue.workflows import recovery, triggers, workflows
from lab.providers.glue.workflows import runs as workflow_runs

RESOURCES = (
    *(connections, databases, functions, indexes, partitions, policies, search, settings),
    *(statistics, tables, tags, versions),
    *(rulesets, runs),
    *(classifiers, definitions, crawls, schedules),
    *(job_definitions, job_runs, bookmarks),
    *(triggers, workflows, workflow_runs),
)
RESTORED = (crawls.recover, runner.recover, schedules.follow_all, recovery.recover)
"""What is done with each catalogue when the lab starts again."""


class Lifecycle(ServiceLifecycleHook):
    """Takes up again what the lab was doing."""

    def on_before_start(self) -> None:
        for catalog in kept_catalogs():
            for restore in RESTORED:
                restore(catalog)


def create_service() -> Service:
    model = load_service("glue")
    handled: dict[str, Handler] = {}
    for resource in RESOURCES:
        handled.update(resource.HANDLERS)
    others = [name for name in model.operation_names if name not in handled]
    table = {name: answering(handler) for name, handler in handled.items()}
    skeleton = Skeleton(model, {**table, **refused.handlers(others)})
    return Service("glue", skeleton=skeleton, lifecycle_hook=Lifecycle())
