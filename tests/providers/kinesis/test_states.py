"""States, retention, iterators and recovery, with a clock that the test moves."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab.providers.kinesis.metadata import load_all
from lab.providers.kinesis.models import Registry, Timing
from tests.providers.kinesis.conftest import Api, Clock

NOT_FOUND = ("ResourceNotFoundException", "Stream s under account 000000000000 not found.")


def status(api: Api) -> str:
    description = api("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]
    return str(description["StreamStatus"])


def create(api: Api, clock: Clock, shards: int = 1) -> None:
    api("CreateStream", StreamName="s", ShardCount=shards)
    clock.advance(10)


def put(api: Api, data: bytes = b"data", key: str = "key") -> dict[str, Any]:
    answer: dict[str, Any] = api("PutRecord", StreamName="s", Data=data, PartitionKey=key)
    return answer


def iterator(api: Api, kind: str = "TRIM_HORIZON", shard: int = 0, **options: Any) -> str:
    answer = api(
        "GetShardIterator",
        StreamName="s",
        ShardId=f"shardId-{shard:012d}",
        ShardIteratorType=kind,
        **options,
    )
    return str(answer["ShardIterator"])


@pytest.mark.fidelity("kinesis.states")
def test_a_stream_is_creating_then_active(api: Api, clock: Clock) -> None:
    api("CreateStream", StreamName="s", ShardCount=1)
    assert status(api) == "CREATING"
    assert api.refused("PutRecord", StreamName="s", Data=b"", PartitionKey="k") == NOT_FOUND
    clock.advance(9.9)
    assert status(api) == "CREATING"
    clock.advance(0.1)
    assert status(api) == "ACTIVE"
    assert put(api)["ShardId"] == "shardId-000000000000"


def test_a_stream_is_deleting_then_gone(api: Api, clock: Clock) -> None:
    create(api, clock)
    put(api)
    api("DeleteStream", StreamName="s")
    assert status(api) == "DELETING"
    assert api.refused("PutRecord", StreamName="s", Data=b"", PartitionKey="k") == NOT_FOUND
    code, _ = api.refused("CreateStream", StreamName="s", ShardCount=1)
    assert code == "ResourceInUseException"
    clock.advance(10)
    assert api.refused("DescribeStream", StreamName="s") == NOT_FOUND
    assert list(api.registry.home.glob("*/*/*")) == []
    create(api, clock)
    assert status(api) == "ACTIVE"


@pytest.mark.fidelity("kinesis.states")
def test_a_stream_is_updating_after_a_split_and_takes_records(api: Api, clock: Clock) -> None:
    create(api, clock)
    api(
        "SplitShard",
        StreamName="s",
        ShardToSplit="shardId-000000000000",
        NewStartingHashKey=str(1 << 127),
    )
    assert status(api) == "UPDATING"
    assert put(api)["ShardId"] in {"shardId-000000000001", "shardId-000000000002"}
    assert api.refused(
        "SplitShard",
        StreamName="s",
        ShardToSplit="shardId-000000000001",
        NewStartingHashKey=str(1 << 126),
    ) == (
        "ResourceInUseException",
        "Stream s under account 000000000000 not ACTIVE, instead in state UPDATING",
    )
    clock.advance(10)
    assert status(api) == "ACTIVE"


@pytest.mark.fidelity("kinesis.iterators")
def test_an_iterator_lives_five_minutes(api: Api, clock: Clock) -> None:
    create(api, clock)
    token = iterator(api)
    clock.advance(300)
    assert api("GetRecords", ShardIterator=token)["Records"] == []
    clock.advance(1)
    assert api.refused("GetRecords", ShardIterator=token) == (
        "ExpiredIteratorException",
        "Iterator expired. The iterator was created at time Tue Nov 14 22:13:30 UTC 2023 while "
        "right now "
        "it is Tue Nov 14 22:18:31 UTC 2023 which is further in the future than the tolerated "
        "delay of "
        "300000 milliseconds.",
    )


@pytest.mark.fidelity("kinesis.retention")
def test_records_are_forgotten_after_the_retention_period(api: Api, clock: Clock) -> None:
    create(api, clock)
    put(api, b"old")
    clock.advance(23 * 3600)
    put(api, b"new")
    assert [each["Data"] for each in read(api)] == [b"old", b"new"]
    clock.advance(2 * 3600)
    assert [each["Data"] for each in read(api)] == [b"new"]
    clock.advance(23 * 3600)
    assert read(api) == []


def read(api: Api, **options: Any) -> list[dict[str, Any]]:
    return list(api("GetRecords", ShardIterator=iterator(api, **options))["Records"])


@pytest.mark.fidelity("kinesis.millis_behind")
def test_millis_behind_latest_is_the_age_of_the_next_record(api: Api, clock: Clock) -> None:
    create(api, clock)
    put(api, b"1")
    clock.advance(2)
    put(api, b"2")
    clock.advance(3)
    answer = api("GetRecords", ShardIterator=iterator(api), Limit=1)
    assert answer["MillisBehindLatest"] == 3000
    answer = api("GetRecords", ShardIterator=answer["NextShardIterator"])
    assert answer["MillisBehindLatest"] == 0


def test_an_iterator_at_a_timestamp(api: Api, clock: Clock) -> None:
    create(api, clock)
    put(api, b"1")
    clock.advance(5)
    moment = datetime.fromtimestamp(clock.now, UTC)
    put(api, b"2")
    assert [each["Data"] for each in read(api, kind="AT_TIMESTAMP", Timestamp=moment)] == [b"2"]
    clock.advance(-5)
    _, message = api.refused(
        "GetShardIterator",
        StreamName="s",
        ShardId="shardId-000000000000",
        ShardIteratorType="AT_TIMESTAMP",
        Timestamp=moment,
    )
    assert message == (
        "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
        "timestampInMillis: 1700000015000, currentTimestampInMillis: 1700000010000"
    )


def test_an_iterator_of_a_deleted_stream_does_not_serve_its_successor(
    api: Api, clock: Clock
) -> None:
    create(api, clock)
    token = iterator(api)
    api("DeleteStream", StreamName="s")
    clock.advance(10)
    assert api.refused("GetRecords", ShardIterator=token) == (
        "ResourceNotFoundException",
        "Shard shardId-000000000000 in stream s under account 000000000000 does not exist",
    )
    create(api, clock)
    assert api.refused("GetRecords", ShardIterator=token) == (
        "InvalidArgumentException",
        "Invalid ShardIterator.",
    )


@pytest.mark.fidelity("kinesis.restart")
def test_another_process_finds_everything_again(api: Api, clock: Clock) -> None:
    create(api, clock, shards=2)
    numbers = [put(api, b"%d" % number, key=str(number))["SequenceNumber"] for number in range(20)]
    api("AddTagsToStream", StreamName="s", Tags={"team": "data"})
    api("IncreaseStreamRetentionPeriod", StreamName="s", RetentionPeriodHours=48)
    clock.advance(10)
    api(
        "MergeShards",
        StreamName="s",
        ShardToMerge="shardId-000000000000",
        AdjacentShardToMerge="shardId-000000000001",
    )
    before = api("DescribeStream", StreamName="s")
    token = iterator(api)
    registry = Registry(api.registry.home, Timing(clock, clock, lambda: 10.0))
    load_all(registry)
    again = Api(registry)
    clock.advance(10)
    after = again("DescribeStream", StreamName="s")
    before["StreamDescription"]["StreamStatus"] = "ACTIVE"
    assert after == before
    assert again("ListTagsForStream", StreamName="s")["Tags"] == [{"Key": "team", "Value": "data"}]
    found = [*read(again), *read(again, shard=1)]
    assert sorted(each["SequenceNumber"] for each in found) == sorted(numbers)
    assert again("GetRecords", ShardIterator=token)["Records"]
    assert put(again)["ShardId"] == "shardId-000000000002"


def test_a_stream_being_deleted_at_a_crash_is_gone(api: Api, clock: Clock) -> None:
    create(api, clock)
    api("DeleteStream", StreamName="s")
    registry = Registry(api.registry.home)
    load_all(registry)
    assert registry.list("000000000000", "us-east-1") == []
    assert list(api.registry.home.glob("*/*/*")) == []


def test_the_description_on_disk_is_replaced_whole(api: Api, clock: Clock) -> None:
    create(api, clock)
    (path,) = api.registry.home.glob("*/*/*/stream.json")
    assert json.loads(path.read_text())["name"] == "s"
    assert sorted(each.name for each in Path(path.parent).iterdir()) == ["stream.json"]


@pytest.mark.parametrize("off", [False, True])
@pytest.mark.fidelity("kinesis.limits_off")
def test_rates_can_be_lifted(
    api: Api, clock: Clock, monkeypatch: pytest.MonkeyPatch, off: bool
) -> None:
    monkeypatch.setenv("LAB_KINESIS_LIMITS", "off" if off else "on")
    create(api, clock)
    records = [{"Data": b"x", "PartitionKey": "k"}] * 500
    failed = [
        api("PutRecords", StreamName="s", Records=records)["FailedRecordCount"] for _ in range(3)
    ]
    assert failed == ([0, 0, 0] if off else [0, 0, 500])


def listed(api: Api, **options: Any) -> list[int]:
    shards = api("ListShards", StreamName="s", **options)["Shards"]
    return [int(shard["ShardId"].removeprefix("shardId-")) for shard in shards]


@pytest.mark.fidelity("kinesis.list_shards")
def test_shards_by_the_time_at_which_they_were_open(api: Api, clock: Clock) -> None:
    create(api, clock)
    clock.advance(100)
    before = datetime.fromtimestamp(clock.now, UTC)
    clock.advance(100)
    api(
        "SplitShard",
        StreamName="s",
        ShardToSplit="shardId-000000000000",
        NewStartingHashKey="1000",
    )
    clock.advance(100)
    after = datetime.fromtimestamp(clock.now, UTC)
    assert listed(api, ShardFilter={"Type": "AT_LATEST"}) == [1, 2]
    assert listed(api, ShardFilter={"Type": "AT_TRIM_HORIZON"}) == [0]
    assert listed(api, ShardFilter={"Type": "FROM_TRIM_HORIZON"}) == [0, 1, 2]
    assert listed(api, ShardFilter={"Type": "AT_TIMESTAMP", "Timestamp": before}) == [0]
    assert listed(api, ShardFilter={"Type": "AT_TIMESTAMP", "Timestamp": after}) == [1, 2]
    assert listed(api, ShardFilter={"Type": "FROM_TIMESTAMP", "Timestamp": before}) == [0, 1, 2]
    assert listed(api, ShardFilter={"Type": "FROM_TIMESTAMP", "Timestamp": after}) == [1, 2]


@pytest.mark.fidelity("kinesis.retention")
def test_a_closed_shard_disappears_with_its_records(api: Api, clock: Clock) -> None:
    create(api, clock)
    api(
        "SplitShard",
        StreamName="s",
        ShardToSplit="shardId-000000000000",
        NewStartingHashKey="1000",
    )
    assert listed(api) == [0, 1, 2]
    clock.advance(24 * 3600 + 1)
    assert listed(api) == [1, 2]
    shards = api("DescribeStream", StreamName="s")["StreamDescription"]["Shards"]
    assert len(shards) == 2


def test_a_token_for_the_next_page_lives_five_minutes(api: Api, clock: Clock) -> None:
    create(api, clock, shards=2)
    token = api("ListShards", StreamName="s", MaxResults=1)["NextToken"]
    clock.advance(300)
    assert len(api("ListShards", NextToken=token)["Shards"]) == 1
    clock.advance(1)
    code, _ = api.refused("ListShards", NextToken=token)
    assert code == "ExpiredNextTokenException"
    assert api.refused("ListShards", NextToken="nonsense") == (
        "InvalidArgumentException",
        "Invalid NextToken.",
    )


def test_a_description_of_an_earlier_version_is_read(api: Api, clock: Clock) -> None:
    create(api, clock)
    (path,) = api.registry.home.glob("*/*/*/stream.json")
    document = json.loads(path.read_text())
    for name in ("keys", "peaks", "consumers", "shard_level_metrics", "policy", "warm_mib"):
        del document[name]
    path.write_text(json.dumps(document))
    registry = Registry(api.registry.home, Timing(clock, clock, lambda: 10.0))
    load_all(registry)
    summary = Api(registry)("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]
    assert summary["ConsumerCount"] == 0
    assert summary["EncryptionType"] == "NONE"
