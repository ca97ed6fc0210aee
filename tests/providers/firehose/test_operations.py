"""Streams as resources, limits of records, and what is refused by name."""

from pathlib import Path
from typing import Any

import pytest

from lab.providers.firehose import source
from tests.providers.firehose.conftest import BUCKET, ROLE, Api, Clock

S3 = {"RoleARN": ROLE, "BucketARN": BUCKET}


def describe(api: Api, name: str = "s") -> dict[str, Any]:
    answer: dict[str, Any] = api("DescribeDeliveryStream", DeliveryStreamName=name)
    described: dict[str, Any] = answer["DeliveryStreamDescription"]
    return described


@pytest.mark.fidelity("firehose.operations", "firehose.durable")
def test_a_stream_is_described_with_its_defaults_and_outlasts_the_process(
    api: Api, tmp_path: Path, clock: Clock
) -> None:
    api.create()
    described = describe(api)
    assert described["DeliveryStreamStatus"] == "ACTIVE"
    assert described["VersionId"] == "1"
    [destination] = described["Destinations"]
    assert destination["DestinationId"] == "destinationId-000000000001"
    extended = destination["ExtendedS3DestinationDescription"]
    assert extended == {
        **S3,
        "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": {"Enabled": False},
        "ProcessingConfiguration": {"Enabled": False, "Processors": []},
        "S3BackupMode": "Disabled",
    }
    assert describe(Api(tmp_path / "firehose", clock)) == described


@pytest.mark.parametrize(
    "name",
    [
        *("RedshiftDestinationConfiguration", "SplunkDestinationConfiguration"),
        *("SnowflakeDestinationConfiguration", "IcebergDestinationConfiguration"),
        *("ElasticsearchDestinationConfiguration", "MSKSourceConfiguration"),
        *("AmazonOpenSearchServerlessDestinationConfiguration", "DatabaseSourceConfiguration"),
    ],
)
@pytest.mark.fidelity("firehose.refused")
def test_what_the_lab_lacks_is_refused_by_name(
    api: Api, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.providers.validation.FrontEnd.validate", lambda *_: None)
    assert api.refused(
        "CreateDeliveryStream", DeliveryStreamName="s", **{name: {"RoleARN": ROLE}}
    ) == (
        "InvalidArgumentException",
        f"The lab does not support {name}.",
    )


@pytest.mark.fidelity("firehose.operations")
def test_errors_of_streams(api: Api) -> None:
    api.create()
    create = {"DeliveryStreamName": "s", "ExtendedS3DestinationConfiguration": S3}
    assert api.refused("CreateDeliveryStream", **create) == (
        "ResourceInUseException",
        "Firehose s under accountId 000000000000 already exists",
    )
    assert api.refused("DescribeDeliveryStream", DeliveryStreamName="t") == (
        "ResourceNotFoundException",
        "Firehose t under account 000000000000 not found.",
    )
    update = {
        "DeliveryStreamName": "s",
        "DestinationId": "destinationId-000000000001",
        "CurrentDeliveryStreamVersionId": "7",
        "ExtendedS3DestinationUpdate": {"Prefix": "a/"},
    }
    assert api.refused("UpdateDestination", **update) == (
        "ConcurrentModificationException",
        "Cannot update firehose: s since the current version id: 1 and specified version id: 7 "
        "do not match",
    )
    api("DeleteDeliveryStream", DeliveryStreamName="s")
    assert api("ListDeliveryStreams")["DeliveryStreamNames"] == []


@pytest.mark.fidelity("firehose.operations")
def test_tags_encryption_and_pages(api: Api) -> None:
    for name in ("a", "b", "c"):
        api.create(name)
    page = api("ListDeliveryStreams", Limit=2, ExclusiveStartDeliveryStreamName="a")
    assert page == {"DeliveryStreamNames": ["b", "c"], "HasMoreDeliveryStreams": False}
    named = {"DeliveryStreamName": "a"}
    api("TagDeliveryStream", **named, Tags=[{"Key": "k", "Value": "v"}, {"Key": "l"}])
    api("UntagDeliveryStream", **named, TagKeys=["k"])
    tags = api("ListTagsForDeliveryStream", **named)
    assert tags == {"Tags": [{"Key": "l", "Value": ""}], "HasMoreTags": False}
    api("StartDeliveryStreamEncryption", **named)
    assert describe(api, "a")["DeliveryStreamEncryptionConfiguration"] == {
        "KeyType": "AWS_OWNED_CMK",
        "Status": "ENABLED",
    }
    assert api.put(b"x", name="a")["Encrypted"] is True
    api("StopDeliveryStreamEncryption", **named)
    assert describe(api, "a")["DeliveryStreamEncryptionConfiguration"] == {"Status": "DISABLED"}


@pytest.mark.fidelity("firehose.limits")
def test_limits_of_a_batch(api: Api) -> None:
    api.create()
    many = [{"Data": b"x"}] * 501
    assert api.refused("PutRecordBatch", DeliveryStreamName="s", Records=many) == (
        "ValidationException",
        "1 validation error detected: Value at 'records' failed to satisfy constraint: "
        "Member must have length less than or equal to 500",
    )
    large = [{"Data": b"x" * 1_024_001}]
    assert api.refused("PutRecordBatch", DeliveryStreamName="s", Records=large) == (
        "ValidationException",
        "1 validation error detected: Value at 'records.1.member.data' failed to satisfy "
        "constraint: Member must have length less than or equal to 1024000",
    )
    five = [{"Data": b"x" * 1_000_000}] * 5
    assert api.refused("PutRecordBatch", DeliveryStreamName="s", Records=five) == (
        "InvalidArgumentException",
        "Records size exceeds 4 MB limit",
    )


@pytest.mark.fidelity("firehose.rates")
def test_the_stream_s_rate_refuses_a_part_of_a_batch(api: Api, clock: Clock) -> None:
    api.create()
    api.put(*[b"x" * 1_000_000] * 4)
    answer = api.put(*[b"x" * 1_000_000] * 3)  # 5 MiB a second
    assert answer["FailedPutCount"] == 2
    assert answer["RequestResponses"][-1] == {
        "ErrorCode": "ServiceUnavailableException",
        "ErrorMessage": "Slow down.",
    }
    clock.advance(1)
    assert api.put(b"x" * 1_000_000)["FailedPutCount"] == 0


@pytest.mark.fidelity("firehose.back_pressure")
def test_a_full_spool_is_back_pressure(
    api: Api, bucket: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "spool_bytes", lambda: 1000)
    api.create(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 0})
    bucket.broken = True
    api.put(b"x" * 900)
    api.work()
    one = {"DeliveryStreamName": "s", "Record": {"Data": b"x" * 900}}
    assert api.refused("PutRecord", **one) == ("ServiceUnavailableException", "Slow down.")
    bucket.broken = False
    clock.advance(60)
    api.work()
    assert set(api("PutRecord", **one)) == {"RecordId", "Encrypted"}
