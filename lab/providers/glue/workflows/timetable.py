"""Scheduled triggers, as entries of the lab's agenda: each firing opens a flow.

Source: AWS Glue user guide, "Time-based schedules for jobs and crawlers" (cron, in UTC).
"""

from lab.providers.clock import agenda, clock, schedules
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Record
from lab.providers.glue.workflows import starting
from lab.providers.glue.workflows.flow import TRIGGER


def follow(catalog: DataCatalog, trigger: Record) -> None:
    """Put a trigger into the agenda, or take it out unless it is scheduled and activated."""
    forget(catalog, trigger["Name"])
    if trigger["Type"] != "SCHEDULED" or trigger["State"] != "ACTIVATED":
        return
    schedule = schedules.parse(trigger["Schedule"], clock().now())
    name = trigger["Name"]
    agenda().put(_key(catalog, name), schedule.following, lambda _due: _fire(catalog, name))


def forget(catalog: DataCatalog, name: str) -> None:
    agenda().remove(_key(catalog, name))


def _key(catalog: DataCatalog, name: str) -> str:
    return catalog.arn(f"trigger/{name}")


def _fire(catalog: DataCatalog, name: str) -> None:
    trigger = catalog.storage.get(TRIGGER, (name,))
    if trigger is not None:
        starting.fire(catalog, trigger)
