"""Records through boto3: where they go, how they come back, what is refused."""

import base64
import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from lab.config import Config

pytestmark = pytest.mark.lab
Refused = Callable[..., tuple[str, str]]
MakeStream = Callable[..., str]

SHARD = "shardId-000000000000"
MIB = 1 << 20


def iterator(kinesis: Any, name: str, kind: str, shard: str = SHARD, **options: Any) -> str:
    answer = kinesis.get_shard_iterator(
        StreamName=name, ShardId=shard, ShardIteratorType=kind, **options
    )
    return str(answer["ShardIterator"])


def read(kinesis: Any, name: str, kind: str = "TRIM_HORIZON", **options: Any) -> list[bytes]:
    token = iterator(kinesis, name, kind, **options)
    return [record["Data"] for record in kinesis.get_records(ShardIterator=token)["Records"]]


def test_a_record_comes_back_as_it_was_put(kinesis: Any, make_stream: MakeStream) -> None:
    name = make_stream()
    put = kinesis.put_record(StreamName=name, Data=b"\x00\xffdata", PartitionKey="clé")
    assert put["ShardId"] == SHARD
    assert len(put["SequenceNumber"]) == 56
    answer = kinesis.get_records(ShardIterator=iterator(kinesis, name, "TRIM_HORIZON"))
    (record,) = answer["Records"]
    arrival = record.pop("ApproximateArrivalTimestamp")
    assert abs(arrival.timestamp() - _server_time(answer)) < 2
    assert record == {
        "SequenceNumber": put["SequenceNumber"],
        "Data": b"\x00\xffdata",
        "PartitionKey": "clé",
    }
    assert answer["MillisBehindLatest"] == 0
    assert "ChildShards" not in answer


def _server_time(answer: dict[str, Any]) -> float:
    date = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
    return parsedate_to_datetime(date).timestamp()


@pytest.mark.fidelity("kinesis.hash_keys")
def test_records_go_where_their_keys_hash_to(kinesis: Any, make_stream: MakeStream) -> None:
    name = make_stream(4)
    keys = [f"key-{number}" for number in range(50)]
    records = [{"Data": key.encode(), "PartitionKey": key} for key in keys]
    answer = kinesis.put_records(StreamName=name, Records=records)
    assert answer["FailedRecordCount"] == 0
    for key, entry in zip(keys, answer["Records"], strict=True):
        quarter = int(hashlib.md5(key.encode()).hexdigest(), 16) >> 126
        assert entry["ShardId"] == f"shardId-{quarter:012d}"
    for quarter in range(4):
        shard = f"shardId-{quarter:012d}"
        expected = [
            key.encode()
            for key, entry in zip(keys, answer["Records"], strict=True)
            if entry["ShardId"] == shard
        ]
        assert read(kinesis, name, shard=shard) == expected


@pytest.mark.fidelity("kinesis.hash_keys")
def test_an_explicit_hash_key_wins(kinesis: Any, make_stream: MakeStream, refused: Refused) -> None:
    name = make_stream(2)
    middle = 1 << 127
    for hash_key, shard in ((0, 0), (middle - 1, 0), (middle, 1), ((1 << 128) - 1, 1)):
        answer = kinesis.put_record(
            StreamName=name, Data=b"", PartitionKey="same", ExplicitHashKey=str(hash_key)
        )
        assert answer["ShardId"] == f"shardId-{shard:012d}"
    arguments = {"Data": b"", "PartitionKey": "k", "ExplicitHashKey": str(1 << 128)}
    expected = (
        "InvalidArgumentException",
        "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
        f"Specified value was {1 << 128}",
    )
    assert refused(kinesis.put_record, StreamName=name, **arguments) == expected
    assert refused(kinesis.put_records, StreamName=name, Records=[arguments]) == expected


@pytest.mark.fidelity("kinesis.sequence_numbers")
def test_sequence_numbers_increase(kinesis: Any, make_stream: MakeStream) -> None:
    name = make_stream()
    numbers = []
    for _ in range(3):
        records = [{"Data": b"x", "PartitionKey": "k"}] * 10
        answer = kinesis.put_records(StreamName=name, Records=records)
        numbers += [int(entry["SequenceNumber"]) for entry in answer["Records"]]
    assert numbers == sorted(set(numbers))


@pytest.mark.fidelity("kinesis.iterators")
def test_every_kind_of_iterator(kinesis: Any, make_stream: MakeStream) -> None:
    name = make_stream()
    numbers = [
        kinesis.put_record(StreamName=name, Data=data, PartitionKey="k")["SequenceNumber"]
        for data in (b"1", b"2", b"3")
    ]
    assert read(kinesis, name) == [b"1", b"2", b"3"]
    second = numbers[1]
    assert read(kinesis, name, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=second) == [b"2", b"3"]
    assert read(kinesis, name, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=second) == [b"3"]
    shard = kinesis.list_shards(StreamName=name)["Shards"][0]
    start = shard["SequenceNumberRange"]["StartingSequenceNumber"]
    found = read(kinesis, name, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=start)
    assert found == [b"1", b"2", b"3"]
    token = iterator(kinesis, name, "LATEST")
    kinesis.put_record(StreamName=name, Data=b"4", PartitionKey="k")
    assert [each["Data"] for each in kinesis.get_records(ShardIterator=token)["Records"]] == [b"4"]


