"""Asynchronous invocation through the API: what is accepted, tried again, given up and reported."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.config import Config
from tests.providers.lambda_.functions import Functions, eventually

pytestmark = pytest.mark.lab

ACCOUNT_ARN = "us-east-1:000000000000"
FAILING = "def handler(event, context):\n    raise ValueError('no ' + str(event))\n"
ECHO = "def handler(event, context):\n    return {'got': event}\n"
QUALIFIERS = ["$LATEST", "1", "live"]


class Queues:
    """Makes queues and reads what arrives in them."""

    def __init__(self, sqs: Any) -> None:
        self.sqs = sqs

    def create(self, name: str) -> str:
        self.sqs.create_queue(QueueName=name)
        return f"arn:aws:sqs:{ACCOUNT_ARN}:{name}"

    def receive(self, name: str) -> dict[str, Any]:
        url = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]

        def look() -> Any:
            answer = self.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])
            return answer.get("Messages")

        (message,) = eventually(look)
        return {
            "body": json.loads(message["Body"]),
            "attributes": {
                name: (value["DataType"], value["StringValue"])
                for name, value in message.get("MessageAttributes", {}).items()
            },
        }


@pytest.fixture(scope="module")
def queues(client: Callable[..., Any]) -> Queues:
    return Queues(client("sqs"))


class Waits:
    """The lab's view of events that wait for their next attempt, and how to end the wait."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/_lab/lambda/events"

    def attempts(self, name: str) -> int | None:
        """How often an event of the function has run that waits now; None if none does."""
        with urllib.request.urlopen(self.url) as answer:
            found = [each for each in json.load(answer) if each["function"] == name]
        return found[0]["attempts"] if found else None

    def release(self) -> None:
        urllib.request.urlopen(urllib.request.Request(self.url, method="POST")).close()

    def run_through(self, name: str, retries: int) -> None:
        """Let each wait of the function's event end as soon as it has begun."""
        for number in range(1, retries + 1):
            eventually(lambda number=number: self.attempts(name) == number)
            self.release()


@pytest.fixture(scope="module")
def waits(lab: Config) -> Waits:
    return Waits(lab.endpoint_url)


def send(functions: Functions, name: str, event: Any = "it", **options: Any) -> str:
    answer = functions.client.invoke(
        FunctionName=name, InvocationType="Event", Payload=json.dumps(event), **options
    )
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    return str(answer["ResponseMetadata"]["RequestId"])


def configure(functions: Functions, name: str, **options: Any) -> None:
    functions.client.put_function_event_invoke_config(FunctionName=name, **options)


@pytest.mark.fidelity("lambda.asynchronous_retries", "lambda.asynchronous_destinations")
@pytest.mark.parametrize("retries", [0, 1, 2])
def test_event_that_fails_is_tried_again_and_then_reported(
    functions: Functions, queues: Queues, waits: Waits, retries: int
) -> None:
    name = functions.create(FAILING)
    arn = queues.create(f"{name}-failed")
    configure(
        functions,
        name,
        MaximumRetryAttempts=retries,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    request_id = send(functions, name)
    waits.run_through(name, retries)
    record = queues.receive(f"{name}-failed")["body"]
    assert record.pop("timestamp").endswith("Z")
    assert record["responsePayload"].pop("stackTrace")
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"arn:aws:lambda:{ACCOUNT_ARN}:function:{name}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": retries + 1,
        },
        "requestPayload": "it",
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": {
            "errorMessage": "no it",
            "errorType": "ValueError",
            "requestId": request_id,
        },
    }


@pytest.mark.fidelity("lambda.asynchronous_retries")
def test_without_configuration_there_are_two_retries(
    functions: Functions, queues: Queues, waits: Waits
) -> None:
    arn = queues.create("two-retries")
    name = functions.create(FAILING, DeadLetterConfig={"TargetArn": arn})
    send(functions, name)
    waits.run_through(name, 2)
    queues.receive("two-retries")
    assert waits.attempts(name) is None

    def runs() -> int:
        lines = functions.messages(name, "REPORT")
        return sum(line.startswith("START") for line in lines)

    # The log may come a moment after the dead letter.
    eventually(lambda: runs() == 3)


@pytest.mark.fidelity("lambda.asynchronous_dead_letters")
@pytest.mark.parametrize("service", ["sqs", "sns"])
def test_dead_letter_is_the_event_with_the_error_as_attributes(
    functions: Functions, queues: Queues, client: Callable[..., Any], service: str
) -> None:
    queue = f"dead-{service}"
    arn = queues.create(queue)
    if service == "sns":
        topic = client("sns").create_topic(Name=queue)["TopicArn"]
        raw = {"RawMessageDelivery": "true"}
        client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
        arn = topic
    name = functions.create(FAILING, DeadLetterConfig={"TargetArn": arn})
    configure(functions, name, MaximumRetryAttempts=0)
    request_id = send(functions, name, {"order": 1})
    assert queues.receive(queue) == {
        "body": {"order": 1},
        "attributes": {
            "RequestID": ("String", request_id),
            "ErrorCode": ("Number", "200"),
            "ErrorMessage": ("String", "no {'order': 1}"),
        },
    }


