"""Requests that the service model forbids, and in which words."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.lab

ONE = "1 validation error detected: "
CASES: list[tuple[str, dict[str, Any], str]] = [
    (
        "describe_stream",
        {"StreamName": "no spaces"},
        ONE + "Value 'no spaces' at 'streamName' failed to satisfy constraint: Member must satisfy "
        "regular expression pattern: [a-zA-Z0-9_.-]+",
    ),
    (
        "describe_stream",
        {"StreamName": "x" * 129},
        ONE + f"Value '{'x' * 129}' at 'streamName' failed to satisfy constraint: Member must have "
        "length less than or equal to 128",
    ),
    (
        "describe_stream",
        {"StreamName": "?" * 129},
        f"2 validation errors detected: Value '{'?' * 129}' at 'streamName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; "
        f"Value '{'?' * 129}' at 'streamName' failed to satisfy constraint: Member must have "
        f"length "
        "less than or equal to 128",
    ),
    (
        "describe_stream",
        {"StreamARN": "arn:aws:s3:::bucket"},
        ONE
        + "Value 'arn:aws:s3:::bucket' at 'streamARN' failed to satisfy constraint: Member must "
        r"satisfy regular expression pattern: arn:aws.*:kinesis:.*:\d{12}:stream/\S+",
    ),
    (
        "create_stream",
        {"StreamName": "s"},
        ONE + "Value null at 'shardCount' failed to satisfy constraint: Member must not be null",
    ),
    (
        "get_shard_iterator",
        {"StreamName": "s", "ShardId": "shardId-0", "ShardIteratorType": "FIRST"},
        ONE
        + "Value 'FIRST' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy "
        "enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, "
        "TRIM_HORIZON]",
    ),
    (
        "get_records",
        {"ShardIterator": "x", "Limit": 10001},
        ONE
        + "Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than "
        "or equal to 10000",
    ),
    (
        "put_record",
        {"StreamName": "s", "Data": b"", "PartitionKey": "k" * 257},
        ONE
        + f"Value '{'k' * 257}' at 'partitionKey' failed to satisfy constraint: Member must have "
        "length less than or equal to 256",
    ),
    (
        "put_record",
        {"StreamName": "s", "Data": b"", "PartitionKey": "k", "ExplicitHashKey": "01"},
        ONE + "Value '01' at 'explicitHashKey' failed to satisfy constraint: Member must satisfy "
        r"regular expression pattern: 0|([1-9]\d{0,38})",
    ),
    (
        "put_records",
        {"StreamName": "s", "Records": [{"Data": b"", "PartitionKey": "k"}] * 501},
        ONE
        + "Value at 'records' failed to satisfy constraint: Member must have length less than or "
        "equal to 500",
    ),
    (
        "put_records",
        {
            "StreamName": "s",
            "Records": [
                {"Data": b"", "PartitionKey": "k"},
                {"Data": b"", "PartitionKey": "k" * 257},
            ],
        },
        ONE
        + f"Value '{'k' * 257}' at 'records.2.member.partitionKey' failed to satisfy constraint: "
        "Member must have length less than or equal to 256",
    ),
    (
        "add_tags_to_stream",
        {"StreamName": "s", "Tags": {"k" * 129: "v"}},
        ONE + f"Value '{{{'k' * 129}=v}}' at 'tags' failed to satisfy constraint: Map keys must "
        "satisfy constraint: [Member must have length less than or equal to 128, Member must have "
        "length greater than or equal to 1]",
    ),
    (
        "enable_enhanced_monitoring",
        {"StreamName": "s", "ShardLevelMetrics": ["ALL", "Nothing"]},
        ONE + "Value '[ALL, Nothing]' at 'shardLevelMetrics' failed to satisfy constraint: Member "
        "must satisfy constraint: [Member must satisfy enum value set: [IncomingBytes, "
        "IncomingRecords, OutgoingBytes, OutgoingRecords, WriteProvisionedThroughputExceeded, "
        "ReadProvisionedThroughputExceeded, IteratorAgeMilliseconds, ALL]]",
    ),
    (
        "register_stream_consumer",
        {"StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/s", "ConsumerName": "?"},
        ONE + "Value '?' at 'consumerName' failed to satisfy constraint: Member must satisfy "
        "regular expression pattern: [a-zA-Z0-9_.-]+",
    ),
    (
        "subscribe_to_shard",
        {
            "ConsumerARN": "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1",
            "ShardId": "shardId-0",
            "StartingPosition": {"Type": "FIRST"},
        },
        ONE + "Value 'FIRST' at 'startingPosition.type' failed to satisfy constraint: Member must "
        "satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, "
        "AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
    ),
    (
        "list_shards",
        {"StreamName": "s", "ShardFilter": {"Type": "ALL"}},
        ONE + "Value 'ALL' at 'shardFilter.type' failed to satisfy constraint: Member must satisfy "
        "enum value set: [AFTER_SHARD_ID, AT_TRIM_HORIZON, FROM_TRIM_HORIZON, AT_LATEST, "
        "AT_TIMESTAMP, FROM_TIMESTAMP]",
    ),
]


@pytest.mark.parametrize(("operation", "arguments", "message"), CASES)
@pytest.mark.fidelity("kinesis.validation")
def test_invalid_requests(
    kinesis: Any,
    refused: Callable[..., tuple[str, str]],
    operation: str,
    arguments: dict[str, Any],
    message: str,
) -> None:
    assert refused(getattr(kinesis, operation), **arguments) == ("ValidationException", message)


def test_a_stream_must_be_named(kinesis: Any, refused: Callable[..., tuple[str, str]]) -> None:
    assert refused(kinesis.describe_stream) == (
        "InvalidArgumentException",
        "Either StreamName or StreamARN should be provided.",
    )