def test_an_iterator_goes_on_where_the_last_read_ended(
    kinesis: Any, make_stream: MakeStream
) -> None:
    name = make_stream()
    records = [{"Data": str(n).encode(), "PartitionKey": "k"} for n in range(10)]
    kinesis.put_records(StreamName=name, Records=records)
    token = iterator(kinesis, name, "TRIM_HORIZON")
    found = []
    for _ in range(3):
        answer = kinesis.get_records(ShardIterator=token, Limit=4)
        found.append([int(each["Data"]) for each in answer["Records"]])
        token = answer["NextShardIterator"]
    assert found == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER"},
            "Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber.",
        ),
        (
            {"ShardIteratorType": "LATEST", "StartingSequenceNumber": "1"},
            "Request specified LATEST and also a StartingSequenceNumber.",
        ),
    ],
)
def test_a_starting_number_goes_with_its_kinds(
    kinesis: Any,
    make_stream: MakeStream,
    refused: Refused,
    options: dict[str, str],
    message: str,
) -> None:
    name = make_stream()
    call = kinesis.get_shard_iterator
    assert refused(call, StreamName=name, ShardId=SHARD, **options) == (
        "InvalidArgumentException",
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
        "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
        + message,
    )


@pytest.mark.fidelity("kinesis.sequence_numbers")
def test_a_sequence_number_belongs_to_its_shard(
    kinesis: Any, make_stream: MakeStream, refused: Refused
) -> None:
    name = make_stream(2)
    shards = kinesis.list_shards(StreamName=name)["Shards"]
    other = shards[1]["SequenceNumberRange"]["StartingSequenceNumber"]
    arguments = {"StreamName": name, "ShardId": SHARD, "ShardIteratorType": "AT_SEQUENCE_NUMBER"}
    call = kinesis.get_shard_iterator
    assert refused(call, **arguments, StartingSequenceNumber=other) == (
        "InvalidArgumentException",
        "Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was used in "
        "a call "
        f"to a shard with {SHARD}",
    )
    own = int(shards[0]["SequenceNumberRange"]["StartingSequenceNumber"])
    foreign = str(own + (1 << 148))
    where = f"used in GetShardIterator on shard {SHARD} in stream {name} under account 000000000000"
    assert refused(call, **arguments, StartingSequenceNumber=foreign) == (
        "InvalidArgumentException",
        f"StartingSequenceNumber {foreign} {where} is invalid because it did not come from this "
        "stream.",
    )
    assert refused(call, **arguments, StartingSequenceNumber="12") == (
        "InvalidArgumentException",
        f"StartingSequenceNumber 12 {where} is invalid.",
    )


@pytest.mark.parametrize("change", ["garbage", "cut", "position"])
@pytest.mark.fidelity("kinesis.iterators")
def test_iterators_cannot_be_made_up(
    kinesis: Any, make_stream: MakeStream, refused: Refused, change: str
) -> None:
    token = iterator(kinesis, make_stream(), "TRIM_HORIZON")
    if change == "garbage":
        token = "AAAAAAAAAAE!"
    elif change == "cut":
        token = token[:16]
    else:
        token = base64.b64encode(base64.b64decode(token)[:-1] + b"7").decode()
    assert refused(kinesis.get_records, ShardIterator=token) == (
        "InvalidArgumentException",
        "Invalid ShardIterator.",
    )


def test_an_unknown_shard(kinesis: Any, make_stream: MakeStream, refused: Refused) -> None:
    name = make_stream()
    arguments = {"ShardId": "shardId-000000000009", "ShardIteratorType": "LATEST"}
    assert refused(kinesis.get_shard_iterator, StreamName=name, **arguments) == (
        "ResourceNotFoundException",
        f"Shard shardId-000000000009 in stream {name} under account 000000000000 does not exist",
    )


@pytest.mark.fidelity("kinesis.record_size")
def test_a_record_is_at_most_a_mebibyte(
    kinesis: Any, make_stream: MakeStream, refused: Refused
) -> None:
    name = make_stream()
    kinesis.put_record(StreamName=name, Data=b"x" * (MIB - 1), PartitionKey="k")
    big = {"Data": b"x" * (MIB + 1), "PartitionKey": "k"}
    constraint = (
        "failed to satisfy constraint: Member must have length less than or equal to 1048576"
    )
    assert refused(kinesis.put_record, StreamName=name, **big) == (
        "ValidationException",
        f"1 validation error detected: Value at 'data' {constraint}",
    )
    records = [{"Data": b"", "PartitionKey": "k"}, big]
    assert refused(kinesis.put_records, StreamName=name, Records=records) == (
        "ValidationException",
        f"1 validation error detected: Value at 'records.2.member.data' {constraint}",
    )


