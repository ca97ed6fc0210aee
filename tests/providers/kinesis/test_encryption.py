"""Server-side encryption: what a stream says of it, and what becomes of it with its key."""

from collections.abc import Callable
from typing import Any

import pytest
from localstack.services.kms.models import KmsKey, kms_stores

from tests.providers.kinesis.conftest import Api, Clock

KEYS = "arn:aws:kms:us-east-1:000000000000:"
UNKNOWN = "12345678-1234-1234-1234-123456789012"
Refused = Callable[..., tuple[str, str]]


@pytest.fixture
def kms(client: Callable[..., Any]) -> Any:
    return client("kms")


def encrypt(kinesis: Any, stream: str, key: str = "alias/aws/kinesis") -> None:
    kinesis.start_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId=key)


def put(kinesis: Any, stream: str, data: bytes = b"data") -> dict[str, Any]:
    answer: dict[str, Any] = kinesis.put_record(StreamName=stream, Data=data, PartitionKey="k")
    return answer


def iterator(kinesis: Any, stream: str) -> str:
    answer = kinesis.get_shard_iterator(
        StreamName=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    return str(answer["ShardIterator"])


@pytest.mark.fidelity("kinesis.encryption")
@pytest.mark.lab
def test_answers_say_what_is_encrypted(
    kinesis: Any, make_stream: Callable[..., str], refused: Refused
) -> None:
    name = make_stream()
    assert "EncryptionType" not in put(kinesis, name)
    encrypt(kinesis, name)
    description = kinesis.describe_stream(StreamName=name)["StreamDescription"]
    assert (description["EncryptionType"], description["KeyId"]) == ("KMS", "alias/aws/kinesis")
    assert put(kinesis, name)["EncryptionType"] == "KMS"
    record = {"Data": b"", "PartitionKey": "k"}
    assert kinesis.put_records(StreamName=name, Records=[record])["EncryptionType"] == "KMS"
    assert refused(
        kinesis.stop_stream_encryption, StreamName=name, EncryptionType="KMS", KeyId="alias/other"
    ) == (
        "InvalidArgumentException",
        f"Stream {name} under account 000000000000 is not encrypted with key alias/other.",
    )
    kinesis.stop_stream_encryption(
        StreamName=name, EncryptionType="KMS", KeyId=f"{KEYS}alias/aws/kinesis"
    )
    assert "EncryptionType" not in put(kinesis, name)
    records = kinesis.get_records(ShardIterator=iterator(kinesis, name))["Records"]
    shown = [record.get("EncryptionType") for record in records]
    assert shown == [None, "KMS", "KMS", None]


@pytest.mark.fidelity("kinesis.encryption")
@pytest.mark.lab
def test_a_key_that_cannot_be_used_stops_puts_and_gets(
    kinesis: Any, kms: Any, make_stream: Callable[..., str], refused: Refused
) -> None:
    name = make_stream()
    key = kms.create_key()["KeyMetadata"]
    encrypt(kinesis, name, key["KeyId"])
    put(kinesis, name)
    token = iterator(kinesis, name)
    record = {"Data": b"", "PartitionKey": "k"}

    def refusals() -> set[tuple[str, str]]:
        return {
            refused(kinesis.put_record, StreamName=name, **record),
            refused(kinesis.put_records, StreamName=name, Records=[record]),
            refused(kinesis.get_records, ShardIterator=token),
        }

    kms.disable_key(KeyId=key["KeyId"])
    assert refusals() == {("KMSDisabledException", f"{key['Arn']} is disabled.")}
    kms.enable_key(KeyId=key["KeyId"])
    assert len(kinesis.get_records(ShardIterator=token)["Records"]) == 1
    kms.schedule_key_deletion(KeyId=key["KeyId"])
    assert refusals() == {("KMSInvalidStateException", f"{key['Arn']} is pending deletion.")}


@pytest.mark.fidelity("kinesis.encryption")
@pytest.mark.lab
def test_a_new_key_does_not_need_the_old_one(
    kinesis: Any, kms: Any, make_stream: Callable[..., str], refused: Refused
) -> None:
    name = make_stream()
    old = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/new", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    encrypt(kinesis, name, old["Arn"])
    put(kinesis, name, b"old")
    encrypt(kinesis, name, "alias/new")
    kms.disable_key(KeyId=old["KeyId"])
    number = put(kinesis, name, b"new")["SequenceNumber"]
    assert refused(kinesis.get_records, ShardIterator=iterator(kinesis, name)) == (
        "KMSDisabledException",
        f"{old['Arn']} is disabled.",
    )
    token = kinesis.get_shard_iterator(
        StreamName=name,
        ShardId="shardId-000000000000",
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=number,
    )["ShardIterator"]
    (record,) = kinesis.get_records(ShardIterator=token)["Records"]
    assert (record["Data"], record["EncryptionType"]) == (b"new", "KMS")


@pytest.mark.fidelity("kinesis.encryption")
@pytest.mark.lab
@pytest.mark.parametrize(
    ("key", "message"),
    [
        (UNKNOWN, f"Key '{KEYS}key/{UNKNOWN}' does not exist"),
        (f"{KEYS}key/{UNKNOWN}", f"Key '{KEYS}key/{UNKNOWN}' does not exist"),
        ("alias/absent", f"Alias {KEYS}alias/absent is not found."),
        ("nonsense", "Invalid keyId nonsense"),
    ],
)
def test_an_absent_key(
    kinesis: Any, make_stream: Callable[..., str], refused: Refused, key: str, message: str
) -> None:
    arguments = {"StreamName": make_stream(), "EncryptionType": "KMS", "KeyId": key}
    assert refused(kinesis.start_stream_encryption, **arguments) == (
        "KMSNotFoundException",
        message,
    )


def test_a_stream_is_updating_while_its_encryption_changes(api: Api, clock: Clock) -> None:
    api("CreateStream", StreamName="s", ShardCount=1)
    clock.advance(10)
    change = {"StreamName": "s", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
    api("StartStreamEncryption", **change)
    for operation in ("StartStreamEncryption", "StopStreamEncryption"):
        assert api.refused(operation, **change) == (
            "ResourceInUseException",
            "Stream s under account 000000000000 not ACTIVE, instead in state UPDATING",
        )
    assert api("PutRecord", StreamName="s", Data=b"", PartitionKey="k")["EncryptionType"] == "KMS"
    clock.advance(10)
    api("StopStreamEncryption", **change)


def test_a_key_may_be_applied_twenty_five_times_a_day(
    api: Api, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KINESIS_LIMITS", "on")
    api("CreateStream", StreamName="s", ShardCount=1)
    change = {"StreamName": "s", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
    for _ in range(25):
        clock.advance(10)
        api("StartStreamEncryption", **change)
    clock.advance(10)
    assert api.refused("StartStreamEncryption", **change) == (
        "LimitExceededException",
        "StartStreamEncryption can be called at most 25 times per rolling 24-hour period for "
        "stream s under account 000000000000.",
    )
    clock.advance(86_400)
    api("StartStreamEncryption", **change)


@pytest.mark.fidelity("kinesis.lost_keys")
def test_a_key_that_a_restart_has_lost(api: Api, clock: Clock) -> None:
    api("CreateStream", StreamName="s", ShardCount=1)
    clock.advance(10)
    key = KmsKey(account_id="000000000000", region="us-east-1")
    identifier, keys = key.metadata["KeyId"], kms_stores["000000000000"]["us-east-1"].keys
    keys[identifier] = key
    api("StartStreamEncryption", StreamName="s", EncryptionType="KMS", KeyId=identifier)
    del keys[identifier]
    assert api.refused("PutRecord", StreamName="s", Data=b"", PartitionKey="k") == (
        "KMSNotFoundException",
        f"Key '{KEYS}key/{identifier}' does not exist",
    )
    clock.advance(10)
    own = {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
    api("StartStreamEncryption", StreamName="s", **own)
    assert api("PutRecord", StreamName="s", Data=b"", PartitionKey="k")["EncryptionType"] == "KMS"
