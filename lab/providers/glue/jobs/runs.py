"""Runs of jobs, as the API starts, shows and stops them.

Source: AWS Glue API reference, "Job runs".

What happens in a run is :mod:`runner`'s.
"""

import secrets

from lab.providers.glue.errors import GlueError, invalid, not_found
from lab.providers.glue.jobs import runner
from lab.providers.glue.jobs.arguments import check_arguments
from lab.providers.glue.jobs.definitions import (
    SPARK,
    capacity,
    job_of,
    moment,
    refuse_part,
)
from lab.providers.glue.models import DataCatalog, without_nothing
from lab.providers.glue.storage import Record
from lab.providers.handlers import handlers
from lab.providers.pages import page

OVER = ("STOPPED", "SUCCEEDED", "FAILED", "TIMEOUT", "ERROR", "EXPIRED")
FROM_JOB = ("Timeout", "GlueVersion", "ExecutionClass", "NotificationProperty", "JobMode")
SIZES = ("WorkerType", "NumberOfWorkers", "MaxCapacity", "AllocatedCapacity")


def start_job_run(catalog: DataCatalog, request: Record) -> Record:
    return {"JobRunId": start(catalog, without_nothing(request))}


def start(
    catalog: DataCatalog,
    request: Record,
    trigger: str | None = None,
    predecessors: list[Record] | None = None,
) -> str:
    """Start a run as StartJobRun does, for a trigger if it is named; returns the run's id."""
    name = request["JobName"]
    with catalog.transaction():
        job = catalog.storage.get("job", (name,))
        if job is None:
            raise not_found("Failed to start job run due to missing metadata.")
        _check(request, job)
        active = [run for run in _runs(catalog, name) if run["JobRunState"] not in OVER]
        if len(active) >= job["ExecutionProperty"]["MaxConcurrentRuns"]:
            raise GlueError(
                "ConcurrentRunsExceededException", f"Concurrent runs exceeded for {name}"
            )
        run = _made(catalog, job, request)
        if trigger:
            run["TriggerName"] = trigger
        run["PredecessorRuns"] = predecessors or []
        catalog.storage.put("job_run", (name, run["Id"]), run)
    runner.runner().start(catalog, job, run)
    return str(run["Id"])


def _check(request: Record, job: Record) -> None:
    for field in ("SecurityConfiguration", "ExecutionRoleSessionPolicy"):
        if request.get(field):
            raise refuse_part(field, "it")
    if request.get("JobRunQueuingEnabled"):
        raise refuse_part("JobRunQueuingEnabled", "the queuing of job runs")
    check_arguments(request.get("Arguments") or {}, job)


def _made(catalog: DataCatalog, job: Record, request: Record) -> Record:
    previous = None
    if identifier := request.get("JobRunId"):
        previous = run_of(catalog, job["Name"], identifier)
        if previous["JobRunState"] not in OVER:
            raise invalid(f"Job run {identifier} has not ended.")
    kind = job["Command"]["Name"]
    own = {key: request[key] for key in SIZES if key in request}
    asked = own or {key: job[key] for key in SIZES[:2] if key in job}
    size = {**asked, **capacity(asked, kind)} if asked else {key: job[key] for key in SIZES[2:]}
    stamp = moment()
    run = {
        "Id": "jr_" + secrets.token_hex(32),
        "Attempt": 0,
        "JobName": job["Name"],
        "StartedOn": stamp,
        "LastModifiedOn": stamp,
        "JobRunState": "STARTING",
        "ExecutionTime": 0,
        "LogGroupName": "/aws-glue/jobs" if kind == SPARK else "/aws-glue/python-jobs",
        **{key: job[key] for key in FROM_JOB if key in job},
        **{key: request[key] for key in FROM_JOB if key in request},
        **size,
    }
    arguments = request.get("Arguments") or (previous or {}).get("Arguments")
    if arguments:
        run["Arguments"] = arguments
    if previous:
        run["PreviousRunId"] = previous["Id"]
    return run


def run_of(catalog: DataCatalog, name: str, identifier: str) -> Record:
    job_of(catalog, name)
    found = catalog.storage.get("job_run", (name, identifier))
    if found is None:
        raise not_found(f"Job run {identifier} not found for job {name}.")
    return found


def _runs(catalog: DataCatalog, name: str) -> list[Record]:
    """The latest first."""
    found = catalog.storage.records("job_run", (name,))
    return sorted(found, key=lambda run: run["StartedOn"], reverse=True)


def _shown(run: Record) -> Record:
    """A run as it is at this moment: its time goes on while it runs."""
    if run["JobRunState"] in OVER:
        return run
    return {**run, "ExecutionTime": runner.runner().seconds(run["Id"])}


def get_job_run(catalog: DataCatalog, request: Record) -> Record:
    return {"JobRun": _shown(run_of(catalog, request["JobName"], request["RunId"]))}


def get_job_runs(catalog: DataCatalog, request: Record) -> Record:
    job_of(catalog, request["JobName"])
    answer = page(_runs(catalog, request["JobName"]), request, "JobRuns", 100, invalid)
    return {**answer, "JobRuns": [_shown(run) for run in answer["JobRuns"]]}


def batch_stop_job_run(catalog: DataCatalog, request: Record) -> Record:
    name = request["JobName"]
    done, errors = [], []
    for identifier in request["JobRunIds"]:
        try:
            _stop(catalog, name, identifier)
        except GlueError as error:
            failed = {"JobName": name, "JobRunId": identifier, "ErrorDetail": error.detail()}
            errors.append(failed)
        else:
            done.append({"JobName": name, "JobRunId": identifier})
    return {"SuccessfulSubmissions": done, "Errors": errors}


def _stop(catalog: DataCatalog, name: str, identifier: str) -> None:
    run = run_of(catalog, name, identifier)
    if run["JobRunState"] in OVER:
        raise GlueError(
            "InvalidInputException", f"Job Run in terminal state {run['JobRunState']} already"
        )
    runner.runner().stop(catalog, run)


HANDLERS = handlers(start_job_run, get_job_run, get_job_runs, batch_stop_job_run)