def test_a_stream_can_take_larger_records(kinesis: Any, make_stream: MakeStream) -> None:
    name = make_stream(MaxRecordSizeInKiB=2048)
    kinesis.put_record(StreamName=name, Data=b"x" * (2 * MIB - 1), PartitionKey="k")
    assert [len(data) for data in read(kinesis, name)] == [2 * MIB - 1]


@pytest.mark.fidelity("kinesis.request_size")
def test_a_request_is_at_most_ten_mebibytes(
    kinesis: Any, make_stream: MakeStream, refused: Refused
) -> None:
    name = make_stream()
    records = [{"Data": b"x" * 1_000_000, "PartitionKey": "k"}] * 11
    assert refused(kinesis.put_records, StreamName=name, Records=records) == (
        "InvalidArgumentException",
        "Records size exceeds 10 MB limit",
    )


@pytest.mark.fidelity("kinesis.partial_failure")
def test_what_exceeds_the_rate_of_a_shard_fails_alone(
    kinesis: Any, make_stream: MakeStream
) -> None:
    name = make_stream(2)
    hot = [{"Data": b"x" * 400_000, "PartitionKey": "k", "ExplicitHashKey": "0"}] * 4
    cold = [{"Data": b"y", "PartitionKey": "k", "ExplicitHashKey": str(1 << 127)}]
    answer = kinesis.put_records(StreamName=name, Records=hot + cold)
    assert answer["FailedRecordCount"] == 2
    assert answer["Records"][2] == {
        "ErrorCode": "ProvisionedThroughputExceededException",
        "ErrorMessage": f"Rate exceeded for shard {SHARD} in stream {name} "
        "under account 000000000000.",
    }
    assert answer["Records"][4]["ShardId"] == "shardId-000000000001"
    assert len(read(kinesis, name)) == 2


@pytest.mark.fidelity("kinesis.shard_rates")
def test_a_throttled_call_raises(kinesis: Any, make_stream: MakeStream, refused: Refused) -> None:
    name = make_stream(MaxRecordSizeInKiB=10240)
    kinesis.put_record(StreamName=name, Data=b"x" * (10 * MIB - 10), PartitionKey="k")
    expected = (
        "ProvisionedThroughputExceededException",
        f"Rate exceeded for shard {SHARD} in stream {name} under account 000000000000.",
    )
    assert refused(kinesis.put_record, StreamName=name, Data=b"", PartitionKey="k") == expected
    token = iterator(kinesis, name, "TRIM_HORIZON")
    assert len(kinesis.get_records(ShardIterator=token)["Records"]) == 1
    assert refused(kinesis.get_records, ShardIterator=token) == expected


def test_an_ordering_number_must_be_one(
    kinesis: Any, make_stream: MakeStream, refused: Refused
) -> None:
    name = make_stream()
    first = kinesis.put_record(StreamName=name, Data=b"1", PartitionKey="k")["SequenceNumber"]
    arguments = {"StreamName": name, "Data": b"2", "PartitionKey": "k"}
    second = kinesis.put_record(**arguments, SequenceNumberForOrdering=first)["SequenceNumber"]
    assert int(second) > int(first)
    assert refused(kinesis.put_record, **arguments, SequenceNumberForOrdering="7") == (
        "InvalidArgumentException",
        f"ExclusiveMinimumSequenceNumber 7 used in PutRecord on stream {name} under account "
        "000000000000 is invalid.",
    )


def call(lab: Config, operation: str, body: bytes, mime: str) -> tuple[int, bytes]:
    """One request as other SDKs write it."""
    credential = "Credential=test/20240101/us-east-1/kinesis/aws4_request"
    request = urllib.request.Request(
        lab.endpoint_url,
        data=body,
        headers={
            "Content-Type": mime,
            "X-Amz-Target": f"Kinesis_20131202.{operation}",
            "Authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0",
        },
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            "abc",
            "'abc' can not be converted to a Blob: Base64 encoded length is expected a multiple "
            "of 4 "
            "bytes but found: 3",
        ),
        ("ab?=", "'ab?=' can not be converted to a Blob: Only base64 data is allowed"),
    ],
)
def test_data_must_be_base64(lab: Config, make_stream: MakeStream, data: str, message: str) -> None:
    records = [{"Data": data, "PartitionKey": "k"}]
    body = json.dumps({"StreamName": make_stream(), "Records": records}).encode()
    status, answer = call(lab, "PutRecords", body, "application/x-amz-json-1.1")
    assert status == 400
    assert json.loads(answer) == {"__type": "SerializationException", "message": message}
