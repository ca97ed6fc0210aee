"""What a trigger may be: its type, schedule, predicate and actions.

Source: AWS Glue API reference, "Triggers"; AWS Glue user guide, "AWS Glue triggers" and "Overview
of workflows in AWS Glue". Messages are AWS's where AWS's are public.
"""

from lab.providers.clock import schedules
from lab.providers.glue.errors import invalid, not_found
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.refused import refuse
from lab.providers.glue.storage import Record

MOST_CRAWLERS = 2
JOB_STATES = ("SUCCEEDED", "STOPPED", "FAILED", "TIMEOUT")
CRAWL_STATES = ("SUCCEEDED", "FAILED", "CANCELLED")
"""The states that a trigger can listen for."""


def check(catalog: DataCatalog, trigger: Record) -> None:
    """Raise InvalidInputException or EntityNotFoundException unless it can be a trigger."""
    _check_actions(catalog, trigger.get("Actions") or [])
    match trigger["Type"]:
        case "SCHEDULED":
            check_schedule(trigger.get("Schedule"))
        case "CONDITIONAL":
            _check_predicate(trigger.get("Predicate") or {})
            _check_loop(trigger)
        case "EVENT" if not trigger.get("WorkflowName"):
            raise invalid("A trigger of type EVENT must be associated with a workflow")


def check_schedule(text: str | None) -> None:
    if not text:
        raise invalid("Schedule cannot be null or empty")
    try:
        schedules.parse(text, 0)
    except ValueError as error:
        raise invalid(f"The schedule {text} is invalid.") from error
    if not text.startswith("cron("):
        raise invalid(f"The schedule {text} is invalid.")


def _check_actions(catalog: DataCatalog, actions: list[Record]) -> None:
    if not actions:
        raise invalid("Actions cannot be null or empty")
    for action in actions:
        if action.get("SecurityConfiguration"):
            raise refuse("Action.SecurityConfiguration")
        job, crawler = action.get("JobName"), action.get("CrawlerName")
        if bool(job) == bool(crawler):
            raise invalid("An action must have either a JobName or a CrawlerName")
        if job and not catalog.storage.has("job", (job,)):
            raise not_found(f"Job {job} not found.")
        if crawler and not catalog.storage.has("crawler", (crawler,)):
            raise not_found(f"Crawler with name {crawler} does not exist")
    if sum(bool(action.get("CrawlerName")) for action in actions) > MOST_CRAWLERS:
        raise invalid(f"Only {MOST_CRAWLERS} crawlers can be activated by a single trigger")


def _check_predicate(predicate: Record) -> None:
    conditions = predicate.get("Conditions") or []
    if not conditions:
        raise invalid("Predicate cannot be null or empty")
    for condition in conditions:
        _check_condition(condition)
    if len(conditions) > 1 and not predicate.get("Logical"):
        raise invalid("Logical cannot be null or empty")


def _check_condition(condition: Record) -> None:
    job, crawler = condition.get("JobName"), condition.get("CrawlerName")
    if bool(job) == bool(crawler):
        raise invalid("A condition must have either a JobName or a CrawlerName")
    if not condition.get("LogicalOperator"):
        raise invalid("Logical operator cannot be null or empty")
    state = condition.get("State" if job else "CrawlState")
    allowed: tuple[str, ...] = JOB_STATES if job else CRAWL_STATES
    if not state:
        raise invalid("State cannot be null or empty")
    if state not in allowed:
        listed = ", ".join(allowed)
        raise invalid(f"A trigger cannot listen for the state {state}, only for {listed}")


def _check_loop(trigger: Record) -> None:
    for field, noun in (("JobName", "Job"), ("CrawlerName", "Crawler")):
        watched = {one.get(field) for one in trigger["Predicate"]["Conditions"]} - {None}
        if watched & {one.get(field) for one in trigger["Actions"]}:
            raise invalid(f"{noun} cannot be a Predicate and Action for Conditional Trigger.")
