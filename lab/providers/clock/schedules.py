"""Schedule expressions: ``rate(5 minutes)``, ``cron(0 8 ? * 2-6 *)``, ``at(2026-01-31T08:00:00)``.

A cron expression has AWS's six fields: minutes, hours, day of month, month, day of week (1 is
Sunday), year; with ``L``, ``W`` and ``#``, and a ``?`` in one of the two fields of days. In a time
zone, a time that does not exist when the clocks go forward is left out, and one that comes twice
when they go back is taken once.

Source: EventBridge user guide, "Setting a schedule pattern for scheduled rules"; EventBridge
Scheduler user guide, "Schedule types" and "Daylight savings time".
"""

import calendar
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FIRST_YEAR, LAST_YEAR = 1970, 2199
SATURDAY, SUNDAY = 5, 6
"""As Python counts them."""

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\(([^()]*)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_PART = re.compile(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?")

DayTest = Callable[[date], bool]


class Schedule(Protocol):
    """When something happens."""

    def following(self, after: float) -> float | None:
        """The first moment after this one; None when there is no more."""


class Rate(NamedTuple):
    """Every so many seconds from a moment on, that moment not included."""

    start: float
    seconds: int

    def following(self, after: float) -> float | None:
        passed = max(0, int((after - self.start) // self.seconds))
        moment = self.start + passed * self.seconds
        return moment if moment > after else moment + self.seconds


class At(NamedTuple):
    """Once."""

    moment: float

    def following(self, after: float) -> float | None:
        return self.moment if self.moment > after else None


class Cron(NamedTuple):
    """At the minutes of the days that its fields name, in a time zone."""

    minutes: list[int]
    hours: list[int]
    is_day: DayTest
    months: set[int]
    years: set[int]
    zone: ZoneInfo

    def following(self, after: float) -> float | None:
        start = datetime.fromtimestamp(after, self.zone)
        for day in self._days(start.date()):
            for hour in self.hours:
                for minute in self.minutes:
                    moment = self._moment(day, hour, minute)
                    if moment is not None and moment > after:
                        return moment
        return None

    def _days(self, first: date) -> Iterator[date]:
        for year in sorted(year for year in self.years if year >= first.year):
            for month in sorted(self.months):
                if (year, month) < (first.year, first.month):
                    continue
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if day >= first and self.is_day(day):
                        yield day

    def _moment(self, day: date, hour: int, minute: int) -> float | None:
        local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
        moment = local.timestamp()
        back = datetime.fromtimestamp(moment, self.zone)
        return moment if back.replace(tzinfo=None) == local.replace(tzinfo=None) else None


def parse(text: str, start: float, zone: ZoneInfo | None = None) -> Schedule:
    """The schedule of an expression, a rate counted from ``start``. ValueError when it is none."""
    if found := _RATE.fullmatch(text):
        number, unit, plural = int(found[1]), found[2], found[3]
        if number < 1 or (number == 1) == bool(plural):
            raise ValueError(text)
        return Rate(start, number * SECONDS[unit])
    if found := _AT.fullmatch(text):
        moment = datetime.fromisoformat(found[1]).replace(tzinfo=zone or UTC)
        return At(moment.timestamp())
    if found := _CRON.fullmatch(text):
        return _cron(found[1].split(), zone or ZoneInfo("UTC"))
    raise ValueError(text)


def _cron(fields: list[str], zone: ZoneInfo) -> Cron:
    if len(fields) != 6:
        raise ValueError(" ".join(fields))
    minutes, hours, of_month, months, of_week, years = fields
    if (of_month == "?") == (of_week == "?"):
        raise ValueError("exactly one of day-of-month and day-of-week must be ?")
    return Cron(
        sorted(_numbers(minutes, 0, 59)),
        sorted(_numbers(hours, 0, 23)),
        _days_of_month(of_month.upper()) if of_week == "?" else _days_of_week(of_week.upper()),
        _numbers(months.upper(), 1, 12, MONTHS),
        _numbers(years, FIRST_YEAR, LAST_YEAR),
        zone,
    )


def _numbers(field: str, least: int, most: int, names: tuple[str, ...] = ()) -> set[int]:
    """``1,5-9,*/15``: what a field names. ``names`` stand for the numbers from ``least`` on."""
    found: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(part)
        first, last, step = match[1], match[2], int(match[3] or 1)
        start = least if first == "*" else _number(first, least, most, names)
        end = _number(last, least, most, names) if last else start
        if first == "*" or (match[3] and not last):
            end = most
        if step < 1 or (first == "*" and last):
            raise ValueError(part)
        # As SAT-MON does, a range may go over the end.
        span = (
            range(start, end + 1)
            if start <= end
            else (*range(start, most + 1), *range(least, end + 1))
        )
        found.update(span[::step])
    return found


def _number(text: str, least: int, most: int, names: tuple[str, ...]) -> int:
    number = names.index(text) + least if text in names else int(text)
    if not least <= number <= most:
        raise ValueError(text)
    return number


def _days_of_month(field: str) -> DayTest:
    if field == "L":
        return lambda day: day.day == _last(day)
    if field == "LW":
        return lambda day: day.day == _working_day(day, _last(day))
    if field.endswith("W"):
        wanted = _number(field[:-1], 1, 31, ())
        return lambda day: wanted <= _last(day) and day.day == _working_day(day, wanted)
    numbers = _numbers(field, 1, 31)
    return lambda day: day.day in numbers


def _days_of_week(field: str) -> DayTest:
    if field == "L":
        return lambda day: _weekday(day) == 7
    if field.endswith("L"):
        wanted = _number(field[:-1], 1, 7, WEEKDAYS)
        return lambda day: _weekday(day) == wanted and day.day + 7 > _last(day)
    if "#" in field:
        name, _, place = field.partition("#")
        wanted, nth = _number(name, 1, 7, WEEKDAYS), _number(place, 1, 5, ())
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == nth
    numbers = _numbers(field, 1, 7, WEEKDAYS)
    return lambda day: _weekday(day) in numbers


def _weekday(day: date) -> int:
    """1 is Sunday."""
    return day.isoweekday() % 7 + 1


def _last(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _working_day(day: date, wanted: int) -> int:
    """The day from Monday to Friday nearest to ``wanted`` in the month of ``day``."""
    nearest = day.replace(day=wanted)
    if nearest.weekday() == SATURDAY:
        nearest += timedelta(days=-1 if wanted > 1 else 2)
    elif nearest.weekday() == SUNDAY:
        nearest += timedelta(days=1 if wanted < _last(day) else -2)
    return nearest.day
