"""The schedules of crawlers: entries of the lab's agenda, by its clock.

Source: AWS Glue User Guide, "Scheduling a crawler", "Time-based schedules for jobs and crawlers".
"""

import logging

from lab.providers.clock import agenda, clock
from lab.providers.clock.schedules import parse
from lab.providers.glue.crawlers import crawls
from lab.providers.glue.errors import GlueError, invalid, not_found
from lab.providers.glue.models import DataCatalog, now
from lab.providers.glue.storage import Record
from lab.providers.handlers import handlers

LOG = logging.getLogger(__name__)

SCHEDULED, NOT_SCHEDULED = "SCHEDULED", "NOT_SCHEDULED"


def check(expression: str | None) -> None:
    """InvalidInputException for what is no ``cron(...)``: a crawler has no rates."""
    if not expression:
        return
    try:
        if not expression.startswith("cron("):
            raise ValueError(expression)
        parse(expression, 0)
    except ValueError as error:
        raise invalid(f"The schedule expression {expression} is not valid.") from error


def with_expression(crawler: Record, expression: str) -> Record:
    """The crawler with another schedule; without any when the expression is empty."""
    rest = {key: value for key, value in crawler.items() if key != "Schedule"}
    if not expression:
        return rest
    return {**rest, "Schedule": {"ScheduleExpression": expression, "State": SCHEDULED}}


def _key(catalog: DataCatalog, name: str) -> str:
    return catalog.arn(f"crawler/{name}")


def follow(catalog: DataCatalog, crawler: Record) -> None:
    """Have the agenda start the crawler when it is due; or not any more."""
    name = crawler["Name"]
    schedule = crawler.get("Schedule") or {}
    if schedule.get("State") != SCHEDULED:
        forget(catalog, name)
        return

    def fire(_due: float) -> None:
        try:
            crawls.start(catalog, name)
        except GlueError as error:
            LOG.warning("the crawler %s was due and did not start: %s", name, error.message)

    following = parse(schedule["ScheduleExpression"], clock().now()).following
    agenda().put(_key(catalog, name), following, fire)


def forget(catalog: DataCatalog, name: str) -> None:
    agenda().remove(_key(catalog, name))


def follow_all(catalog: DataCatalog) -> None:
    """After a restart."""
    for crawler in catalog.storage.records("crawler"):
        follow(catalog, crawler)


def _change(catalog: DataCatalog, name: str, before: str, after: str) -> None:
    with catalog.transaction():
        crawler = catalog.storage.get("crawler", (name,))
        if crawler is None:
            raise not_found(f"Crawler with name {name} does not exist")
        schedule = crawler.get("Schedule")
        if after == SCHEDULED and not schedule:
            message = f"Crawler with name {name} has no schedule"
            raise GlueError("NoScheduleException", message)
        if not schedule or schedule["State"] != before:
            is_on = after == SCHEDULED
            code = "SchedulerRunningException" if is_on else "SchedulerNotRunningException"
            what = "is already running" if is_on else "is not running"
            raise GlueError(code, f"The scheduler of the crawler with name {name} {what}")
        crawler["Schedule"] = {**schedule, "State": after}
        catalog.storage.put("crawler", (name,), crawler)
    follow(catalog, crawler)


def start_crawler_schedule(catalog: DataCatalog, request: Record) -> Record:
    _change(catalog, request["CrawlerName"], NOT_SCHEDULED, SCHEDULED)
    return {}


def stop_crawler_schedule(catalog: DataCatalog, request: Record) -> Record:
    _change(catalog, request["CrawlerName"], SCHEDULED, NOT_SCHEDULED)
    return {}


def update_crawler_schedule(catalog: DataCatalog, request: Record) -> Record:
    expression = request.get("Schedule") or ""
    check(expression)
    name = request["CrawlerName"]
    with catalog.transaction():
        old = catalog.storage.get("crawler", (name,))
        if old is None:
            raise not_found(f"Crawler with name {name} does not exist")
        changed = {"LastUpdated": now(), "Version": old["Version"] + 1}
        crawler = {**with_expression(old, expression), **changed}
        catalog.storage.put("crawler", (name,), crawler)
    follow(catalog, crawler)
    return {}


HANDLERS = handlers(start_crawler_schedule, stop_crawler_schedule, update_crawler_schedule)
