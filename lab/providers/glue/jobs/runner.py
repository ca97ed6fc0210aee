"""What happens in a run: prepared, started, waited for, ended, and tried again.

A run is a thread while it lasts; what it is at any moment is in the catalogue's file. One that was
under way when the lab ended is FAILED when it starts again; what it had committed is kept.

Source: AWS Glue Developer Guide, "AWS Glue job run statuses", "Defining job properties".
"""

import logging
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from lab.providers.clock import work
from lab.providers.glue.jobs import announcements, bookmarks, environments
from lab.providers.glue.jobs.arguments import merged
from lab.providers.glue.jobs.definitions import SPARK, moment
from lab.providers.glue.jobs.output import RunLog
from lab.providers.glue.jobs.process import Process
from lab.providers.glue.jobs.workspace import PreparationError, workspace_of
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Record

LOG = logging.getLogger(__name__)

LOST = "The lab was stopped while the job was running."
UNDER_WAY = ("STARTING", "RUNNING", "STOPPING", "WAITING")


@dataclass(slots=True)
class Active:
    """A run that is under way in this process."""

    process: Process | None = None
    is_stopped: bool = False
    began: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Runner:
    """All runs that are under way. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._active: dict[str, Active] = {}
        self._lock = threading.Lock()
        work().register("glue jobs", lambda: len(self._active))

    def start(self, catalog: DataCatalog, job: Record, run: Record) -> None:
        """Begin a run that the catalogue has."""
        with self._lock:
            self._active[run["Id"]] = Active()
        name = f"glue-job-{run['Id'][:11]}"
        threading.Thread(target=self._run, args=(catalog, job, run), name=name, daemon=True).start()

    def seconds(self, run_id: str) -> int:
        """For how long a run has been running."""
        active = self._active.get(run_id)
        began = active.began if active else None
        return 0 if began is None else int(time.monotonic() - began)

    def stop(self, catalog: DataCatalog, run: Record) -> None:
        """Have a run stopped; it is STOPPING until it is."""
        active = self._active.get(run["Id"])
        if active is None:
            return
        with active.lock:
            active.is_stopped = True
            _change(catalog, run, JobRunState="STOPPING")
            if active.process is not None:
                active.process.kill()

    def _run(self, catalog: DataCatalog, job: Record, run: Record) -> None:
        try:
            ended = self._attempt(catalog, job, run)
            if ended["JobRunState"] == "FAILED" and ended["Attempt"] < job["MaxRetries"]:
                self._retry(catalog, job, ended)
        except Exception:  # an edge: a thread of its own
            LOG.exception("the run %s of the job %s is lost", run["Id"], run["JobName"])
            _end(catalog, run, "FAILED", "Internal service error", 0.0)
        finally:
            with self._lock:
                self._active.pop(run["Id"], None)

    def _retry(self, catalog: DataCatalog, job: Record, failed: Record) -> None:
        first = failed["Id"].partition("_attempt_")[0]
        attempt = failed["Attempt"] + 1
        stamp = moment()
        kept = {
            key: value
            for key, value in failed.items()
            if key not in ("CompletedOn", "ErrorMessage", "DPUSeconds")
        }
        again = {
            **kept,
            "Id": f"{first}_attempt_{attempt}",
            "Attempt": attempt,
            "PreviousRunId": failed["Id"],
            "StartedOn": stamp,
            "LastModifiedOn": stamp,
            "JobRunState": "STARTING",
            "ExecutionTime": 0,
        }
        catalog.storage.put("job_run", (again["JobName"], again["Id"]), again)
        self.start(catalog, job, again)

    def _attempt(self, catalog: DataCatalog, job: Record, run: Record) -> Record:
        active = self._active[run["Id"]]
        announcements.announce(catalog, run)
        is_spark = job["Command"]["Name"] == SPARK
        log = RunLog(catalog.account, catalog.region, run, merged(job, run), is_spark)
        space = workspace_of(run["Id"])
        try:
            space.make()
            space.bookmark.write_text(bookmarks.state_of(catalog, run["JobName"]))
            plan = environments.plan(catalog, job, run, space)
            if not self._begin(catalog, run, active, plan):
                return _end(catalog, run, "STOPPED", None, 0.0)
            code = self._listen(active, log, run)
        except PreparationError as error:
            log.feed("error", f"{error}\n".encode())
            log.close()
            return _end(catalog, run, "FAILED", str(error), 0.0)
        finally:
            _collect(catalog, run)
            if active.process is None:
                space.remove()
        took = time.monotonic() - (active.began or time.monotonic())
        log.close()
        state, message = _verdict(active, code, space)
        if is_spark and "--enable-metrics" in merged(job, run) and space.counts.exists():
            counts = announcements.read_counts(space.counts.read_text())
            announcements.count(catalog, run, counts, took * 1000)
        space.remove()
        return _end(catalog, run, state, message, took)

    def _begin(self, catalog: DataCatalog, run: Record, active: Active, plan: Any) -> bool:
        """Start the process, unless the run has been stopped before."""
        with active.lock:
            if active.is_stopped:
                return False
            active.process = Process(plan)
            active.began = time.monotonic()
            fresh = _change(catalog, run, JobRunState="RUNNING")
        announcements.announce(catalog, fresh)
        return True

    def _listen(self, active: Active, log: RunLog, run: Record) -> int | None:
        assert active.process is not None and active.began is not None
        return active.process.listen(log.feed, active.began + run["Timeout"] * 60)


def recover(catalog: DataCatalog) -> None:
    """When the lab starts: end in the catalogue what was under way when it was stopped."""
    for run in catalog.storage.records("job_run"):
        if run["JobRunState"] in UNDER_WAY:
            LOG.info("the run %s of the job %s was interrupted", run["Id"], run["JobName"])
            _collect(catalog, run)
            workspace_of(run["Id"]).remove()
            _end(catalog, run, "FAILED", LOST, 0.0)


def _verdict(active: Active, code: int | None, space: Any) -> tuple[str, str | None]:
    """The state in which a process leaves its run, and what is said of it."""
    if active.is_stopped:
        return "STOPPED", None
    if code is None:
        return "TIMEOUT", None
    if code == 0:
        return "SUCCEEDED", None
    if space.error.exists():
        return "FAILED", space.error.read_text(errors="replace")
    return "FAILED", f"Command failed with exit code {code}"


def _collect(catalog: DataCatalog, run: Record) -> None:
    """Keep what a run has committed, however it ended."""
    committed = workspace_of(run["Id"]).committed
    if committed.exists() and catalog.storage.has("job", (run["JobName"],)):
        bookmarks.keep(catalog, run, committed.read_text())


def _change(catalog: DataCatalog, run: Record, **fields: Any) -> Record:
    fresh = {**run, **fields, "LastModifiedOn": moment()}
    with catalog.transaction():
        if catalog.storage.has("job_run", (run["JobName"], run["Id"])):
            catalog.storage.put("job_run", (run["JobName"], run["Id"]), fresh)
    return fresh


def _end(
    catalog: DataCatalog, run: Record, state: str, message: str | None, seconds: float
) -> Record:
    """The end of a run; ``DPUSeconds`` only where AWS has them."""
    whole = max(1, round(seconds)) if seconds else 0
    fields: Record = {"JobRunState": state, "ExecutionTime": whole, "CompletedOn": moment()}
    if message:
        fields["ErrorMessage"] = message
    if run.get("ExecutionClass") == "FLEX":
        fields["DPUSeconds"] = whole * run["MaxCapacity"]
    ended = _change(catalog, run, **fields)
    announcements.announce(catalog, ended)
    return ended


@cache
def runner() -> Runner:
    """The runner of this lab."""
    return Runner()
