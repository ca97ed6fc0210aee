"""LocalStack's Step Functions with our tasks taught to its factory of tasks."""

from localstack.services.plugins import Service
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task import (
    state_task_factory,
)
from localstack.services.stepfunctions.provider import StepFunctionsProvider

from lab.providers.stepfunctions.athena_task import AthenaTask


def create_service() -> Service:
    install()
    return Service.for_provider(StepFunctionsProvider())


def install() -> None:
    """Make ``arn:aws:states:::athena:...`` a task; all other services stay LocalStack's."""
    original = state_task_factory.state_task_service_for

    def with_athena(service_name: str) -> object:
        return AthenaTask() if service_name == "athena" else original(service_name)

    state_task_factory.state_task_service_for = with_athena
