"""Operations that start and stop crawlers, and tell how their crawls went.

A crawl runs in a thread. It is RUNNING as long as this process has it; one that was under way when
the lab ended is found FAILED.

Source: AWS Glue API reference, "Crawlers and classifiers API".
"""

import datetime as dt
import logging
import statistics
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from lab.providers.clock import clock, work
from lab.providers.glue.crawlers import announcements
from lab.providers.glue.crawlers.changes import ADD, DELETE, TABLE, UPDATE, Changes
from lab.providers.glue.crawlers.crawl_log import GROUP, CrawlLog
from lab.providers.glue.errors import GlueError, invalid, not_found
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.refused import refuse
from lab.providers.glue.state_changes import StateChange, publish
from lab.providers.glue.storage import Key, Record
from lab.providers.handlers import handlers
from lab.providers.pages import page

LOG = logging.getLogger(__name__)

Owner = tuple[str, str, str]
"""Account, region and name of a crawler."""

INTERRUPTED = "Internal Service Exception"
ENDS = {"COMPLETED": "SUCCEEDED", "FAILED": "FAILED", "STOPPED": "CANCELLED"}
"""The state of a crawl, and how GetCrawler and triggers call it."""
SHOWN = (
    *("CrawlId", "State", "StartTime", "EndTime", "Summary", "ErrorMessage", "LogGroup"),
    *("LogStream", "MessagePrefix"),
)
FIELDS = {"CRAWL_ID": "CrawlId", "STATE": "State", "START_TIME": "StartTime", "END_TIME": "EndTime"}
OPERATORS: dict[str, Any] = {
    "GT": lambda a, b: a > b,
    "GE": lambda a, b: a >= b,
    "LT": lambda a, b: a < b,
    "LE": lambda a, b: a <= b,
    "EQ": lambda a, b: a == b,
    "NE": lambda a, b: a != b,
}


@dataclass
class Run:
    """A crawl that is under way."""

    crawl: str
    key: Key
    at: dt.datetime
    began: float = field(default_factory=time.monotonic)
    stopped: threading.Event = field(default_factory=threading.Event)


_RUNNING: dict[Owner, Run] = {}
_LOCK = threading.Lock()
_THREADS: set[threading.Thread] = set()

work().register("glue_crawlers", lambda: len(_THREADS))


def state(catalog: DataCatalog, name: str) -> tuple[str, float]:
    """READY, RUNNING or STOPPING, and for how many seconds it runs."""
    run = _RUNNING.get((catalog.account, catalog.region, name))
    if run is None:
        return "READY", 0
    return "STOPPING" if run.stopped.is_set() else "RUNNING", time.monotonic() - run.began


def start(catalog: DataCatalog, name: str) -> str:
    """Begin a crawl; returns its id. CrawlerRunningException while there is one."""
    with catalog.lock:
        crawler = catalog.storage.get("crawler", (name,))
        if crawler is None:
            raise not_found(f"Crawler with name {name} does not exist")
        owner = (catalog.account, catalog.region, name)
        now = clock().utc()
        crawl = str(uuid.uuid4())
        run = Run(crawl, (name, f"{int(now.timestamp() * 1000):015d}", crawl), now)
        with _LOCK:
            if owner in _RUNNING:
                message = f"Crawler with name {name} has already started"
                raise GlueError("CrawlerRunningException", message)
            _RUNNING[owner] = run
        _keep(catalog, run, {"State": "RUNNING"})
    thread = threading.Thread(
        target=_crawl, args=(catalog, crawler, owner, run), name=f"crawler-{name}", daemon=True
    )
    _THREADS.add(thread)
    thread.start()
    return crawl


def _keep(catalog: DataCatalog, run: Run, more: Record) -> None:
    record = {
        "CrawlId": run.crawl,
        "StartTime": run.at,
        "LogGroup": GROUP,
        "LogStream": run.key[0],
        "MessagePrefix": run.crawl,
        **more,
    }
    catalog.storage.put("crawl", run.key, record)


