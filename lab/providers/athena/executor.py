"""Runs executions in threads: at most 20 at a time, the others wait in their queue."""

import logging
import os
import re
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

from localstack.aws.api import ServiceException

from lab.config import Config, load
from lab.engine import statements as s
from lab.engine.classify import classify
from lab.engine.engine import Engine, Outcome
from lab.engine.errors import Cancelled, QueryError
from lab.engine.run import TIMEOUT_SECONDS, Job, Pool
from lab.engine.udfs import Registry
from lab.providers.athena import notifications, results
from lab.providers.athena.catalog import GlueCatalog
from lab.providers.athena.errors import OF_HIVE, reason_of
from lab.providers.athena.metadata_file import metadata_of
from lab.providers.athena.models import Execution, Record, moment
from lab.providers.athena.objects import S3Objects
from lab.providers.athena.prepared_statements import Prepared
from lab.providers.athena.store import INTERRUPTED, Database, Store
from lab.providers.athena.trino import reading
from lab.providers.athena.trino.client import Address
from lab.providers.athena.trino.engine import TrinoEngine
from lab.providers.glue.models import DataCatalog
from lab.providers.s3.layout import Layout

LOG = logging.getLogger(__name__)
CONCURRENT = 20
# Little, since a lab shares its machine with much else; beyond it, DuckDB writes to disk.
MEMORY = "256MB"
# How long a thread holds the interpreter while others want it; Python's own is ten times longer.
SWITCH_SECONDS = 0.0005
TOO_DEEP = QueryError("STACK_OVERFLOW", "statement is too large (stack overflow during analysis)")


@dataclass(frozen=True, slots=True)
class Request:
    """An execution, and what it takes to run it."""

    execution: Execution
    statement: s.Statement | QueryError
    group: Record
    catalog: DataCatalog
    store: Store


