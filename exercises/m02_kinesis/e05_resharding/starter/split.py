"""Divides one open shard of a stream into two equal halves, and waits until the stream is ACTIVE.

python split.py gates shardId-000000000000
"""

import sys

import boto3


def middle(shard):
    """The hash key with which the upper half of the shard begins, as text."""
    ...


def split(kinesis, stream, shard_id):
    """Divide the shard in the middle of its range."""
    ...


if __name__ == "__main__":
    split(boto3.client("kinesis"), sys.argv[1], sys.argv[2])
