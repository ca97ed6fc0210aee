"""Athena's state: work groups and query executions of one account and region.

An execution goes QUEUED -> RUNNING -> SUCCEEDED, FAILED or CANCELLED, and from a final state
nowhere.
"""

import datetime as dt
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

from lab.engine.errors import QueryError
from lab.providers.athena.errors import invalid

Record = dict[str, Any]
ENGINE_VERSION = {
    "SelectedEngineVersion": "AUTO",
    "EffectiveEngineVersion": "Athena engine version 3",
}
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
NEXT = {"QUEUED": ("RUNNING", "FAILED", "CANCELLED"), "RUNNING": FINAL}
# The numbers of "Athena error catalog" as far as they are known for certain; others are left out.
ERROR_TYPES = {"COLUMN_NOT_FOUND": 1006}


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(slots=True)
class WorkGroup:
    """A work group. ``configuration`` is complete: every field that clients look at is there."""

    name: str
    configuration: Record
    description: str | None = None
    state: str = "ENABLED"
    created: dt.datetime = field(default_factory=now)

    @property
    def enforces(self) -> bool:
        return bool(self.configuration["EnforceWorkGroupConfiguration"])

    @property
    def output_location(self) -> str | None:
        return (self.configuration.get("ResultConfiguration") or {}).get("OutputLocation")

    def describe(self) -> Record:
        found: Record = {
            "Name": self.name,
            "State": self.state,
            "Configuration": self.configuration,
            "CreationTime": self.created,
        }
        return found if self.description is None else {**found, "Description": self.description}


def default_configuration() -> Record:
    return {
        "ResultConfiguration": {},
        "EnforceWorkGroupConfiguration": False,
        "PublishCloudWatchMetricsEnabled": False,
        "RequesterPaysEnabled": False,
        "EngineVersion": dict(ENGINE_VERSION),
        "EnableMinimumEncryptionConfiguration": False,
    }


@dataclass(slots=True)
class Execution:
    """One run of a statement: what was asked, where it stands, what it cost. Times are in
    seconds.
    """

    sql: str
    work_group: str
    output: str
    context: Record
    configuration: Record
    parameters: list[str] | None = None
    kind: str = "DML"
    subkind: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "QUEUED"
    reason: str | None = None
    error: Record | None = None
    submitted: dt.datetime = field(default_factory=now)
    started: dt.datetime | None = None
    completed: dt.datetime | None = None
    planning_seconds: float = 0.0
    service_seconds: float = 0.0
    bytes_scanned: int = 0
    form: str = "table"
    columns: list[Record] = field(default_factory=list)
    manifest: str | None = None
    update_count: int | None = None
    job: Any = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def move(self, state: str, reason: str | None = None) -> bool:
        """Go to ``state`` unless a final one is reached already; whether that was done."""
        with self.lock:
            if state not in NEXT.get(self.state, ()):
                return False
            if state == "RUNNING":
                self.started = now()
            else:
                self.completed = now()
            self.reason = reason
            self.state = state
            return True

    def fail(self, error: QueryError) -> None:
        self.error = {
            "ErrorCategory": error.category,
            "Retryable": error.category == 1,
            "ErrorMessage": str(error),
        }
        if error.name in ERROR_TYPES:
            self.error["ErrorType"] = ERROR_TYPES[error.name]
        self.move("FAILED", str(error))

    def describe(self) -> Record:
        """A QueryExecution."""
        status: Record = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.completed is not None:
            status["CompletionDateTime"] = self.completed
        if self.reason is not None:
            status["StateChangeReason"] = self.reason
        if self.error is not None:
            status["AthenaError"] = self.error
        found: Record = {
            "QueryExecutionId": self.id,
            "Query": self.sql,
            "StatementType": self.kind,
            "ResultConfiguration": {**self.configuration, "OutputLocation": self.output},
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
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

    def statistics(self) -> Record:
        """Measured, in milliseconds and bytes. Before the start there is nothing but the queue."""
        until = self.completed or now()
        begun = self.started or until
        engine = (until - begun).total_seconds() - self.service_seconds
        found: Record = {
            "TotalExecutionTimeInMillis": _millis((until - self.submitted).total_seconds()),
            "QueryQueueTimeInMillis": _millis((begun - self.submitted).total_seconds()),
            "EngineExecutionTimeInMillis": _millis(engine),
            "DataScannedInBytes": self.bytes_scanned,
            "ServicePreProcessingTimeInMillis": 0,
            "QueryPlanningTimeInMillis": _millis(self.planning_seconds),
            "ServiceProcessingTimeInMillis": _millis(self.service_seconds),
            "ResultReuseInformation": {"ReusedPreviousResult": False},
        }
        if self.manifest is not None:
            found["DataManifestLocation"] = self.manifest
        return found


def _millis(seconds: float) -> int:
    return max(0, round(seconds * 1000))


class AthenaStore:
    """Everything of one account and region."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.work_groups = {"primary": WorkGroup("primary", default_configuration())}
        self.executions: dict[str, Execution] = {}
        self.tokens: dict[str, tuple[Record, str]] = {}

    def work_group(self, name: str) -> WorkGroup:
        found = self.work_groups.get(name)
        if found is None:
            raise invalid(f"WorkGroup {name} is not found.")
        return found

    def execution(self, identifier: str) -> Execution:
        found = self.executions.get(identifier)
        if found is None:
            raise invalid(f"QueryExecution {identifier} was not found")
        return found


_STORES: dict[tuple[str, str], AthenaStore] = {}
_LOCK = threading.Lock()


def store_of(account: str, region: str) -> AthenaStore:
    """The state of an account in a region, made at its first use."""
    with _LOCK:
        return _STORES.setdefault((account, region), AthenaStore())
