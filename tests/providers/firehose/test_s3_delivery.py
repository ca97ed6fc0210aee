"""Buffers, prefixes, names and compression of what is delivered to S3."""

import gzip
import io
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import pyarrow
import pytest

from lab.providers.firehose import prefix
from tests.providers.firehose.conftest import Api, Bucket, Clock

SMALL = {"SizeInMBs": 1, "IntervalInSeconds": 60}
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.mark.fidelity("firehose.buffering")
def test_the_interval_delivers_what_came_in_it(api: Api, bucket: Bucket, clock: Clock) -> None:
    api.create(BufferingHints=SMALL)
    api.put(b"a", b"b")
    api.work()
    clock.advance(59)
    api.put(b"c")
    api.work()
    assert bucket.objects == {}
    clock.advance(1)
    api.work()
    assert list(bucket.objects.values()) == [b"abc"]


@pytest.mark.fidelity("firehose.buffering")
def test_the_size_delivers_at_once(api: Api, bucket: Bucket) -> None:
    api.create(BufferingHints=SMALL)
    api.put(b"x" * 600_000, b"y" * 600_000, b"z")
    api.work()
    assert list(bucket.objects.values()) == [b"x" * 600_000 + b"y" * 600_000]


@pytest.mark.fidelity("firehose.object_names")
def test_an_object_is_named_after_stream_version_and_time(
    api: Api, bucket: Bucket, clock: Clock
) -> None:
    api.create("clicks", BufferingHints=SMALL, Prefix="in/")
    api.put(b"a", name="clicks")
    api.work("clicks")
    clock.advance(60)
    api.work("clicks")
    [key] = bucket.objects
    assert re.fullmatch(rf"in/2023/11/14/22/clicks-1-2023-11-14-22-13-20-{UUID}", key)


@pytest.mark.fidelity("firehose.prefixes")
def test_prefixes_are_evaluated_in_the_time_zone(api: Api, bucket: Bucket, clock: Clock) -> None:
    api.create(
        Prefix="y=!{timestamp:yyyy}/d=!{timestamp:MMM'-'dd}/r=!{firehose:random-string}/",
        ErrorOutputPrefix="bad/!{firehose:error-output-type}/",
        CustomTimeZone="Asia/Tokyo",
        FileExtension=".json",
        BufferingHints=SMALL,
    )
    api.put(b"a")
    api.work()
    clock.advance(60)
    api.work()
    [key] = bucket.objects
    assert re.fullmatch(rf"y=2023/d=Nov-15/r=\w{{11}}/s-1-2023-11-15-07-13-20-{UUID}\.json", key)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"Prefix": "a/!{timestamp:yyyy}/"},
            "ErrorOutputPrefix can't be null or empty when Prefix contains expressions.",
        ),
        (
            {"ErrorOutputPrefix": "a/!{timestamp:yyyy}/"},
            "ErrorOutputPrefix must contain !{firehose:error-output-type}.",
        ),
        (
            {"Prefix": "!{time:yyyy}/"},
            "Prefix !{time:yyyy}/ contains the invalid namespace time. Valid namespaces: "
            "timestamp, firehose, partitionKeyFromQuery, partitionKeyFromLambda.",
        ),
        (
            {"Prefix": "!{timestamp:J}/", "ErrorOutputPrefix": "!{firehose:error-output-type}"},
            "The timestamp pattern has the invalid letter J.",
        ),
        ({"CustomTimeZone": "Mars/Olympus"}, "CustomTimeZone Mars/Olympus is invalid."),
    ],
)
@pytest.mark.fidelity("firehose.own_words")
def test_a_wrong_prefix_is_refused(api: Api, settings: dict[str, Any], message: str) -> None:
    destination = {
        "RoleARN": "arn:aws:iam::000000000000:role/r",
        "BucketARN": "arn:aws:s3:::bucket",
        **settings,
    }
    assert api.refused(
        "CreateDeliveryStream",
        DeliveryStreamName="s",
        ExtendedS3DestinationConfiguration=destination,
    ) == ("InvalidArgumentException", message)


def test_default_prefixes() -> None:
    assert prefix.completed("a/") == "a/!{timestamp:yyyy/MM/dd/HH/}"
    assert prefix.completed("a/!{timestamp:yyyy}") == "a/!{timestamp:yyyy}"
    assert (
        prefix.completed_error("", "a/")
        == "a/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH/}"
    )
    assert prefix.completed_error("b/!{firehose:error-output-type}/", "a/") == (
        "b/!{firehose:error-output-type}/"
    )


def _unframed(content: bytes) -> bytes:
    assert content[:10] == b"\xff\x06\x00\x00sNaPpY"
    offset, parts = 10, []
    while offset < len(content):
        assert content[offset] == 0
        size = int.from_bytes(content[offset + 1 : offset + 4], "little")
        packed = content[offset + 8 : offset + 4 + size]
        parts.append(_raw(packed))
        offset += 4 + size
    return b"".join(parts)


