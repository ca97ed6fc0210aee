"""Prints the data of every record of one shard of web-clicks, from the oldest, one a line."""

import sys
import time

import boto3

STREAM = "web-clicks"


def read_shard(kinesis, shard_id):
    """Yield the data of the shard's records as text, until there are no more."""
    iterator = kinesis.get_shard_iterator(
        StreamName=STREAM, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    # A shard that was closed by a resharding does end: its last answer has no next iterator.
    while iterator:
        answer = kinesis.get_records(ShardIterator=iterator)
        for record in answer["Records"]:
            yield record["Data"].decode()
        if answer["MillisBehindLatest"] == 0:
            return
        iterator = answer.get("NextShardIterator")
        # A shard answers five times a second, to all its consumers together.
        time.sleep(0.2)


if __name__ == "__main__":
    for data in read_shard(boto3.client("kinesis"), sys.argv[1]):
        print(data)
