"""A flow: all that one starting trigger has set off, as a record in the catalogue's file.

Of a workflow it is a run, with the triggers as they were at its start; outside workflows it is a
chain, which uses the triggers as they are now, and is forgotten when nothing of it runs any more.

Source: AWS Glue user guide, "Overview of workflows in AWS Glue", "Repairing and resuming a workflow
run" and "AWS Glue triggers".
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab.providers.clock import clock
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Key, Record
from lab.providers.glue.workflows.actions import ENDED, node_of

TRIGGER, RUN, CHAIN, MEMBER = "trigger", "workflow_run", "trigger_chain", "flow_member"
OPEN = ("RUNNING", "STOPPING")

Node = tuple[str, str]
"""``job`` or ``crawler``, and its name."""


@dataclass(slots=True)
class Flow:
    """``record`` has the members of a WorkflowRun and, for the lab alone, ``triggers`` (of a run),
    ``first`` and ``fired`` (names of triggers) and ``runs``: of each run that was started ``kind``,
    ``name``, ``id`` (absent until it is started), ``attempt`` (a job's last one), ``state``,
    ``trigger``, ``action``, ``before`` (the job runs that fired the trigger) and ``message`` (why
    it could not start).
    """

    catalog: DataCatalog
    kind: str
    key: Key
    record: Record

    @classmethod
    def of_workflow(cls, catalog: DataCatalog, name: str, more: Record) -> "Flow":
        """A run of a workflow that is about to start; not kept yet."""
        run_id = f"wr_{secrets.token_hex(32)}"
        record = {
            "Name": name,
            "WorkflowRunId": run_id,
            "StartedOn": clock().utc(),
            "Status": "RUNNING",
            "triggers": triggers_of(catalog, name),
            "fired": [],
            "runs": [],
            **more,
        }
        return cls(catalog, RUN, (name, run_id), record)

    @classmethod
    def chain(cls, catalog: DataCatalog, first: str) -> "Flow":
        record = {"Status": "RUNNING", "first": first, "fired": [], "runs": []}
        return cls(catalog, CHAIN, (secrets.token_hex(32),), record)

    @classmethod
    def load(cls, catalog: DataCatalog, kind: str, key: Key) -> "Flow | None":
        found = catalog.storage.get(kind, key)
        return cls(catalog, kind, key, found) if found is not None else None

    def add(self) -> None:
        """Keep it for the first time."""
        self.catalog.storage.put(self.kind, self.key, self.record)

    def save(self) -> None:
        """Keep what the engine has changed: what callers change meanwhile is theirs, and what
        they have deleted stays so.
        """
        with self.catalog.transaction():
            kept = self.catalog.storage.get(self.kind, self.key)
            if kept is None:
                return
            if "WorkflowRunProperties" in kept:
                self.record["WorkflowRunProperties"] = kept["WorkflowRunProperties"]
            if self.record["Status"] == "RUNNING":
                self.record["Status"] = kept["Status"]
            self.add()

    @property
    def is_open(self) -> bool:
        return self.record["Status"] in OPEN

    @property
    def runs(self) -> list[Record]:
        return list(self.record["runs"])

    @property
    def triggers(self) -> list[Record]:
        """Those that can fire in this flow."""
        if self.kind == RUN:
            return list(self.record["triggers"])
        found = self.catalog.storage.records(TRIGGER)
        return [trigger for trigger in found if not trigger.get("WorkflowName")]

    def trigger(self, name: str) -> Record | None:
        return next((one for one in self.triggers if one["Name"] == name), None)

    def last(self, node: Node) -> Record | None:
        """The last run of a job or crawler in this flow."""
        return next((run for run in reversed(self.runs) if _node(run) == node), None)

    def unended(self) -> list[Record]:
        return [run for run in self.runs if not has_ended(run)]

    def ready(self, node: Node) -> Iterator[tuple[Record, list[Record]]]:
        """The triggers that the end of a node's run fires, each with the runs that fired it."""
        for trigger in self.triggers:
            if trigger["Type"] != "CONDITIONAL" or trigger["State"] != "ACTIVATED":
                continue
            if trigger["Name"] in self.record["fired"]:
                continue
            conditions = trigger["Predicate"]["Conditions"]
            if node not in map(node_of, conditions):
                continue
            met = [run for run in map(self._meeting, conditions) if run is not None]
            if len(met) == len(conditions) or (
                met and trigger["Predicate"].get("Logical") == "ANY"
            ):
                yield trigger, met

    def _meeting(self, condition: Record) -> Record | None:
        """The run that meets a condition."""
        run = self.last(node_of(condition))
        wanted = condition.get("State") or condition.get("CrawlState")
        return run if run and run["state"] == wanted else None

    def plan(self, trigger: Record, before: list[Record]) -> list[Record]:
        """Note that a trigger fires, and what it is to start; returns the latter."""
        predecessors = [{"JobName": run["name"], "RunId": current_id(run)} for run in _jobs(before)]
        planned = [
            self.planned(action, trigger["Name"], predecessors) for action in trigger["Actions"]
        ]
        self.record["fired"] = [*self.record["fired"], trigger["Name"]]
        self.record["runs"] = [*self.record["runs"], *planned]
        self.save()
        return planned

    @staticmethod
    def planned(action: Record, trigger: str, before: list[Record]) -> Record:
        kind, name = node_of(action)
        return {
            "kind": kind,
            "name": name,
            "state": "STARTING",
            "trigger": trigger,
            "before": before,
            "action": action,
        }

    def close(self) -> None:
        """Nothing of it runs any more."""
        storage = self.catalog.storage
        with self.catalog.transaction():
            for run in self.runs:
                if "id" in run:
                    storage.delete(MEMBER, (run["kind"], run["id"]))
            if self.kind == CHAIN:
                storage.delete(self.kind, self.key)
                return
            stopping = self.record["Status"] == "STOPPING"
            self.record["Status"] = "STOPPED" if stopping else "COMPLETED"
            self.record["CompletedOn"] = clock().utc()
            self.save()


def triggers_of(catalog: DataCatalog, workflow: str) -> list[Record]:
    found = catalog.storage.records(TRIGGER)
    return [trigger for trigger in found if trigger.get("WorkflowName") == workflow]


def starting_trigger(triggers: list[Record]) -> Record | None:
    return next((one for one in triggers if one["Type"] != "CONDITIONAL"), None)


def has_ended(run: Record) -> bool:
    return run["state"] in ENDED[run["kind"]]


def attempts(run: Record) -> list[str]:
    """The ids of the attempts of a run that was started."""
    first = run["id"]
    return [first, *(f"{first}_attempt_{n}" for n in range(1, run.get("attempt", 0) + 1))]


def current_id(run: Record) -> str:
    return attempts(run)[-1]


def _node(run: Record) -> Node:
    return run["kind"], run["name"]


def _jobs(runs: list[Record]) -> list[Record]:
    return [run for run in runs if run["kind"] == "job"]


def open_flows(catalog: DataCatalog) -> Iterator[Flow]:
    """The flows that had not ended when the lab was stopped."""
    for kind in (RUN, CHAIN):
        found: list[tuple[Any, ...]] = list(catalog.storage.fields(kind, (), "$.Status"))
        for key, status in found:
            if status in OPEN and (flow := Flow.load(catalog, kind, key)):
                yield flow
