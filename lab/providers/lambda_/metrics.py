"""The CloudWatch metrics of functions, summed up and published off the invocation's path.

LocalStack starts a thread and calls PutMetricData for every invocation. Here one thread publishes
what has happened since the last time. Metrics have one-minute resolution on AWS, so that nothing is
lost by it.

Source: AWS documentation, "Types of metrics for Lambda functions".
"""

import logging
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to

LOG = logging.getLogger(__name__)

NAMESPACE = "AWS/Lambda"
PUBLISH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class FunctionName:
    """Whose metrics these are."""

    account: str
    region: str
    name: str


@dataclass(slots=True)
class Tally:
    """What happened to one function since the last publication."""

    invocations: int = 0
    errors: int = 0
    throttles: int = 0
    durations: list[float] = field(default_factory=list)


class MetricPublisher:
    """Counts invocations; tells CloudWatch once per second, when there is something to tell."""

    def __init__(self) -> None:
        self._tallies: dict[FunctionName, Tally] = defaultdict(Tally)
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._publishing = threading.Lock()

    def record(self, function: FunctionName, milliseconds: float, *, is_error: bool) -> None:
        with self._changed:
            tally = self._tallies[function]
            tally.invocations += 1
            tally.errors += is_error
            tally.durations.append(milliseconds)
            self._wake()

    def record_throttle(self, function: FunctionName) -> None:
        with self._changed:
            self._tallies[function].throttles += 1
            self._wake()

    def flush(self) -> None:
        """Publish everything that is pending, in the caller's thread."""
        with self._changed:
            tallies, self._tallies = self._tallies, defaultdict(Tally)
        for function, tally in tallies.items():
            client = connect_to(
                aws_access_key_id=function.account, region_name=function.region
            ).cloudwatch
            try:
                client.put_metric_data(Namespace=NAMESPACE, MetricData=_data(function, tally))
            except (BotoCoreError, ClientError) as error:
                LOG.warning("metrics of %s not published: %s", function.name, error)

    def stop(self) -> None:
        """Publish nothing any more: CloudWatch is going down. Waits a little for a publication that
        is under way, so that it does not fail.
        """
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        if self._publishing.acquire(timeout=PUBLISH_SECONDS):
            self._publishing.release()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="lambda-metrics", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _run(self) -> None:
        while not self._stopping.wait(PUBLISH_SECONDS):
            with self._changed:
                self._changed.wait_for(lambda: self._tallies or self._stopping.is_set())
            with self._publishing:
                if not self._stopping.is_set():
                    self.flush()


def _data(function: FunctionName, tally: Tally) -> list[dict[str, Any]]:
    dimensions = [{"Name": "FunctionName", "Value": function.name}]
    count = tally.invocations
    values: list[tuple[str, str, list[float]]] = [
        ("Invocations", "Count", [1.0] * count),
        ("Errors", "Count", [1.0] * tally.errors + [0.0] * (count - tally.errors)),
        ("Duration", "Milliseconds", tally.durations),
        ("Throttles", "Count", [1.0] * tally.throttles),
    ]
    return [
        {
            "MetricName": name,
            "Dimensions": dimensions,
            "Unit": unit,
            "StatisticValues": {
                "SampleCount": len(samples),
                "Sum": sum(samples),
                "Minimum": min(samples),
                "Maximum": max(samples),
            },
        }
        for name, unit, samples in values
        if samples
    ]


@cache
def metric_publisher() -> MetricPublisher:
    """The publisher of this lab."""
    return MetricPublisher()