def _raw(packed: bytes) -> bytes:
    size = shift = index = 0
    while True:
        size |= (packed[index] & 127) << shift
        if packed[index] < 128:
            break
        index, shift = index + 1, shift + 7
    return bytes(pyarrow.Codec("snappy").decompress(packed, size, asbytes=True))


def _unblocked(content: bytes) -> bytes:
    parts, offset = [], 0
    while offset < len(content):
        _, size = struct.unpack_from(">II", content, offset)
        parts.append(_raw(content[offset + 8 : offset + 8 + size]))
        offset += 8 + size
    return b"".join(parts)


def _unzipped(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        [name] = archive.namelist()
        return archive.read(name)


@pytest.mark.parametrize(
    ("method", "extension", "expand"),
    [
        ("GZIP", ".gz", gzip.decompress),
        ("ZIP", ".zip", _unzipped),
        ("Snappy", ".snappy", _unframed),
        ("HADOOP_SNAPPY", ".hsnappy", _unblocked),
    ],
)
@pytest.mark.fidelity("firehose.compression")
def test_objects_are_compressed(
    api: Api, bucket: Bucket, clock: Clock, method: str, extension: str, expand: Any
) -> None:
    api.create(CompressionFormat=method, BufferingHints=SMALL)
    data = b"some text, again and again" * 20_000
    api.put(data)
    api.work()
    clock.advance(60)
    api.work()
    [(key, content)] = bucket.objects.items()
    assert key.endswith(extension)
    assert len(content) < len(data) / 5
    assert expand(content) == data


@pytest.mark.fidelity("firehose.encryption_at_destination")
def test_objects_are_encrypted_with_the_key_that_is_given(
    api: Api, bucket: Bucket, clock: Clock
) -> None:
    key = "arn:aws:kms:us-east-1:000000000000:key/k"
    api.create(
        EncryptionConfiguration={"KMSEncryptionConfig": {"AWSKMSKeyARN": key}}, BufferingHints=SMALL
    )
    api.put(b"a")
    api.work()
    clock.advance(60)
    api.work()
    [call] = bucket.calls
    assert (call["ServerSideEncryption"], call["SSEKMSKeyId"]) == ("aws:kms", key)


@pytest.mark.fidelity("firehose.at_least_once")
def test_a_bucket_that_is_away_is_tried_again(api: Api, bucket: Bucket, clock: Clock) -> None:
    api.create(BufferingHints=SMALL)
    bucket.broken = True
    api.put(b"a")
    api.work()
    clock.advance(60)
    api.work()
    api.put(b"b")
    api.work()
    bucket.broken = False
    clock.advance(60)
    api.work()
    assert list(bucket.objects.values()) == [b"ab"]


@pytest.mark.fidelity("firehose.at_least_once")
def test_records_that_were_not_delivered_are_there_after_a_crash(
    api: Api, bucket: Bucket, clock: Clock, tmp_path: Path
) -> None:
    api.create(BufferingHints=SMALL)
    api.put(b"a")
    api.work()
    clock.advance(60)
    api.work()
    api.put(b"b", b"c")
    api.work()
    after = Api(tmp_path / "firehose", clock)  # the process before was not stopped
    after.work()
    clock.advance(60)
    after.work()
    assert list(bucket.objects.values()) == [b"a", b"bc"]


@pytest.mark.fidelity("firehose.update")
def test_an_update_holds_for_all_that_is_not_delivered(
    api: Api, bucket: Bucket, clock: Clock
) -> None:
    api.create(BufferingHints=SMALL)
    api.put(b"a")
    api.work()
    api(
        "UpdateDestination",
        DeliveryStreamName="s",
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate={"Prefix": "new/"},
    )
    api.put(b"b")
    api.work()
    clock.advance(60)
    api.work()
    [(key, content)] = bucket.objects.items()
    assert content == b"ab"
    assert key.startswith("new/2023/11/14/22/s-2-")


@pytest.mark.fidelity("firehose.source_backup")
def test_source_records_are_backed_up(api: Api, bucket: Bucket, clock: Clock) -> None:
    api.create(
        Prefix="main/",
        BufferingHints=SMALL,
        ProcessingConfiguration={
            "Enabled": True,
            "Processors": [{"Type": "AppendDelimiterToRecord", "Parameters": []}],
        },
        S3BackupMode="Enabled",
        S3BackupConfiguration={
            "RoleARN": "arn:aws:iam::000000000000:role/r",
            "BucketARN": "arn:aws:s3:::bucket",
            "Prefix": "raw/",
            "BufferingHints": SMALL,
        },
    )
    api.put(b"a", b"b")
    api.work()
    clock.advance(60)
    api.work()
    assert bucket.under("main/") == [b"a\nb\n"]
    assert bucket.under("raw/") == [b"ab"]
