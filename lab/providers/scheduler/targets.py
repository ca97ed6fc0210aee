"""What a schedule calls: the targets with a form of their own, and any operation of the AWS SDK.

Source: EventBridge Scheduler user guide, "Using templated targets", "Using universal targets" and
"Adding context attributes".
"""

import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session
from localstack.aws.connect import connect_to

from lab.providers.retries import TargetError, target_error
from lab.providers.scheduler.errors import invalid
from lab.providers.scheduler.models import Record, Schedule

UNIVERSAL = re.compile(r"arn:aws:scheduler:::aws-sdk:([\w-]+):(\w+)")
SDK_NAMES = {
    "sfn": "stepfunctions",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "elasticsearch": "es",
}
"""Services that the SDK for Java names otherwise than boto3."""
READS = re.compile(
    r"(get|describe|list|poll|receive|search|scan|query|select|lookup|batchget)", re.I
)
NEEDED = {
    "kinesis": "KinesisParameters",
    "events": "EventBridgeParameters",
}


class Attempt(NamedTuple):
    """One attempt to call a target: ``scheduled`` is when it was due."""

    scheduled: float
    execution_id: str
    number: int


def check(target: Record) -> None:
    """Raise ValidationException for a target that cannot be called."""
    arn = target["Arn"]
    if found := UNIVERSAL.fullmatch(arn):
        _check_universal(found[1], found[2])
        return
    service = _service(arn)
    if service not in CALLS:
        raise invalid(f"The lab does not support the target {arn} of a schedule.")
    if (name := NEEDED.get(service)) and not target.get(name):
        raise invalid(f"{name} is required for the target {arn}.")
    if arn.endswith(".fifo") and not (target.get("SqsParameters") or {}).get("MessageGroupId"):
        raise invalid(f"SqsParameters.MessageGroupId is required for the target {arn}.")


def _check_universal(service: str, action: str) -> None:
    if READS.match(action):
        raise invalid(f"The action {action} of a universal target must not be a read-only one.")
    name = SDK_NAMES.get(service, service)
    session = get_session()
    if name not in session.get_available_services():
        raise invalid(f"Invalid universal target: there is no service {service}.")
    if _operation(action) not in session.get_service_model(name).operation_names:
        raise invalid(f"Invalid universal target: {service} has no action {action}.")


def call(schedule: Schedule, attempt: Attempt) -> None:
    """Call the target once. Raises TargetError."""
    target = schedule.settings["Target"]
    arn = target["Arn"]
    content = _content(schedule, target.get("Input"), attempt)
    clients = connect_to(aws_access_key_id=schedule.account, region_name=schedule.region)
    try:
        if found := UNIVERSAL.fullmatch(arn):
            _call_any(clients, found[1], found[2], content)
        else:
            CALLS[_service(arn)](clients, target, content)
    except (BotoCoreError, ClientError) as error:
        raise target_error(error) from error
    except ValueError as error:
        raise TargetError("InvalidInput", f"The input is not JSON: {error}", False) from error


def _content(schedule: Schedule, given: str | None, attempt: Attempt) -> str:
    """The input with its context attributes filled in; without one, AWS's own notification."""
    moment = datetime.fromtimestamp(attempt.scheduled, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if given is None:
        return json.dumps(
            {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": schedule.account,
                "time": moment,
                "region": schedule.region,
                "resources": [schedule.arn],
                "detail": "{}",
            }
        )
    attributes = {
        "schedule-arn": schedule.arn,
        "scheduled-time": moment,
        "execution-id": attempt.execution_id,
        "attempt-number": str(attempt.number),
    }
    for name, value in attributes.items():
        given = given.replace(f"<aws.scheduler.{name}>", value)
    return given


def _call_any(clients: Any, service: str, action: str, content: str) -> None:
    name = SDK_NAMES.get(service, service)
    client = getattr(clients, {"lambda": "lambda_"}.get(name, name.replace("-", "_")))
    client._make_api_call(_operation(action), json.loads(content))


def _operation(action: str) -> str:
    return action[0].upper() + action[1:]


def _service(arn: str) -> str:
    return arn.split(":")[2] if arn.count(":") >= 5 else ""


def _invoke(clients: Any, target: Record, content: str) -> None:
    clients.lambda_.invoke(
        FunctionName=target["Arn"], InvocationType="Event", Payload=content.encode()
    )


def _start_execution(clients: Any, target: Record, content: str) -> None:
    clients.stepfunctions.start_execution(stateMachineArn=target["Arn"], input=content)


def _send_message(clients: Any, target: Record, content: str) -> None:
    _, _, _, _, account, name = target["Arn"].split(":")
    url = clients.sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    clients.sqs.send_message(
        QueueUrl=url, MessageBody=content, **(target.get("SqsParameters") or {})
    )


def _publish(clients: Any, target: Record, content: str) -> None:
    clients.sns.publish(TopicArn=target["Arn"], Message=content)


def _put_kinesis(clients: Any, target: Record, content: str) -> None:
    key = target["KinesisParameters"]["PartitionKey"]
    clients.kinesis.put_record(StreamARN=target["Arn"], PartitionKey=key, Data=content.encode())


def _put_firehose(clients: Any, target: Record, content: str) -> None:
    name = target["Arn"].rsplit("/", 1)[1]
    clients.firehose.put_record(DeliveryStreamName=name, Record={"Data": content.encode()})


def _put_event(clients: Any, target: Record, content: str) -> None:
    parameters = target["EventBridgeParameters"]
    entry = {**parameters, "Detail": content, "EventBusName": target["Arn"]}
    [answer] = clients.events.put_events(Entries=[entry])["Entries"]
    if "ErrorCode" in answer:
        raise TargetError(answer["ErrorCode"], answer["ErrorMessage"], may_retry=False)


CALLS: dict[str, Callable[[Any, Record, str], None]] = {
    "events": _put_event,
    "firehose": _put_firehose,
    "kinesis": _put_kinesis,
    "lambda": _invoke,
    "sns": _publish,
    "sqs": _send_message,
    "states": _start_execution,
}
