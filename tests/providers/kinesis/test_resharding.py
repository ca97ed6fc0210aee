"""Splitting, merging and scaling through boto3, and reading over the change."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.lab
Refused = Callable[..., tuple[str, str]]
MakeStream = Callable[..., str]

MAX = (1 << 128) - 1
FIRST, SECOND, THIRD = (f"shardId-{number:012d}" for number in range(3))


def shards(kinesis: Any, name: str, **options: Any) -> list[dict[str, Any]]:
    return list(kinesis.list_shards(StreamName=name, **options)["Shards"])


def ranges(found: list[dict[str, Any]]) -> list[tuple[int, int]]:
    keys = [shard["HashKeyRange"] for shard in found]
    return sorted((int(key["StartingHashKey"]), int(key["EndingHashKey"])) for key in keys)


def open_shards(kinesis: Any, name: str) -> list[dict[str, Any]]:
    return shards(kinesis, name, ShardFilter={"Type": "AT_LATEST"})


@pytest.mark.fidelity("kinesis.resharding")
def test_a_split_closes_the_parent_and_opens_two_children(
    kinesis: Any, make_stream: MakeStream
) -> None:
    name = make_stream()
    kinesis.split_shard(StreamName=name, ShardToSplit=FIRST, NewStartingHashKey="1000")
    parent, low, high = shards(kinesis, name)
    ending = parent["SequenceNumberRange"]["EndingSequenceNumber"]
    for child in (low, high):
        assert child["ParentShardId"] == FIRST
        assert "AdjacentParentShardId" not in child
        assert "EndingSequenceNumber" not in child["SequenceNumberRange"]
        assert int(child["SequenceNumberRange"]["StartingSequenceNumber"]) > int(ending)
    assert ranges([low]) == [(0, 999)]
    assert ranges([high]) == [(1000, MAX)]


@pytest.mark.fidelity("kinesis.resharding")
def test_a_closed_shard_ends_and_names_its_children(kinesis: Any, make_stream: MakeStream) -> None:
    name = make_stream()
    kinesis.put_record(StreamName=name, Data=b"before", PartitionKey="k")
    token = kinesis.get_shard_iterator(
        StreamName=name, ShardId=FIRST, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    half = 1 << 127
    kinesis.split_shard(StreamName=name, ShardToSplit=FIRST, NewStartingHashKey=str(half))
    put = kinesis.put_record(StreamName=name, Data=b"after", PartitionKey="k")
    assert put["ShardId"] in {SECOND, THIRD}
    answer = kinesis.get_records(ShardIterator=token)
    assert [record["Data"] for record in answer["Records"]] == [b"before"]
    assert "NextShardIterator" not in answer
    assert answer["ChildShards"] == [
        {
            "ShardId": SECOND,
            "ParentShards": [FIRST],
            "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": str(half - 1)},
        },
        {
            "ShardId": THIRD,
            "ParentShards": [FIRST],
            "HashKeyRange": {"StartingHashKey": str(half), "EndingHashKey": str(MAX)},
        },
    ]


@pytest.mark.fidelity("kinesis.resharding")
def test_a_merge_joins_two_neighbours(kinesis: Any, make_stream: MakeStream) -> None:
    name = make_stream(2)
    kinesis.merge_shards(StreamName=name, ShardToMerge=FIRST, AdjacentShardToMerge=SECOND)
    first, second, child = shards(kinesis, name)
    assert "EndingSequenceNumber" in first["SequenceNumberRange"]
    assert "EndingSequenceNumber" in second["SequenceNumberRange"]
    assert (child["ParentShardId"], child["AdjacentParentShardId"]) == (FIRST, SECOND)
    assert ranges([child]) == [(0, MAX)]


def test_only_neighbours_merge(kinesis: Any, make_stream: MakeStream, refused: Refused) -> None:
    name = make_stream(3)
    for one, other in ((FIRST, THIRD), (SECOND, FIRST)):
        call = kinesis.merge_shards
        assert refused(call, StreamName=name, ShardToMerge=one, AdjacentShardToMerge=other) == (
            "InvalidArgumentException",
            f"Shards {one} and {other} in stream {name} under account 000000000000 are not an "
            f"adjacent "
            "pair of shards eligible for merging",
        )


@pytest.mark.parametrize("key", [0, 1, MAX])
def test_a_split_lies_within_the_shard(
    kinesis: Any, make_stream: MakeStream, refused: Refused, key: int
) -> None:
    name = make_stream()
    call = kinesis.split_shard
    assert refused(call, StreamName=name, ShardToSplit=FIRST, NewStartingHashKey=str(key)) == (
        "InvalidArgumentException",
        f"NewStartingHashKey {key} used in SplitShard() on shard {FIRST} in stream {name} under "
        f"account "
        "000000000000 is not both greater than one plus the shard's StartingHashKey 0 and less "
        "than the "
        f"shard's EndingHashKey {MAX}.",
    )


def test_a_shard_must_exist_and_be_open(
    kinesis: Any, make_stream: MakeStream, refused: Refused
) -> None:
    name = make_stream()
    call = kinesis.split_shard
    assert refused(call, StreamName=name, ShardToSplit=THIRD, NewStartingHashKey="9") == (
        "ResourceNotFoundException",
        f"Could not find shard {THIRD} in stream {name} under account 000000000000.",
    )
    kinesis.split_shard(StreamName=name, ShardToSplit=FIRST, NewStartingHashKey="1000")
    code, _ = refused(call, StreamName=name, ShardToSplit=FIRST, NewStartingHashKey="2000")
    assert code == "InvalidArgumentException"


@pytest.mark.parametrize(("start", "target"), [(1, 2), (2, 4), (4, 2), (3, 2), (2, 3), (5, 3)])
@pytest.mark.fidelity("kinesis.resharding")
def test_scaling_is_uniform(kinesis: Any, make_stream: MakeStream, start: int, target: int) -> None:
    name = make_stream(start)
    records = [{"Data": b"x", "PartitionKey": str(number)} for number in range(40)]
    kinesis.put_records(StreamName=name, Records=records)
    answer = kinesis.update_shard_count(
        StreamName=name, TargetShardCount=target, ScalingType="UNIFORM_SCALING"
    )
    assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (start, target)
    width = (1 << 128) // target
    ends = [width * (number + 1) - 1 for number in range(target - 1)] + [MAX]
    starts = [width * number for number in range(target)]
    assert ranges(open_shards(kinesis, name)) == list(zip(starts, ends, strict=True))
    everything = {shard["ShardId"]: shard for shard in shards(kinesis, name)}
    for shard in everything.values():
        for parent in ("ParentShardId", "AdjacentParentShardId"):
            if parent in shard:
                closed = everything[shard[parent]]["SequenceNumberRange"]
                assert "EndingSequenceNumber" in closed


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (9, "UpdateShardCount cannot scale up over double your current open shard count."),
        (1, "UpdateShardCount cannot scale down below half your current open shard count."),
    ],
)
@pytest.mark.fidelity("kinesis.resharding")
def test_scaling_at_most_doubles_or_halves(
    kinesis: Any, make_stream: MakeStream, refused: Refused, target: int, message: str
) -> None:
    name = make_stream(4)
    call = kinesis.update_shard_count
    options = {"TargetShardCount": target, "ScalingType": "UNIFORM_SCALING"}
    assert refused(call, StreamName=name, **options) == (
        "LimitExceededException",
        f"{message} Current open shard count: 4, Target shard count: {target}",
    )


@pytest.mark.fidelity("kinesis.list_shards")
def test_shards_are_listed_in_pages_and_by_filter(
    kinesis: Any, make_stream: MakeStream, refused: Refused
) -> None:
    name = make_stream(3)
    first = kinesis.list_shards(StreamName=name, MaxResults=2)
    assert [shard["ShardId"] for shard in first["Shards"]] == [FIRST, SECOND]
    rest = kinesis.list_shards(NextToken=first["NextToken"])
    assert [shard["ShardId"] for shard in rest["Shards"]] == [THIRD]
    assert "NextToken" not in rest
    after = {"Type": "AFTER_SHARD_ID", "ShardId": SECOND}
    assert [shard["ShardId"] for shard in shards(kinesis, name, ShardFilter=after)] == [THIRD]
    begun = shards(kinesis, name, ExclusiveStartShardId=FIRST)
    assert [shard["ShardId"] for shard in begun] == [SECOND, THIRD]
    assert refused(kinesis.list_shards, StreamName=name, NextToken=first["NextToken"]) == (
        "InvalidArgumentException",
        "NextToken and StreamName cannot be provided together.",
    )
    assert refused(kinesis.list_shards) == (
        "InvalidArgumentException",
        "Either NextToken or StreamName should be provided.",
    )
