"""A query execution: what was asked, where it stands, what it cost.

It goes QUEUED -> RUNNING -> SUCCEEDED, FAILED or CANCELLED, and from a final state nowhere. Source:
Amazon Athena API reference, "QueryExecution", "QueryExecutionStatistics", "QueryRuntimeStatistics".
"""

import datetime as dt
import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from lab.engine.errors import QueryError
from lab.providers.athena.errors import describe, reason_of

Record = dict[str, Any]
ENGINE_VERSION = {
    "SelectedEngineVersion": "AUTO",
    "EffectiveEngineVersion": "Athena engine version 3",
}
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
NEXT = {"QUEUED": ("RUNNING", "FAILED", "CANCELLED"), "RUNNING": FINAL}
TIMELINE = (
    "QueryQueueTimeInMillis",
    "ServicePreProcessingTimeInMillis",
    "QueryPlanningTimeInMillis",
    "EngineExecutionTimeInMillis",
    "ServiceProcessingTimeInMillis",
    "TotalExecutionTimeInMillis",
)


def moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


@dataclass(slots=True)
class Execution:
    """One run of a statement. Moments are in seconds since the epoch, times in seconds."""

    account: str
    region: str
    sql: str
    work_group: str
    output: str
    context: Record
    configuration: Record
    parameters: list[str] | None = None
    reuse_minutes: int | None = None
    token: str | None = None
    fingerprint: str = ""
    kind: str = "DML"
    subkind: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "QUEUED"
    previous: str | None = None
    changes: int = 1
    reason: str | None = None
    error: Record | None = None
    submitted: float = field(default_factory=time.time)
    started: float | None = None
    completed: float | None = None
    preparing_seconds: float = 0.0
    planning_seconds: float = 0.0
    service_seconds: float = 0.0
    bytes_scanned: int = 0
    bytes_written: int = 0
    rows_written: int = 0
    reused: bool = False
    form: str = "table"
    columns: list[Record] = field(default_factory=list)
    manifest: str | None = None
    update_count: int | None = None
    job: Any = field(default=None, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    followers: list[Callable[["Execution"], None]] = field(default_factory=list, repr=False)

    def move(self, state: str, reason: str | None = None, error: QueryError | None = None) -> bool:
        """Go to ``state`` unless a final one is reached already; whether that was done.

        Followers are told before :meth:`describe` shows the new state.
        """
        with self.lock:
            if state not in NEXT.get(self.state, ()):
                return False
            if state == "RUNNING":
                self.started = time.time()
            else:
                self.completed = time.time()
            if error is not None:
                self.error, reason = describe(error), reason_of(error)
            self.reason, self.previous, self.changes = reason, self.state, self.changes + 1
            self.state = state
            for follower in self.followers:
                follower(self)
            return True

    def fail(self, error: QueryError) -> None:
        self.move("FAILED", error=error)

    def to_json(self) -> str:
        """What is kept of it."""
        return json.dumps({name: getattr(self, name) for name in KEPT})

    @classmethod
    def from_json(cls, text: str) -> "Execution":
        return cls(**json.loads(text))

    def describe(self) -> Record:
        """A QueryExecution."""
        with self.lock:
            return self._described()

    def _described(self) -> Record:
        status: Record = {"State": self.state, "SubmissionDateTime": moment(self.submitted)}
        if self.completed is not None:
            status["CompletionDateTime"] = moment(self.completed)
        if self.reason is not None:
            status["StateChangeReason"] = self.reason
        if self.error is not None:
            status["AthenaError"] = self.error
        found: Record = {
            "QueryExecutionId": self.id,
            "Query": self.sql,
            "StatementType": self.kind,
            "ResultConfiguration": {**self.configuration, "OutputLocation": self.output},
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": self._reuse()},
            "QueryExecutionContext": self.context,
            "Status": status,
            "Statistics": self.statistics(),
            "WorkGroup": self.work_group,
            "EngineVersion": ENGINE_VERSION,
        }
        if self.subkind:
            found["SubstatementType"] = self.subkind
        if self.parameters:
            found["ExecutionParameters"] = self.parameters
        return found

    def _reuse(self) -> Record:
        if self.reuse_minutes is None:
            return {"Enabled": False}
        return {"Enabled": True, "MaxAgeInMinutes": self.reuse_minutes}

    def statistics(self) -> Record:
        """Measured, in milliseconds and bytes. Before the start there is nothing but the queue."""
        until = self.completed or time.time()
        begun = self.started or until
        found: Record = {
            "TotalExecutionTimeInMillis": _millis(until - self.submitted + self.preparing_seconds),
            "QueryQueueTimeInMillis": _millis(begun - self.submitted),
            "EngineExecutionTimeInMillis": _millis(until - begun - self.service_seconds),
            "DataScannedInBytes": self.bytes_scanned,
            "ServicePreProcessingTimeInMillis": _millis(self.preparing_seconds),
            "QueryPlanningTimeInMillis": _millis(self.planning_seconds),
            "ServiceProcessingTimeInMillis": _millis(self.service_seconds),
            "ResultReuseInformation": {"ReusedPreviousResult": self.reused},
        }
        if self.manifest is not None:
            found["DataManifestLocation"] = self.manifest
        return found

    def runtime_statistics(self) -> Record:
        """A QueryRuntimeStatistics. DuckDB counts no rows per stage, so InputRows and OutputStage
        are left out.
        """
        figures = self.statistics()
        rows: Record = {"InputBytes": self.bytes_scanned}
        if self.state == "SUCCEEDED":
            rows |= {"OutputBytes": self.bytes_written, "OutputRows": self.rows_written}
        return {"Timeline": {name: figures[name] for name in TIMELINE}, "Rows": rows}


KEPT = [each.name for each in fields(Execution) if each.name not in ("job", "lock", "followers")]


def _millis(seconds: float) -> int:
    return max(0, round(seconds * 1000))
