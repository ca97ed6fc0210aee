"""Targets of rules that LocalStack lacks, or calls wrongly: a state machine or a stream whose input
is not an event, and a Glue workflow.
"""

import uuid
from typing import Any

from localstack.services.events.target import (
    KinesisTargetSender,
    StatesTargetSender,
    TargetSender,
    TargetSenderFactory,
)
from localstack.services.events.utils import to_json_str
from localstack.utils.collections import get_safe
from localstack.utils.strings import to_bytes


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
    """Starts a run of the workflow, with the event's id among its properties."""

    def send_event(self, event: Any, trace_header: Any) -> None:  # noqa: ARG002 - LocalStack's
        name = self.target["Arn"].rsplit("/", 1)[1]
        found = event.get("id") if isinstance(event, dict) else None
        properties = {"RunProperties": {"aws:eventIds": f"[{found}]"}} if found else {}
        self.client.start_workflow_run(Name=name, **properties)


def install() -> None:
    TargetSenderFactory.register_target_sender("states", StateMachineTarget)
    TargetSenderFactory.register_target_sender("kinesis", StreamTarget)
    TargetSenderFactory.register_target_sender("glue", GlueWorkflowTarget)
