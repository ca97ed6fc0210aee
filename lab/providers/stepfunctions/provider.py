"""Step Functions is LocalStack's, with an evaluation that is fast, executions that are kept, our
tasks, distributed Maps and JSONata; loaded without what it does not use.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import Any

from localstack.services.plugins import Service

from lab.config import load
from lab.providers import cloudwatch
from lab.providers.clock import work
from lab.providers.snapshots import snapshot_of

BATCH_TASK = (
    "localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service"
    ".state_task_service_batch"
)
CHANGES = ("Create", "Delete", "Publish", "Tag", "Untag", "Update")


class Executions(dict[str, object]):
    """The executions that run: no snapshot keeps them, the database does."""

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return Executions, ()


def create_service() -> Service:
    _keep_out_batch_models()
    cloudwatch.install()
    from localstack.services.stepfunctions.backend.store import SFNStore, sfn_stores

    from lab.providers.stepfunctions import (
        definition,
        evaluation,
        intrinsics,
        map_run,
        outbox,
        sync_tasks,
        tasks,
        validation,
    )
    from lab.providers.stepfunctions import jsonata_expressions as jsonata
    from lab.providers.stepfunctions.api import LabStepFunctionsProvider
    from lab.providers.stepfunctions.database import Database

    vars(SFNStore)["executions"].default = Executions
    database = Database(load().home / "state" / "stepfunctions.sqlite")
    definition.install()
    evaluation.install()
    intrinsics.install()
    jsonata.install()
    outbox.install()
    tasks.install()
    sync_tasks.install()
    validation.install()
    map_run.install(database)
    snapshot = snapshot_of(sfn_stores)
    snapshot.restore()
    service = Service.for_provider(LabStepFunctionsProvider(database))
    table = service.skeleton.dispatch_table
    for name, answer in table.items():
        if name.startswith(CHANGES):
            table[name] = _saving(answer, snapshot.save)
    work().register("stepfunctions", _under_way)
    return service


def _saving(answer: Callable[..., Any], save: Callable[[], None]) -> Callable[..., Any]:
    def answer_and_save(context: Any, request: Any) -> Any:
        try:
            return answer(context, request)
        finally:  # a call that fails may have changed something too
            save()

    return answer_and_save


def _under_way() -> int:
    """How many executions have not ended, and how much of what they tell has not been told."""
    from localstack.services.stepfunctions.backend.store import sfn_stores

    from lab.providers.stepfunctions.outbox import outbox

    return outbox().waiting + sum(
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
