"""Subscriptions: who is sent what, and that nothing is lost."""

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from .conftest import Group, eventually, refusal

pytestmark = pytest.mark.lab

ROLE = "arn:aws:iam::000000000000:role/logs"
FUNCTION = """
import json, os, urllib.request
def handler(event, context):
    import boto3
    boto3.client("s3").put_object(
        Bucket=os.environ["BUCKET"], Key="event", Body=json.dumps(event).encode()
    )
"""


def decoded(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(data))
    return found


def subscribe(group: Group, arn: str, pattern: str = "", **options: Any) -> None:
    group.logs.put_subscription_filter(
        logGroupName=group.name,
        filterName=options.pop("filterName", "f"),
        filterPattern=pattern,
        destinationArn=arn,
        **options,
    )


class KinesisStream:
    def __init__(self, client: Any) -> None:
        self.client = client
        self.name = f"logs-{uuid4().hex}"
        client.create_stream(StreamName=self.name, ShardCount=1)
        description = client.describe_stream(StreamName=self.name)["StreamDescription"]
        self.arn = description["StreamARN"]

    def messages(self, kind: str) -> list[dict[str, Any]]:
        iterator = self.client.get_shard_iterator(
            StreamName=self.name,
            ShardId="shardId-000000000000",
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        records = self.client.get_records(ShardIterator=iterator)["Records"]
        found = [decoded(record["Data"]) for record in records]
        return [each for each in found if each["messageType"] == kind]


@pytest.fixture
def stream(client: Callable[..., Any]) -> Any:
    found = KinesisStream(client("kinesis"))
    yield found
    found.client.delete_stream(StreamName=found.name)


@pytest.mark.fidelity("logs.subscriptions")
def test_a_stream_is_sent_what_matches(group: Group, stream: KinesisStream) -> None:
    group.put("ERROR before")
    subscribe(group, stream.arn, "ERROR", roleArn=ROLE)
    (control,) = stream.messages("CONTROL_MESSAGE")
    assert (control["owner"], control["logGroup"], control["subscriptionFilters"]) == (
        *("CloudwatchLogs", "", []),
    )
    text = "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."
    assert control["logEvents"][0]["message"] == text
    group.put("ERROR one", "fine", "ERROR two")
    (message,) = eventually(lambda: stream.messages("DATA_MESSAGE"), every=0.4)
    ids = [event.pop("id") for event in message["logEvents"]]
    assert all(len(id) == 56 for id in ids)
    assert [each["message"] for each in message["logEvents"]] == ["ERROR one", "ERROR two"]
    del message["logEvents"]
    assert message == {
        "messageType": "DATA_MESSAGE",
        "owner": "000000000000",
        "logGroup": group.name,
        "logStream": "s",
        "subscriptionFilters": ["f"],
    }


@pytest.mark.fidelity("logs.subscriptions")
def test_a_delivery_stream_is_sent_events(group: Group, client: Callable[..., Any]) -> None:
    s3, firehose = client("s3"), client("firehose")
    name = f"logs-{uuid4().hex}"
    s3.create_bucket(Bucket=name)
    arn = firehose.create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{name}",
            "BufferingHints": {"IntervalInSeconds": 0, "SizeInMBs": 1},
        },
    )["DeliveryStreamARN"]
    subscribe(group, arn, roleArn=ROLE)
    group.put("to the lake")

    def found() -> bytes:
        objects = s3.list_objects_v2(Bucket=name).get("Contents") or []
        bodies = (s3.get_object(Bucket=name, Key=each["Key"])["Body"].read() for each in objects)
        content = b"".join(gzip.decompress(body) for body in bodies)
        return content if b"to the lake" in content else b""

    assert group.name.encode() in eventually(found)
    firehose.delete_delivery_stream(DeliveryStreamName=name)


@pytest.mark.fidelity("logs.subscriptions")
def test_a_function_is_sent_events_once_it_permits(
    group: Group, client: Callable[..., Any]
) -> None:
    functions, s3 = client("lambda"), client("s3")
    name = f"logs-{uuid4().hex}"
    s3.create_bucket(Bucket=name)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("app.py", FUNCTION)
    arn = functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": content.getvalue()},
        Environment={"Variables": {"BUCKET": name}},
    )["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    request = {"logGroupName": group.name, "filterName": "f", "filterPattern": ""}
    assert refusal(group.logs.put_subscription_filter, **request, destinationArn=arn) == (
        "InvalidParameterException",
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs "
        "permission to execute your function.",
    )
    functions.add_permission(
        FunctionName=name,
        StatementId="logs",
        Action="lambda:InvokeFunction",
        Principal="logs.amazonaws.com",
    )
    subscribe(group, arn)
    group.put("hello")

    def found() -> dict[str, Any] | None:
        if not s3.list_objects_v2(Bucket=name).get("KeyCount"):
            return None
        event = json.loads(s3.get_object(Bucket=name, Key="event")["Body"].read())
        return decoded(base64.b64decode(event["awslogs"]["data"]))

    assert [each["message"] for each in eventually(found)["logEvents"]] == ["hello"]
    functions.delete_function(FunctionName=name)


@pytest.mark.fidelity("logs.subscriptions")
def test_events_wait_for_a_destination_that_is_away(group: Group, stream: KinesisStream) -> None:
    subscribe(group, stream.arn, roleArn=ROLE)
    stream.client.delete_stream(StreamName=stream.name)
    group.put("patient")
    stream.client.create_stream(StreamName=stream.name, ShardCount=1)
    (message,) = eventually(lambda: stream.messages("DATA_MESSAGE"), every=0.4)
    assert [each["message"] for each in message["logEvents"]] == ["patient"]


def test_subscriptions_that_are_none_are_refused(group: Group, stream: KinesisStream) -> None:
    def refused(arn: str, **options: Any) -> str:
        code, message = refusal(subscribe, group=group, arn=arn, **options)
        assert code == "InvalidParameterException"
        return message

    assert refused(stream.arn) == (
        "destinationArn for vendor kinesis cannot be used without roleArn"
    )
    assert refused("arn:aws:sqs:us-east-1:000000000000:q") == (
        "PutSubscriptionFilter operation cannot work with destinationArn for vendor sqs"
    )
    missing = "arn:aws:kinesis:us-east-1:000000000000:stream/none"
    assert refused(missing, roleArn=ROLE) == (
        "Could not deliver test message to specified Kinesis stream. Check if the given kinesis "
        "stream is in ACTIVE state."
    )
    for name in ("a", "b"):
        subscribe(group, stream.arn, filterName=name, roleArn=ROLE)
    assert refusal(subscribe, group=group, arn=stream.arn, filterName="c", roleArn=ROLE) == (
        *("LimitExceededException", "Resource limit exceeded."),
    )
    found = group.logs.describe_subscription_filters(logGroupName=group.name)
    shown = [(each["filterName"], each["distribution"]) for each in found["subscriptionFilters"]]
    assert shown == [("a", "ByLogStream"), ("b", "ByLogStream")]
    group.logs.delete_subscription_filter(logGroupName=group.name, filterName="a")
