"""Resource policies, enhanced monitoring, tags of resources, and the sizes and names of things."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.providers.kinesis.conftest import Api, Clock

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
ALL_METRICS = [
    "IncomingBytes",
    "IncomingRecords",
    "IteratorAgeMilliseconds",
    "OutgoingBytes",
    "OutgoingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
]


@pytest.fixture
def stream(api: Api, clock: Clock) -> str:
    api("CreateStream", StreamName="s", ShardCount=1)
    clock.advance(10)
    return ARN


def policy(resource: str, **changes: Any) -> str:
    statement = {
        "Sid": "readers",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": ["kinesis:GetRecords", "kinesis:ListShards"],
        "Resource": resource,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **changes}]})


@pytest.mark.fidelity("kinesis.policies")
@pytest.mark.lab
def test_policies_of_a_stream_and_a_consumer(
    kinesis: Any, make_stream: Callable[..., str], refused: Callable[..., tuple[str, str]]
) -> None:
    name = make_stream()
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]
    for resource in (arn, consumer["ConsumerARN"]):
        assert kinesis.get_resource_policy(ResourceARN=resource)["Policy"] == "{}"
        kinesis.put_resource_policy(ResourceARN=resource, Policy=policy(resource))
        assert kinesis.get_resource_policy(ResourceARN=resource)["Policy"] == policy(resource)
        kinesis.delete_resource_policy(ResourceARN=resource)
        assert refused(kinesis.delete_resource_policy, ResourceARN=resource) == (
            "ResourceNotFoundException",
            f"No resource policy found for resource ARN {resource}",
        )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is not valid JSON"),
        ("[]", "it is not a policy of a known version"),
        ('{"Version": "2020-01-01"}', "it is not a policy of a known version"),
        ('{"Version": "2012-10-17"}', "it has no statement"),
        (policy(ARN, Effect="Perhaps"), "a statement has no Effect of Allow or Deny"),
        (policy(ARN, Principal=None), "a statement has no Principal"),
        (policy(ARN, Action="s3:GetObject"), "a statement has an Action that is not of Kinesis"),
        (policy(ARN + "2"), f"a statement has a Resource other than {ARN}"),
        (policy(ARN, Sid="x" * 20_480), "it is larger than 20480 bytes"),
    ],
)
@pytest.mark.fidelity("kinesis.own_words")
def test_what_is_no_policy(api: Api, stream: str, text: str, why: str) -> None:
    assert api.refused("PutResourcePolicy", ResourceARN=stream, Policy=text) == (
        "InvalidArgumentException",
        f"The policy is invalid: {why}.",
    )


@pytest.mark.fidelity("kinesis.monitoring")
def test_enhanced_monitoring(api: Api, clock: Clock, stream: str) -> None:
    def change(operation: str, *names: str) -> tuple[list[str], list[str]]:
        clock.advance(10)
        answer = api(operation, StreamName="s", ShardLevelMetrics=list(names))
        return answer["CurrentShardLevelMetrics"], answer["DesiredShardLevelMetrics"]

    assert change("EnableEnhancedMonitoring", "OutgoingBytes") == ([], ["OutgoingBytes"])
    assert api.refused("DisableEnhancedMonitoring", StreamName="s", ShardLevelMetrics=["ALL"]) == (
        "ResourceInUseException",
        "Stream s under account 000000000000 not ACTIVE, instead in state UPDATING",
    )
    assert change("EnableEnhancedMonitoring", "ALL") == (["OutgoingBytes"], ALL_METRICS)
    summary = api("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]
    assert summary["EnhancedMonitoring"] == [{"ShardLevelMetrics": ALL_METRICS}]
    less = change("DisableEnhancedMonitoring", "IncomingBytes", "OutgoingRecords")[1]
    assert set(ALL_METRICS) - set(less) == {"IncomingBytes", "OutgoingRecords"}
    assert change("DisableEnhancedMonitoring", "ALL") == (less, [])


@pytest.mark.fidelity("kinesis.tags")
def test_tags_of_resources(api: Api, clock: Clock, stream: str) -> None:
    answer = api(
        "RegisterStreamConsumer", StreamARN=stream, ConsumerName="c", Tags={"created": "with"}
    )
    for resource in (stream, answer["Consumer"]["ConsumerARN"]):
        api("TagResource", ResourceARN=resource, Tags={"b": "2", "a": "1"})
        api("UntagResource", ResourceARN=resource, TagKeys=["b", "created", "unknown"])
        listed = api("ListTagsForResource", ResourceARN=resource)["Tags"]
        assert listed == [{"Key": "a", "Value": "1"}]
        noun = "consumer c" if "consumer" in resource else "stream s"
        many = {f"k{number}": "" for number in range(50)}
        assert api.refused("TagResource", ResourceARN=resource, Tags=many) == (
            "InvalidArgumentException",
            f"Failed to add tags to {noun} under account 000000000000 because a given "
            f"{noun.split(maxsplit=1)[0]} cannot have more than 50 tags associated with it.",
        )
    assert api("ListTagsForStream", StreamName="s")["Tags"] == [{"Key": "a", "Value": "1"}]


@pytest.mark.fidelity("kinesis.record_size")
def test_larger_records_where_they_are_allowed(api: Api, clock: Clock, stream: str) -> None:
    record = {"StreamName": "s", "Data": bytes(1 << 20), "PartitionKey": "k"}
    assert api.refused("PutRecord", **record) == (
        "ValidationException",
        "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must "
        "have length less than or equal to 1048576",
    )
    api("UpdateMaxRecordSize", StreamARN=stream, MaxRecordSizeInKiB=10_240)
    assert api("PutRecord", **record)["ShardId"] == "shardId-000000000000"
    summary = api("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]
    assert summary["MaxRecordSizeInKiB"] == 10_240
    clock.advance(10)
    code, _ = api.refused("UpdateMaxRecordSize", StreamARN=stream, MaxRecordSizeInKiB=512)
    assert code == "ValidationException"
