"""SubscribeToShard through boto3: records pushed by the lab over an event stream."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EventStreamError

from lab.config import Config

pytestmark = pytest.mark.lab
MakeStream = Callable[..., str]
MakeConsumer = Callable[..., str]
SHARD = "shardId-000000000000"
TRIM_HORIZON = {"Type": "TRIM_HORIZON"}


@pytest.fixture
def make_consumer(kinesis: Any) -> Callable[..., str]:
    """``make_consumer(stream)`` is the ARN of a new consumer of the stream."""

    def make(stream: str, name: str = "c") -> str:
        summary = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
        answer = kinesis.register_stream_consumer(StreamARN=summary["StreamARN"], ConsumerName=name)
        return str(answer["Consumer"]["ConsumerARN"])

    return make


def put(kinesis: Any, stream: str, *data: bytes) -> list[str]:
    records = [{"Data": each, "PartitionKey": "k"} for each in data]
    answer = kinesis.put_records(StreamName=stream, Records=records)
    return [each["SequenceNumber"] for each in answer["Records"]]


def events(kinesis: Any, consumer: str, position: dict[str, Any], shard: str = SHARD) -> Any:
    answer = kinesis.subscribe_to_shard(
        ConsumerARN=consumer, ShardId=shard, StartingPosition=position
    )
    return answer["EventStream"]


def first_records(
    kinesis: Any, consumer: str, count: int, position: dict[str, Any], shard: str = SHARD
) -> list[dict[str, Any]]:
    """The first ``count`` records that are pushed."""
    with closing(events(kinesis, consumer, position, shard)) as stream:
        return take(stream, count)


def take(stream: Any, count: int) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    for event in stream:
        records += event["SubscribeToShardEvent"]["Records"]
        if len(records) >= count:
            break
    return records


@pytest.mark.fidelity("kinesis.fan_out")
def test_records_are_pushed_as_they_come(
    kinesis: Any, make_stream: MakeStream, make_consumer: MakeConsumer
) -> None:
    name = make_stream()
    numbers = put(kinesis, name, b"1", b"2")
    with closing(events(kinesis, make_consumer(name), TRIM_HORIZON)) as stream:
        event = next(iter(stream))["SubscribeToShardEvent"]
        assert [each["Data"] for each in event["Records"]] == [b"1", b"2"]
        record = event["Records"][0]
        assert record["SequenceNumber"] == numbers[0]
        assert record["PartitionKey"] == "k"
        age = datetime.now(UTC) - record["ApproximateArrivalTimestamp"]
        assert age.total_seconds() < 300
        assert event["ContinuationSequenceNumber"] == numbers[1]
        assert event["MillisBehindLatest"] == 0
        put(kinesis, name, b"3")
        assert [each["Data"] for each in take(stream, 1)] == [b"3"]


@pytest.mark.fidelity("kinesis.fan_out")
def test_all_starting_positions(
    client: Callable[..., Any],
    kinesis: Any,
    make_stream: MakeStream,
    make_consumer: MakeConsumer,
) -> None:
    name = make_stream()
    numbers = put(kinesis, name, b"1", b"2")
    old = datetime(2020, 1, 1, tzinfo=UTC)
    cases: list[tuple[dict[str, Any], list[bytes]]] = [
        (TRIM_HORIZON, [b"1", b"2"]),
        ({"Type": "AT_SEQUENCE_NUMBER", "SequenceNumber": numbers[1]}, [b"2"]),
        ({"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": numbers[0]}, [b"2"]),
        ({"Type": "AT_TIMESTAMP", "Timestamp": old}, [b"1", b"2"]),
    ]
    for place, (position, expected) in enumerate(cases):
        consumer = make_consumer(name, f"c{place}")
        records = first_records(kinesis, consumer, len(expected), position)
        assert [each["Data"] for each in records] == expected
    with closing(events(kinesis, make_consumer(name, "latest"), {"Type": "LATEST"})) as stream:
        event = next(iter(stream))["SubscribeToShardEvent"]
        assert event["Records"] == []
        continuation = event["ContinuationSequenceNumber"]
        put(kinesis, name, b"3")
        assert [each["Data"] for each in take(stream, 1)] == [b"3"]
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        position = {"Type": kind, "SequenceNumber": continuation}
        records = first_records(kinesis, make_consumer(name, kind), 1, position)
        assert [each["Data"] for each in records] == [b"3"]


@pytest.mark.fidelity("kinesis.fan_out")
def test_the_end_of_a_shard_names_its_children(
    kinesis: Any, make_stream: MakeStream, make_consumer: MakeConsumer
) -> None:
    name = make_stream()
    put(kinesis, name, b"1")
    with closing(events(kinesis, make_consumer(name), TRIM_HORIZON)) as stream:
        assert len(take(stream, 1)) == 1
        kinesis.split_shard(StreamName=name, ShardToSplit=SHARD, NewStartingHashKey=str(1 << 127))
        last = [event["SubscribeToShardEvent"] for event in stream][-1]
    assert last["Records"] == []
    assert "ContinuationSequenceNumber" not in last
    assert [each["ShardId"] for each in last["ChildShards"]] == [
        "shardId-000000000001",
        "shardId-000000000002",
    ]
    assert last["ChildShards"][0]["ParentShards"] == [SHARD]


@pytest.mark.fidelity("kinesis.takeover")
def test_a_second_subscription_comes_too_soon(
    kinesis: Any,
    make_stream: MakeStream,
    make_consumer: MakeConsumer,
    refused: Callable[..., tuple[str, str]],
) -> None:
    name = make_stream()
    consumer = make_consumer(name)
    with closing(events(kinesis, consumer, TRIM_HORIZON)):
        assert refused(
            kinesis.subscribe_to_shard,
            ConsumerARN=consumer,
            ShardId=SHARD,
            StartingPosition=TRIM_HORIZON,
        ) == (
            "ResourceInUseException",
            f"Another active subscription exists for this consumer: 000000000000:{name}:{SHARD}:c",
        )


@pytest.mark.fidelity("kinesis.fan_out")
def test_a_subscription_ends_with_its_consumer(
    kinesis: Any, make_stream: MakeStream, make_consumer: MakeConsumer
) -> None:
    name = make_stream()
    consumer = make_consumer(name)
    with closing(events(kinesis, consumer, TRIM_HORIZON)) as stream:
        reader: Iterator[Any] = iter(stream)
        next(reader)
        kinesis.deregister_stream_consumer(ConsumerARN=consumer)
        with pytest.raises(EventStreamError) as caught:
            next(reader)
    assert caught.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": f"Consumer {consumer}, account 000000000000 not found.",
    }


@pytest.mark.fidelity("kinesis.two_consumers")
def test_a_polling_and_a_subscribed_consumer_both_get_everything_in_order(
    client: Callable[..., Any], kinesis: Any, make_stream: MakeStream, make_consumer: MakeConsumer
) -> None:
    name = make_stream()
    consumer = make_consumer(name)
    count, pushed = 600, []

    def follow() -> None:
        pushed.extend(first_records(client("kinesis"), consumer, count, TRIM_HORIZON))

    follower = threading.Thread(target=follow)
    follower.start()
    expected = [str(number).encode() for number in range(count)]
    for start in range(0, count, 100):
        put(kinesis, name, *expected[start : start + 100])
    polled: list[dict[str, Any]] = []
    patient = client("kinesis", retries={"max_attempts": 10, "mode": "standard"})
    iterator = patient.get_shard_iterator(
        StreamName=name, ShardId=SHARD, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    while len(polled) < count:
        answer = patient.get_records(ShardIterator=iterator)
        polled += answer["Records"]
        iterator = answer["NextShardIterator"]
    follower.join(60)
    assert [each["Data"] for each in polled] == expected
    assert pushed == polled


@pytest.mark.fidelity("kinesis.fan_out")
def test_closing_the_client_ends_the_push(
    lab: Config, kinesis: Any, make_stream: MakeStream, make_consumer: MakeConsumer
) -> None:
    consumer = make_consumer(make_stream())
    with closing(events(kinesis, consumer, TRIM_HORIZON)) as stream:
        next(iter(stream))
    log = lab.logs_dir / "localstack.log"
    deadline = time.monotonic() + 60
    while f"the push of {SHARD} to {consumer} has ended" not in log.read_text():
        assert time.monotonic() < deadline
        kinesis.list_streams()
