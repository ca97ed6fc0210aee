"""Schedules and their groups, as a store that is kept over restarts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from localstack.services.stores import AccountRegionBundle, BaseStore, LocalAttribute

from lab.providers.clock import schedules

DEFAULT_GROUP = "default"

Record = dict[str, Any]


class Key(NamedTuple):
    """What names a schedule in its account and region."""

    group: str
    name: str


@dataclass
class Group:
    """A schedule group; the group ``default`` has no dates and cannot be deleted."""

    name: str
    arn: str
    created: datetime | None
    tags: dict[str, str] = field(default_factory=dict)

    def summary(self) -> Record:
        dates = {"CreationDate": self.created, "LastModificationDate": self.created}
        shown = {"Arn": self.arn, "Name": self.name, "State": "ACTIVE", **dates}
        return {name: value for name, value in shown.items() if value is not None}


@dataclass
class Schedule:
    """One schedule: ``settings`` are the members of CreateSchedule, defaults included."""

    key: Key
    account: str
    region: str
    settings: Record
    created: datetime
    modified: datetime

    @property
    def arn(self) -> str:
        return f"{_prefix(self.account, self.region)}:schedule/{self.key.group}/{self.key.name}"

    @property
    def is_enabled(self) -> bool:
        return bool(self.settings["State"] == "ENABLED")

    @property
    def is_recurring(self) -> bool:
        return not self.settings["ScheduleExpression"].startswith("at(")

    def following(self, after: float) -> float | None:
        """When the target is to be called next after this moment; within StartDate and EndDate."""
        start, end = self.settings.get("StartDate"), self.settings.get("EndDate")
        zone = ZoneInfo(self.settings["ScheduleExpressionTimezone"])
        begin = (start or self.created).timestamp()
        schedule = schedules.parse(self.settings["ScheduleExpression"], begin, zone)
        if not self.is_recurring:
            return schedule.following(after)
        moment = schedule.following(after if start is None else max(after, begin - 1e-3))
        is_over = moment is not None and end is not None and moment > end.timestamp()
        return None if is_over else moment

    def describe(self) -> Record:
        dates = {"CreationDate": self.created, "LastModificationDate": self.modified}
        return {"Arn": self.arn, **self._name(), **self.settings, **dates}

    def summary(self) -> Record:
        return {
            "Arn": self.arn,
            **self._name(),
            "State": self.settings["State"],
            "CreationDate": self.created,
            "LastModificationDate": self.modified,
            "Target": {"Arn": self.settings["Target"]["Arn"]},
        }

    def _name(self) -> Record:
        return {"GroupName": self.key.group, "Name": self.key.name}


class SchedulerStore(BaseStore):
    """The schedules of one account in one region."""

    groups: dict[str, Group] = LocalAttribute(default=dict)
    schedules: dict[Key, Schedule] = LocalAttribute(default=dict)


stores: AccountRegionBundle = AccountRegionBundle("scheduler", SchedulerStore)


def store_of(account: str, region: str) -> SchedulerStore:
    """The store, with the default group in it."""
    store: SchedulerStore = stores[account][region]
    if DEFAULT_GROUP not in store.groups:
        arn = group_arn(account, region, DEFAULT_GROUP)
        store.groups[DEFAULT_GROUP] = Group(DEFAULT_GROUP, arn, None)
    return store


def all_schedules() -> Iterator[Schedule]:
    for regions in stores.values():
        for store in regions.values():
            yield from store.schedules.values()


def group_arn(account: str, region: str, name: str) -> str:
    return f"{_prefix(account, region)}:schedule-group/{name}"


def _prefix(account: str, region: str) -> str:
    return f"arn:aws:scheduler:{region}:{account}"