@pytest.mark.fidelity("lambda.asynchronous_dead_letters")
def test_dead_letter_queue_and_destination_both_get_it(
    functions: Functions, queues: Queues
) -> None:
    dead, failed = queues.create("both-dead"), queues.create("both-failed")
    name = functions.create(FAILING, DeadLetterConfig={"TargetArn": dead})
    destination = {"OnFailure": {"Destination": failed}}
    configure(functions, name, MaximumRetryAttempts=0, DestinationConfig=destination)
    send(functions, name)
    assert queues.receive("both-dead")["body"] == "it"
    assert queues.receive("both-failed")["body"]["requestPayload"] == "it"


@pytest.mark.fidelity("lambda.asynchronous_destinations")
@pytest.mark.parametrize("qualifier", QUALIFIERS)
def test_configuration_is_that_of_the_qualifier(
    functions: Functions, queues: Queues, qualifier: str
) -> None:
    name = functions.create(ECHO, Publish=True)
    functions.client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for each in QUALIFIERS:
        queue = f"{name}-{each.strip('$')}"
        destination = {"OnSuccess": {"Destination": queues.create(queue)}}
        configure(functions, name, Qualifier=each, DestinationConfig=destination)
    send(functions, name, Qualifier=qualifier)
    record = queues.receive(f"{name}-{qualifier.strip('$')}")["body"]
    arn = f"arn:aws:lambda:{ACCOUNT_ARN}:function:{name}:{qualifier}"
    assert record["requestContext"]["functionArn"] == arn
    assert record["requestContext"]["condition"] == "Success"
    executed = "$LATEST" if qualifier == "$LATEST" else "1"
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": executed}
    assert record["responsePayload"] == {"got": "it"}


@pytest.mark.fidelity("lambda.asynchronous_destinations")
def test_function_is_a_destination(functions: Functions) -> None:
    target = functions.create("def handler(e, c):\n    print('told of', e['responsePayload'])\n")
    name = functions.create(ECHO)
    arn = f"arn:aws:lambda:{ACCOUNT_ARN}:function:{target}"
    configure(functions, name, DestinationConfig={"OnSuccess": {"Destination": arn}})
    send(functions, name)
    assert "told of {'got': 'it'}\n" in functions.messages(target, "REPORT")


@pytest.mark.fidelity("lambda.asynchronous_destinations")
def test_topic_is_a_destination(
    functions: Functions, queues: Queues, client: Callable[..., Any]
) -> None:
    sns = client("sns")
    topic = sns.create_topic(Name="succeeded")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queues.create("succeeded"))
    name = functions.create(ECHO)
    configure(functions, name, DestinationConfig={"OnSuccess": {"Destination": topic}})
    send(functions, name)
    record = json.loads(queues.receive("succeeded")["body"]["Message"])
    assert record["responsePayload"] == {"got": "it"}


@pytest.mark.fidelity("lambda.asynchronous_destinations")
def test_event_bus_is_a_destination(
    functions: Functions, queues: Queues, client: Callable[..., Any]
) -> None:
    events = client("events")
    bus = events.create_event_bus(Name="results")["EventBusArn"]
    pattern = json.dumps({"source": ["lambda"]})
    events.put_rule(Name="all", EventBusName="results", EventPattern=pattern)
    target = {"Id": "1", "Arn": queues.create("results")}
    events.put_targets(Rule="all", EventBusName="results", Targets=[target])
    name = functions.create(ECHO)
    configure(functions, name, DestinationConfig={"OnSuccess": {"Destination": bus}})
    send(functions, name)
    event = queues.receive("results")["body"]
    assert event["detail-type"] == "Lambda Function Invocation Result - Success"
    assert event["resources"] == [bus, f"arn:aws:lambda:{ACCOUNT_ARN}:function:{name}:$LATEST"]
    assert event["detail"]["responsePayload"] == {"got": "it"}


