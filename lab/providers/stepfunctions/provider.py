"""LocalStack's Step Functions with our tasks taught to its factory of tasks, and loaded without
what it does not use.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec

from localstack.services.plugins import Service

from lab.providers.clock import work

BATCH_TASK = (
    "localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service"
    ".state_task_service_batch"
)


def create_service() -> Service:
    _keep_out_batch_models()
    from localstack.services.stepfunctions.provider import StepFunctionsProvider

    install()
    work().register("stepfunctions", _running)
    return Service.for_provider(StepFunctionsProvider())


def _running() -> int:
    """How many executions have not ended."""
    from localstack.services.stepfunctions.backend.store import sfn_stores

    return sum(
        execution.exec_status == "RUNNING"
        for regions in list(sfn_stores.values())
        for store in list(regions.values())
        for execution in list(store.executions.values())
    )


def _keep_out_batch_models() -> None:
    """Import LocalStack's task of AWS Batch with ``moto.batch`` as an empty package.

    The task wants one enumeration out of ``moto.batch.utils``; the package itself would bring all
    of EC2 along, 100 MB. Whoever imports ``moto.batch`` later gets the whole of it.
    """
    name = "moto.batch"
    spec = find_spec(name)
    if name in sys.modules or spec is None:
        return
    sys.modules[name] = module_from_spec(spec)
    try:
        import_module(BATCH_TASK)
    finally:
        del sys.modules[name]


def install() -> None:
    """Make ``arn:aws:states:::athena:...`` a task; all other services stay LocalStack's."""
    from localstack.services.stepfunctions.asl.component.state.state_execution.state_task import (
        state_task_factory,
    )

    from lab.providers.stepfunctions.athena_task import AthenaTask

    original = state_task_factory.state_task_service_for

    def with_athena(service_name: str) -> object:
        return AthenaTask() if service_name == "athena" else original(service_name)

    state_task_factory.state_task_service_for = with_athena
