"""``arn:aws:states:::athena:...``: start a query and wait for it, read its state or its rows, stop
it.

Stopping the execution, or its timeout, stops the query of a ``.sync`` task.
Source: AWS Step Functions Developer Guide, "Run Athena queries with Step Functions".
"""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api.stepfunctions import HistoryEventType, TaskFailedEventDetails
from localstack.services.stepfunctions.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (  # noqa: E501  LocalStack's path
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.resource import (  # noqa: E501  LocalStack's path
    ResourceCondition,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service_callback import (  # noqa: E501  LocalStack's path
    StateTaskServiceCallback,
)
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.utils.boto_client import boto_client_for
from localstack.services.stepfunctions.asl.utils.encoding import to_json_str

PARAMETERS = {
    "startqueryexecution": {
        "ClientRequestToken", "ExecutionParameters", "QueryExecutionContext", "QueryString",
        "ResultConfiguration", "ResultReuseConfiguration", "WorkGroup",
    },
    "stopqueryexecution": {"QueryExecutionId"},
    "getqueryexecution": {"QueryExecutionId"},
    "getqueryresults": {"MaxResults", "NextToken", "QueryExecutionId"},
}  # fmt: skip
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
# How often a query is looked at; LocalStack's own pause of 0.2 s follows each look.
LOOK_SECONDS = 0.02
LOOKS = 15


class AthenaTask(StateTaskServiceCallback):
    """One task state of Athena; LocalStack makes one per state."""

    def __init__(self) -> None:
        super().__init__(supported_integration_patterns={ResourceCondition.Sync})

    def _get_supported_parameters(self) -> set[str] | None:
        return PARAMETERS.get(self.resource.api_action.lower())

    def _eval_service_task(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        client = _client(resource_runtime_part, state_credentials)
        answer = getattr(client, self._get_boto_service_action())(**normalised_parameters)
        answer.pop("ResponseMetadata", None)
        env.stack.append(_plain(answer))

    def _build_sync_resolver(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> Callable[[], Any | None]:
        del normalised_parameters
        identifier = env.stack.pop()["QueryExecutionId"]
        client = _client(resource_runtime_part, state_credentials)
        return _Query(self, env, client, identifier)

    def _eval_sync(self, env: Any, sync_resolver: "_Query", **others: Any) -> Any:
        try:
            return super()._eval_sync(env=env, sync_resolver=sync_resolver, **others)
        finally:
            if not sync_resolver.ended:
                sync_resolver.stop()

    def failure(self, env: Any, name: Any, error: str, cause: str) -> FailureEvent:
        details = TaskFailedEventDetails(
            error=error,
            cause=cause,
            resource=self._get_sfn_resource(),
            resourceType=self._get_sfn_resource_type(),
        )
        return FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=details),
        )

    def _from_error(self, env: Any, ex: Exception) -> FailureEvent:
        """An answer with an error code fails the task as ``Athena.<code>``."""
        if isinstance(ex, ClientError):
            name = f"Athena.{ex.response['Error']['Code']}"
            return self.failure(env, CustomErrorName(name), name, ex.response["Error"]["Message"])
        return super()._from_error(env=env, ex=ex)


class _Query:
    """The query that a ``.sync`` task waits for. Calling it gives the result, or None while it
    runs.
    """

    def __init__(self, task: AthenaTask, env: Any, client: Any, identifier: str) -> None:
        self.task = task
        self.env = env
        self.client = client
        self.identifier = identifier
        self.ended = False
        self._pause = threading.Event()

    def __call__(self) -> dict[str, Any] | None:
        """Look several times, since most of the lab's queries end sooner than LocalStack looks
        again.
        """
        for _ in range(LOOKS):
            answer = self.client.get_query_execution(QueryExecutionId=self.identifier)
            if answer["QueryExecution"]["Status"]["State"] in FINAL:
                self.ended = True
                return self._result(answer)
            if not self.env.is_running() or self._pause.wait(LOOK_SECONDS):
                break
        return None

    def _result(self, answer: dict[str, Any]) -> dict[str, Any]:
        answer.pop("ResponseMetadata", None)
        found: dict[str, Any] = _plain(answer)
        if found["QueryExecution"]["Status"]["State"] == "SUCCEEDED":
            return found
        kind = StatesErrorNameType.StatesTaskFailed
        name = StatesErrorName(typ=kind)
        raise FailureEventException(
            self.task.failure(self.env, name, kind.to_name(), to_json_str(found))
        )

    def stop(self) -> None:
        self.client.stop_query_execution(QueryExecutionId=self.identifier)


def _client(runtime: Any, credentials: Any) -> Any:
    return boto_client_for(service="athena", region=runtime.region, state_credentials=credentials)


def _plain(value: Any) -> Any:
    """Times as milliseconds since 1970, as Step Functions writes them."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return round(value.timestamp() * 1000) if isinstance(value, dt.datetime) else value
