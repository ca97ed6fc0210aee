"""How far an execution has come, state by state, from the events of its history."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Event = dict[str, Any]

FAILURES = ("Failed", "TimedOut", "Aborted")


@dataclass(slots=True)
class Visit:
    """What happened in one state: how often it was entered, left and failed, and how often one of
    its tasks was tried again; ``seconds`` from the first entry to the last exit.
    """

    entered: int = 0
    left: int = 0
    failed: int = 0
    retried: int = 0
    caught: int = 0
    began: datetime | None = None
    ended: datetime | None = None

    @property
    def mark(self) -> str:
        """One of waiting, running, failed, caught, done."""
        if not self.entered:
            return "waiting"
        if self.failed:
            return "failed"
        if self.left < self.entered:
            return "running"
        return "caught" if self.caught else "done"

    @property
    def seconds(self) -> float | None:
        if self.began is None or self.ended is None:
            return None
        return (self.ended - self.began).total_seconds()


@dataclass(slots=True)
class Progress:
    """The visits by the state's name; a Map's iterations are counted in its states."""

    visits: dict[str, Visit] = field(default_factory=dict)

    def of(self, name: str) -> Visit:
        return self.visits.setdefault(name, Visit())


def read(events: Iterable[Event]) -> Progress:
    """Events in their order, as GetExecutionHistory gives them."""
    progress = Progress()
    where: dict[int, str] = {}
    failing: dict[str, int] = {}
    for event in events:
        kind = event["type"]
        name = _name(event) or where.get(event.get("previousEventId") or 0)
        if name:
            where[event["id"]] = name
        if kind.endswith("StateEntered"):
            visit = progress.of(where[event["id"]])
            visit.entered += 1
            visit.began = visit.began or event["timestamp"]
        elif kind.endswith("StateExited"):
            visit = progress.of(where[event["id"]])
            visit.left += 1
            visit.ended = event["timestamp"]
            visit.caught += failing.pop(where[event["id"]], 0)
        elif name:
            _follow(progress, failing, name, kind)
    return progress


def _follow(progress: Progress, failing: dict[str, int], name: str, kind: str) -> None:
    if kind in ("ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"):
        for each in progress.visits.values():
            each.failed += each.left < each.entered
    elif kind.endswith(FAILURES):
        failing[name] = 1
    elif kind.endswith("Scheduled") and name in failing:
        progress.of(name).retried += 1
        del failing[name]


def _name(event: Event) -> str | None:
    for key in ("stateEnteredEventDetails", "stateExitedEventDetails"):
        if key in event:
            return str(event[key]["name"])
    return None
