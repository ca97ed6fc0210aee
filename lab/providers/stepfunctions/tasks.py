"""The tasks of states: Athena's are ours, services that the lab lacks are refused by name, and
times are written as AWS writes them.

Source: AWS Step Functions Developer Guide, "Integrating services with Step Functions".
"""

import datetime as dt
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from localstack.services.stepfunctions.asl.component.state.state_execution.state_task import (
    state_task_factory,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service import (  # noqa: E501  LocalStack's path
    state_task_service,
)
from localstack.services.stepfunctions.asl.eval import variable_store
from localstack.services.stepfunctions.asl.utils import encoding
from localstack.utils.patch import patch

from lab.providers.stepfunctions.athena_task import AthenaTask
from lab.providers.stepfunctions.models import COMPACT

ABSENT = {
    "batch": "AWS Batch",
    "bedrock": "Amazon Bedrock",
    "codebuild": "AWS CodeBuild",
    "databrew": "AWS Glue DataBrew",
    "ecs": "Amazon ECS",
    "eks": "Amazon EKS",
    "elasticmapreduce": "Amazon EMR",
    "emr-containers": "Amazon EMR on EKS",
    "emr-serverless": "Amazon EMR Serverless",
    "mediaconvert": "AWS Elemental MediaConvert",
    "sagemaker": "Amazon SageMaker AI",
}


class AbsentServiceError(ValueError):
    """A task of a service that the lab does not have."""


def install() -> None:
    """Once, when Step Functions is loaded."""
    original = state_task_factory.state_task_service_for

    def service_for(service_name: str) -> Any:
        if service_name in ABSENT:
            raise AbsentServiceError(
                f"{ABSENT[service_name]} is not in the lab: no task can use '{service_name}' there."
            )
        return AthenaTask() if service_name == "athena" else original(service_name)

    state_task_factory.state_task_service_for = service_for
    # Text stays as it is written, with its accents.
    vars(encoding)["json"] = SimpleNamespace(dumps=_dumps)
    encoding._DateTimeEncoder.default = _default
    patch(state_task_service.StateTaskService._normalise_response)(_normalise)
    patch(state_task_service.StateTaskService._after_eval_execution)(_after)
    patch(variable_store.VariableStore.get_assigned_variables)(_assigned)


def _dumps(value: Any, separators: tuple[str, str] | None = None, **options: Any) -> str:
    """Compact, as AWS writes parameters and results."""
    return json.dumps(value, ensure_ascii=False, separators=separators or COMPACT, **options)


def _default(_encoder: Any, value: Any) -> Any:
    """The times in the cause of a job that failed; whatever else JSON does not have, as text."""
    return round(value.timestamp() * 1000) if isinstance(value, dt.datetime) else str(value)


def _normalise(
    original: Callable[..., None], task: Any, response: Any, *names: Any, **n: Any
) -> None:
    original(task, response, *names, **n)
    _write_times(response, task.resource.service_name == "aws-sdk")


def _after(original: Callable[..., None], task: Any, env: Any, *more: Any, **named: Any) -> None:
    _write_times(env.stack[-1], task.resource.service_name == "aws-sdk")
    original(task, env, *more, **named)


def _write_times(value: Any, as_text: bool) -> None:
    """In place: ISO 8601 in answers of the AWS SDK, else milliseconds since 1970."""
    pairs: list[tuple[Any, Any]] = list(value.items()) if isinstance(value, dict) else []
    for key, inner in list(enumerate(value)) if isinstance(value, list) else pairs:
        if isinstance(inner, dt.datetime):
            value[key] = _iso(inner) if as_text else round(inner.timestamp() * 1000)
        else:
            _write_times(inner, as_text)


def _iso(moment: dt.datetime) -> str:
    fine = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(dt.UTC).isoformat(timespec=fine).replace("+00:00", "Z")


def _assigned(_original: Callable[..., Any], store: Any) -> dict[str, str]:
    """LocalStack puts text between quotes without escaping it."""
    names = sorted(store._declaration_tracing)
    return {name: _dumps(store.get(name)) for name in names}
