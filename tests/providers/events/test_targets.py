"""What rules do with events: the targets that are called, and what becomes of failures."""

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.lab

ROLE = "arn:aws:iam::000000000000:role/events"


@pytest.fixture
def name() -> str:
    return f"t{uuid.uuid4().hex[:8]}"


@pytest.fixture
def rule(client: Callable[..., Any], name: str) -> Iterator[str]:
    """A rule on events whose source is its own name."""
    events = client("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    yield name
    found = events.list_targets_by_rule(Rule=name)["Targets"]
    if found:
        events.remove_targets(Rule=name, Ids=[target["Id"] for target in found])
    events.delete_rule(Name=name)


@pytest.fixture
def queue(client: Callable[..., Any], name: str) -> Iterator[str]:
    url = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    yield url
    client("sqs").delete_queue(QueueUrl=url)


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:us-east-1:000000000000:{rest}"


def put(client: Callable[..., Any], source: str, detail: Any) -> str:
    entry = {"Source": source, "DetailType": "test", "Detail": json.dumps(detail)}
    [answer] = client("events").put_events(Entries=[entry])["Entries"]
    return str(answer["EventId"])


def receive(client: Callable[..., Any], url: str) -> dict[str, Any]:
    """The next message; SQS waits for it."""
    for _ in range(6):
        found = client("sqs").receive_message(
            QueueUrl=url, WaitTimeSeconds=10, MessageAttributeNames=["All"]
        )
        if messages := found.get("Messages"):
            return dict(messages[0])
    raise AssertionError("no message came")


@pytest.mark.fidelity("events.targets")
def test_an_input_that_is_no_event_starts_an_execution(
    client: Callable[..., Any], rule: str, queue: str
) -> None:
    states = client("stepfunctions")
    sender = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": queue, "MessageBody.$": "$"},
        "End": True,
    }
    machine = states.create_state_machine(
        name=rule,
        definition=json.dumps({"StartAt": "Send", "States": {"Send": sender}}),
        roleArn=ROLE,
    )["stateMachineArn"]
    target = {"Id": "m", "Arn": machine, "RoleArn": ROLE, "Input": '{"day": "2013-01-01"}'}
    client("events").put_targets(Rule=rule, Targets=[target])
    put(client, rule, {})
    assert json.loads(receive(client, queue)["Body"]) == {"day": "2013-01-01"}
    states.delete_state_machine(stateMachineArn=machine)


