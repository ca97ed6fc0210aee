"""Registers the consumer live-board of the stream gate-events. It may be run again at any time."""

import boto3

STREAM = "gate-events"
CONSUMER = "live-board"


def register(kinesis):
    """Register the consumer, unless it is there, and wait until it is ACTIVE; its ARN."""
    ...


if __name__ == "__main__":
    print(register(boto3.client("kinesis")))
