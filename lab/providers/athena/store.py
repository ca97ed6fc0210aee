"""What Athena keeps over restarts, in one SQLite file: the history of queries, and work groups,
named queries, prepared statements, data catalogues and tags.

A query that was on its way when the lab stopped has failed, and says so. History is kept for 45
days, as on AWS (Amazon Athena User Guide, "View recent queries").
"""

import json
import logging
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from localstack.aws.api import RequestContext

from lab.engine.errors import QueryError
from lab.providers.athena.models import FINAL, Execution, Record

LOG = logging.getLogger(__name__)
KEPT_SECONDS = 45 * 24 * 3600
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS executions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, account TEXT, region TEXT,
    work_group TEXT, state TEXT, submitted REAL, token TEXT, record TEXT
);
CREATE INDEX IF NOT EXISTS by_work_group ON executions (account, region, work_group);
CREATE INDEX IF NOT EXISTS by_token ON executions (account, region, token);
CREATE TABLE IF NOT EXISTS resources (
    account TEXT, region TEXT, kind TEXT, scope TEXT, name TEXT, record TEXT,
    PRIMARY KEY (account, region, kind, scope, name)
) WITHOUT ROWID;
"""
INTERRUPTED = QueryError("INTERRUPTED", "The lab was stopped while this query was on its way")


class Database:
    """The file, and the executions that are on their way."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._running: dict[str, Execution] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _open(path)
        except sqlite3.DatabaseError as error:
            kept = path.with_suffix(f".unreadable-{time.time_ns()}")
            path.rename(kept)
            LOG.error("Athena's history is not used: %s. It is kept as %s.", error, kept)
            self._connection = _open(path)
        self._end_what_was_interrupted()

    def _end_what_was_interrupted(self) -> None:
        oldest = time.time() - KEPT_SECONDS
        self.query("DELETE FROM executions WHERE submitted < ?", oldest)
        marks = ", ".join("?" * len(FINAL))
        left = f"SELECT record FROM executions WHERE state NOT IN ({marks})"  # noqa: S608 - marks
        for (record,) in self.query(left, *FINAL):
            execution = Execution.from_json(record)
            execution.followers.append(self._keep)
            execution.fail(INTERRUPTED)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def add(self, execution: Execution) -> None:
        """Keep a new execution, and follow it."""
        self.query(
            "INSERT INTO executions (id, account, region, work_group, state, submitted, token,"
            " record) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(execution.id, execution.account, execution.region, execution.work_group),
            *(execution.state, execution.submitted, execution.token, execution.to_json()),
        )
        self._running[execution.id] = execution
        execution.followers.append(self._keep)

    def _keep(self, execution: Execution) -> None:
        """Keep what has come of it. A lab that stops now finds it RUNNING or QUEUED all the same,
        so only the end is written.
        """
        if execution.state in FINAL:
            self.query(
                "UPDATE executions SET state = ?, record = ? WHERE id = ?",
                *(execution.state, execution.to_json(), execution.id),
            )
            self._running.pop(execution.id, None)

    def running(self) -> list[Execution]:
        return list(self._running.values())

    def execution(self, identifier: str) -> Execution | None:
        if found := self._running.get(identifier):
            return found
        rows = self.query("SELECT record FROM executions WHERE id = ?", identifier)
        return Execution.from_json(rows[0][0]) if rows else None

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


class Store:
    """One account in one region."""

    def __init__(self, database: Database, account: str, region: str) -> None:
        self.database = database
        self.account = account
        self.region = region
        # Held by whoever looks first and then changes something.
        self.lock = threading.RLock()

    def get(self, kind: str, name: str, scope: str = "") -> Record | None:
        rows = self._query(
            "SELECT record", "kind = ? AND scope = ? AND name = ?", kind, scope, name
        )
        return json.loads(rows[0][0]) if rows else None

    def all(self, kind: str, scope: str = "") -> list[Record]:
        """In the order of their names."""
        rows = self._query("SELECT record", "kind = ? AND scope = ? ORDER BY name", kind, scope)
        return [json.loads(record) for (record,) in rows]

    def put(self, kind: str, name: str, record: Record, scope: str = "") -> None:
        self.database.query(
            "INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?, ?, ?)",
            *(self.account, self.region, kind, scope, name, json.dumps(record)),
        )

    def remove(self, kind: str, name: str, scope: str = "") -> bool:
        """Whether it was there."""
        condition = "kind = ? AND scope = ? AND name = ? RETURNING name"
        return bool(self._query("DELETE", condition, kind, scope, name))

    def clear(self, kind: str, scope: str) -> None:
        self._query("DELETE", "kind = ? AND scope = ?", kind, scope)

    def _query(self, verb: str, condition: str, *values: str) -> list[tuple[Any, ...]]:
        sql = f"{verb} FROM resources WHERE account = ? AND region = ? AND {condition}"
        return self.database.query(sql, self.account, self.region, *values)

    def execution(self, identifier: str) -> Execution | None:
        found = self.database.execution(identifier)
        mine = found and (found.account, found.region) == (self.account, self.region)
        return found if mine else None

    def history(self, work_group: str) -> list[str]:
        """The executions of a work group, the newest first."""
        rows = self.database.query(
            "SELECT id FROM executions WHERE account = ? AND region = ? AND work_group = ?"
            " ORDER BY number DESC",
            *(self.account, self.region, work_group),
        )
        return [identifier for (identifier,) in rows]

    def forget(self, work_group: str) -> None:
        self.database.query(
            "DELETE FROM executions WHERE account = ? AND region = ? AND work_group = ?",
            *(self.account, self.region, work_group),
        )

    def of_token(self, token: str) -> Execution | None:
        rows = self.database.query(
            "SELECT id FROM executions WHERE account = ? AND region = ? AND token = ?",
            *(self.account, self.region, token),
        )
        return self.execution(rows[0][0]) if rows else None

    def succeeded_since(self, work_group: str, moment: float) -> list[Execution]:
        """The newest first."""
        rows = self.database.query(
            "SELECT record FROM executions WHERE account = ? AND region = ? AND work_group = ?"
            " AND state = 'SUCCEEDED' AND submitted >= ? ORDER BY number DESC",
            *(self.account, self.region, work_group, moment),
        )
        return [Execution.from_json(record) for (record,) in rows]


class Stores:
    """The store of each account and region, made at its first use."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stores: dict[tuple[str, str], Store] = {}
        self._lock = threading.Lock()

    def of(self, context: RequestContext) -> Store:
        account, region = context.account_id, context.region
        with self._lock:
            return self._stores.setdefault(
                (account, region), Store(self._database, account, region)
            )