@pytest.mark.fidelity("events.targets")
def test_a_stream_takes_the_event_s_id_or_a_path_as_key(
    client: Callable[..., Any], rule: str
) -> None:
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName=rule, ShardCount=1)
    stream = arn("kinesis", f"stream/{rule}")
    path = {"PartitionKeyPath": "$.detail.tail"}
    client("events").put_targets(
        Rule=rule,
        Targets=[
            {"Id": "event", "Arn": stream, "RoleArn": ROLE},
            {"Id": "path", "Arn": stream, "RoleArn": ROLE, "KinesisParameters": path},
            {"Id": "text", "Arn": stream, "RoleArn": ROLE, "InputPath": "$.detail.tail"},
        ],
    )
    event_id = put(client, rule, {"tail": "N14228"})
    found: list[dict[str, Any]] = []
    iterator = kinesis.get_shard_iterator(
        StreamName=rule, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    for _ in range(2000):
        try:
            answer = kinesis.get_records(ShardIterator=iterator)
        except kinesis.exceptions.ProvisionedThroughputExceededException:
            continue
        found += answer["Records"]
        iterator = answer["NextShardIterator"]
        if len(found) == 3:
            break
    keys = {record["PartitionKey"] for record in found}
    assert {event_id, "N14228"} < keys
    assert sorted(record["Data"] for record in found)[0] == b'"N14228"'
    kinesis.delete_stream(StreamName=rule)


@pytest.mark.fidelity("events.dead_letters")
def test_an_event_that_no_retry_can_deliver_becomes_a_dead_letter(
    client: Callable[..., Any], rule: str, queue: str
) -> None:
    missing = arn("lambda", "function:missing")
    dead = {"DeadLetterConfig": {"Arn": arn("sqs", rule)}}
    client("events").put_targets(Rule=rule, Targets=[{"Id": "f", "Arn": missing, **dead}])
    event_id = put(client, rule, {"a": 1})
    message = receive(client, queue)
    found = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert found.pop("ERROR_MESSAGE").startswith("Function not found: ")
    assert found == {
        "ERROR_CODE": "ResourceNotFoundException",
        "RETRY_ATTEMPTS": "0",
        "RULE_ARN": arn("events", f"rule/{rule}"),
        "TARGET_ARN": missing,
    }
    body = json.loads(message["Body"])
    assert (body["id"], body["detail"]) == (event_id, {"a": 1})


@pytest.mark.fidelity("events.metrics")
def test_cloudwatch_counts_what_a_rule_called(
    client: Callable[..., Any], rule: str, queue: str
) -> None:
    client("events").put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": arn("sqs", rule)}])
    put(client, rule, {})
    receive(client, queue)
    names = {
        metric["MetricName"]
        for metric in client("cloudwatch").list_metrics(
            Namespace="AWS/Events", Dimensions=[{"Name": "RuleName", "Value": rule}]
        )["Metrics"]
    }
    assert names == {"Invocations", "InvocationAttempts"}


PATTERNS = [
    ({"source": ["shop"]}, True),
    ({"source": [{"prefix": "sh"}], "detail": {"n": [{"numeric": [">", 1, "<=", 5]}]}}, True),
    ({"detail": {"page": [{"suffix": ".html"}]}}, True),
    ({"detail": {"page": [{"wildcard": "/b*k/*.html"}]}}, True),
    ({"detail": {"page": [{"anything-but": {"prefix": "/book"}}]}}, False),
    ({"detail": {"user": [{"exists": False}]}}, True),
    ({"detail": {"city": [{"equals-ignore-case": "paris"}]}}, True),
    ({"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}}, True),
    ({"detail": {"$or": [{"n": [9]}, {"city": ["Paris"]}]}}, True),
    ({"detail": {"$or": [{"n": [9]}, {"city": ["Lyon"]}]}}, False),
    ({"detail": {"tags": ["b"]}}, True),
    ({"detail": {"none": [None]}}, True),
]
EVENT = {
    **{"id": "1", "account": "000000000000", "region": "us-east-1", "source": "shop"},
    **{"time": "2026-01-01T00:00:00Z", "detail-type": "visit", "resources": []},
    "detail": {
        **{"n": 3, "page": "/book/emma.html", "city": "Paris", "ip": "10.0.0.7"},
        **{"tags": ["a", "b"], "none": None},
    },
}


@pytest.mark.parametrize(("pattern", "expected"), PATTERNS)
@pytest.mark.fidelity("events.patterns")
def test_patterns(client: Callable[..., Any], pattern: dict[str, Any], expected: bool) -> None:
    answer = client("events").test_event_pattern(
        EventPattern=json.dumps(pattern), Event=json.dumps(EVENT)
    )
    assert answer["Result"] is expected


@pytest.mark.fidelity("events.schedules")
def test_schedule_expressions_are_checked(client: Callable[..., Any], name: str) -> None:
    for expression in ("rate(5 minute)", "cron(0 8 * * *)", "at(2026-01-01T00:00:00)", "often"):
        with pytest.raises(ClientError) as caught:
            client("events").put_rule(Name=name, ScheduleExpression=expression)
        error = caught.value.response["Error"]
        assert (error["Code"], error["Message"]) == (
            "ValidationException",
            "Parameter ScheduleExpression is not valid.",
        )


@pytest.mark.fidelity("events.targets")
def test_an_input_transformer_shapes_what_a_function_gets(
    client: Callable[..., Any], rule: str, queue: str
) -> None:
    code = (
        "import boto3, json\n"
        "def handler(event, context):\n"
        f"    boto3.client('sqs').send_message(QueueUrl={queue!r}, MessageBody=json.dumps(event))\n"
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", code)
    function = client("lambda").create_function(
        FunctionName=rule,
        Runtime="python3.13",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": content.getvalue()},
    )["FunctionArn"]
    transformer = {
        "InputPathsMap": {"who": "$.detail.who"},
        "InputTemplate": '{"hello": <who>, "rule": <aws.events.rule-name>}',
    }
    client("events").put_targets(
        Rule=rule, Targets=[{"Id": "f", "Arn": function, "InputTransformer": transformer}]
    )
    put(client, rule, {"who": "Ada"})
    assert json.loads(receive(client, queue)["Body"]) == {"hello": "Ada", "rule": rule}
    client("lambda").delete_function(FunctionName=rule)
