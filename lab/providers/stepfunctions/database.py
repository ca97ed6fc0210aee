"""Executions, their histories and Map runs, in one SQLite file: what ended is only there, so that
a year of daily runs takes no memory.

An execution is written when it starts, its history every second while it runs, and all of it when
it ends. One that was running when the lab stopped is ABORTED at the next start, and says so; it
can be redriven. Ended executions are kept for 90 days, as on AWS (AWS Step Functions Developer
Guide, "Step Functions service quotas").
"""

import datetime as dt
import json
import logging
import sqlite3
import threading
import time
import zlib
from pathlib import Path
from typing import Any

from lab.providers.stepfunctions.models import RUNNING, Run, moment

LOG = logging.getLogger(__name__)
KEPT_SECONDS = 90 * 86_400
INTERRUPTED = "Lab.Interrupted"
INTERRUPTED_CAUSE = (
    "The lab was stopped while this execution was running. RedriveExecution continues it from the "
    "state that was interrupted."
)
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS executions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT UNIQUE, machine TEXT, version TEXT,
    alias TEXT, map_run TEXT, status TEXT, redrives INTEGER, stopped REAL, record BLOB, history BLOB
);
CREATE INDEX IF NOT EXISTS by_machine ON executions (machine, number);
CREATE INDEX IF NOT EXISTS by_map_run ON executions (map_run, number) WHERE map_run IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_status ON executions (status) WHERE status = 'RUNNING';
CREATE TABLE IF NOT EXISTS map_runs (
    arn TEXT PRIMARY KEY, execution TEXT, stopped REAL, record TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_execution ON map_runs (execution);
"""
PUT = """
INSERT INTO executions
    (arn, machine, version, alias, map_run, status, redrives, stopped, record, history)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (arn) DO UPDATE SET status = excluded.status, redrives = excluded.redrives,
    stopped = excluded.stopped, record = excluded.record, history = excluded.history
"""
Events = list[dict[str, Any]]


class Database:
    """The file; safe for threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _open(path)
        except sqlite3.DatabaseError as error:
            kept = path.with_suffix(f".unreadable-{time.time_ns()}")
            path.rename(kept)
            LOG.error("the history of executions is not used: %s. It is kept as %s.", error, kept)
            self._connection = _open(path)
        self._forget_what_is_old()
        self._end_what_was_interrupted()

    def _forget_what_is_old(self) -> None:
        oldest = time.time() - KEPT_SECONDS
        for table in ("executions", "map_runs"):
            self._query(f"DELETE FROM {table} WHERE stopped < ?", oldest)  # noqa: S608 - ours

    def _end_what_was_interrupted(self) -> None:
        for (arn,) in self._query("SELECT arn FROM executions WHERE status = ?", RUNNING):
            run, events = self.run(arn), self.history(arn)
            if run is None:
                continue
            run.status, run.stopped = "ABORTED", time.time()
            run.error, run.cause = INTERRUPTED, INTERRUPTED_CAUSE
            events.append(
                {
                    "timestamp": moment(run.stopped),
                    "type": "ExecutionAborted",
                    "id": len(events) + 1,
                    "previousEventId": 0,
                    "executionAbortedEventDetails": {"error": run.error, "cause": run.cause},
                }
            )
            self.put(run, events)
        for arn, record in self._query("SELECT arn, record FROM map_runs WHERE stopped IS NULL"):
            kept = {**json.loads(record), "status": "ABORTED", "stopDate": time.time()}
            self._query(
                "UPDATE map_runs SET stopped = ?, record = ? WHERE arn = ?",
                *(kept["stopDate"], json.dumps(kept), arn),
            )

    def _query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def put(self, run: Run, events: Events) -> None:
        """Keep an execution as it is now."""
        self._query(PUT, *_row(run, events))

    def put_all(self, found: list[tuple[Run, Events]]) -> None:
        """Keep many at once: each writing waits for Python's lock, which many threads want."""
        rows = [_row(run, events) for run, events in found]
        with self._lock:
            self._connection.execute("BEGIN")
            self._connection.executemany(PUT, rows)
            self._connection.execute("COMMIT")

    def put_history(self, arn: str, events: Events) -> None:
        self._query(
            "UPDATE executions SET history = ? WHERE arn = ? AND status = ?",
            *(_packed(_encode(events)), arn, RUNNING),
        )

    def run(self, arn: str) -> Run | None:
        rows = self._query("SELECT record FROM executions WHERE arn = ?", arn)
        return Run.from_json(_unpacked(rows[0][0])) if rows else None

    def history(self, arn: str) -> Events:
        rows = self._query("SELECT history FROM executions WHERE arn = ?", arn)
        return _decode(_unpacked(rows[0][0])) if rows else []

    def runs(
        self,
        resource: str,
        status: str | None = None,
        redriven: bool | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[tuple[int, Run]]:
        """The executions of a machine, a version, an alias or a Map run, the newest first, with
        their numbers; ``before`` is the number that the page before ended with.
        """
        conditions = ["? IN (version, alias)" if _is_qualified(resource) else "machine = ?"]
        conditions = ["map_run = ?"] if ":mapRun:" in resource else [*conditions, "map_run IS NULL"]
        values: list[Any] = [resource]
        for condition, value in (("status = ?", status), ("number < ?", before)):
            if value is not None:
                conditions.append(condition)
                values.append(value)
        if redriven is not None:
            conditions.append("redrives > 0" if redriven else "redrives = 0")
        rows = self._query(
            f"SELECT number, record FROM executions WHERE {' AND '.join(conditions)}"  # noqa: S608 - ours
            " ORDER BY number DESC LIMIT ?",
            *(*values, limit),
        )
        return [(number, Run.from_json(_unpacked(record))) for number, record in rows]

    def forget(self, machine: str) -> None:
        """What has ended of a machine, the children of its Map runs included."""
        self._query(
            "DELETE FROM executions WHERE (machine = ? OR machine > ? AND machine < ?)"
            " AND status != ?",
            *(machine, f"{machine}/", f"{machine}0", RUNNING),  # "0" follows "/"
        )

    def put_map_run(self, record: dict[str, Any]) -> None:
        """Keep what ``DescribeMapRun`` answers, with times in seconds since 1970."""
        self._query(
            "INSERT OR REPLACE INTO map_runs VALUES (?, ?, ?, ?)",
            *(record["mapRunArn"], record["executionArn"], record.get("stopDate")),
            json.dumps(record),
        )

    def map_run(self, arn: str) -> dict[str, Any] | None:
        rows = self._query("SELECT record FROM map_runs WHERE arn = ?", arn)
        return json.loads(rows[0][0]) if rows else None

    def map_runs(self, execution: str) -> list[dict[str, Any]]:
        rows = self._query("SELECT record FROM map_runs WHERE execution = ?", execution)
        found: list[dict[str, Any]] = [json.loads(record) for (record,) in rows]
        return sorted(found, key=lambda record: record["startDate"], reverse=True)

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    try:
        connection.executescript(SCHEMA)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _row(run: Run, events: Events) -> tuple[Any, ...]:
    return (
        *(run.arn, run.machine.arn, run.version, run.alias, run.map_run, run.status),
        *(run.redrives, run.stopped, _packed(run.to_json()), _packed(_encode(events))),
    )


def _is_qualified(arn: str) -> bool:
    """Whether it names a version or an alias."""
    return arn.count(":") > 6


def _packed(text: str) -> bytes:
    return zlib.compress(text.encode(), 1)


def _unpacked(content: bytes) -> str:
    return zlib.decompress(content).decode()


def _encode(events: Events) -> str:
    return json.dumps([{**each, "timestamp": each["timestamp"].timestamp()} for each in events])


def _decode(text: str) -> Events:
    return [
        {**each, "timestamp": dt.datetime.fromtimestamp(each["timestamp"], dt.UTC)}
        for each in json.loads(text)
    ]
