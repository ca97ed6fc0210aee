"""Queues as event sources, which LocalStack polls: the poller of streams must not break them."""

import json
from typing import Any

import pytest

from tests.providers.lambda_.streams import Pipeline, texts

pytestmark = pytest.mark.lab


@pytest.mark.fidelity("event_source_mapping.queues")
def test_a_failed_message_is_received_again_and_then_redriven(pipeline: Pipeline) -> None:
    """ReportBatchItemFailures: the good message is deleted, the bad one goes where it is sent."""
    sqs = pipeline.client("sqs")
    dead = f"dead-{pipeline.function}"
    dead_url = sqs.create_queue(QueueName=dead)["QueueUrl"]
    redrive = {
        "deadLetterTargetArn": f"arn:aws:sqs:us-east-1:000000000000:{dead}",
        "maxReceiveCount": 2,
    }
    url = sqs.create_queue(
        QueueName=f"queue-{pipeline.function}",
        Attributes={"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(redrive)},
    )["QueueUrl"]

    def reply(event: dict[str, Any]) -> dict[str, Any]:
        bad = [each["messageId"] for each in event["Records"] if each["body"] == "bad"]
        return {"return": {"batchItemFailures": [{"itemIdentifier": each} for each in bad]}}

    pipeline.recorder.reply = reply
    for text in ("good", "bad"):
        sqs.send_message(QueueUrl=url, MessageBody=text)
    answer = pipeline.lambda_.create_event_source_mapping(
        FunctionName=pipeline.function,
        EventSourceArn=f"arn:aws:sqs:us-east-1:000000000000:queue-{pipeline.function}",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    pipeline.mappings.append(answer["UUID"])
    (message,) = sqs.receive_message(QueueUrl=dead_url, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "bad"
    received = [text for event in pipeline.recorder.events for text in texts(event)]
    assert sorted(received) == ["bad", "bad", "good"]
