"""Divides one open shard of a stream into two equal halves, and waits until the stream is ACTIVE.

python split.py gates shardId-000000000000
"""

import sys

import boto3


def middle(shard):
    """The hash key with which the upper half of the shard begins, as text."""
    keys = shard["HashKeyRange"]
    # 128 bits: more than a float holds, so the division is one of integers.
    return str((int(keys["StartingHashKey"]) + int(keys["EndingHashKey"]) + 1) // 2)


def split(kinesis, stream, shard_id):
    """Divide the shard in the middle of its range."""
    pages = kinesis.get_paginator("list_shards").paginate(StreamName=stream)
    shards = {shard["ShardId"]: shard for page in pages for shard in page["Shards"]}
    kinesis.split_shard(
        StreamName=stream, ShardToSplit=shard_id, NewStartingHashKey=middle(shards[shard_id])
    )
    kinesis.get_waiter("stream_exists").wait(
        StreamName=stream, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


if __name__ == "__main__":
    split(boto3.client("kinesis"), sys.argv[1], sys.argv[2])
