"""On-failure destinations: what a queue, a topic and a bucket are told of records given up."""

import json
import re
from typing import Any

import pytest

from tests.providers.lambda_.streams import ARN, SHARDS, Pipeline, eventually, poison

pytestmark = pytest.mark.lab

ACCOUNT = "us-east-1:000000000000"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def queue(pipeline: Pipeline, name: str) -> str:
    """A queue for this pipeline; returns its URL."""
    sqs = pipeline.client("sqs")
    return str(sqs.create_queue(QueueName=f"{name}-{pipeline.function}")["QueueUrl"])


def receive(pipeline: Pipeline, url: str) -> Any:
    (message,) = pipeline.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)[
        "Messages"
    ]
    return json.loads(message["Body"])


def to(arn: str) -> dict[str, Any]:
    return {"OnFailure": {"Destination": arn}}


def expected(pipeline: Pipeline, first: str, last: str, count: int) -> dict[str, Any]:
    """The document of AWS, without what differs from call to call."""
    return {
        "requestContext": {
            "functionArn": f"arn:aws:lambda:{ACCOUNT}:function:{pipeline.function}",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 2,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "KinesisBatchInfo": {
            "shardId": SHARDS[0],
            "startSequenceNumber": first,
            "endSequenceNumber": last,
            "batchSize": count,
            "streamArn": ARN + pipeline.stream,
        },
    }


def stripped(document: dict[str, Any]) -> dict[str, Any]:
    """Without what differs from call to call, of which the form is checked."""
    assert UUID.fullmatch(document["requestContext"].pop("requestId"))
    assert MOMENT.fullmatch(document.pop("timestamp"))
    batch = document["KinesisBatchInfo"]
    assert MOMENT.fullmatch(batch.pop("approximateArrivalOfFirstRecord"))
    assert MOMENT.fullmatch(batch.pop("approximateArrivalOfLastRecord"))
    return document


@pytest.mark.fidelity("event_source_mapping.on_failure_queue", "event_source_mapping.retries")
def test_a_queue_is_told_where_the_records_are(pipeline: Pipeline) -> None:
    url = queue(pipeline, "dead")
    pipeline.create_stream()
    pipeline.recorder.reply = poison("bad")
    put = pipeline.put("bad", "good", "fine")
    destination = f"arn:aws:sqs:{ACCOUNT}:dead-{pipeline.function}"
    pipeline.map(BatchSize=2, MaximumRetryAttempts=1, DestinationConfig=to(destination))
    assert pipeline.received(5) == ["bad", "good", "bad", "good", "fine"]
    document = receive(pipeline, url)
    assert list(document) == [
        "requestContext",
        "responseContext",
        "version",
        "timestamp",
        "KinesisBatchInfo",
    ]
    first, last = put[0]["SequenceNumber"], put[1]["SequenceNumber"]
    assert stripped(document) == expected(pipeline, first, last, 2)


@pytest.mark.fidelity("event_source_mapping.on_failure_queue")
def test_a_topic_is_told_the_same(pipeline: Pipeline) -> None:
    url = queue(pipeline, "told")
    sns = pipeline.client("sns")
    topic = sns.create_topic(Name=f"dead-{pipeline.function}")["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:{ACCOUNT}:told-{pipeline.function}",
        Attributes={"RawMessageDelivery": "true"},
    )
    pipeline.create_stream()
    pipeline.recorder.reply = poison("bad")
    (put,) = pipeline.put("bad")
    pipeline.map(MaximumRetryAttempts=1, DestinationConfig=to(topic))
    number = put["SequenceNumber"]
    assert stripped(receive(pipeline, url)) == expected(pipeline, number, number, 1)


@pytest.mark.fidelity("event_source_mapping.on_failure_bucket")
def test_a_bucket_also_gets_the_event(pipeline: Pipeline) -> None:
    s3 = pipeline.client("s3")
    bucket = f"dead-{pipeline.function}"
    s3.create_bucket(Bucket=bucket)
    pipeline.create_stream()
    pipeline.recorder.reply = poison("bad")
    put = pipeline.put("bad", "good")
    uuid = pipeline.map(MaximumRetryAttempts=1, DestinationConfig=to(f"arn:aws:s3:::{bucket}"))
    (entry,) = eventually(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"))
    key = re.compile(
        f"aws/lambda/{uuid}/{SHARDS[0]}/"
        r"(\d{4})/(\d\d)/(\d\d)/\1-\2-\3T\d\d\.\d\d\.\d\d-" + UUID.pattern
    )
    assert key.fullmatch(entry["Key"])
    document = json.loads(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
    assert json.loads(document.pop("payload")) == pipeline.recorder.events[-1]
    first, last = put[0]["SequenceNumber"], put[1]["SequenceNumber"]
    assert stripped(document) == expected(pipeline, first, last, 2)


@pytest.mark.fidelity("event_source_mapping.on_failure_missing")
def test_a_destination_that_is_not_there_does_not_hold_the_shard_up(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.recorder.reply = poison("bad")
    pipeline.put("bad", "good")
    destination = f"arn:aws:sqs:{ACCOUNT}:nowhere-{pipeline.function}"
    pipeline.map(BatchSize=1, MaximumRetryAttempts=0, DestinationConfig=to(destination))
    assert pipeline.received(2) == ["bad", "good"]
    eventually(lambda: pipeline.metric("DestinationDeliveryFailures"))


@pytest.mark.fidelity("event_source_mapping.on_failure_kinds")
@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:lambda:{ACCOUNT}:function:other",
        f"arn:aws:sqs:{ACCOUNT}:queue.fifo",
        f"arn:aws:sns:{ACCOUNT}:topic.fifo",
    ],
)
def test_other_destinations_are_refused(pipeline: Pipeline, arn: str) -> None:
    pipeline.create_stream()
    assert pipeline.refused(DestinationConfig=to(arn)) == (
        "InvalidParameterValueException",
        "The provided destination config DestinationConfig(onSuccess=null, "
        f"onFailure=OnFailure(destination={arn})) is invalid.",
    )
