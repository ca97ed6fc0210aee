"""Tasks that wait for what they started (``.sync``): a Glue job or another execution is looked at
often enough not to slow down a short one, and stopped when the task ends before it.

Source: AWS Step Functions Developer Guide, "Run a Job (.sync)".
"""

import logging
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service import (  # noqa: E501  LocalStack's path
    state_task_service_callback,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service_glue import (  # noqa: E501  LocalStack's path
    StateTaskServiceGlue,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service_sfn import (  # noqa: E501  LocalStack's path
    StateTaskServiceSfn,
)
from localstack.services.stepfunctions.asl.utils.boto_client import boto_client_for
from localstack.utils.patch import patch

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 0.05


class Started:
    """What a task started. Calling it gives the result, or None while it runs."""

    def __init__(self, look: Callable[[], Any], stop: Callable[[], object]) -> None:
        self._look = look
        self._stop = stop
        self._ended = False

    def __call__(self) -> Any:
        try:
            found = self._look()
        except Exception:
            self._ended = True
            raise
        self._ended = found is not None
        return found

    def stop(self) -> None:
        """Unless it has ended by itself."""
        if self._ended:
            return
        try:
            self._stop()
        except (BotoCoreError, ClientError) as error:
            LOG.warning("what a task started was not stopped: %s", error)


def install() -> None:
    """Once, when Step Functions is loaded."""
    vars(state_task_service_callback)["_DELAY_SECONDS_SYNC_CONDITION_CHECK"] = LOOK_SECONDS
    patch(state_task_service_callback.StateTaskServiceCallback._eval_sync)(_eval_sync)
    patch(StateTaskServiceGlue._build_sync_resolver)(_job_run)
    patch(StateTaskServiceSfn._build_sync_resolver)(_execution)
    patch(StateTaskServiceSfn._build_sync2_resolver)(_execution)


def _eval_sync(
    original: Callable[..., Any], task: Any, env: Any, sync_resolver: Any, **more: Any
) -> Any:
    try:
        return original(task, env=env, sync_resolver=sync_resolver, **more)
    finally:
        if isinstance(sync_resolver, Started):
            sync_resolver.stop()


def _job_run(original: Callable[..., Any], task: Any, env: Any, **more: Any) -> Started:
    started = env.stack[-1]
    run = {"JobName": started["JobName"], "JobRunIds": [started["JobRunId"]]}
    client = _client("glue", more)
    return Started(original(task, env=env, **more), lambda: client.batch_stop_job_run(**run))


def _execution(original: Callable[..., Any], task: Any, env: Any, **more: Any) -> Started:
    arn = env.stack[-1]["ExecutionArn"]
    client = _client("stepfunctions", more)
    return Started(original(task, env=env, **more), lambda: client.stop_execution(executionArn=arn))


def _client(service: str, more: dict[str, Any]) -> Any:
    region = more["resource_runtime_part"].region
    return boto_client_for(
        service=service, region=region, state_credentials=more["state_credentials"]
    )
