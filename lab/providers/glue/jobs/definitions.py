"""Jobs as they are defined. Source: AWS Glue API reference, "Jobs"."""

import datetime as dt
import re
from typing import Any

from lab.providers.glue import tags
from lab.providers.glue.dispatch import page_of
from lab.providers.glue.errors import GlueError, invalid, not_found
from lab.providers.glue.models import DataCatalog, without_nothing
from lab.providers.glue.refused import refuse
from lab.providers.glue.storage import Record
from lab.providers.handlers import handlers
from lab.providers.pages import page

PYTHON_SHELL, SPARK = "pythonshell", "glueetl"
OTHER_COMMANDS = {"gluestreaming": "streaming jobs", "glueray": "Ray jobs"}
DPU_OF_WORKER = {
    "Standard": 1.0,
    "G.025X": 0.25,
    "G.1X": 1.0,
    "G.2X": 2.0,
    "G.4X": 4.0,
    "G.8X": 8.0,
    "Z.2X": 2.0,
}
GLUE_VERSIONS = ("0.9", "1.0", "2.0", "3.0", "4.0", "5.0", "5.1")
NOT_YET = {
    "SecurityConfiguration": "security configurations",
    "CodeGenConfigurationNodes": "visual jobs",
    "SourceControlDetails": "source control",
    "MaintenanceWindow": "maintenance windows",
}
ABSENT_IN_JOB = ("Tags", "Name")
MOST_RETRIES = 10


def moment() -> dt.datetime:
    """Now, as fine as Glue tells the times of jobs: milliseconds."""
    found = dt.datetime.now(dt.UTC)
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def job_of(catalog: DataCatalog, name: str) -> Record:
    found = catalog.storage.get("job", (name,))
    if found is None:
        raise not_found(f"Job with name: {name} not found.")
    return found


def create_job(catalog: DataCatalog, request: Record) -> Record:
    name = request["Name"]
    given = {key: value for key, value in request.items() if key not in ABSENT_IN_JOB}
    settled = _settled(without_nothing(given))
    with catalog.transaction():
        old = catalog.storage.get("job", (name,))
        if old is not None:
            kept = {key: old[key] for key in ("Name", "CreatedOn", "LastModifiedOn")}
            if old == {**settled, **kept}:
                return {"Name": name}
            raise GlueError(
                "IdempotentParameterMismatchException",
                f"Job with name '{name}' already submitted with different configuration",
            )
        stamp = moment()
        job = {**settled, "Name": name, "CreatedOn": stamp, "LastModifiedOn": stamp}
        catalog.storage.put("job", (name,), job)
        tags.put_tags(catalog, catalog.arn(f"job/{name}"), request.get("Tags") or {})
    return {"Name": name}


def update_job(catalog: DataCatalog, request: Record) -> Record:
    """What is not given becomes what it is without: an update replaces the definition."""
    name, given = request["JobName"], without_nothing(request["JobUpdate"])
    with catalog.transaction():
        old = job_of(catalog, name)
        for field in ("Role", "Command"):
            if field not in given:
                raise invalid(f"{field} is required.")
        fresh = {**_settled(given), "Name": name, "CreatedOn": old["CreatedOn"]}
        catalog.storage.put("job", (name,), {**fresh, "LastModifiedOn": moment()})
    return {"JobName": name}


def _settled(given: Record) -> Record:
    """A definition with what Glue adds. InvalidInputException for what does not fit together."""
    command = given["Command"]
    kind = command.get("Name")
    _check(given, kind)
    settled = {"MaxRetries": 0, **given, "Command": _command(command, given)}
    settled["ExecutionProperty"] = {"MaxConcurrentRuns": 1, **given.get("ExecutionProperty", {})}
    settled.setdefault("GlueVersion", "3.0" if kind == PYTHON_SHELL else "0.9")
    settled.setdefault("Timeout", 2880)
    if kind == SPARK:
        settled.setdefault("ExecutionClass", "STANDARD")
    return {**settled, **capacity(given, kind)}


def _command(command: Record, given: Record) -> Record:
    default = "3" if given.get("GlueVersion", "0.9") >= "2" else "2"
    return {"PythonVersion": default, **command}