def _crawl(catalog: DataCatalog, crawler: Record, owner: Owner, run: Run) -> None:
    name = owner[2]
    log = CrawlLog(catalog.account, catalog.region, name, run.crawl)
    try:
        _publish(owner, run, "RUNNING")
        announcements.started(catalog, name, run.at)
        ended, changes = _outcome(catalog, crawler, log, run)
        log.benchmark("Crawler has finished running and is in state READY")
        seconds = time.monotonic() - run.began
        _finish(catalog, owner, run, ended, changes, seconds)
        if ended["State"] == "COMPLETED":
            announcements.succeeded(catalog, name, ended["EndTime"], seconds, changes)
        elif ended["State"] == "FAILED":
            announcements.failed(catalog, name, ended["ErrorMessage"])
        _publish(owner, run, ENDS[ended["State"]])
    finally:
        with _LOCK:
            _RUNNING.pop(owner, None)
        _THREADS.discard(threading.current_thread())


def _outcome(
    catalog: DataCatalog, crawler: Record, log: CrawlLog, run: Run
) -> tuple[Record, Changes]:
    """Crawl; what is to be kept of it, and what it has changed."""
    # The readers of all formats take memory, so they come with the first crawl.
    from lab.providers.glue.crawlers.crawl import Cancelled, Crawl, CrawlError

    changes = Changes()
    try:
        crawl = Crawl(catalog, crawler, log, run.stopped.is_set)
        changes = crawl.changes
        crawl.run()
        return {"State": "COMPLETED"}, changes
    except Cancelled:
        log.info("The crawl was stopped")
        return {"State": "STOPPED"}, changes
    except CrawlError as error:
        log.error(str(error))
        return {"State": "FAILED", "ErrorMessage": str(error)}, changes
    except Exception:  # the edge of a thread: the crawler must be READY again
        LOG.exception("the crawl of %s failed", crawler["Name"])
        log.error(INTERRUPTED)
        return {"State": "FAILED", "ErrorMessage": INTERRUPTED}, changes


def _finish(  # noqa: PLR0913, PLR0917 - all that there is to keep of a crawl
    catalog: DataCatalog, owner: Owner, run: Run, ended: Record, changes: Changes, seconds: float
) -> None:
    """Keep how the crawl ended, and have the crawler READY at the same moment."""
    ended["EndTime"] = max(clock().utc(), run.at)
    tables = {action: changes.counts[TABLE, action] for action in (ADD, UPDATE, DELETE)}
    more = {**ended, "Summary": changes.summary(), "Seconds": seconds, "Tables": tables}
    with catalog.transaction():
        _keep(catalog, run, more)
        _set_last(catalog, run.key[0], {**more, "StartTime": run.at, "CrawlId": run.crawl})
        with _LOCK:
            _RUNNING.pop(owner, None)


def _set_last(catalog: DataCatalog, name: str, crawl: Record) -> None:
    crawler = catalog.storage.get("crawler", (name,))
    if crawler is None:
        return
    last = {
        "Status": ENDS[crawl["State"]],
        "LogGroup": GROUP,
        "LogStream": name,
        "MessagePrefix": crawl["CrawlId"],
        "StartTime": crawl["StartTime"],
    }
    if error := crawl.get("ErrorMessage"):
        last["ErrorMessage"] = error
    catalog.storage.put("crawler", (name,), {**crawler, "LastCrawl": last})


def _publish(owner: Owner, run: Run, became: str) -> None:
    account, region, name = owner
    publish(StateChange(account, region, "crawler", name, run.crawl, became))


