"""How flows are opened: by a person, a schedule or events.

Source: AWS Glue API reference, "Workflows" (WorkflowRun, StartWorkflowRun).
"""

from lab.providers.glue.errors import GlueError, invalid, not_found
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Record
from lab.providers.glue.workflows.engine import engine
from lab.providers.glue.workflows.flow import OPEN, RUN, Flow, starting_trigger

WORKFLOW = "workflow"


def start_run(
    catalog: DataCatalog, name: str, properties: dict[str, str], more: Record | None = None
) -> str:
    """Start a run of a workflow; returns its id.

    EntityNotFoundException without the workflow, ConcurrentRunsExceededException when as many run
    as may, InvalidInputException without a trigger to start with.
    """
    with catalog.transaction():
        flow, trigger = _new_run(catalog, name, properties, more or {})
        if is_full(catalog, name):
            raise GlueError("ConcurrentRunsExceededException", _exceeded(name))
        flow.add()
    engine().begin(flow, trigger)
    return flow.key[1]


def fire(catalog: DataCatalog, trigger: Record, properties: dict[str, str] | None = None) -> None:
    """A starting trigger fires by itself: a workflow that may not run once more has a run in
    ERROR, which says so.
    """
    name = trigger.get("WorkflowName")
    if name is None:
        chain = Flow.chain(catalog, trigger["Name"])
        chain.add()
        engine().begin(chain, trigger)
    elif catalog.storage.has(WORKFLOW, (name,)):
        fire_workflow(catalog, name, properties or {}, {})


def fire_workflow(
    catalog: DataCatalog, name: str, properties: dict[str, str], more: Record
) -> None:
    """As ``start_run``, for a starting trigger that nobody waits for."""
    with catalog.transaction():
        flow, trigger = _new_run(catalog, name, properties, more)
        if is_full(catalog, name):
            flow.record.update({"Status": "ERROR", "ErrorMessage": _exceeded(name)})
            flow.record["CompletedOn"] = flow.record["StartedOn"]
        flow.add()
    if flow.is_open:
        engine().begin(flow, trigger)


def is_full(catalog: DataCatalog, name: str) -> bool:
    """Whether as many runs of the workflow are open as it may have."""
    most = (catalog.storage.get(WORKFLOW, (name,)) or {}).get("MaxConcurrentRuns")
    if most is None:
        return False
    found = catalog.storage.fields(RUN, (name,), "$.Status")
    return sum(status in OPEN for _, status in found) >= most


def _new_run(
    catalog: DataCatalog, name: str, properties: dict[str, str], more: Record
) -> tuple[Flow, Record]:
    workflow = catalog.storage.get(WORKFLOW, (name,))
    if workflow is None:
        raise not_found("Entity not found")
    given = {**(workflow.get("DefaultRunProperties") or {}), **properties}
    flow = Flow.of_workflow(catalog, name, {"WorkflowRunProperties": given, **more})
    trigger = starting_trigger(flow.triggers)
    if trigger is None:
        raise invalid(f"Workflow {name} has no starting trigger")
    flow.record["first"] = trigger["Name"]
    return flow, trigger


def _exceeded(name: str) -> str:
    return f"Concurrent runs exceeded for workflow: {name}."
