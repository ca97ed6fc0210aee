"""From a stream to a function: which records come, in which order and in which batches."""

import base64
import time

import pytest

from tests.providers.lambda_.functions import ROLE
from tests.providers.lambda_.streams import ARN, HALF, SHARDS, Pipeline, eventually, poison, texts

pytestmark = pytest.mark.lab


@pytest.mark.fidelity("event_source_mapping.event")
def test_a_record_arrives_as_on_aws(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    (put,) = pipeline.put('"é" {}')
    uuid = pipeline.map()
    pipeline.received(1)
    (event,) = pipeline.recorder.events
    assert event.keys() == {"Records"}
    (record,) = event["Records"]
    arrival = record["kinesis"].pop("approximateArrivalTimestamp")
    assert isinstance(arrival, float)
    assert record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": '"é" {}',
            "sequenceNumber": put["SequenceNumber"],
            "data": base64.b64encode('"é" {}'.encode()).decode(),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{SHARDS[0]}:{put['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": ROLE,
        "awsRegion": "us-east-1",
        "eventSourceARN": ARN + pipeline.stream,
    }
    pipeline.wait_for_result(uuid, "OK")


@pytest.mark.fidelity("event_source_mapping.order", "event_source_mapping.batch_size")
def test_every_record_once_and_in_order_per_shard(pipeline: Pipeline) -> None:
    pipeline.create_stream(4)
    sent = [str(number) for number in range(2000)]
    put = [
        entry for part in range(0, 2000, 500) for entry in pipeline.put(*sent[part : part + 500])
    ]
    where = [entry["ShardId"] for entry in put]
    pipeline.map(BatchSize=70)
    assert sorted(pipeline.received(2000), key=int) == sent
    for shard in SHARDS:
        got = [text for text in pipeline.recorder.records if where[int(text)] == shard]
        assert got == sorted(got, key=int)
    for batch in pipeline.recorder.batches:
        assert len(batch) <= 70
        assert len({where[int(text)] for text in batch}) == 1


@pytest.mark.fidelity("event_source_mapping.starting_position")
def test_latest_begins_with_the_mapping(pipeline: Pipeline) -> None:
    pipeline.create_stream(2)
    pipeline.put("before")
    pipeline.map(StartingPosition="LATEST")
    pipeline.put("after")
    assert pipeline.received(1) == ["after"]


@pytest.mark.fidelity("event_source_mapping.starting_position")
def test_at_timestamp_begins_with_the_record_of_that_time(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.put("before")
    moment = int(time.time()) + 1  # boto3 sends whole seconds
    eventually(lambda: time.time() > moment)
    pipeline.put("after")
    pipeline.map(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=moment)
    assert pipeline.received(1) == ["after"]


@pytest.mark.fidelity("event_source_mapping.batching_window")
def test_records_are_gathered_for_the_batching_window(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.map(BatchSize=100, MaximumBatchingWindowInSeconds=1)
    for text in "abc":
        pipeline.put(text)
    assert pipeline.received(3) == ["a", "b", "c"]
    assert len(pipeline.recorder.batches) == 1


@pytest.mark.fidelity("event_source_mapping.batching_window")
def test_a_full_batch_does_not_wait_for_its_window(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.map(BatchSize=3, MaximumBatchingWindowInSeconds=300)
    pipeline.put("a", "b")
    pipeline.put("c", "d")
    assert pipeline.received(3) == ["a", "b", "c"]


@pytest.mark.fidelity("event_source_mapping.parallelization")
def test_several_batches_of_a_shard_at_once_keep_the_order_of_each_key(
    pipeline: Pipeline,
) -> None:
    pipeline.create_stream()
    pipeline.recorder.reply = poison("bad")
    keys = [f"key-{number}" for number in range(20)]
    for turn in range(5):
        pipeline.put_keyed([(key, f"{key}:{turn}") for key in keys])
    pipeline.put("bad")
    uuid = pipeline.map(ParallelizationFactor=3, BatchSize=7)
    pipeline.wait_for_result(uuid, "PROBLEM: Function call failed")
    pipeline.put_keyed([(key, f"{key}:5") for key in keys])
    # The other lanes go on while the one with the bad record is stuck.
    recorder = pipeline.recorder
    recorder.wait(lambda: any(text.endswith(":5") for text in recorder.records))
    recorder.reply = lambda _: {}
    recorder.wait(lambda: len(set(recorder.records)) == 121)
    for key in keys:
        got = [text for text in recorder.records if text.startswith(f"{key}:")]
        assert list(dict.fromkeys(got)) == [f"{key}:{turn}" for turn in range(6)]


@pytest.mark.fidelity("event_source_mapping.resharding")
def test_lanes_of_a_closed_shard_end_before_its_children_begin(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.put(*(f"parent-{number}" for number in range(10)))
    pipeline.split(SHARDS[0])
    pipeline.put("child", hash_key=0)
    pipeline.map(ParallelizationFactor=4)
    got = pipeline.received(11)
    assert (len(got), got[-1]) == (11, "child")


@pytest.mark.fidelity("event_source_mapping.resharding")
def test_children_are_read_after_their_parent(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.map(BatchSize=1)
    pipeline.put(*(f"parent-{number}" for number in range(5)))
    pipeline.split(SHARDS[0])
    pipeline.put("child-low", hash_key=0)
    pipeline.put("child-high", hash_key=HALF)
    got = pipeline.received(7)
    assert got[:5] == [f"parent-{number}" for number in range(5)]
    assert sorted(got[5:]) == ["child-high", "child-low"]


@pytest.mark.fidelity("event_source_mapping.resharding", "event_source_mapping.at_least_once")
def test_resharding_under_load_with_a_failing_function_loses_nothing(pipeline: Pipeline) -> None:
    """Shards are split and merged while records come in and every third batch fails."""
    pipeline.create_stream(2)
    batches = iter(range(1, 10_000))
    pipeline.recorder.reply = lambda _: {"raise": "third"} if next(batches) % 3 == 0 else {}
    pipeline.map(BatchSize=50, MaximumRetryAttempts=-1)
    keys = [f"key-{number}" for number in range(40)]
    for turn in range(10):
        pipeline.put_keyed([(key, f"{key}:{turn:02d}") for key in keys])
        if turn == 2:
            pipeline.split(SHARDS[0], HALF // 2)
        if turn == 5:
            pipeline.kinesis.merge_shards(
                StreamName=pipeline.stream,
                ShardToMerge="shardId-000000000002",
                AdjacentShardToMerge="shardId-000000000003",
            )
        if turn == 7:
            pipeline.split(SHARDS[1], HALF + HALF // 2)
    sent = {f"{key}:{turn:02d}" for key in keys for turn in range(10)}
    got = pipeline.received_all(sent)
    assert len(pipeline.kinesis.list_shards(StreamName=pipeline.stream)["Shards"]) == 7
    assert next(batches) > 3
    for key in keys:
        first_times = dict.fromkeys(text for text in got if text.startswith(f"{key}:"))
        assert list(first_times) == [f"{key}:{turn:02d}" for turn in range(10)]


@pytest.mark.fidelity("event_source_mapping.polling")
def test_a_mapping_takes_nothing_of_what_getrecords_may_read(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.map()
    pipeline.put("a")
    pipeline.received(1)
    where = {"StreamName": pipeline.stream, "ShardId": SHARDS[0]}
    iterator = pipeline.kinesis.get_shard_iterator(**where, ShardIteratorType="TRIM_HORIZON")
    for _ in range(5):
        answer = pipeline.kinesis.get_records(ShardIterator=iterator["ShardIterator"])
        assert len(answer["Records"]) == 1


@pytest.mark.fidelity("event_source_mapping.metrics")
def test_the_age_of_the_last_record_is_a_metric(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.put("a")
    pipeline.map()
    pipeline.received(1)

    points = eventually(lambda: pipeline.metric("IteratorAge"))
    assert sum(point["SampleCount"] for point in points) == 1
    assert {point["Unit"] for point in points} == {"Milliseconds"}
    assert 0 <= points[0]["Maximum"] < 3_600_000


def test_an_event_holds_the_records_of_one_batch_only(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.put("a", "b", "c")
    pipeline.map(BatchSize=2)
    pipeline.received(3)
    assert [texts(event) for event in pipeline.recorder.events] == [["a", "b"], ["c"]]
