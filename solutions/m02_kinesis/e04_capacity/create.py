"""Gives the stream orders the shards that traffic.json needs. It may be run again at any time."""

import json
from pathlib import Path

import boto3
from size import shards

STREAM = "orders"


def resize(kinesis, count):
    """Create the stream with ``count`` shards, or bring it to that; wait until it is ACTIVE."""
    try:
        kinesis.create_stream(StreamName=STREAM, ShardCount=count)
    except kinesis.exceptions.ResourceInUseException:
        summary = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
        if summary["OpenShardCount"] != count:
            kinesis.update_shard_count(
                StreamName=STREAM, TargetShardCount=count, ScalingType="UNIFORM_SCALING"
            )
    kinesis.get_waiter("stream_exists").wait(
        StreamName=STREAM, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


if __name__ == "__main__":
    traffic = json.loads(Path("traffic.json").read_text())
    resize(boto3.client("kinesis"), shards(traffic))
