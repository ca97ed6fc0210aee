"""Targets of rules that LocalStack lacks, or calls wrongly: a state machine or a stream whose input
is not an event, and a Glue workflow.
"""

import uuid
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import CommonServiceException
from localstack.services.events.target import (
    KinesisTargetSender,
    StatesTargetSender,
    TargetSender,
    TargetSenderFactory,
)
from localstack.services.events.utils import to_json_str
from localstack.utils.collections import get_safe
from localstack.utils.strings import to_bytes

from lab.providers.glue.workflows.batches import notify


class StateMachineTarget(StatesTargetSender):
    """An execution has a name of its own: the input need not be an event, which has an id."""

    def send_event(self, event: Any, trace_header: Any) -> None:  # noqa: ARG002 - LocalStack's
        self.service = "stepfunctions"
        self.client.start_execution(
            stateMachineArn=self.target["Arn"], name=str(uuid.uuid4()), input=to_json_str(event)
        )


class StreamTarget(KinesisTargetSender):
    """The partition key is the event's id, unless a path says where it is."""

    def send_event(self, event: Any, trace_header: Any) -> None:  # noqa: ARG002 - LocalStack's
        path = (self.target.get("KinesisParameters") or {}).get("PartitionKeyPath") or "$.id"
        key = get_safe(event, path) if isinstance(event, dict) else None
        self.client.put_record(
            StreamARN=self.target["Arn"],
            Data=to_bytes(to_json_str(event)),
            PartitionKey=str(key or uuid.uuid4()),
        )


class GlueWorkflowTarget(TargetSender):
    """Tells a Glue workflow of an event, by its id: a run starts when a batch is complete. AWS's
    operation for it, NotifyEvent, is in no SDK.
    """

    def process_event(self, event: Any, trace_header: Any) -> None:  # noqa: ARG002 - LocalStack's
        name = self.target["Arn"].rsplit("/", 1)[1]
        try:
            notify(self.target_account_id, self.target_region, name, event["id"])
        except CommonServiceException as error:
            answer: Any = {
                "Error": {"Code": error.code, "Message": error.message},
                "ResponseMetadata": {"HTTPStatusCode": error.status_code},
            }
            raise ClientError(answer, "NotifyEvent") from error

    def send_event(self, event: Any, trace_header: Any) -> None:
        """Only whole events are sent."""


def install() -> None:
    TargetSenderFactory.register_target_sender("states", StateMachineTarget)
    TargetSenderFactory.register_target_sender("kinesis", StreamTarget)
    TargetSenderFactory.register_target_sender("glue", GlueWorkflowTarget)
