"""The CloudWatch metrics that our providers emit: summed up in memory, stored in the background.

A provider calls :meth:`Publisher.add` for an API call or a batch, never for a record; the values
are summed up by minute, metric and dimensions, as AWS's services do. Once a minute, and at
shutdown, they go to the file of metrics.

Whoever reads a metric (GetMetricData, GetMetricStatistics, ListMetrics, an alarm) sees all that
has happened up to then, because CloudWatch calls :meth:`Publisher.flush` before it answers: tests
and learners need neither wait nor flush. AWS shows a minute after it has ended.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple

from localstack.runtime.shutdown import SHUTDOWN_HANDLERS

from lab.providers.clock import clock
from lab.providers.cloudwatch.database import Point, Series, database

PUBLISH_SECONDS = 60.0
MAX_VALUES = 500
"""How many different values of one metric and minute are kept apart; more are rounded."""

Sink = Callable[[list[Point]], None]


class Metric(NamedTuple):
    """A metric's name, and its unit in CloudWatch's words."""

    name: str
    unit: str = "Count"


class Source(NamedTuple):
    """Whose metrics: ``dimensions`` are pairs of name and value, none for a whole account's."""

    namespace: str
    account: str
    region: str
    dimensions: tuple[tuple[str, str], ...] = ()


class Moment(NamedTuple):
    """When samples are from: the beginning of a minute or, with resolution 1, a second."""

    timestamp: int
    resolution: int = 60


class Statistics:
    """What CloudWatch keeps of the samples of one metric in one minute."""

    __slots__ = ("count", "highest", "lowest", "rounded", "total", "values")

    def __init__(self) -> None:
        self.count = 0.0
        self.total = 0.0
        self.lowest = float("inf")
        self.highest = float("-inf")
        self.rounded = False
        self.values: dict[float, float] = {}

    def add(self, value: float, times: float = 1) -> None:
        self.count += times
        self.total += value * times
        self.lowest = min(self.lowest, value)
        self.highest = max(self.highest, value)
        key = _rounded(value) if self.rounded else value
        self.values[key] = self.values.get(key, 0) + times
        if len(self.values) > MAX_VALUES and not self.rounded:
            self._round()

    def _round(self) -> None:
        """Three digits of each value are enough for a percentile, and bound what is held."""
        self.rounded = True
        exact, self.values = self.values, {}
        for value, times in exact.items():
            key = _rounded(value)
            self.values[key] = self.values.get(key, 0) + times

    def point(self, series: Series, moment: Moment, unit: str) -> Point:
        spread = self.values if len(self.values) > 1 else None
        return Point(
            *(series, moment.timestamp, unit, self.count, self.total, self.lowest, self.highest),
            spread,
            moment.resolution,
        )


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


Tally = dict[Metric, Statistics]


class Publisher:
    """Sums up samples from any thread; :meth:`start` makes it publish."""

    def __init__(self, sink: Sink | None = None) -> None:
        self._sink: Sink = sink or (lambda points: database().add(points))
        self._tallies: dict[tuple[Moment, Source], Tally] = {}
        self._before: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._publishing = threading.Lock()
        self._pending = threading.Event()
        self._stopped = False

    def add(
        self,
        source: Source,
        samples: Iterable[tuple[Metric, float]],
        moment: Moment | None = None,
        times: float = 1,
    ) -> None:
        """Count a sample for each of these metrics, now or at another moment."""
        key = (moment or Moment(int(clock().now()) // 60 * 60), source)
        with self._lock:
            tally = self._tallies.get(key)
            if tally is None:
                tally = self._tallies[key] = {}
                self._pending.set()
            for metric, value in samples:
                if metric not in tally:
                    tally[metric] = Statistics()
                tally[metric].add(value, times)

    def before_flush(self, call: Callable[[], None]) -> None:
        """Call this before metrics are published or read: it may add what is due by then."""
        self._before.append(call)

    def start(self) -> None:
        threading.Thread(target=self._run, name="lab-metrics", daemon=True).start()

    def flush(self) -> None:
        """Publish what is pending; returns when CloudWatch has it."""
        for call in self._before:
            call()
        with self._publishing:
            with self._lock:
                tallies, self._tallies = self._tallies, {}
                self._pending.clear()
            if points := list(_points(tallies)):
                self._sink(points)

    def stop(self) -> None:
        """Publish for the last time: CloudWatch is going down."""
        self._stopped = True
        self.flush()

    def _run(self) -> None:
        while self._pending.wait() and not self._stopped:
            time.sleep(PUBLISH_SECONDS - time.time() % PUBLISH_SECONDS)
            if not self._stopped:
                self.flush()


def _points(tallies: dict[tuple[Moment, Source], Tally]) -> Iterator[Point]:
    for (moment, source), tally in tallies.items():
        dimensions = tuple(sorted(source.dimensions))
        for metric, statistics in tally.items():
            names = (source.account, source.region, source.namespace, metric.name)
            yield statistics.point(Series(*names, dimensions), moment, metric.unit)


@cache
def publisher() -> Publisher:
    """The publisher of this process."""
    return Publisher()


@cache
def install() -> None:
    """Let this LocalStack publish metrics; once, by whichever provider comes first."""
    SHUTDOWN_HANDLERS.register(publisher().stop)
    publisher().start()
