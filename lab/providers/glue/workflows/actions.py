"""What triggers start: job runs and crawls, by the operations that a person would call.

``kind`` is ``job`` or ``crawler``, as in ``state_changes``.
"""

from lab.providers.glue.crawlers import crawls
from lab.providers.glue.errors import GlueError
from lab.providers.glue.jobs import runs as job_runs
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Record

ENDED = {
    "job": ("SUCCEEDED", "STOPPED", "FAILED", "TIMEOUT", "ERROR", "EXPIRED"),
    "crawler": ("SUCCEEDED", "FAILED", "CANCELLED", "ERROR"),
}
PARAMETERS = ("Timeout", "NotificationProperty")
CRAWL_STATES = {"COMPLETED": "SUCCEEDED", "STOPPED": "CANCELLED"}
"""What ListCrawls calls otherwise than the graph of a workflow."""


def node_of(record: Record) -> tuple[str, str]:
    """Kind and name of what an action starts, or of what a condition watches."""
    if record.get("JobName"):
        return "job", record["JobName"]
    return "crawler", record["CrawlerName"]


def start(
    catalog: DataCatalog, action: Record, arguments: Record, trigger: str, before: list[Record]
) -> str:
    """Start what the action of a trigger names; returns the id of the run. Raises what the
    operation raises.

    ``arguments`` are added to the job's own; ``before`` are the runs that fired the trigger.
    """
    kind, name = node_of(action)
    if kind == "crawler":
        return crawls.start(catalog, name)
    request = {
        "JobName": name,
        "Arguments": {**(action.get("Arguments") or {}), **arguments},
        **{key: action[key] for key in PARAMETERS if action.get(key) is not None},
    }
    return job_runs.start(catalog, request, trigger, before)


def stop(catalog: DataCatalog, kind: str, name: str, run: str) -> None:
    """Ask it to stop. Raises what the operation raises, for one when it has ended."""
    if kind == "crawler":
        crawls.stop_crawler(catalog, {"Name": name})
    else:
        job_runs.batch_stop_job_run(catalog, {"JobName": name, "JobRunIds": [run]})


def attempt_of(run: str) -> tuple[str, int]:
    """The id of a job run's first attempt, and the number of this one, from 0 on."""
    first, _, number = run.partition("_attempt_")
    return first, int(number or 0)


def will_retry(catalog: DataCatalog, name: str, attempt: int, state: str) -> bool:
    """Whether a job is about to try again what ended so."""
    job = catalog.storage.get("job", (name,)) or {}
    return state == "FAILED" and attempt < (job.get("MaxRetries") or 0)


def detail(catalog: DataCatalog, kind: str, name: str, run: str) -> Record | None:
    """The run as the graph of a workflow shows it; None when nobody knows it any more."""
    try:
        if kind == "job":
            return dict(job_runs.get_job_run(catalog, {"JobName": name, "RunId": run})["JobRun"])
        asked = {"CrawlerName": name, "MaxResults": 1000}
        found = crawls.list_crawls(catalog, asked)["Crawls"]
    except GlueError:
        return None
    crawl = next((one for one in found if one["CrawlId"] == run), None)
    return _crawl(crawl) if crawl else None


def _crawl(crawl: Record) -> Record:
    shown = {
        "State": CRAWL_STATES.get(crawl["State"], crawl["State"]),
        "StartedOn": crawl["StartTime"],
        "CompletedOn": crawl.get("EndTime"),
        "ErrorMessage": crawl.get("ErrorMessage"),
        "LogGroup": crawl.get("LogGroup"),
        "LogStream": crawl.get("LogStream"),
    }
    return {key: value for key, value in shown.items() if value is not None}
