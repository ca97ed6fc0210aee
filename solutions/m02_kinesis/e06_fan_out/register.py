"""Registers the consumer live-board of the stream gate-events. It may be run again at any time."""

import time
from contextlib import suppress

import boto3

STREAM = "gate-events"
CONSUMER = "live-board"


def register(kinesis):
    """Register the consumer, unless it is there, and wait until it is ACTIVE; its ARN."""
    summary = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
    stream = summary["StreamARN"]
    with suppress(kinesis.exceptions.ResourceInUseException):
        kinesis.register_stream_consumer(StreamARN=stream, ConsumerName=CONSUMER)
    # boto3 has no waiter for consumers.
    while True:
        found = kinesis.describe_stream_consumer(StreamARN=stream, ConsumerName=CONSUMER)
        consumer = found["ConsumerDescription"]
        if consumer["ConsumerStatus"] == "ACTIVE":
            return consumer["ConsumerARN"]
        time.sleep(1)


if __name__ == "__main__":
    print(register(boto3.client("kinesis")))
