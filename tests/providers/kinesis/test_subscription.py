"""A subscription by itself: its five minutes, its rate, its heart-beat, and its ends."""

import threading
from typing import Any

import pytest
from localstack.aws.api.kinesis import ResourceInUseException, ResourceNotFoundException

from lab.providers.kinesis.consumers import Consumer
from lab.providers.kinesis.models import Stream
from lab.providers.kinesis.subscription import Subscription, subscribe
from tests.providers.kinesis.conftest import Api, Clock

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"


@pytest.fixture
def stream(api: Api, clock: Clock) -> Stream:
    api("CreateStream", StreamName="s", ShardCount=1)
    clock.advance(10)
    found = api.registry.find_arn(ARN)
    assert found is not None
    return found


@pytest.fixture
def consumer(api: Api, clock: Clock, stream: Stream) -> Consumer:
    api("RegisterStreamConsumer", StreamARN=ARN, ConsumerName="c")
    clock.advance(10)
    return stream.consumers["c"]


def open_subscription(stream: Stream, consumer: Consumer) -> Subscription:
    return subscribe(stream, stream.shards[0], consumer, 0)


def put(api: Api, *data: bytes) -> None:
    api(
        "PutRecords", StreamName="s", Records=[{"Data": each, "PartitionKey": "k"} for each in data]
    )


@pytest.mark.fidelity("kinesis.fan_out")
def test_it_lasts_five_minutes_with_an_empty_batch_every_five_seconds(
    stream: Stream, consumer: Consumer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = open_subscription(stream, consumer)
    monkeypatch.setattr(subscription, "_wake", StillEvent(pytest.fail))
    batches = 0
    for batch in subscription:
        assert batch.records == []
        batches += 1
        clock.advance(5)
    assert batches == 60


def test_an_arrival_wakes_it(api: Api, stream: Stream, consumer: Consumer) -> None:
    subscription = open_subscription(stream, consumer)
    assert next(subscription).records == []
    got: list[bytes] = []

    def follow() -> None:
        got.extend(record.data for record in next(subscription).records)

    follower = threading.Thread(target=follow)
    follower.start()
    put(api, b"1")  # the clock stands still: no heart-beat could end the wait
    follower.join(60)
    assert got == [b"1"]


@pytest.mark.fidelity("kinesis.fan_out_rate")
def test_two_mebibytes_a_second(
    api: Api, stream: Stream, consumer: Consumer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        put(api, bytes(1_000_000))
        clock.advance(1)
    subscription = open_subscription(stream, consumer)
    sizes: list[int] = []
    seconds = [0]

    def wait(_: float) -> None:
        seconds[0] += 1
        clock.advance(1)

    monkeypatch.setattr(subscription, "_wake", StillEvent(wait))
    while sum(sizes) < 6_000_000:
        sizes.append(sum(len(record.data) for record in next(subscription).records))
    assert max(sizes) <= 1 << 20
    assert seconds[0] == 2  # 3 MB at once leave a debt; each second earns 2 MiB


class StillEvent:
    """Stands for the event that a subscription waits on; waiting moves the test's clock."""

    def __init__(self, wait: Any) -> None:
        self.wait = wait

    def set(self) -> None:
        pass

    def clear(self) -> None:
        pass


@pytest.mark.fidelity("kinesis.takeover")
def test_after_five_seconds_another_takes_over(
    stream: Stream, consumer: Consumer, clock: Clock
) -> None:
    first = open_subscription(stream, consumer)
    next(first)
    clock.advance(4.9)
    with pytest.raises(ResourceInUseException):
        open_subscription(stream, consumer)
    clock.advance(0.1)
    second = open_subscription(stream, consumer)
    with pytest.raises(ResourceInUseException) as caught:
        next(first)
    assert caught.value.message == (
        "Another active subscription exists for this consumer: "
        "000000000000:s:shardId-000000000000:c"
    )
    assert next(second).records == []


def test_limits_off_lift_the_five_seconds(
    stream: Stream, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KINESIS_LIMITS", "off")
    open_subscription(stream, consumer)
    assert next(open_subscription(stream, consumer)).records == []


def test_a_deleted_stream_ends_it(api: Api, stream: Stream, consumer: Consumer) -> None:
    subscription = open_subscription(stream, consumer)
    next(subscription)
    api("DeleteStream", StreamName="s", EnforceConsumerDeletion=True)
    with pytest.raises(ResourceNotFoundException) as caught:
        next(subscription)
    assert caught.value.message == "Stream s under account 000000000000 not found."


def test_closing_ends_it_and_leaves_nothing_behind(stream: Stream, consumer: Consumer) -> None:
    subscription = open_subscription(stream, consumer)
    with subscription:
        next(subscription)
    assert list(subscription) == []
    assert stream.shards[0]._listeners == ()


@pytest.mark.fidelity("kinesis.fan_out")
def test_a_closed_shard_is_read_to_its_end(api: Api, stream: Stream, consumer: Consumer) -> None:
    put(api, b"1")
    api("UpdateShardCount", StreamName="s", TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    batches = list(open_subscription(stream, consumer))
    assert [record.data for batch in batches for record in batch.records] == [b"1"]
    assert batches[-1].continuation is None
    assert [shard.id for shard in batches[-1].children] == [
        "shardId-000000000001",
        "shardId-000000000002",
    ]
