"""CloudWatch Logs' operations. Those that the lab has are answered by the module of their resource,
all others refused by name.

Source: Amazon CloudWatch Logs API reference.
"""

import threading
from collections.abc import Callable
from typing import Any

from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.runtime.shutdown import SHUTDOWN_HANDLERS
from localstack.services.plugins import Service

from lab.providers import cloudwatch
from lab.providers.logs import (
    delivery,
    embedded_metrics,
    groups,
    ingestion,
    metric_filters,
    policies,
    queries,
    query_definitions,
    reading,
    streams,
    subscriptions,
)
from lab.providers.logs.dispatch import Handler, answering
from lab.providers.logs.errors import invalid

RESOURCES = (
    *(groups, ingestion, metric_filters, policies, queries, query_definitions, reading, streams),
    subscriptions,
)


def create_service() -> Service:
    cloudwatch.install()
    ingestion.followers[:] = [
        ingestion.measure,
        metric_filters.follow,
        embedded_metrics.follow,
        delivery.follow,
    ]
    stopping = threading.Event()
    SHUTDOWN_HANDLERS.register(stopping.set)
    SHUTDOWN_HANDLERS.register(delivery.courier().stop)
    sweeper = threading.Thread(
        target=groups.sweep_always, args=(stopping,), name="lab-logs-retention", daemon=True
    )
    sweeper.start()
    delivery.resume()
    model = load_service("logs")
    handled: dict[str, Handler] = {}
    for resource in RESOURCES:
        handled.update(resource.HANDLERS)
    table = {name: answering(handler) for name, handler in handled.items()}
    others = {name: _refusing(name) for name in model.operation_names if name not in handled}
    return Service("logs", skeleton=Skeleton(model, {**table, **others}))


def _refusing(name: str) -> Callable[[Any, Any], Any]:
    def answer(_context: Any, _request: Any) -> Any:
        raise invalid(f"{name} is not supported by this lab's CloudWatch Logs.")

    return answer
