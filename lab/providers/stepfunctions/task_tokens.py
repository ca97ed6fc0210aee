"""``SendTaskSuccess``, ``SendTaskFailure`` and ``SendTaskHeartbeat``: a token of a task that has
ended is another thing than one that never was.
"""

from collections import deque
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.stepfunctions import ExecutionStatus, InvalidToken, TaskTimedOut
from localstack.services.stepfunctions.provider import StepFunctionsProvider

CLOSED_TOKENS = 10_000


class TaskTokens(StepFunctionsProvider):
    """The operations of task tokens."""

    def __init__(self) -> None:
        super().__init__()
        self._closed: deque[str] = deque(maxlen=CLOSED_TOKENS)

    def remember_tokens(self, execution: Any) -> None:
        """Of an execution that ends."""
        self._closed.extend(execution.exec_worker.env.callback_pool_manager._pool)

    def _refusal(self, token: str) -> Exception:
        if token in self._closed:
            return TaskTimedOut("Task Timed Out: 'Provided task does not exist anymore'")
        return InvalidToken("Invalid Token: 'Invalid token'")

    def send_task_success(
        self, context: RequestContext, task_token: str, output: str, **_more: Any
    ) -> Any:
        try:
            return super().send_task_success(context, task_token, output)
        except InvalidToken as error:
            raise self._refusal(task_token) from error

    def send_task_failure(
        self,
        context: RequestContext,
        task_token: str,
        error: str | None = None,
        cause: str | None = None,
        **_more: Any,
    ) -> Any:
        try:
            return super().send_task_failure(context, task_token, error, cause)
        except InvalidToken as refusal:
            raise self._refusal(task_token) from refusal

    def send_task_heartbeat(self, context: RequestContext, task_token: str, **_more: Any) -> Any:
        """Also of a task that asks for none, which LocalStack does not know."""
        for execution in self._get_executions(context, ExecutionStatus.RUNNING):
            worker = execution.exec_worker
            endpoint = worker and worker.env.callback_pool_manager.get(task_token)
            if endpoint is not None and endpoint.consumer_error is None:
                endpoint.notify_heartbeat()
                return {}
        raise self._refusal(task_token)
