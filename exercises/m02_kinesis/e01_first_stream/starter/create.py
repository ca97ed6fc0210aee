"""Creates the stream web-clicks. It may be run again at any time."""

import boto3

STREAM = "web-clicks"
SHARDS = 2
RETENTION_HOURS = 48


def create_stream(kinesis):
    """Create the stream with its shards and wait until it is ACTIVE; do nothing if it is there."""
    ...


def keep_longer(kinesis):
    """Raise the retention to RETENTION_HOURS; do nothing if it is that already."""
    ...


if __name__ == "__main__":
    client = boto3.client("kinesis")
    create_stream(client)
    keep_longer(client)
