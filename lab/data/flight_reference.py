"""What is known about airlines, airports, planes and weather: the tables that departures are joined
with.

One gzip JSON document, so that a Lambda function can carry it in its package and load it once, at
start. Rows are lists rather than objects: 26,000 hours of weather would otherwise repeat their
column names 26,000 times. Values are the source's own: degrees Fahrenheit, miles per hour, inches,
miles.
"""

import argparse
import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab.data.flights import data_dir

Row = list[Any]


def build() -> dict[str, Any]:
    """Tables by key: ``airlines`` {code: name}, ``airports`` {code: [name, latitude, longitude]},
    ``planes`` {tail number: [manufacturer, model, year, seats]} and ``weather``
    {origin: {hour in UTC, "2013-01-01T06": [temperature, wind speed, precipitation, visibility]}}.
    """
    weather: dict[str, dict[str, Row]] = {}
    for row in _rows("weather"):
        hour = row["time_hour"][:13]
        readings = [_number(row[name]) for name in ("temp", "wind_speed", "precip", "visib")]
        weather.setdefault(row["origin"], {})[hour] = readings
    return {
        "airlines": {row["carrier"]: row["name"] for row in _rows("airlines")},
        "airports": {
            row["faa"]: [row["name"], float(row["lat"]), float(row["lon"])]
            for row in _rows("airports")
        },
        "planes": {
            row["tailnum"]: [row["manufacturer"], row["model"], *_years_and_seats(row)]
            for row in _rows("planes")
        },
        "weather": weather,
    }


def packed() -> bytes:
    """The tables as gzip JSON, the same bytes every time."""
    text = json.dumps(build(), separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def _rows(table: str) -> Iterator[dict[str, str]]:
    with (data_dir() / f"{table}.csv").open(encoding="utf-8", newline="") as source:
        yield from csv.DictReader(source)


def _years_and_seats(row: dict[str, str]) -> Row:
    return [None if row[name] == "NA" else int(row[name]) for name in ("year", "seats")]


def _number(text: str) -> float | None:
    """At most two decimals: the source has 10.357019999999999 for 9 knots in miles per hour."""
    return None if text == "NA" else round(float(text), 2)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write the reference tables as gzip JSON.")
    parser.add_argument("path", type=Path)
    parser.parse_args(arguments).path.write_bytes(packed())


if __name__ == "__main__":
    main()
