"""The publisher of metrics: what it sums up, and when CloudWatch has it."""

import gc
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lab.providers import cloudwatch
from lab.providers.cloudwatch import Metric, Publisher, Source
from lab.providers.cloudwatch_database import MetricDatabase
from lab.providers.lambda_.metrics import FunctionMetrics, FunctionName

REQUESTS, AGE = Metric("Requests"), Metric("Age", "Milliseconds")
SOURCE = Source("AWS/Test", "000000000000", "us-east-1", (("Name", "a"),))
FUNCTION = FunctionName("000000000000", "us-east-1", "f")


class CloudWatch:
    """Takes what is published; its clock stands until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.calls: list[tuple[Source, list[dict[str, Any]]]] = []

    def publish(self, source: Source, data: list[dict[str, Any]]) -> None:
        self.calls.append((source, data))

    def sums(self) -> dict[tuple[str, str], tuple[float, float]]:
        """(samples, sum) by metric and first dimension's value ("" without dimensions)."""
        return {
            (each["MetricName"], each["Dimensions"][0]["Value"] if each["Dimensions"] else ""): (
                each["StatisticValues"]["SampleCount"],
                each["StatisticValues"]["Sum"],
            )
            for _, data in self.calls
            for each in data
        }


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWatch]:
    fake = CloudWatch()
    monkeypatch.setattr(cloudwatch, "_publish", fake.publish)
    monkeypatch.setattr("lab.providers.cloudwatch.time.time", lambda: fake.now)
    return fake


def test_samples_are_summed_up_by_minute(received: CloudWatch) -> None:
    publisher = Publisher()
    for age in (5, 1):
        publisher.add(SOURCE, [(REQUESTS, 1), (AGE, age)])
    received.now += 60
    publisher.add(SOURCE, [(AGE, 7)])
    publisher.flush()
    publisher.flush()
    ((source, data),) = received.calls
    assert source == SOURCE._replace(dimensions=())
    minute = datetime(2023, 11, 14, 22, 13, tzinfo=UTC)
    assert [each["Timestamp"] - minute for each in data] == [
        *(timedelta(0), timedelta(0), timedelta(minutes=1))
    ]
    assert data[1] == {
        "MetricName": "Age",
        "Dimensions": [{"Name": "Name", "Value": "a"}],
        "Timestamp": minute,
        "Unit": "Milliseconds",
        "StatisticValues": {"SampleCount": 2, "Sum": 6.0, "Minimum": 1, "Maximum": 5},
    }


def test_a_call_carries_a_thousand_metrics_of_one_account(received: CloudWatch) -> None:
    publisher = Publisher()
    for number in range(1001):
        publisher.add(SOURCE._replace(dimensions=(("Name", str(number)),)), [(AGE, 1)])
    publisher.add(SOURCE._replace(account="111111111111"), [(AGE, 1)])
    publisher.flush()
    assert [(source.account[0], len(data)) for source, data in received.calls] == [
        *(("0", 1000), ("0", 1), ("1", 1))
    ]


def test_what_is_pending_is_published_at_the_end(received: CloudWatch) -> None:
    publisher = Publisher()
    publisher.stop()
    assert received.calls == []
    publisher.add(SOURCE, [(AGE, 1)])
    publisher.stop()
    assert received.sums() == {("Age", "a"): (1, 1)}