class Executor:
    """One engine for all accounts; DuckDB is started with the first query."""

    def __init__(self, config: Config) -> None:
        self.scratch = config.home / "athena" / "tmp"
        self.objects = S3Objects(Layout(config.s3_dir))
        self.database = Database(config.home / "athena" / "athena.sqlite")
        self._trino = Address(config.athena_engine) if config.athena_engine else None
        self._folders = [config.s3_dir]
        self._threads = ThreadPoolExecutor(CONCURRENT, "athena")
        self._switching = Switching()
        self._pool: Pool | None = None
        self._functions = Registry()
        self._lock = threading.Lock()

    def read(self, sql: str) -> s.Statement:
        """The statement, as far as the engine that runs it wants it read."""
        return reading.read(sql) if self._trino else classify(sql)

    def pool(self) -> Pool:
        with self._lock:
            if self._pool is None:
                self._pool = Pool(self._folders, self.scratch, memory_share())
            return self._pool

    def submit(self, request: Request) -> None:
        """Queue an execution."""
        execution, configuration = request.execution, request.group["Configuration"]
        execution.job = Job(self.pool(), configuration.get("BytesScannedCutoffPerQuery"))
        if configuration["PublishCloudWatchMetricsEnabled"]:
            execution.followers.append(notifications.measure)
        execution.followers.append(notifications.announce)
        notifications.announce(execution)
        self._threads.submit(self._run, request)

    def ask(self, catalog: DataCatalog, sql: str) -> list[list[str | None]]:
        """The rows of a SELECT for another service, as text; no execution tells of it.

        Raises QueryError.
        """
        job = Job(self.pool())
        engine = Engine(
            *(self.pool(), GlueCatalog(catalog), self.objects, self.scratch),
            functions=self._functions,
        )
        try:
            with self._switching:
                outcome = engine.run(classify(sql), "default", job, "", moment(time.time()))
                return list(outcome.rows)
        finally:
            job.close()

    def cancel(self, execution: Execution) -> None:
        """Stop the engine's work; the state follows."""
        job = execution.job
        if job is not None:
            job.cancel()
        if execution.state == "QUEUED":
            execution.move("CANCELLED", "Query cancelled by user")

    def stop(self) -> None:
        """Cancel what runs or waits, so that the process can end."""
        for execution in self.database.running():
            execution.job.cancel()
            execution.fail(INTERRUPTED)
        self._threads.shutdown(cancel_futures=True)
        self.database.close()

    def _run(self, request: Request) -> None:
        execution = request.execution
        job = execution.job
        if not execution.move("RUNNING"):
            return
        timer = threading.Timer(TIMEOUT_SECONDS, job.time_out)
        timer.daemon = True
        timer.start()
        try:
            with self._switching:
                if not self._reuse(request):
                    self._execute(request)
            execution.move("SUCCEEDED")
        except QueryError as error:
            execution.bytes_scanned = job.bytes_scanned
            self._say_why(execution, error)
            execution.fail(error)
        except Cancelled as stopped:
            execution.bytes_scanned = job.bytes_scanned
            execution.move("CANCELLED", stopped.reason)
        except RecursionError:
            execution.fail(TOO_DEEP)
        except Exception:  # the edge of a thread: the person must learn of it
            LOG.exception("query %s", execution.id)
            execution.fail(
                QueryError("GENERIC_INTERNAL_ERROR", "The lab's engine failed; see its log")
            )
        finally:
            timer.cancel()
            job.close()

    def _reuse(self, request: Request) -> bool:
        """Take the result of an earlier run of the same query, if the client lets us."""
        execution = request.execution
        if execution.reuse_minutes is None or not isinstance(request.statement, s.Select):
            return False
        oldest = execution.submitted - execution.reuse_minutes * 60
        for earlier in request.store.succeeded_since(execution.work_group, oldest):
            if _same(earlier, execution) and self.objects.path(earlier.output).is_file():
                execution.output, execution.columns = earlier.output, earlier.columns
                execution.rows_written = earlier.rows_written
                execution.bytes_written = earlier.bytes_written
                execution.reused = True
                return True
        return False

    def _execute(self, request: Request) -> None:
        execution, statement = request.execution, request.statement
        if isinstance(statement, QueryError):
            raise statement
        if isinstance(statement, s.Prepare | s.Deallocate):
            Prepared(request.store, execution.work_group).keep(statement)
            self._store(execution, Outcome("lines"))
            return
        engine = self._engine(request)
        # Where the rows of a CTAS go that names no place; its manifest lies beside that folder.
        location, _ = execution.output.rsplit("/", 1)
        default = f"{location.removesuffix('/tables')}/tables/{execution.id}/"
        database = database_of(execution)
        now = moment(execution.submitted)
        outcome = engine.run(statement, database, execution.job, default, now)
        execution.planning_seconds = outcome.planning_seconds
        execution.bytes_scanned = execution.job.bytes_scanned
        self._store(execution, outcome)
        # Trino counts while the rows come.
        execution.bytes_scanned = execution.job.bytes_scanned

    def _engine(self, request: Request) -> Engine | TrinoEngine:
        engine = Engine(
            *(self.pool(), GlueCatalog(request.catalog), self.objects, self.scratch),
            functions=self._functions,
        )
        return TrinoEngine(self._trino, engine) if self._trino else engine

    def _store(self, execution: Execution, outcome: Outcome) -> None:
        """Write the files of the result: they are complete before the state says so."""
        execution.form = outcome.form
        execution.columns = results.columns_of(outcome.columns, outcome.form == "lines")
        path = self.scratch / execution.id
        names: list[str | None] = [column.name for column in outcome.columns]
        if outcome.form == "table":
            execution.rows_written = (
                outcome.write(path)
                if outcome.write
                else results.write_table(path, names, outcome.rows)
            )
        elif outcome.form == "lines":
            # EXPLAIN is the one statement whose text has a header.
            header = [names] if execution.kind == "DML" else []
            execution.rows_written = results.write_lines(path, chain(header, outcome.rows))
            execution.update_count = outcome.count
        else:
            execution.update_count = execution.rows_written = outcome.count or 0
            execution.columns = [results.ROWS]
            self._write_manifest(execution, path, outcome)
        started = time.monotonic()
        execution.job.check()
        if path.is_file():
            execution.bytes_written = path.stat().st_size
            text = outcome.form == "lines"
            self._adopt(execution.manifest or execution.output, path, "binary" if text else None)
        if execution.columns:
            beside = self.scratch / f"{execution.id}.metadata"
            beside.write_bytes(metadata_of(execution))
            self._adopt(f"{execution.output}.metadata", beside)
        execution.service_seconds = time.monotonic() - started

    def _write_manifest(self, execution: Execution, path: Path, outcome: Outcome) -> None:
        """The files that were written, unless they are an Iceberg table's or an INSERT wrote
        none.
        """
        if outcome.form == "count" or (execution.subkind == "INSERT" and not outcome.files):
            return
        execution.manifest = f"{execution.output}-manifest.csv"
        path.write_text("".join(f"{uri}\n" for uri in outcome.files), encoding="utf-8")

    def _say_why(self, execution: Execution, error: QueryError) -> None:
        """What Hive fails at is told in the place of the result too."""
        if not reason_of(error).startswith(OF_HIVE):
            return
        path = self.scratch / execution.id
        path.write_text(reason_of(error), encoding="utf-8")
        try:
            self._adopt(execution.output, path)
        except QueryError as lost:
            LOG.warning("query %s: %s", execution.id, lost.message)

    def _adopt(self, uri: str, path: Path, kind: str | None = None) -> None:
        try:
            self.objects.adopt(uri, path, f"{kind or 'application'}/octet-stream")
        except ServiceException as error:
            path.unlink(missing_ok=True)
            raise QueryError(
                "RESULT_NOT_WRITTEN", f"Unable to verify/create output bucket {uri.split('/')[2]}"
            ) from error


@cache
def shared() -> Executor:
    """The executor of this process, whose memory all who ask the engine share."""
    return Executor(load())


class Switching:
    """While a query runs, threads take shorter turns: its functions in Python would otherwise make
    every call to the lab wait for a long one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._usual = 0.0

    def __enter__(self) -> None:
        with self._lock:
            self._running += 1
            if self._running == 1:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(SWITCH_SECONDS)

    def __exit__(self, *_failure: object) -> None:
        with self._lock:
            self._running -= 1
            if self._running == 0:
                sys.setswitchinterval(self._usual)


def memory_share(environ: Mapping[str, str] = os.environ) -> str:
    """What all queries together may hold in memory: ``LAB_ATHENA_MEMORY`` (512MB, 4GB, 25%)."""
    share = environ.get("LAB_ATHENA_MEMORY") or MEMORY
    if not re.fullmatch(r"\d+(\.\d+)?\s*(MB|MiB|GB|GiB|%)", share):
        raise ValueError(f"LAB_ATHENA_MEMORY must be like 512MB, 4GB or 25%, not {share!r}.")
    if not share.endswith("%"):
        return share
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{int(machine * float(share[:-1]) / 100 / 2**20)}MiB"


def database_of(execution: Execution) -> str:
    """The database that names without one mean; clients that write Hive quote it even here."""
    return str(execution.context.get("Database", "default")).strip("`").lower()


def _same(one: Execution, other: Execution) -> bool:
    """Whether the result of one is the result of the other."""
    return (one.sql, one.context, one.parameters, one.configuration) == (
        *(other.sql, other.context, other.parameters, other.configuration),
    )