@pytest.mark.fidelity("lambda.asynchronous_destinations")
def test_bucket_is_a_destination_for_failures_only(
    functions: Functions, client: Callable[..., Any]
) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="failures")
    name = functions.create(FAILING)
    arn = "arn:aws:s3:::failures"
    destination = {"OnFailure": {"Destination": arn}}
    configure(functions, name, MaximumRetryAttempts=0, DestinationConfig=destination)
    send(functions, name)
    (entry,) = eventually(lambda: s3.list_objects_v2(Bucket="failures").get("Contents"))
    assert entry["Key"].startswith(f"aws/lambda/async/{name}/")
    record = json.loads(s3.get_object(Bucket="failures", Key=entry["Key"])["Body"].read())
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    with pytest.raises(ClientError) as caught:
        configure(functions, name, DestinationConfig={"OnSuccess": {"Destination": arn}})
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert caught.value.response["Error"]["Message"] == (
        "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination="
        "arn:aws:s3:::failures), onFailure=null) is invalid."
    )


@pytest.mark.fidelity("lambda.asynchronous_throttling")
def test_without_concurrency_an_event_is_given_up_at_once(
    functions: Functions, queues: Queues
) -> None:
    dead, failed = queues.create("zero-dead"), queues.create("zero-failed")
    name = functions.create(ECHO, DeadLetterConfig={"TargetArn": dead})
    configure(functions, name, DestinationConfig={"OnFailure": {"Destination": failed}})
    functions.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    request_id = send(functions, name)
    record = queues.receive("zero-failed")["body"]
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responseContext" not in record
    assert queues.receive("zero-dead")["attributes"] == {
        "RequestID": ("String", request_id),
        "ErrorCode": ("Number", "429"),
        "ErrorMessage": ("String", "Rate Exceeded."),
    }


@pytest.mark.fidelity("lambda.asynchronous_throttling")
def test_throttled_events_stay_in_the_queue(
    functions: Functions, queues: Queues, waits: Waits
) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(0.2)\n    return event\n"
    name = functions.create(source)
    arn = queues.create("throttled")
    configure(functions, name, DestinationConfig={"OnSuccess": {"Destination": arn}})
    functions.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    for number in range(4):
        send(functions, name, number)

    received = set()

    def all_have_come() -> bool:
        waits.release()
        url = queues.sqs.get_queue_url(QueueName="throttled")["QueueUrl"]
        answer = queues.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        bodies = [json.loads(each["Body"]) for each in answer.get("Messages", [])]
        received.update(body["responsePayload"] for body in bodies)
        return received == set(range(4))

    eventually(all_have_come)


@pytest.mark.fidelity("lambda.recursion")
def test_a_loop_is_not_stopped(functions: Functions) -> None:
    source = (
        "import boto3, json\n"
        "def handler(event, context):\n"
        "    print('turn', event)\n"
        "    if event < 20:\n"
        "        boto3.client('lambda').invoke(FunctionName=context.function_name,\n"
        "            InvocationType='Event', Payload=json.dumps(event + 1))\n"
    )
    name = functions.create(source, MemorySize=512)
    found = functions.client.get_function_recursion_config(FunctionName=name)
    assert found["RecursiveLoop"] == "Terminate"
    send(functions, name, 1)
    assert functions.messages(name, "turn 20")


INVALID = [
    (
        {},
        "InvalidParameterValueException",
        "You must specify at least one of error handling or destination setting.",
    ),
    (
        {"Qualifier": "absent", "MaximumRetryAttempts": 1},
        "ResourceNotFoundException",
        "The function doesn't exist.",
    ),
]


@pytest.mark.parametrize(("options", "code", "message"), INVALID)
def test_configuration_is_refused(
    functions: Functions, options: dict[str, Any], code: str, message: str
) -> None:
    name = functions.create(ECHO)
    with pytest.raises(ClientError) as caught:
        configure(functions, name, **options)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["Error"]["Message"] == message


@pytest.mark.fidelity("lambda.asynchronous_retries")
def test_configuration_is_read_changed_listed_and_deleted(functions: Functions) -> None:
    name, client = functions.create(ECHO, Publish=True), functions.client
    configure(functions, name, MaximumRetryAttempts=1)
    configure(functions, name, Qualifier="1", MaximumEventAgeInSeconds=60)
    client.update_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=90)
    found = client.get_function_event_invoke_config(FunctionName=name)
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (1, 90)
    listed = client.list_function_event_invoke_configs(FunctionName=name)
    arns = [each["FunctionArn"] for each in listed["FunctionEventInvokeConfigs"]]
    arn = f"arn:aws:lambda:{ACCOUNT_ARN}:function:{name}"
    assert arns == [f"{arn}:$LATEST", f"{arn}:1"]
    client.delete_function_event_invoke_config(FunctionName=name)
    with pytest.raises(ClientError) as caught:
        client.get_function_event_invoke_config(FunctionName=name)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert caught.value.response["Error"]["Message"] == (
        f"The function {arn}:$LATEST doesn't have an EventInvokeConfig"
    )