@pytest.mark.fidelity("kinesis_storage.function_metrics")
def test_functions_have_the_metrics_of_lambda(received: CloudWatch) -> None:
    publisher = Publisher()
    functions = FunctionMetrics(publisher)
    functions.record(FUNCTION, 20.0, is_error=False)
    functions.record(FUNCTION, 30.0, is_error=True)
    with functions.running(FUNCTION), functions.running(FUNCTION._replace(name="g")):
        functions.record_throttle(FUNCTION)
    with functions.running(FUNCTION):
        functions.record_iterator_age(FUNCTION, 250.0)
    functions.record_async_received(FUNCTION)
    functions.record_async_age(FUNCTION, 40.0)
    functions.record_async_dropped(FUNCTION)
    functions.record_dead_letter_error(FUNCTION)
    functions.record_destination_failure(FUNCTION)
    publisher.flush()
    own = {
        "Invocations": (2, 2),
        "Errors": (2, 1),
        "Duration": (2, 50),
        "ConcurrentExecutions": (2, 2),
        "Throttles": (1, 1),
        "IteratorAge": (1, 250),
        "AsyncEventsReceived": (1, 1),
        "AsyncEventAge": (1, 40),
        "AsyncEventsDropped": (1, 1),
        "DeadLetterErrors": (1, 1),
        "DestinationDeliveryFailures": (1, 1),
    }
    whole = {**own, "ConcurrentExecutions": (3, 4)}
    assert received.sums() == {
        **{(name, "f"): samples for name, samples in own.items()},
        **{(name, ""): samples for name, samples in whole.items()},
        ("ConcurrentExecutions", "g"): (1, 1),
    }


@pytest.mark.fidelity("kinesis_storage.metric_retention")
def test_metrics_outlast_the_process_by_fifteen_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(tmp_path / "metrics.db")
    monkeypatch.setattr(MetricDatabase, "CLOUDWATCH_DATA_ROOT", str(tmp_path))
    monkeypatch.setattr(MetricDatabase, "METRICS_DB", file)
    now, scope = datetime.now(UTC), ("000000000000", "us-east-1", "own")
    data = [
        {"MetricName": "m", "Value": 2.0 ** (16 - days), "Timestamp": now - timedelta(days=days)}
        for days in (16, 14)
    ]
    with warnings.catch_warnings(action="ignore"):  # LocalStack closes no connection
        MetricDatabase().add_metric_data(*scope, data)
        database = MetricDatabase()
        gc.collect()
    metric = {"Namespace": "own", "MetricName": "m"}
    found = database.get_metric_data_stat(
        account_id=scope[0],
        region=scope[1],
        query={"Id": "q", "MetricStat": {"Metric": metric, "Period": 86_400 * 30, "Stat": "Sum"}},
        start_time=now - timedelta(days=20),
        end_time=now,
        scan_by=None,
    )
    assert found["values"] == [4.0]


@pytest.mark.lab
def test_learners_metrics_are_found_by_their_whole_dimensions(client: Callable[..., Any]) -> None:
    """Single values and sums, with and without a unit, through the store that replaces
    LocalStack's.
    """
    watch, now = client("cloudwatch"), datetime.now(UTC)
    one, two = ([{"Name": "Id", "Value": value}] for value in ("1", "12"))
    sums = {"SampleCount": 2, "Sum": 5, "Minimum": 1, "Maximum": 4}
    put = [
        {"MetricName": "m", "Dimensions": one, "Value": 3.0},
        {"MetricName": "m", "Dimensions": one, "StatisticValues": sums},
        {"MetricName": "m", "Dimensions": two, "Values": [7.0, 8.0], "Counts": [2, 1]},
    ]
    watch.put_metric_data(Namespace="own", MetricData=put)

    def value(statistic: str, dimensions: list[dict[str, str]]) -> list[float]:
        metric = {"Namespace": "own", "MetricName": "m", "Dimensions": dimensions}
        stat = {"Metric": metric, "Period": 3600, "Stat": statistic}
        answer = watch.get_metric_data(
            MetricDataQueries=[{"Id": "q", "MetricStat": stat}],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=10),
        )
        values: list[float] = answer["MetricDataResults"][0]["Values"]
        return values

    names = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")
    assert [value(name, one) for name in names] == [[3], [8], [8 / 3], [1], [4]]
    assert [value(name, two) for name in names] == [[3], [22], [22 / 3], [7], [8]]
    assert value("Sum", []) == []
