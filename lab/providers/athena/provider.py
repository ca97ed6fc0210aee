"""Athena for LocalStack: every operation of the service model, validated, over one account's store.

Source: Amazon Athena API reference.
"""

from collections.abc import Callable
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.plugins import SERVICE_PLUGINS, Service, ServiceLifecycleHook

from lab.providers import cloudwatch
from lab.providers.athena import (
    metadata,
    named_queries,
    prepared_statements,
    refusals,
    tags,
    work_groups,
)
from lab.providers.athena.errors import invalid
from lab.providers.athena.executions import MAX_ROWS, Executions
from lab.providers.athena.executor import Executor, shared
from lab.providers.athena.models import Record
from lab.providers.athena.store import Stores
from lab.providers.athena.validation import FRONT_END
from lab.providers.clock import work

Handler = Callable[[RequestContext, Record], Record]
# The operations that need no more than the store of the account.
ON_STORE: dict[str, Callable[[Any, Record], Record]] = {
    **work_groups.HANDLERS,
    **named_queries.HANDLERS,
    **prepared_statements.HANDLERS,
    **metadata.HANDLERS,
    **tags.HANDLERS,
}


def create_service() -> Service:
    cloudwatch.install()
    SERVICE_PLUGINS.require("s3")  # results are written there without HTTP
    executor = shared()
    work().register("athena", lambda: len(executor.database.running()))
    stores = Stores(executor.database)
    model = load_service("athena")
    handlers: dict[str, Handler] = {
        **{name: _on_store(stores, handle) for name, handle in ON_STORE.items()},
        **Executions(executor, stores.of).handlers(),
    }
    checked = {name: _checked(model.operation_model(name), h) for name, h in handlers.items()}
    skeleton = Skeleton(model, {**checked, **refusals.HANDLERS})
    return Service("athena", skeleton=skeleton, lifecycle_hook=Lifecycle(executor))


def _on_store(stores: Stores, handle: Callable[[Any, Record], Record]) -> Handler:
    return lambda context, request: handle(stores.of(context), request)


def _checked(operation: Any, handle: Handler) -> Handler:
    """The handler, given only requests that the service model allows."""

    def check_then_answer(context: RequestContext, request: Record) -> Record:
        if operation.name == "GetQueryResults" and request.get("MaxResults", 1) > MAX_ROWS:
            raise invalid(f"MaxResults is more than maximum allowed length {MAX_ROWS}")
        FRONT_END.validate(operation.input_shape, request)
        return handle(context, request)

    return check_then_answer


class Lifecycle(ServiceLifecycleHook):
    """Ends the queries when LocalStack ends."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def on_before_stop(self) -> None:
        self._executor.stop()
