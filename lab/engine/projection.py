"""Partitions that are computed from a table's properties instead of being looked up.

Each partition key has a type (enum, integer, date, injected) and so a list of values; the
partitions are all combinations. What the WHERE clause says about one key alone is applied to that
key's list first, so that a day of ten years of days by a hundred regions is not made of all of
them. Source: Amazon Athena User Guide, "Partition projection" and "Supported types for partition
projection".
"""

import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lab.engine.catalog import Column, Partition, Table
from lab.engine.errors import QueryError
from lab.engine.hive_paths import partition_name
from lab.engine.java_dates import Pattern, pattern
from lab.engine.values import Scan

UNITS = {"YEARS": "months", "MONTHS": "months", "WEEKS": "weeks", "DAYS": "days", "HOURS": "hours",
         "MINUTES": "minutes", "SECONDS": "seconds", "MILLISECONDS": "milliseconds"}  # fmt: skip
RELATIVE = re.compile(r"NOW\s*(?:([+-])\s*(\d+)\s*([A-Z]+?)S?)?")
# More would be a list that no memory holds; a condition on a key, or a longer interval, helps.
MOST = 1_000_000
LAST_DAY = 28

Keep = Callable[[Column, list[str]], list[str]]
"""Drops the values of one partition key that the conditions on it alone exclude."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The properties of one partition key: ``projection.<key>.*``."""

    table: Table
    key: str

    def get(self, name: str) -> str | None:
        wanted = f"projection.{self.key}.{name}"
        found = (v for k, v in self.table.parameters.items() if k.lower() == wanted)
        return next(found, None)

    def require(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise self.wrong(f"property projection.{self.key}.{name} is missing")
        return value

    def wrong(self, reason: str) -> QueryError:
        name = f"{self.table.database}.{self.table.name}"
        return QueryError(
            "INVALID_TABLE_PROPERTY",
            f"Table {name} has an invalid partition projection for column {self.key}: {reason}",
        )


def is_projected(table: Table) -> bool:
    return _parameter(table, "projection.enabled").lower() == "true"


def partitions(scan: Scan, keep: Keep) -> list[Partition]:
    """All partitions whose values ``keep`` leaves; the catalogue's own do not count.

    HIVE_METASTORE_ERROR when a key has no projection, CONSTRAINT_VIOLATION when an injected one has
    no equality condition, INVALID_TABLE_PROPERTY when the properties make no sense.
    """
    table = scan.table
    _check_complete(table)
    lists = [keep(key, _values(scan, Settings(table, key.name.lower()))) for key in
             table.partition_keys]  # fmt: skip
    size = 1
    for values in lists:
        size *= len(values)
    if size > MOST:
        raise QueryError(
            "NOT_SUPPORTED",
            f"a projection of {size} partitions is not supported by this lab (at most {MOST}):"
            " add a condition on a partition column to the WHERE clause",
        )
    return [Partition(values, _location(table, values)) for values in itertools.product(*lists)]


def _check_complete(table: Table) -> None:
    missing = [
        key.name for key in table.partition_keys
        if Settings(table, key.name.lower()).get("type") is None
    ]  # fmt: skip
    if missing:
        name = f"{table.database}.{table.name}"
        raise QueryError(
            "HIVE_METASTORE_ERROR",
            f"Table {name} is configured for partition projection, but the following partition"
            f" columns are missing projection configuration: [{', '.join(missing)}] (table {name})",
        )


def _parameter(table: Table, name: str) -> str:
    return next((v for k, v in table.parameters.items() if k.lower() == name), "")


def _values(scan: Scan, settings: Settings) -> list[str]:
    match settings.require("type").lower():
        case "enum":
            return [value.strip() for value in settings.require("values").split(",")]
        case "integer":
            return _integers(settings)
        case "date":
            return list(_dates(settings))
        case "injected":
            return _injected(scan, settings)
        case other:
            raise settings.wrong(f"there is no projection type {other}")


def _integers(settings: Settings) -> list[str]:
    try:
        low, high = (int(bound) for bound in settings.require("range").split(","))
        step, digits = int(settings.get("interval") or 1), int(settings.get("digits") or 1)
    except ValueError as error:
        raise settings.wrong("range, interval and digits are integers") from error
    if step < 1 or digits < 1 or low > high:
        raise settings.wrong("the range is empty, or interval or digits is not positive")
    if (high - low) // step >= MOST:
        raise settings.wrong(f"the range has more than {MOST} values")
    return [f"{'-' if n < 0 else ''}{abs(n):0{digits}d}" for n in range(low, high + 1, step)]


def _dates(settings: Settings) -> Iterator[str]:
    form = pattern(settings.require("format"))
    bounds = settings.require("range").split(",")
    if len(bounds) != 2:
        raise settings.wrong("the range is not two dates")
    low, high = (_moment(bound.strip(), form, settings) for bound in bounds)
    step, unit = _interval(form, settings)
    for count in itertools.count():
        moment = shifted(low, count * step, unit)
        if moment > high:
            return
        if count >= MOST:
            raise settings.wrong(f"the range has more than {MOST} values")
        yield form.format(moment)


def _interval(form: Pattern, settings: Settings) -> tuple[int, str]:
    """A day or a month when the format ends there; else the table must say it."""
    default = {"day": "DAYS", "month": "MONTHS"}.get(form.finest)
    unit = settings.get("interval.unit") or default
    step = settings.get("interval") or (default and "1")
    if unit is None or step is None:
        raise settings.wrong(f"format {form.source} needs interval and interval.unit")
    unit = unit.upper().removesuffix("S") + "S"
    if unit not in UNITS or not step.isdecimal() or int(step) < 1:
        raise settings.wrong(f"the interval {step} {unit} is none")
    return int(step), unit


def _moment(bound: str, form: Pattern, settings: Settings) -> dt.datetime:
    """A date of the range: by the format, or NOW with an offset, in UTC."""
    if match := RELATIVE.fullmatch(bound.upper()):
        now = form.parse(form.format(dt.datetime.now(dt.UTC).replace(tzinfo=None)))
        assert now is not None
        sign, count, unit = match[1], match[2], match[3]
        if sign is None:
            return now
        if f"{unit}S" not in UNITS:
            raise settings.wrong(f"there is no unit {unit}")
        return shifted(now, int(f"{sign}{count}"), f"{unit}S")
    moment = form.parse(bound)
    if moment is None:
        raise settings.wrong(f"{bound!r} is not of the format {form.source}")
    return moment


def shifted(moment: dt.datetime, count: int, unit: str) -> dt.datetime:
    """``count`` units later, by the calendar: a month after 31 January is the last of February."""
    if UNITS[unit] != "months":
        return moment + dt.timedelta(**{UNITS[unit]: count})
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "YEARS" else 1)
    first = moment.replace(year=months // 12, month=months % 12 + 1, day=1)
    following = (first + dt.timedelta(days=LAST_DAY + 4)).replace(day=1)
    return first.replace(day=min(moment.day, (following - dt.timedelta(days=1)).day))


def _injected(scan: Scan, settings: Settings) -> list[str]:
    """The values that the statement itself names."""
    lists = [
        [str(value) for value in (given if isinstance(given, tuple) else (given,))]
        for name, symbol, given in scan.filters
        if name == settings.key and symbol in ("=", "in")
    ]
    if not lists:
        raise QueryError(
            "CONSTRAINT_VIOLATION",
            f"Injected projected partition column {settings.key} must have only (and at least one)"
            " equality conditions in the WHERE clause!",
        )
    return list(dict.fromkeys(lists[0]))


def _location(table: Table, values: tuple[str, ...]) -> str:
    template = _parameter(table, "storage.location.template")
    if not template:
        return f"{table.location.rstrip('/')}/{partition_name(table, values)}/"
    for key, value in zip(table.partition_keys, values, strict=True):
        template = template.replace(f"${{{key.name}}}", value)
    return template
