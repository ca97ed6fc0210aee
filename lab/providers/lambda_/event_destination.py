"""Where an asynchronous event is reported when it is done with: destinations and dead letters.

A destination gets a record of the invocation, for success and for failure apart. The dead-letter
queue of the version gets the event itself, with the error as message attributes, when the event is
given up. A function that has both gets both.

Source: Lambda guide, "Capturing records of Lambda asynchronous invocations" and "Adding a
dead-letter queue".
"""

import json
import logging
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to
from localstack.services.lambda_.api_utils import qualified_lambda_arn
from localstack.services.lambda_.invocation.lambda_models import Function

from lab.providers.lambda_.event_attempts import Condition, Ending, document, function_of
from lab.providers.lambda_.event_queue import Event
from lab.providers.lambda_.metrics import metric_publisher

LOG = logging.getLogger(__name__)

MAX_ERROR_MESSAGE_BYTES = 1024


def tell(ending: Ending) -> None:
    """Report an ending wherever its function wants to know of it."""
    function = function_of(ending.event)
    if function is None:
        return
    name = ending.event.function
    if arn := _destination(function, ending):
        failed = metric_publisher().record_destination_failure
        _try(lambda: _send_record(arn, ending), arn, lambda: failed(name))
    is_given_up = ending.condition != Condition.SUCCESS
    if is_given_up and (queue := _dead_letter_arn(function, ending.event)):
        error = metric_publisher().record_dead_letter_error
        _try(lambda: _send_dead_letter(queue, ending), queue, lambda: error(name))


def _try(send: Callable[[], object], arn: str, count: Callable[[], None]) -> None:
    try:
        send()
    except (BotoCoreError, ClientError) as error:
        LOG.warning("asynchronous event not reported to %s: %s", arn, error)
        count()


def _destination(function: Function, ending: Ending) -> str | None:
    config = function.event_invoke_configs.get(ending.event.qualifier)
    kind = "OnSuccess" if ending.condition == Condition.SUCCESS else "OnFailure"
    destinations = (config and config.destination_config) or {}
    return (destinations.get(kind) or {}).get("Destination")


def _dead_letter_arn(function: Function, event: Event) -> str | None:
    alias = function.aliases.get(event.qualifier)
    version = function.versions.get(alias.function_version if alias else event.qualifier)
    return version.config.dead_letter_arn if version else None


def invocation_record(ending: Ending) -> dict[str, Any]:
    """The JSON document that a destination gets."""
    event, result = ending.event, ending.result
    record = {
        "version": "1.0",
        "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": _function_arn(event),
            "condition": ending.condition,
            "approximateInvokeCount": ending.attempts,
        },
        "requestPayload": document(event.payload),
    }
    if result is not None:
        record["responseContext"] = {
            "statusCode": 200,
            "executedVersion": result.executed_version,
            **({"functionError": "Unhandled"} if result.is_error else {}),
        }
        record["responsePayload"] = document(result.payload)
    return record


def _function_arn(event: Event) -> str:
    return str(qualified_lambda_arn(event.name, event.qualifier, event.account, event.region))


def _send_record(arn: str, ending: Ending) -> None:
    event, body = ending.event, json.dumps(invocation_record(ending))
    service, name = arn.split(":")[2], arn.rsplit(":", maxsplit=1)[-1]
    clients = _clients(arn, event)
    match service:
        case "sqs":
            _send_message(clients, name, MessageBody=body)
        case "sns":
            clients.sns.publish(TopicArn=arn, Message=body)
        case "lambda":
            clients.lambda_.invoke(FunctionName=arn, InvocationType="Event", Payload=body)
        case "events":
            _put_event(clients, arn, ending, body)
        case "s3":
            clients.s3.put_object(Bucket=name, Key=_object_key(event), Body=body.encode())


def _put_event(clients: Any, arn: str, ending: Ending, body: str) -> None:
    outcome = "Success" if ending.condition == Condition.SUCCESS else "Failure"
    answer = clients.events.put_events(
        Entries=[
            {
                "EventBusName": arn,
                "Source": "lambda",
                "DetailType": f"Lambda Function Invocation Result - {outcome}",
                "Resources": [arn, _function_arn(ending.event)],
                "Detail": body,
            }
        ]
    )
    if answer["FailedEntryCount"]:
        raise ClientError({"Error": {"Message": str(answer["Entries"])}}, "PutEvents")


def _object_key(event: Event) -> str:
    now = datetime.now(UTC)
    return f"aws/lambda/async/{event.name}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def _send_dead_letter(arn: str, ending: Ending) -> None:
    code, message = _error(ending)
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": ending.event.request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": str(code)},
        "ErrorMessage": {"DataType": "String", "StringValue": message},
    }
    clients, body = _clients(arn, ending.event), ending.event.payload.decode()
    if arn.split(":")[2] == "sns":
        clients.sns.publish(TopicArn=arn, Message=body, MessageAttributes=attributes)
    else:
        name = arn.rsplit(":", maxsplit=1)[-1]
        _send_message(clients, name, MessageBody=body, MessageAttributes=attributes)


def _error(ending: Ending) -> tuple[int, str]:
    """The HTTP status of the last attempt, and the first kilobyte of what was wrong."""
    if ending.refusal is not None:
        return ending.refusal.status_code, ending.refusal.message
    returned = document(ending.result.payload) if ending.result else None
    message = returned.get("errorMessage") if isinstance(returned, dict) else None
    text = str(message or ending.condition).encode()[:MAX_ERROR_MESSAGE_BYTES]
    return 200, text.decode(errors="ignore")


def _send_message(clients: Any, queue: str, **message: Any) -> None:
    url = clients.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    clients.sqs.send_message(QueueUrl=url, **message)


def _clients(arn: str, event: Event) -> Any:
    """Clients of the account and region that an ARN names, else those of the function."""
    _, _, _, region, account, *_ = arn.split(":")
    return connect_to(
        aws_access_key_id=account or event.account, region_name=region or event.region
    )
