"""Prints how many records each shard of a stream holds, as one JSON object on one line.

python measure.py departures-hot
"""

import json
import sys
import time

import boto3


def count_records(kinesis, stream, shard_id):
    """The number of records in one shard, from the oldest on."""
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    count = 0
    while iterator:
        answer = kinesis.get_records(ShardIterator=iterator)
        count += len(answer["Records"])
        if answer["MillisBehindLatest"] == 0:
            break
        iterator = answer.get("NextShardIterator")
        time.sleep(0.2)
    return count


def measure(kinesis, stream):
    """A dictionary with every shard's id and its number of records, 0 included."""
    pages = kinesis.get_paginator("list_shards").paginate(StreamName=stream)
    shards = [shard["ShardId"] for page in pages for shard in page["Shards"]]
    return {shard: count_records(kinesis, stream, shard) for shard in shards}


if __name__ == "__main__":
    print(json.dumps(measure(boto3.client("kinesis"), sys.argv[1])))
