"""Streams through boto3: create, describe, list, delete, tags, retention, limits."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.lab
Refused = Callable[..., tuple[str, str]]
MakeStream = Callable[..., str]

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/"


def test_a_stream_is_described(kinesis: Any, make_stream: MakeStream) -> None:
    name = make_stream(2)
    description = kinesis.describe_stream(StreamName=name)["StreamDescription"]
    description.pop("StreamCreationTimestamp")
    numbers = [shard.pop("SequenceNumberRange") for shard in description["Shards"]]
    assert description == {
        "StreamName": name,
        "StreamARN": ARN + name,
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "Shards": [
            {
                "ShardId": "shardId-000000000000",
                "HashKeyRange": {
                    "StartingHashKey": "0",
                    "EndingHashKey": "170141183460469231731687303715884105727",
                },
            },
            {
                "ShardId": "shardId-000000000001",
                "HashKeyRange": {
                    "StartingHashKey": "170141183460469231731687303715884105728",
                    "EndingHashKey": "340282366920938463463374607431768211455",
                },
            },
        ],
        "HasMoreShards": False,
        "RetentionPeriodHours": 24,
        "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "EncryptionType": "NONE",
    }
    assert all(set(each) == {"StartingSequenceNumber"} for each in numbers)


def test_a_stream_is_summed_up_by_its_arn(kinesis: Any, make_stream: MakeStream) -> None:
    name = make_stream(3)
    answer = kinesis.describe_stream_summary(StreamARN=ARN + name)
    summary = answer["StreamDescriptionSummary"]
    assert summary["StreamName"] == name
    assert summary["OpenShardCount"] == 3
    assert summary["ConsumerCount"] == 0
    assert summary["MaxRecordSizeInKiB"] == 1024


def test_an_on_demand_stream_begins_with_four_shards(kinesis: Any, refused: Refused) -> None:
    kinesis.create_stream(StreamName="demand", StreamModeDetails={"StreamMode": "ON_DEMAND"})
    try:
        summary = kinesis.describe_stream_summary(StreamName="demand")["StreamDescriptionSummary"]
        assert summary["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
        assert summary["OpenShardCount"] == 4
        code, _ = refused(
            kinesis.update_shard_count,
            StreamName="demand",
            TargetShardCount=8,
            ScalingType="UNIFORM_SCALING",
        )
        assert code == "ValidationException"
    finally:
        kinesis.delete_stream(StreamName="demand")


def test_describe_stream_in_pages(kinesis: Any, make_stream: MakeStream) -> None:
    name = make_stream(3)
    first = kinesis.describe_stream(StreamName=name, Limit=2)["StreamDescription"]
    assert first["HasMoreShards"] is True
    last = first["Shards"][-1]["ShardId"]
    rest = kinesis.describe_stream(StreamName=name, ExclusiveStartShardId=last)
    assert [each["ShardId"] for each in rest["StreamDescription"]["Shards"]] == [
        "shardId-000000000002"
    ]
    pages = kinesis.get_paginator("describe_stream").paginate(
        StreamName=name, PaginationConfig={"PageSize": 1}
    )
    assert sum(len(page["StreamDescription"]["Shards"]) for page in pages) == 3


def test_streams_are_listed_by_name_in_pages(kinesis: Any, make_stream: MakeStream) -> None:
    names = sorted(make_stream() for _ in range(3))
    everything = kinesis.list_streams()
    assert set(names) <= set(everything["StreamNames"])
    assert everything["HasMoreStreams"] is False
    assert everything["StreamNames"] == sorted(everything["StreamNames"])
    first = kinesis.list_streams(Limit=1)
    assert first["HasMoreStreams"] is True
    assert first["StreamSummaries"][0]["StreamStatus"] == "ACTIVE"
    second = kinesis.list_streams(Limit=1, NextToken=first["NextToken"])
    third = kinesis.list_streams(Limit=1, ExclusiveStartStreamName=second["StreamNames"][0])
    listed = [page["StreamNames"][0] for page in (first, second, third)]
    assert listed == everything["StreamNames"][:3]


def test_a_name_is_taken_once(kinesis: Any, make_stream: MakeStream, refused: Refused) -> None:
    name = make_stream()
    assert refused(kinesis.create_stream, StreamName=name, ShardCount=1) == (
        "ResourceInUseException",
        f"Stream {name} under account 000000000000 already exists.",
    )


OPERATIONS: list[tuple[str, dict[str, Any]]] = [
    ("delete_stream", {}),
    ("describe_stream", {}),
    ("describe_stream_summary", {}),
    ("list_shards", {}),
    ("put_record", {"Data": b"", "PartitionKey": "k"}),
    ("put_records", {"Records": [{"Data": b"", "PartitionKey": "k"}]}),
    ("get_shard_iterator", {"ShardId": "shardId-0", "ShardIteratorType": "LATEST"}),
    ("add_tags_to_stream", {"Tags": {"a": "b"}}),
    ("list_tags_for_stream", {}),
    ("remove_tags_from_stream", {"TagKeys": ["a"]}),
    ("split_shard", {"ShardToSplit": "shardId-0", "NewStartingHashKey": "5"}),
    ("merge_shards", {"ShardToMerge": "shardId-0", "AdjacentShardToMerge": "shardId-1"}),
    ("update_shard_count", {"TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}),
    ("increase_stream_retention_period", {"RetentionPeriodHours": 48}),
    ("decrease_stream_retention_period", {"RetentionPeriodHours": 48}),
]


@pytest.mark.parametrize(
    ("operation", "arguments", "by"),
    [(*each, by) for each, by in itertools.product(OPERATIONS, ["StreamName", "StreamARN"])],
)
def test_an_absent_stream_is_not_found(
    kinesis: Any, refused: Refused, operation: str, arguments: dict[str, Any], by: str
) -> None:
    name = "absent" if by == "StreamName" else ARN + "absent"
    assert refused(getattr(kinesis, operation), **{by: name}, **arguments) == (
        "ResourceNotFoundException",
        "Stream absent under account 000000000000 not found.",
    )


def test_another_region_has_other_streams(
    client: Callable[..., Any], kinesis: Any, make_stream: MakeStream, refused: Refused
) -> None:
    name = make_stream()
    elsewhere = ARN.replace("us-east-1", "eu-west-1") + name
    code, _ = refused(kinesis.describe_stream_summary, StreamARN=elsewhere)
    assert code == "ResourceNotFoundException"


def test_tags(kinesis: Any, make_stream: MakeStream, refused: Refused) -> None:
    name = make_stream(Tags={"created": "with"})
    kinesis.add_tags_to_stream(StreamName=name, Tags={"b": "2", "a": "1", "c": ""})
    kinesis.add_tags_to_stream(StreamARN=ARN + name, Tags={"b": "3"})
    kinesis.remove_tags_from_stream(StreamName=name, TagKeys=["c", "unknown"])
    assert kinesis.list_tags_for_stream(StreamName=name)["Tags"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b", "Value": "3"},
        {"Key": "created", "Value": "with"},
    ]
    page = kinesis.list_tags_for_stream(StreamName=name, ExclusiveStartTagKey="a", Limit=1)
    assert (page["Tags"], page["HasMoreTags"]) == ([{"Key": "b", "Value": "3"}], True)
    assert refused(kinesis.add_tags_to_stream, StreamName=name, Tags={"a": "{}"}) == (
        "InvalidArgumentException",
        "Some tags contain invalid characters. Valid characters: "
        "Unicode letters, digits, white space, _ . / = + - % @ :.",
    )


@pytest.mark.fidelity("kinesis.tags")
def test_at_most_fifty_tags(kinesis: Any, make_stream: MakeStream, refused: Refused) -> None:
    name = make_stream()
    kinesis.add_tags_to_stream(StreamName=name, Tags={f"k{i}": "" for i in range(50)})
    assert refused(kinesis.add_tags_to_stream, StreamName=name, Tags={"one": "more"}) == (
        "InvalidArgumentException",
        f"Failed to add tags to stream {name} under account 000000000000 because a given stream "
        "cannot have more than 50 tags associated with it.",
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("increase", 23),
            "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) "
            "is too short.",
        ),
        (
            ("increase", 8761),
            "Maximum allowed retention period is 8760 hours. Requested retention period "
            "(8761 hours) is too long.",
        ),
        (
            ("increase", 30),
            "Requested retention period (30 hours) for stream NAME can not be shorter than "
            "existing "
            "retention period (48 hours). Use DecreaseRetentionPeriod API.",
        ),
        (
            ("decrease", 72),
            "Requested retention period (72 hours) for stream NAME can not be longer than existing "
            "retention period (48 hours). Use IncreaseRetentionPeriod API.",
        ),
    ],
)
@pytest.mark.fidelity("kinesis.retention")
def test_retention(
    kinesis: Any,
    make_stream: MakeStream,
    refused: Refused,
    change: tuple[str, int],
    message: str,
) -> None:
    name = make_stream()
    kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=48)
    operation, hours = change
    call = getattr(kinesis, f"{operation}_stream_retention_period")
    assert refused(call, StreamName=name, RetentionPeriodHours=hours) == (
        "InvalidArgumentException",
        message.replace("NAME", name),
    )
    kinesis.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=24)
    description = kinesis.describe_stream(StreamName=name)["StreamDescription"]
    assert description["RetentionPeriodHours"] == 24


@pytest.mark.fidelity("kinesis.quotas")
def test_account_limits(kinesis: Any, make_stream: MakeStream, refused: Refused) -> None:
    make_stream(2)
    limits = kinesis.describe_limits()
    assert limits["ShardLimit"] == 20_000
    assert limits["OpenShardCount"] >= 2
    assert (limits["OnDemandStreamCount"], limits["OnDemandStreamCountLimit"]) == (0, 50)
    count = limits["OpenShardCount"]
    assert refused(kinesis.create_stream, StreamName="huge", ShardCount=20_000) == (
        "LimitExceededException",
        "This request would exceed the shard limit for the account 000000000000 in us-east-1. "
        f"Current shard count for the account: {count}. Limit: 20000. Number of additional shards "
        f"that "
        "would have resulted from this request: 20000. Refer to the AWS Service Limits page "
        "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits "
        "and how to request higher limits.",
    )


def test_the_time_of_creation_tells_streams_of_one_name_apart(
    kinesis: Any, make_stream: MakeStream, refused: Refused
) -> None:
    name = make_stream()
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    created = summary["StreamCreationTimestamp"]
    listed = kinesis.list_shards(StreamName=name, StreamCreationTimestamp=created)
    assert len(listed["Shards"]) == 1
    earlier = created - timedelta(days=1)
    assert refused(kinesis.list_shards, StreamName=name, StreamCreationTimestamp=earlier) == (
        "ResourceNotFoundException",
        f"Stream {name} under account 000000000000 not found.",
    )
