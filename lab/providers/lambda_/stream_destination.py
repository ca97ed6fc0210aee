"""On-failure destinations: where a mapping tells of the records that it has given up.

A queue or a topic gets what is needed to find the records in the stream again; an object in a
bucket also holds the event itself, as text.

Source: Lambda guide, "Retain discarded batch records for a Kinesis Data Streams event source in
Lambda".
"""

import json
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to

from lab.providers.lambda_.metrics import FunctionName, metric_publisher
from lab.providers.lambda_.stream_events import Event, payload
from lab.providers.lambda_.stream_invoker import Outcome
from lab.providers.lambda_.stream_settings import StreamSettings

LOG = logging.getLogger(__name__)

ATTEMPTS = 3


class Condition(StrEnum):
    """Why records were given up, in AWS's words."""

    RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
    AGE_EXCEEDED = "RecordAgeExceeded"


@dataclass(frozen=True, slots=True)
class Discarded:
    """Records that will not be tried again; ``outcome`` is None if they never were."""

    events: Sequence[Event]
    condition: Condition
    attempts: int
    outcome: Outcome | None = None


class Destination(Protocol):
    """Is told of what has been given up; raises nothing."""

    def send(self, discarded: Discarded) -> None: ...


class OnFailure:
    """The destination of one shard of a mapping, which may have none."""

    def __init__(self, settings: StreamSettings, shard_id: str) -> None:
        self._settings = settings
        self._shard_id = shard_id

    def send(self, discarded: Discarded) -> None:
        """A destination that is not there costs the message, not the shard."""
        arn = self._settings.on_failure
        count = len(discarded.events)
        LOG.info(
            "mapping %s gave up %d records of %s: %s",
            self._settings.uuid,
            count,
            self._shard_id,
            discarded.condition,
        )
        if arn is None:
            return
        document = self._document(discarded)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._deliver(arn, document, discarded)
            except (BotoCoreError, ClientError) as error:
                LOG.warning("%d records not reported to %s (%d): %s", count, arn, attempt, error)
            else:
                return
        metric_publisher().record_destination_failure(self._function())

    def _function(self) -> FunctionName:
        _, _, _, region, account, _, name, *_ = self._settings.function_arn.split(":")
        return FunctionName(account, region, name)

    def _document(self, discarded: Discarded) -> dict[str, Any]:
        outcome = discarded.outcome
        document: dict[str, Any] = {
            "requestContext": {
                "requestId": outcome.request_id if outcome else str(uuid.uuid4()),
                "functionArn": self._settings.function_arn,
                "condition": discarded.condition,
                "approximateInvokeCount": discarded.attempts,
            }
        }
        if outcome:
            document["responseContext"] = {
                "statusCode": 200,
                "executedVersion": outcome.executed_version,
                "functionError": "Unhandled" if outcome.failed else None,
            }
        first, last = discarded.events[0], discarded.events[-1]
        return document | {
            "version": "1.0",
            "timestamp": _moment(datetime.now(UTC)),
            "KinesisBatchInfo": {
                "shardId": self._shard_id,
                "startSequenceNumber": first.sequence_number,
                "endSequenceNumber": last.sequence_number,
                "approximateArrivalOfFirstRecord": _arrival(first),
                "approximateArrivalOfLastRecord": _arrival(last),
                "batchSize": len(discarded.events),
                "streamArn": self._settings.stream_arn,
            },
        }

    def _deliver(self, arn: str, document: dict[str, Any], discarded: Discarded) -> None:
        _, _, service, region, account, name = arn.split(":", 5)
        own = self._function()
        clients = connect_to(
            aws_access_key_id=account or own.account, region_name=region or own.region
        )
        match service:
            case "sqs":
                url = clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]
                clients.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(document))
            case "sns":
                clients.sns.publish(TopicArn=arn, Message=json.dumps(document))
            case "s3":
                body = json.dumps(document | {"payload": payload(discarded.events)})
                clients.s3.put_object(Bucket=name, Key=self._key(), Body=body.encode())

    def _key(self) -> str:
        now = datetime.now(UTC)
        return (
            f"aws/lambda/{self._settings.uuid}/{self._shard_id}/{now:%Y/%m/%d}/"
            f"{now:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
        )


def _arrival(event: Event) -> str:
    return _moment(datetime.fromtimestamp(event.record.arrival / 1000, UTC))


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
