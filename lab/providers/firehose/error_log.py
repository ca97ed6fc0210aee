"""The errors that a stream writes to CloudWatch Logs when its destination's logging is enabled.

One event for a batch that failed, with its first reason.

Source: Firehose guide, "Monitor Amazon Data Firehose using CloudWatch Logs".
"""

import json
import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to

from lab.providers.firehose.models import DeliveryStream

LOG = logging.getLogger(__name__)


def write(stream: DeliveryStream, settings: dict[str, Any], code: str, message: str) -> None:
    """The log group and the log stream must be there, as on AWS."""
    options = settings.get("CloudWatchLoggingOptions") or {}
    if not options.get("Enabled"):
        return
    event = {
        "deliveryStreamARN": stream.arn,
        "destination": settings.get("BucketARN") or settings.get("DomainARN") or "",
        "deliveryStreamVersionId": int(stream.version),
        "message": message,
        "errorCode": code,
    }
    logs = connect_to(aws_access_key_id=stream.account, region_name=stream.region).logs
    try:
        logs.put_log_events(
            logGroupName=options["LogGroupName"],
            logStreamName=options["LogStreamName"],
            logEvents=[{"timestamp": stream.timing.now_ms(), "message": json.dumps(event)}],
        )
    except (BotoCoreError, ClientError) as error:
        LOG.warning("%s: its error could not be logged: %s", stream.name, error)


def code_of(error: Exception) -> str:
    """AWS's code of what a client has raised."""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code") or type(error).__name__)
