"""The wire: every operation of AWS's model is there, in JSON and in the CBOR of SDKs for Java."""

import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import botocore.session
import cbor2
import pytest
from localstack.aws.api.kinesis import KinesisApi
from localstack.aws.skeleton import create_dispatch_table

from lab.config import Config
from lab.providers.kinesis.models import Registry
from lab.providers.kinesis.provider import KinesisProvider

CBOR = "application/x-amz-cbor-1.1"
JSON = "application/x-amz-json-1.1"
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


@pytest.mark.fidelity("kinesis.operations")
def test_no_operation_is_missing() -> None:
    model = botocore.session.get_session().get_service_model("kinesis")
    table = create_dispatch_table(KinesisProvider(Registry))  # type: ignore[arg-type]  # unused
    ours = {
        name
        for name, call in table.items()
        if call.fn.__func__ is not getattr(KinesisApi, call.fn.__name__)
    }
    assert set(model.operation_names) - ours == set()


def post(lab: Config, operation: str, body: dict[str, Any], accept: str = "*/*") -> Any:
    """What an old SDK for Java does: CBOR in, CBOR out."""
    request = urllib.request.Request(
        lab.endpoint_url,
        data=cbor2.dumps(body),
        headers={
            "Content-Type": CBOR,
            "Accept": accept,
            "X-Amz-Target": f"Kinesis_20131202.{operation}",
            "Authorization": AUTHORIZATION,
        },
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.headers["Content-Type"] == CBOR
        content = answer.read()
    # Kinesis marks milliseconds as a time, for which the standard has seconds: take the mark off.
    return cbor2.loads(content.replace(b"\xc1\x1b", b"\x1b"))


@pytest.mark.fidelity("kinesis.protocols")
@pytest.mark.lab
def test_records_in_cbor(lab: Config, kinesis: Any, make_stream: Callable[..., str]) -> None:
    name = make_stream()
    records = [{"Data": b"\x00\xff", "PartitionKey": "clé"}, {"Data": b"", "PartitionKey": "k"}]
    put = post(lab, "PutRecords", {"StreamName": name, "Records": records})
    assert put["FailedRecordCount"] == 0
    iterator = post(
        lab,
        "GetShardIterator",
        {
            "StreamName": name,
            "ShardId": "shardId-000000000000",
            "ShardIteratorType": "AT_TIMESTAMP",
            "Timestamp": cbor2.CBORTag(1, 1_600_000_000_000),
        },
    )
    got = post(lab, "GetRecords", iterator, accept=CBOR)
    assert [each["SequenceNumber"] for each in got["Records"]] == [
        each["SequenceNumber"] for each in put["Records"]
    ]
    assert got["Records"][0]["Data"] == b"\x00\xff"
    assert got["Records"][0]["PartitionKey"] == "clé"
    in_json = kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    arrival = round(in_json[0]["ApproximateArrivalTimestamp"].timestamp() * 1000)
    assert got["Records"][0]["ApproximateArrivalTimestamp"] == arrival


@pytest.mark.fidelity("kinesis.protocols")
@pytest.mark.lab
def test_records_in_json(kinesis: Any, make_stream: Callable[..., str]) -> None:
    name = make_stream()
    kinesis.put_records(StreamName=name, Records=[{"Data": b"\x00\xff", "PartitionKey": "clé"}])
    iterator = kinesis.get_shard_iterator(
        StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    answer = kinesis.get_records(ShardIterator=iterator["ShardIterator"])
    assert answer["ResponseMetadata"]["HTTPHeaders"]["content-type"] == JSON
    (record,) = answer["Records"]
    assert (record["Data"], record["PartitionKey"]) == (b"\x00\xff", "clé")


@pytest.mark.fidelity("kinesis.protocols")
@pytest.mark.lab
def test_an_error_in_cbor(lab: Config) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        post(lab, "DescribeStream", {"StreamName": "absent"})
    with caught.value as error:
        assert error.code == 400
        body = cbor2.loads(error.read())
    assert body["__type"] == "ResourceNotFoundException"
    assert body["message"] == "Stream absent under account 000000000000 not found."
