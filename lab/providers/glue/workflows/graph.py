"""The graph of a workflow: triggers, jobs and crawlers as nodes, what starts what as edges; for a
run, with what became of each.

Source: AWS Glue API reference, "Workflows"; AWS Glue user guide, "Querying workflows using the AWS
Glue API".
"""

import hashlib
from collections.abc import Iterable

from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Record
from lab.providers.glue.workflows import actions
from lab.providers.glue.workflows.actions import node_of
from lab.providers.glue.workflows.flow import Flow, Node, attempts, triggers_of

COUNTS = {
    "TIMEOUT": "TimeoutActions",
    "FAILED": "FailedActions",
    "STOPPED": "StoppedActions",
    "CANCELLED": "StoppedActions",
    "SUCCEEDED": "SucceededActions",
    "ERROR": "ErroredActions",
    "WAITING": "WaitingActions",
}
STATISTICS = ("TotalActions", *dict.fromkeys(COUNTS.values()), "RunningActions")


def node_id(workflow: str, kind: str, name: str) -> str:
    text = "\n".join((workflow, kind.upper(), name))
    return f"wnode_{hashlib.sha256(text.encode()).hexdigest()}"


def of_workflow(catalog: DataCatalog, name: str) -> Record:
    """As it is designed."""
    return _graph(name, triggers_of(catalog, name), {})


def of_run(flow: Flow) -> Record:
    """As it ran so far."""
    runs: dict[Node, list[Record]] = {}
    for run in flow.runs:
        shown = runs.setdefault((run["kind"], run["name"]), [])
        ids = attempts(run) if "id" in run else [None]
        shown.extend(_detail(flow.catalog, run, one) for one in ids)
    return _graph(flow.key[0], flow.triggers, runs)


def statistics(flow: Flow) -> dict[str, int]:
    """How many actions the run has in all, and how many of them are in which state."""
    counts = dict.fromkeys(STATISTICS, 0)
    planned = sum(len(trigger["Actions"]) for trigger in flow.triggers)
    counts["TotalActions"] = max(planned, len(flow.runs))
    for run in flow.runs:
        counts[COUNTS.get(run["state"], "RunningActions")] += 1
    return counts


def downstream(triggers: Iterable[Record], node: Node) -> set[Node]:
    """The jobs and crawlers that depend on one, directly or not."""
    edges = [
        (node_of(condition), node_of(action))
        for trigger in triggers
        for condition in (trigger.get("Predicate") or {}).get("Conditions") or []
        for action in trigger["Actions"]
    ]
    found: set[Node] = set()
    ahead = [node]
    while ahead:
        here = ahead.pop()
        fresh = {end for start, end in edges if start == here} - found
        found |= fresh
        ahead.extend(fresh)
    return found


def _graph(workflow: str, triggers: list[Record], runs: dict[Node, list[Record]]) -> Record:
    nodes: list[Record] = []
    edges: dict[tuple[str, str], None] = {}
    others: dict[Node, None] = {}
    for trigger in triggers:
        here = node_id(workflow, "trigger", trigger["Name"])
        shown = {"Type": "TRIGGER", "Name": trigger["Name"], "UniqueId": here}
        nodes.append({**shown, "TriggerDetails": {"Trigger": trigger}})
        for condition in (trigger.get("Predicate") or {}).get("Conditions") or []:
            others[node_of(condition)] = None
            edges[node_id(workflow, *node_of(condition)), here] = None
        for action in trigger["Actions"]:
            others[node_of(action)] = None
            edges[here, node_id(workflow, *node_of(action))] = None
    nodes.extend(_node(workflow, node, runs.get(node, [])) for node in others)
    return {
        "Nodes": nodes,
        "Edges": [{"SourceId": source, "DestinationId": end} for source, end in edges],
    }


def _node(workflow: str, node: Node, runs: list[Record]) -> Record:
    kind, name = node
    shown = {"Type": kind.upper(), "Name": name, "UniqueId": node_id(workflow, kind, name)}
    if kind == "job":
        return {**shown, "JobDetails": {"JobRuns": runs}}
    return {**shown, "CrawlerDetails": {"Crawls": runs}}


def _detail(catalog: DataCatalog, run: Record, run_id: str | None) -> Record:
    """A JobRun or a Crawl: as its own operation shows it, or as much as the flow knows."""
    kind, name = run["kind"], run["name"]
    found = actions.detail(catalog, kind, name, run_id) if run_id else None
    error = {"ErrorMessage": run["message"]} if "message" in run else {}
    if kind == "crawler":
        return found or {"State": run["state"], **error}
    known = {"Id": run_id} if run_id else {}
    known |= {"JobName": name, "JobRunState": run["state"], **error}
    origin = {"TriggerName": run["trigger"], "PredecessorRuns": run["before"]}
    return {**(found or known), **origin}
