"""Operations on the runs of workflows.

Source: AWS Glue API reference, "Workflows"; AWS Glue user guide, "Repairing and resuming a workflow
run".
"""

import copy

from lab.providers.glue.errors import GlueError, invalid, not_found
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Record
from lab.providers.glue.workflows import graph, starting
from lab.providers.glue.workflows.actions import node_of
from lab.providers.glue.workflows.engine import engine
from lab.providers.glue.workflows.flow import RUN, Flow, Node
from lab.providers.handlers import handlers
from lab.providers.pages import page

SHOWN = (
    *("Name", "WorkflowRunId", "PreviousRunId", "WorkflowRunProperties", "StartedOn"),
    *("CompletedOn", "Status", "ErrorMessage", "StartingEventBatchCondition"),
)
PAGE = 1000


def find(catalog: DataCatalog, request: Record) -> Flow:
    flow = Flow.load(catalog, RUN, (request["Name"], request["RunId"]))
    if flow is None:
        raise not_found("Entity not found")
    return flow


def newest(catalog: DataCatalog, workflow: str, most: int | None = None) -> list[Flow]:
    """The runs of a workflow, the last one first."""
    started = catalog.storage.fields(RUN, (workflow,), '$.StartedOn."$time"')
    keys = sorted(started, key=lambda found: found[1], reverse=True)
    found = (Flow.load(catalog, RUN, (workflow, *key)) for key, _ in keys[:most])
    return [flow for flow in found if flow is not None]


def shown_run(flow: Flow, with_graph: bool) -> Record:
    shown = {key: flow.record[key] for key in SHOWN if key in flow.record}
    shown["Statistics"] = graph.statistics(flow)
    if with_graph:
        shown["Graph"] = graph.of_run(flow)
    return shown


def start_workflow_run(catalog: DataCatalog, request: Record) -> Record:
    properties = request.get("RunProperties") or {}
    return {"RunId": starting.start_run(catalog, request["Name"], properties)}


def get_workflow_run(catalog: DataCatalog, request: Record) -> Record:
    return {"Run": shown_run(find(catalog, request), bool(request.get("IncludeGraph")))}


def get_workflow_runs(catalog: DataCatalog, request: Record) -> Record:
    if not catalog.storage.has(starting.WORKFLOW, (request["Name"],)):
        raise not_found("Entity not found")
    answer = page(newest(catalog, request["Name"]), request, "Runs", PAGE, invalid)
    with_graph = bool(request.get("IncludeGraph"))
    return {**answer, "Runs": [shown_run(flow, with_graph) for flow in answer["Runs"]]}


def get_workflow_run_properties(catalog: DataCatalog, request: Record) -> Record:
    return {"RunProperties": find(catalog, request).record["WorkflowRunProperties"]}


def put_workflow_run_properties(catalog: DataCatalog, request: Record) -> Record:
    """Add properties, or give those that are there other values."""
    with catalog.transaction():
        flow = find(catalog, request)
        flow.record["WorkflowRunProperties"].update(request["RunProperties"])
        flow.add()
    return {}


def stop_workflow_run(catalog: DataCatalog, request: Record) -> Record:
    with catalog.transaction():
        flow = find(catalog, request)
        if flow.record["Status"] != "RUNNING":
            raise _illegal(flow, "stopped")
        flow.record["Status"] = "STOPPING"
        flow.add()
    engine().stop(flow)
    return {}


def resume_workflow_run(catalog: DataCatalog, request: Record) -> Record:
    """Run some nodes of a run, and all that depends on them, once more, in a run of its own."""
    with catalog.transaction():
        old = find(catalog, request)
        if old.record["Status"] != "COMPLETED":
            raise _illegal(old, "resumed")
        nodes = _restarted(old, request["NodeIds"])
        if starting.is_full(catalog, old.key[0]):
            message = f"Concurrent runs exceeded for workflow: {old.key[0]}."
            raise GlueError("ConcurrentRunsExceededException", message)
        flow, planned = _resumed(old, nodes)
        flow.add()
    engine().resume(flow, planned)
    ids = [graph.node_id(old.key[0], *node) for node in nodes]
    return {"RunId": flow.key[1], "NodeIds": ids}


def _restarted(old: Flow, ids: list[str]) -> list[Node]:
    """The nodes of these ids, without those that others of them lead to.

    InvalidInputException unless each of them is a job or a crawler that the run tried to run.
    """
    tried = {(run["kind"], run["name"]) for run in old.runs}
    known = {graph.node_id(old.key[0], *node): node for node in tried}
    if unknown := [one for one in ids if one not in known]:
        raise invalid(f"Nodes without a run attempt cannot be resumed: {', '.join(unknown)}")
    nodes = list(dict.fromkeys(known[one] for one in ids))
    behind = set().union(*(graph.downstream(old.triggers, node) for node in nodes))
    # In a circle, each is behind the others.
    return [node for node in nodes if node not in behind] or nodes


def _resumed(old: Flow, nodes: list[Node]) -> tuple[Flow, list[Record]]:
    """The new run, and what it starts with: what has not to run again is as in the old one."""
    again = set(nodes).union(*(graph.downstream(old.triggers, node) for node in nodes))
    kept = [run for run in old.runs if (run["kind"], run["name"]) not in again]
    planned = [
        Flow.planned(run["action"], run["trigger"], run["before"])
        for run in (old.last(node) for node in nodes)
        if run is not None
    ]
    fired = [
        trigger["Name"]
        for trigger in old.triggers
        if trigger["Name"] in old.record["fired"]
        and (set(map(node_of, trigger["Actions"])) - again or trigger["Type"] != "CONDITIONAL")
    ]
    first = {run["trigger"] for run in planned}
    more = {
        "PreviousRunId": old.key[1],
        "WorkflowRunProperties": old.record["WorkflowRunProperties"],
        "triggers": copy.deepcopy(old.triggers),
        "fired": list(dict.fromkeys([*fired, *first])),
        "runs": [*kept, *planned],
    }
    return Flow.of_workflow(old.catalog, old.key[0], more), planned


def _illegal(flow: Flow, what: str) -> GlueError:
    status = flow.record["Status"]
    message = f"Workflow run {flow.key[1]} is in state {status} and cannot be {what}."
    return GlueError("IllegalWorkflowStateException", message)


HANDLERS = handlers(
    start_workflow_run,
    get_workflow_run,
    get_workflow_runs,
    get_workflow_run_properties,
    put_workflow_run_properties,
    stop_workflow_run,
    resume_workflow_run,
)