def _check(given: Record, kind: str | None) -> None:
    for field, noun in NOT_YET.items():
        if given.get(field):
            raise refuse_part(field, noun)
    if kind in OTHER_COMMANDS:
        raise refuse_part(f"Command.Name {kind}", OTHER_COMMANDS[kind])
    if kind not in (PYTHON_SHELL, SPARK):
        raise invalid(f"Invalid command name: {kind}")
    if not (given["Command"].get("ScriptLocation") or "").startswith("s3://"):
        raise invalid("Script location must be an S3 path.")
    if not given.get("Role"):
        raise invalid("Role is required.")
    if given.get("GlueVersion") not in (None, *GLUE_VERSIONS):
        raise invalid(f"Glue version {given['GlueVersion']} is not supported.")
    if not 0 <= given.get("MaxRetries", 0) <= MOST_RETRIES:
        raise invalid(f"MaxRetries should be between 0 and {MOST_RETRIES}.")
    if given.get("ExecutionProperty", {}).get("MaxConcurrentRuns", 1) < 1:
        raise invalid("Max concurrent runs must be at least 1.")
    if given.get("JobRunQueuingEnabled"):
        raise refuse_part("JobRunQueuingEnabled", "the queuing of job runs")
    _check_language(given)


def _check_language(given: Record) -> None:
    arguments = {**given.get("DefaultArguments", {}), **given.get("NonOverridableArguments", {})}
    if arguments.get("--job-language", "python") != "python":
        raise refuse_part("--job-language scala", "jobs in Scala")


def refuse_part(part: str, noun: str) -> GlueError:
    error = refuse(part)
    message = f"{part} is not supported by this lab's Glue, which comes without {noun}."
    return GlueError(error.code, message)


def capacity(given: Record, kind: str | None) -> Record:
    """``MaxCapacity`` and ``AllocatedCapacity``, in DPU, from what a job or a run asks for."""
    workers, number = given.get("WorkerType"), given.get("NumberOfWorkers")
    dpu = given.get("MaxCapacity")
    if dpu is None and given.get("AllocatedCapacity"):
        dpu = float(given["AllocatedCapacity"])
    if kind == PYTHON_SHELL:
        if workers or number:
            raise invalid("Worker Type and Number of Workers are not supported for Python shell.")
        if dpu not in (None, 0.0625, 1.0):
            raise invalid("Max Capacity for Python shell jobs must be 0.0625 or 1.")
        dpu = 0.0625 if dpu is None else dpu
    elif workers or number:
        if dpu is not None:
            raise invalid(
                "Please do not set Max Capacity if using Worker Type and Number of Workers."
            )
        if not workers or not number:
            raise invalid("Please set both Worker Type and Number of Workers.")
        dpu = DPU_OF_WORKER[workers] * number
    elif dpu is None:
        dpu = 10.0
    return {"MaxCapacity": float(dpu), "AllocatedCapacity": int(dpu)}


def delete_job(catalog: DataCatalog, request: Record) -> Record:
    """Its runs and its bookmark go with it. A job that is not there is none to delete."""
    name = request["JobName"]
    with catalog.transaction():
        kinds = ("job", "job_run", "job_bookmark", "job_bookmark_states")
        catalog.storage.delete_under((name,), *kinds)
        catalog.storage.delete("tags", (catalog.arn(f"job/{name}"),))
    return {"JobName": name}


def get_job(catalog: DataCatalog, request: Record) -> Record:
    return {"Job": job_of(catalog, request["JobName"])}


def get_jobs(catalog: DataCatalog, request: Record) -> Record:
    return page_of(catalog, "job", list(catalog.storage.keys("job")), request, "Jobs")


def batch_get_jobs(catalog: DataCatalog, request: Record) -> Record:
    found, absent = [], []
    for name in request["JobNames"]:
        job = catalog.storage.get("job", (name,))
        if job is None:
            absent.append(name)
        else:
            found.append(job)
    return {"Jobs": found, "JobsNotFound": absent}


def list_jobs(catalog: DataCatalog, request: Record) -> Record:
    wanted: dict[str, str] = request.get("Tags") or {}
    names = [name for (name,) in catalog.storage.keys("job") if _has_tags(catalog, name, wanted)]
    answer: dict[str, Any] = page(names, request, "JobNames", 100, invalid)
    return answer


def _has_tags(catalog: DataCatalog, name: str, wanted: dict[str, str]) -> bool:
    if not wanted:
        return True
    own = catalog.storage.get("tags", (catalog.arn(f"job/{name}"),)) or {}
    return wanted.items() <= own.items()


def bucket_and_key(location: str) -> tuple[str, str]:
    """``s3://bucket/key`` in its parts. InvalidInputException when it is none."""
    found = re.fullmatch(r"s3[an]?://([^/]+)/(.+)", location)
    if found is None:
        raise invalid(f"{location} is not an S3 path.")
    return found[1], found[2]


HANDLERS = handlers(
    create_job, update_job, delete_job, get_job, get_jobs, batch_get_jobs, list_jobs
)
