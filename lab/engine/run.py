"""Runs compiled queries on DuckDB: one database without access to anything but the object store,
one cursor per query.
"""

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from lab.engine import macros
from lab.engine.bad_data import from_reader
from lab.engine.catalog import Catalog, Objects
from lab.engine.compiler import Compiled, wire
from lab.engine.errors import Cancelled, QueryError
from lab.engine.scan import Source, prepare
from lab.engine.staging import Staging
from lab.engine.text import printer

BATCH = 2048
TIMEOUT_SECONDS = 30 * 60.0


class Pool:
    """The one DuckDB database of the process. It opens files below ``folders`` and nothing else,
    ever.

    ``memory`` is DuckDB's limit, beyond which it writes to ``scratch``; ``threads`` are shared by
    all queries.
    """

    def __init__(
        self, folders: list[Path], scratch: Path, memory: str = "256MB", threads: int = 2
    ) -> None:
        self.scratch = scratch
        self.memory = memory
        scratch.mkdir(parents=True, exist_ok=True)
        self._database = duckdb.connect(
            ":memory:",
            config={
                "threads": threads,
                "memory_limit": memory,
                "temp_directory": str(scratch),
                # Gives the memory of past queries back to the system.
                "allocator_background_threads": True,
            },
        )
        macros.install(self._database)
        allowed = (
            "[" + ", ".join(f"'{self._quoted(folder)}/'" for folder in [*folders, scratch]) + "]"
        )
        for statement in (
            "SET TimeZone = 'UTC'",
            "SET default_null_order = 'nulls_last'",
            # Athena promises no order without ORDER BY either, and keeping it holds whole tables.
            "SET preserve_insertion_order = false",
            # Rows by partition are written before they fill the share: a quarter of the usual.
            "SET GLOBAL partitioned_write_flush_threshold = 131072",
            # It turns "row_number() = 1" into an aggregate, whose rows cannot go to the scratch.
            "SET disabled_optimizers = 'top_n_window_elimination'",
            f"SET allowed_directories = {allowed}",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            self._database.execute(statement)
        self._lock = threading.Lock()

    @staticmethod
    def _quoted(folder: Path) -> str:
        return str(folder).replace("'", "''")

    def cursor(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            return self._database.cursor()

    def close(self) -> None:
        self._database.close()


@dataclass(slots=True)
class Job:
    """A statement on its way: the bytes it scans and may scan (``limit``), and how to stop it."""

    pool: Pool
    limit: int | None = None
    bytes_scanned: int = 0
    _cursor: duckdb.DuckDBPyConnection | None = None
    _staging: Staging | None = None
    _stopped: bool = False
    _timed_out: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cancel(self) -> None:
        """Stop the statement; whoever runs it gets ``Cancelled``."""
        with self._lock:
            self._stopped = True
            if self._cursor is not None:
                self._cursor.interrupt()

    def time_out(self) -> None:
        """Stop the statement with EXCEEDED_TIME_LIMIT."""
        self._timed_out = True
        self.cancel()

    def check(self) -> None:
        if self._timed_out:
            raise QueryError(
                "EXCEEDED_TIME_LIMIT",
                f"Query exceeded the maximum execution time limit of {TIMEOUT_SECONDS / 60:.2f}m",
            )
        if self._stopped:
            raise Cancelled

    @property
    def cursor(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if self._cursor is None:
                self._cursor = self.pool.cursor()
            return self._cursor

    @property
    def staging(self) -> Staging:
        """What it keeps beside DuckDB, until it is closed."""
        if self._staging is None:
            folder = self.pool.scratch / f"job-{uuid.uuid4().hex}"
            self._staging = Staging(self.cursor, folder, self.check)
        return self._staging

    def close(self) -> None:
        if self._staging is not None:
            self._staging.close()
        with self._lock:
            if self._cursor is not None:
                self._cursor.close()
                self._cursor = None


def with_sources(compiled: Compiled, sources: list[Source], sql: str) -> str:
    """``sql`` with each scan defined in front of it."""
    if not sources:
        return sql
    ctes = ", ".join(
        f'"{scan.name}" AS NOT MATERIALIZED ({source.sql})'
        for scan, source in zip(compiled.scans, sources, strict=True)
    )
    return f"WITH {ctes} {sql}"


def plan(job: Job, compiled: Compiled, catalog: Catalog, objects: Objects) -> list[Source]:
    """Find the files of every scan and count their bytes into the job."""
    with translated(job):
        sources = [prepare(scan, catalog, objects, job.staging) for scan in compiled.scans]
    job.bytes_scanned += sum(source.bytes for source in sources)
    if job.limit is not None and job.bytes_scanned > job.limit:
        raise Cancelled("Bytes scanned limit was exceeded")
    return sources


def rows(job: Job, compiled: Compiled, sources: list[Source]) -> Iterator[list[str | None]]:
    """The result in Athena's text; NULL is None."""
    printers = [printer(column.type) for column in compiled.columns]
    with translated(job):
        job.check()
        cursor = job.cursor.execute(with_sources(compiled, sources, wire(compiled)))
        while batch := cursor.fetchmany(BATCH):
            job.check()
            for row in batch:
                yield [
                    None if value is None else show(value)
                    for show, value in zip(printers, row, strict=True)
                ]


def execute(job: Job, sql: str) -> list[tuple[Any, ...]]:
    """Run SQL of our own making."""
    with translated(job):
        job.check()
        return job.cursor.execute(sql).fetchall()


class translated:  # noqa: N801  used as a statement
    """DuckDB's exceptions as Athena's errors."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, duckdb.InterruptException):
            self.job.check()
            raise Cancelled from error
        if isinstance(error, duckdb.OutOfMemoryException):
            limit = self.job.pool.memory
            message = f"Query exceeded per-node memory limit of {limit}"
            raise QueryError("EXCEEDED_LOCAL_MEMORY_LIMIT", message) from error
        if isinstance(error, duckdb.Error):
            raise translate(error) from error


def translate(error: duckdb.Error) -> QueryError:  # noqa: PLR0911  one return per kind
    """Athena's name for what DuckDB said; errors of our own making carry theirs."""
    text = str(error).split("\n\nLINE ", 1)[0]
    message = text.split("Error: ", 1)[-1].strip()
    name, _, rest = message.partition(": ")
    if isinstance(error, duckdb.InvalidInputException) and name.isupper() and " " not in name:
        return QueryError(name, rest)
    if "AFTER MATCH SKIP failed" in message:
        return QueryError("GENERIC_USER_ERROR", message[message.index("AFTER MATCH") :])
    if "More than one row returned by a subquery" in message:
        return QueryError("SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows")
    if "ORC timestamp" in message:
        return from_reader(message)
    if isinstance(error, duckdb.OutOfRangeException) or "out of range" in message.lower():
        return QueryError("NUMERIC_VALUE_OUT_OF_RANGE", message)
    if "JSON" in message or "CSV" in message or isinstance(error, duckdb.IOException):
        return from_reader(message)
    if isinstance(error, duckdb.ConversionException):
        return QueryError("INVALID_CAST_ARGUMENT", message)
    if isinstance(error, duckdb.InvalidInputException):
        return QueryError("INVALID_FUNCTION_ARGUMENT", message)
    return QueryError("GENERIC_INTERNAL_ERROR", message)