def recover(catalog: DataCatalog) -> None:
    """After a restart: crawls that nobody runs any more have failed."""
    with catalog.transaction():
        for record in catalog.storage.records("crawl"):
            if record["State"] == "RUNNING":
                name, at = record["LogStream"], record["StartTime"]
                ended = {**record, "State": "FAILED", "ErrorMessage": INTERRUPTED, "EndTime": at}
                key = (name, f"{int(at.timestamp() * 1000):015d}", record["CrawlId"])
                catalog.storage.put("crawl", key, ended)
                _set_last(catalog, name, ended)


def start_crawler(catalog: DataCatalog, request: Record) -> Record:
    start(catalog, request["Name"])
    return {}


def stop_crawler(catalog: DataCatalog, request: Record) -> Record:
    name = request["Name"]
    if not catalog.storage.has("crawler", (name,)):
        raise not_found(f"Crawler with name {name} does not exist")
    with _LOCK:
        run = _RUNNING.get((catalog.account, catalog.region, name))
        if run is None:
            raise GlueError("CrawlerNotRunningException", f"Crawler with name {name} isn't running")
        if run.stopped.is_set():
            raise GlueError("CrawlerStoppingException", f"Crawler with name {name} is stopping")
        run.stopped.set()
    return {}


def list_crawls(catalog: DataCatalog, request: Record) -> Record:
    """The newest first."""
    name = request["CrawlerName"]
    if not catalog.storage.has("crawler", (name,)):
        raise not_found(f"Crawler entry with name {name} does not exist")
    found = catalog.storage.records("crawl", (name,))[::-1]
    for asked in request.get("Filters") or []:
        found = [crawl for crawl in found if _accepts(asked, crawl)]
    shown = [{key: crawl[key] for key in SHOWN if key in crawl} for crawl in found]
    return page(shown, request, "Crawls", 20, invalid)


def _accepts(asked: Record, crawl: Record) -> bool:
    name = asked.get("FieldName")
    if name not in FIELDS:
        raise refuse(f"The filter {name} of ListCrawls")
    value: Any = crawl.get(FIELDS[name])
    wanted: Any = asked.get("FieldValue")
    if wanted is None or not asked.get("FilterOperator"):
        raise invalid(f"The filter {name} needs a FilterOperator and a FieldValue")
    if name.endswith("_TIME"):
        try:
            wanted = float(wanted) / 1000
        except (TypeError, ValueError) as error:
            raise invalid(f"{name} must be in milliseconds since 1970: {wanted}") from error
        value = value.timestamp() if value else None
    return value is not None and bool(OPERATORS[asked["FilterOperator"]](value, wanted))


def get_crawler_metrics(catalog: DataCatalog, request: Record) -> Record:
    names = request.get("CrawlerNameList")
    if not names:
        names = [key[0] for key in catalog.storage.keys("crawler")]
    answer = page(names, request, "CrawlerMetricsList", 100, invalid)
    found = [_metrics(catalog, name) for name in answer["CrawlerMetricsList"]]
    return {**answer, "CrawlerMetricsList": [one for one in found if one]}


def _metrics(catalog: DataCatalog, name: str) -> Record | None:
    """Of the last crawl, but for the median of all; None for what is no crawler."""
    if not catalog.storage.has("crawler", (name,)):
        return None
    ended = [crawl for crawl in catalog.storage.records("crawl", (name,)) if "Seconds" in crawl]
    seconds = [crawl["Seconds"] for crawl in ended]
    tables = ended[-1]["Tables"] if ended else {}
    return {
        "CrawlerName": name,
        "TimeLeftSeconds": 0.0,
        "StillEstimating": state(catalog, name)[0] != "READY",
        "LastRuntimeSeconds": seconds[-1] if seconds else 0.0,
        "MedianRuntimeSeconds": statistics.median(seconds) if seconds else 0.0,
        "TablesCreated": tables.get(ADD, 0),
        "TablesUpdated": tables.get(UPDATE, 0),
        "TablesDeleted": tables.get(DELETE, 0),
    }


HANDLERS = handlers(start_crawler, stop_crawler, list_crawls, get_crawler_metrics)
