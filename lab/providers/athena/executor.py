"""Runs executions in threads: at most 20 at a time, the others wait in their queue."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from localstack.aws.api import ServiceException

from lab.config import Config
from lab.engine.engine import Engine, Outcome
from lab.engine.errors import Cancelled, QueryError
from lab.engine.parameters import substitute
from lab.engine.run import TIMEOUT_SECONDS, Job, Pool
from lab.engine.types import BIGINT
from lab.providers.athena import results
from lab.providers.athena.catalog import GlueCatalog
from lab.providers.athena.models import Execution, WorkGroup
from lab.providers.athena.objects import S3Objects
from lab.providers.glue.models import DataCatalog
from lab.providers.s3.layout import Layout

LOG = logging.getLogger(__name__)
CONCURRENT = 20
SUFFIXES = {"table": ".csv", "lines": ".txt", "manifest": ""}


class Executor:
    """One engine for all accounts; DuckDB is started with the first query."""

    def __init__(self, config: Config) -> None:
        self.scratch = config.home / "athena" / "tmp"
        self.objects = S3Objects(Layout(config.s3_dir))
        self._folders = [config.s3_dir]
        self._threads = ThreadPoolExecutor(CONCURRENT, thread_name_prefix="athena")
        self._pool: Pool | None = None
        self._running: list[Execution] = []
        self._lock = threading.Lock()

    def pool(self) -> Pool:
        with self._lock:
            if self._pool is None:
                self._pool = Pool(self._folders, self.scratch)
            return self._pool

    def submit(self, execution: Execution, group: WorkGroup, store: DataCatalog) -> None:
        """Queue an execution."""
        engine = Engine(self.pool(), GlueCatalog(store), self.objects, self.scratch)
        limit = group.configuration.get("BytesScannedCutoffPerQuery")
        execution.job = Job(engine.pool, limit)
        self._threads.submit(self._run, execution, engine)

    def stop(self) -> None:
        """Cancel what runs or waits, so that the process can end."""
        with self._lock:
            running = list(self._running)
        for execution in running:
            execution.job.cancel()
        self._threads.shutdown(cancel_futures=True)

    def _run(self, execution: Execution, engine: Engine) -> None:
        job = execution.job
        if not execution.move("RUNNING"):
            return
        with self._lock:
            self._running.append(execution)
        timer = threading.Timer(TIMEOUT_SECONDS, job.time_out)
        timer.daemon = True
        timer.start()
        try:
            self._execute(execution, engine)
            execution.move("SUCCEEDED")
        except QueryError as error:
            execution.bytes_scanned = job.bytes_scanned
            execution.fail(error)
        except Cancelled as stopped:
            execution.bytes_scanned = job.bytes_scanned
            execution.move("CANCELLED", stopped.reason)
        except Exception:  # the edge of a thread: the person must learn of it
            LOG.exception("query %s", execution.id)
            execution.fail(
                QueryError("GENERIC_INTERNAL_ERROR", "The lab's engine failed; see its log")
            )
        finally:
            timer.cancel()
            with self._lock:
                self._running.remove(execution)
            job.close()

    def _execute(self, execution: Execution, engine: Engine) -> None:
        job = execution.job
        statement = engine.read(with_parameters(execution))
        execution.kind, execution.subkind = statement.kind, statement.subkind
        folder = execution.output.rsplit("/", 1)[0]
        default = f"{folder}/tables/{execution.id}/"
        database = execution.context.get("Database") or "default"
        outcome = engine.run(statement, database, job, default, execution.submitted)
        execution.planning_seconds = outcome.planning_seconds
        execution.bytes_scanned = job.bytes_scanned
        self._store(execution, outcome, folder)

    def _store(self, execution: Execution, outcome: Outcome, folder: str) -> None:
        """Write the files of the result: they are complete before the state says so."""
        execution.form = outcome.form
        execution.columns = results.columns_of(outcome.columns, outcome.form == "lines")
        execution.output = f"{folder}/{execution.id}{SUFFIXES[outcome.form]}"
        path = self.scratch / execution.id
        if outcome.form == "table":
            results.write_table(path, [column.name for column in outcome.columns], outcome.rows)
        elif outcome.form == "lines":
            results.write_lines(path, outcome.rows)
        else:
            execution.manifest = f"{execution.output}-manifest.csv"
            execution.update_count = outcome.count
            execution.columns = [results.column_info("rows", BIGINT)]
            path.write_text("".join(f"{uri}\n" for uri in outcome.files), encoding="utf-8")
        started = time.monotonic()
        execution.job.check()
        self._adopt(execution.manifest or execution.output, path)
        metadata = self.scratch / f"{execution.id}.metadata"
        results.write_metadata(metadata, execution.columns)
        self._adopt(f"{execution.output}.metadata", metadata)
        execution.service_seconds = time.monotonic() - started

    def _adopt(self, uri: str, path: Path) -> None:
        try:
            self.objects.adopt(uri, path, "application/octet-stream")
        except ServiceException as error:
            path.unlink(missing_ok=True)
            raise QueryError(
                "FAILED", f"Unable to verify/create output bucket {uri.split('/')[2]}"
            ) from error


def with_parameters(execution: Execution) -> str:
    """The statement with its question marks replaced by the execution parameters."""
    if not execution.parameters:
        return execution.sql
    return substitute(execution.sql, execution.parameters)
