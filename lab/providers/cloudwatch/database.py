"""Where metrics are kept: points by series, in one SQLite file of the lab's home.

A point is what one call told of one metric and moment: a count, a sum, the lowest and the highest
value, and, when values differ, each value with its count (``spread``), of which percentiles are
made. A point of a statistic set has no spread, as on AWS.

After 15 days metrics are gone; CloudWatch keeps coarser ones for 15 months.
"""

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from lab.config import load

LOG = logging.getLogger(__name__)

KEPT_SECONDS = 15 * 86_400

Dimensions = tuple[tuple[str, str], ...]
Spread = Mapping[float, float]

SCHEMA = """
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, account TEXT, region TEXT, namespace TEXT, name TEXT, dimensions TEXT,
    latest INTEGER, UNIQUE (account, region, namespace, name, dimensions)
);
CREATE TABLE IF NOT EXISTS points (
    series INTEGER, timestamp INTEGER, resolution INTEGER, unit TEXT,
    count REAL, total REAL, low REAL, high REAL, spread TEXT
);
CREATE INDEX IF NOT EXISTS points_of_series ON points (series, timestamp);
"""
IDENTIFY = """
INSERT INTO series (account, region, namespace, name, dimensions, latest) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET latest = max(latest, excluded.latest) RETURNING id
"""
SUMS = """
SELECT (timestamp - :start) / :period AS place, SUM(count), SUM(total), MIN(low), MAX(high)
FROM points WHERE series = :series AND timestamp >= :start AND timestamp < :end
    AND (:unit IS NULL OR unit = :unit)
GROUP BY place ORDER BY place
"""
SPREADS = """
SELECT (timestamp - :start) / :period, count, low, high, spread
FROM points WHERE series = :series AND timestamp >= :start AND timestamp < :end
    AND (:unit IS NULL OR unit = :unit)
"""


class Series(NamedTuple):
    """A metric: its dimensions are pairs of name and value, in the order of their names."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: Dimensions = ()


class Point(NamedTuple):
    """What was told of a metric; ``timestamp`` in seconds, ``resolution`` 1 or 60."""

    series: Series
    timestamp: int
    unit: str
    samples: float
    total: float
    low: float
    high: float
    spread: Spread | None = None
    resolution: int = 60


class Bucket(NamedTuple):
    """What one period holds."""

    samples: float
    total: float
    low: float
    high: float


class Window(NamedTuple):
    """Periods of ``period`` seconds from ``start`` until before ``end``; ``unit`` None is any."""

    start: int
    end: int
    period: int
    unit: str | None = None


class MetricDatabase:
    """Points by series. Every method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = open_file(path, SCHEMA)
        oldest = int(time.time()) - KEPT_SECONDS
        self._connection.execute("DELETE FROM points WHERE timestamp < ?", (oldest,))
        self._connection.execute("DELETE FROM series WHERE latest < ?", (oldest,))

    def add(self, points: Sequence[Point]) -> None:
        """Keep these points, all or none; returns when they are in the file."""
        self._add(points, replacing=False)

    def replace(self, points: Sequence[Point]) -> None:
        """Keep these instead of what was told of the same metrics and moments."""
        self._add(points, replacing=True)

    def _add(self, points: Sequence[Point], *, replacing: bool) -> None:
        latest: dict[Series, int] = {}
        for point in points:
            latest[point.series] = max(latest.get(point.series, 0), point.timestamp)
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            numbers = {series: self._number(series, moment) for series, moment in latest.items()}
            if replacing:
                self._connection.executemany(
                    "DELETE FROM points WHERE series = ? AND timestamp = ?",
                    [(numbers[point.series], point.timestamp) for point in points],
                )
            self._connection.executemany(
                "INSERT INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (_row(numbers[point.series], point) for point in points),
            )

    def _number(self, series: Series, moment: int) -> int:
        *names, dimensions = series
        arguments = (*names, json.dumps(sorted(dimensions)), moment)
        return int(self._connection.execute(IDENTIFY, arguments).fetchone()[0])

    def sums(self, series: Series, window: Window) -> dict[int, Bucket]:
        """What each period holds that holds anything, by its place in the window."""
        return {place: Bucket(*values) for place, *values in self._select(SUMS, series, window)}

    def spreads(self, series: Series, window: Window) -> dict[int, dict[float, float] | None]:
        """Each value with its count, by place; None where a statistic set hides the values."""
        found: dict[int, dict[float, float] | None] = {}
        for place, count, low, high, text in self._select(SPREADS, series, window):
            if text is None and low != high:
                found[place] = None
                continue
            values = json.loads(text) if text else [(low, count)]
            spread = found.setdefault(place, {})
            if spread is not None:
                for value, times in values:
                    spread[value] = spread.get(value, 0) + times
        return found

    def units(self, series: Series, window: Window) -> list[str]:
        statement = (
            "SELECT DISTINCT unit FROM points WHERE series = :series AND timestamp >= :start"
            " AND timestamp < :end ORDER BY unit"
        )
        return [unit for (unit,) in self._select(statement, series, window)]

    def find(
        self, account: str, region: str, namespace: str | None, name: str | None, since: int
    ) -> Iterator[Series]:
        """The metrics that were told of after ``since``, in the order of their names."""
        statement = (
            "SELECT namespace, name, dimensions FROM series WHERE account = ?1 AND region = ?2"
            " AND (?3 IS NULL OR namespace = ?3) AND (?4 IS NULL OR name = ?4) AND latest >= ?5"
            " ORDER BY namespace, name, dimensions"
        )
        with self._lock:
            arguments = (account, region, namespace, name, since)
            rows = self._connection.execute(statement, arguments).fetchall()
        for space, metric, dimensions in rows:
            pairs = tuple((key, value) for key, value in json.loads(dimensions))
            yield Series(account, region, space, metric, pairs)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _select(self, statement: str, series: Series, window: Window) -> list[tuple[Any, ...]]:
        *names, dimensions = series
        with self._lock:
            found = self._connection.execute(
                "SELECT id FROM series WHERE account = ? AND region = ? AND namespace = ?"
                " AND name = ? AND dimensions = ?",
                (*names, json.dumps(sorted(dimensions))),
            ).fetchone()
            if found is None:
                return []
            arguments = {"series": found[0], **window._asdict()}
            return self._connection.execute(statement, arguments).fetchall()


def _row(number: int, point: Point) -> tuple[Any, ...]:
    spread = json.dumps(list(point.spread.items())) if point.spread else None
    return (
        *(number, point.timestamp, point.resolution, point.unit),
        *(point.samples, point.total, point.low, point.high, spread),
    )


def open_file(path: Path, schema: str) -> sqlite3.Connection:
    """A file that outlives a crash, opened for all threads; one that is damaged is set aside."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return _connected(path, schema)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise
        kept = path.with_name(f"{path.name}.unreadable-{time.time_ns()}")
        path.rename(kept)
        LOG.error("%s is damaged (%s): it is kept as %s, and begun anew", path, error, kept)
        return _connected(path, schema)


def _connected(path: Path, schema: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for setting in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -512"):
            connection.execute(f"PRAGMA {setting}")
        connection.executescript(schema)
    except BaseException:
        connection.close()
        raise
    return connection


@cache
def database() -> MetricDatabase:
    """The metrics of this lab."""
    return MetricDatabase(load().home / "cloudwatch" / "metrics.sqlite")
