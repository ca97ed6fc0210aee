"""Creates the stream web-clicks. It may be run again at any time."""

from contextlib import suppress

import boto3

STREAM = "web-clicks"
SHARDS = 2
RETENTION_HOURS = 48


def create_stream(kinesis):
    """Create the stream with its shards and wait until it is ACTIVE; do nothing if it is there."""
    with suppress(kinesis.exceptions.ResourceInUseException):
        kinesis.create_stream(
            StreamName=STREAM,
            ShardCount=SHARDS,
            StreamModeDetails={"StreamMode": "PROVISIONED"},
        )
    kinesis.get_waiter("stream_exists").wait(
        StreamName=STREAM, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def keep_longer(kinesis):
    """Raise the retention to RETENTION_HOURS; do nothing if it is that already."""
    summary = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
    if summary["RetentionPeriodHours"] < RETENTION_HOURS:
        kinesis.increase_stream_retention_period(
            StreamName=STREAM, RetentionPeriodHours=RETENTION_HOURS
        )


if __name__ == "__main__":
    client = boto3.client("kinesis")
    create_stream(client)
    keep_longer(client)
