"""The publisher of metrics: what it sums up, when it is stored, and how long it is kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab.providers.cloudwatch.database import MetricDatabase, Point, Series, Window
from lab.providers.cloudwatch.metrics import MAX_VALUES, Metric, Moment, Publisher, Source
from lab.providers.cloudwatch.statistics import series_values
from lab.providers.lambda_.metrics import FunctionMetrics, FunctionName

REQUESTS, AGE = Metric("Requests"), Metric("Age", "Milliseconds")
SOURCE = Source("AWS/Test", "000000000000", "us-east-1", (("Name", "a"),))
FUNCTION = FunctionName("000000000000", "us-east-1", "f")
MINUTE = int(datetime(2023, 11, 14, 22, 13, tzinfo=UTC).timestamp())


class Received:
    """Takes what is published; its clock stands until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.points: list[Point] = []

    def publisher(self) -> Publisher:
        return Publisher(self.points.extend)

    def sums(self) -> dict[tuple[str, str], tuple[float, float]]:
        """(samples, sum) by metric and first dimension's value ("" without dimensions)."""
        return {
            (each.series.name, each.series.dimensions[0][1] if each.series.dimensions else ""): (
                each.samples,
                each.total,
            )
            for each in self.points
        }


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Received:
    received = Received()
    monkeypatch.setattr("lab.providers.clock.lab_time.time.time", lambda: received.now)
    return received


def test_samples_are_summed_up_by_minute(received: Received) -> None:
    publisher = received.publisher()
    for age in (5, 1):
        publisher.add(SOURCE, [(REQUESTS, 1), (AGE, age)])
    received.now += 60
    publisher.add(SOURCE, [(AGE, 7)])
    publisher.flush()
    publisher.flush()
    assert [each.timestamp - MINUTE for each in received.points] == [0, 0, 60]
    series = Series("000000000000", "us-east-1", "AWS/Test", "Age", (("Name", "a"),))
    spread = {5: 1, 1: 1}
    assert received.points[1] == Point(series, MINUTE, "Milliseconds", 2, 6, 1, 5, spread)


def test_what_is_pending_is_published_at_the_end(received: Received) -> None:
    publisher = received.publisher()
    publisher.stop()
    assert received.points == []
    publisher.add(SOURCE, [(AGE, 1)])
    publisher.stop()
    assert received.sums() == {("Age", "a"): (1, 1)}


def test_many_different_values_are_rounded_and_their_sums_are_not(received: Received) -> None:
    publisher = received.publisher()
    publisher.add(SOURCE, [(AGE, 10_000 + n) for n in range(2000)])
    publisher.flush()
    (point,) = received.points
    assert point.total == sum(range(10_000, 12_000))
    assert point.spread
    assert len(point.spread) < MAX_VALUES
    assert sum(point.spread.values()) == 2000


def test_what_is_due_is_added_before_metrics_are_read(received: Received) -> None:
    publisher = received.publisher()
    publisher.before_flush(lambda: publisher.add(SOURCE, [(AGE, 3)], Moment(MINUTE - 60)))
    publisher.flush()
    assert [each.timestamp for each in received.points] == [MINUTE - 60]


@pytest.mark.fidelity("kinesis_storage.function_metrics")
def test_functions_have_the_metrics_of_lambda(received: Received) -> None:
    publisher = received.publisher()
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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "metrics.sqlite"


@pytest.fixture
def database(file: Path) -> Iterator[MetricDatabase]:
    database = MetricDatabase(file)
    yield database
    database.close()


@pytest.mark.fidelity("kinesis_storage.metric_retention", "cloudwatch.retention")
def test_metrics_outlast_the_process_by_fifteen_days(database: MetricDatabase, file: Path) -> None:
    now = datetime.now(UTC)
    series = Series("000000000000", "us-east-1", "own", "m")
    moments = [int((now - timedelta(days=days)).timestamp()) for days in (16, 14)]
    database.add([Point(series, at, "None", 1, value, value, value)
                  for at, value in zip(moments, (1.0, 4.0), strict=True)])  # fmt: skip
    again = MetricDatabase(file)
    window = Window(moments[0] - 60, int(now.timestamp()), 86_400 * 30)
    assert series_values(again, series, window, "Sum") == {0: 4.0}
    again.close()


def test_a_damaged_file_is_set_aside(file: Path) -> None:
    file.write_bytes(b"no database" * 1000)
    database = MetricDatabase(file)
    series = Series("000000000000", "us-east-1", "own", "m")
    database.add([Point(series, int(datetime.now(UTC).timestamp()), "None", 1, 2.0, 2.0, 2.0)])
    assert list(database.find("000000000000", "us-east-1", "own", None, 0)) == [series]
    assert list(file.parent.glob("*.unreadable-*"))
    database.close()
