"""The CloudWatch metrics that our providers emit: summed up in memory, published in the background.

A provider calls :meth:`Publisher.add` for an API call or a batch, never for a record; the values
are summed up by minute, metric and dimensions, as AWS's services do. Once a minute, and at
shutdown, they go to CloudWatch with PutMetricData.

Whoever reads a metric (GetMetricData, GetMetricStatistics, ListMetrics, an alarm) sees all that
has happened up to then, because ``cloudwatch_database`` calls :meth:`Publisher.flush` before it
answers: tests and learners need neither wait nor flush. AWS shows a minute after it has ended.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import batched
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to
from localstack.runtime.shutdown import SHUTDOWN_HANDLERS

LOG = logging.getLogger(__name__)

PUBLISH_SECONDS = 60.0
MAX_DATA_PER_CALL = 1000


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


class Statistics:
    """What CloudWatch keeps of the samples of one metric in one minute."""

    __slots__ = ("count", "highest", "lowest", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.lowest = float("inf")
        self.highest = float("-inf")

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.lowest = min(self.lowest, value)
        self.highest = max(self.highest, value)


Tally = dict[Metric, Statistics]


class Publisher:
    """Sums up samples from any thread; :meth:`start` makes it publish."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[int, Source], Tally] = {}
        self._lock = threading.Lock()
        self._publishing = threading.Lock()
        self._pending = threading.Event()
        self._stopped = False

    def add(self, source: Source, samples: Iterable[tuple[Metric, float]]) -> None:
        """Count one sample for each of these metrics, now."""
        key = (int(time.time()) // 60, source)
        with self._lock:
            tally = self._tallies.get(key)
            if tally is None:
                tally = self._tallies[key] = defaultdict(Statistics)
                self._pending.set()
            for metric, value in samples:
                tally[metric].add(value)

    def start(self) -> None:
        threading.Thread(target=self._run, name="lab-metrics", daemon=True).start()

    def flush(self) -> None:
        """Publish what is pending; returns when CloudWatch has it."""
        with self._publishing:
            with self._lock:
                tallies, self._tallies = self._tallies, {}
                self._pending.clear()
            calls: dict[Source, list[dict[str, Any]]] = defaultdict(list)
            for (minute, source), tally in tallies.items():
                calls[source._replace(dimensions=())] += _data(minute, source, tally)
            for source, data in calls.items():
                for part in batched(data, MAX_DATA_PER_CALL):
                    _publish(source, list(part))

    def stop(self) -> None:
        """Publish for the last time: CloudWatch is going down."""
        self._stopped = True
        if self._pending.is_set():
            self.flush()

    def _run(self) -> None:
        while self._pending.wait() and not self._stopped:
            time.sleep(PUBLISH_SECONDS - time.time() % PUBLISH_SECONDS)
            if not self._stopped:
                self.flush()


def _data(minute: int, source: Source, tally: Tally) -> Iterator[dict[str, Any]]:
    dimensions = [{"Name": name, "Value": value} for name, value in source.dimensions]
    for metric, statistics in tally.items():
        yield {
            "MetricName": metric.name,
            "Dimensions": dimensions,
            "Timestamp": datetime.fromtimestamp(minute * 60, UTC),
            "Unit": metric.unit,
            "StatisticValues": {
                "SampleCount": statistics.count,
                "Sum": statistics.total,
                "Minimum": statistics.lowest,
                "Maximum": statistics.highest,
            },
        }


def _publish(source: Source, data: list[dict[str, Any]]) -> None:
    client = connect_to(aws_access_key_id=source.account, region_name=source.region).cloudwatch
    try:
        client.put_metric_data(Namespace=source.namespace, MetricData=data)
    except (BotoCoreError, ClientError) as error:
        LOG.warning("%d metrics of %s not published: %s", len(data), source.namespace, error)


@cache
def publisher() -> Publisher:
    """The publisher of this process."""
    return Publisher()


@cache
def install() -> None:
    """Let this LocalStack publish metrics; once, by whichever provider comes first."""
    from lab.providers import cloudwatch_database

    cloudwatch_database.install()
    # Before any service is stopped: CloudWatch must still answer.
    SHUTDOWN_HANDLERS.register(publisher().stop)
    publisher().start()
