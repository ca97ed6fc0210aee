"""Prints the data of every record of a stream, one a line, those of each key in their order.

python follow.py gates
"""

import sys
import time

import boto3


def read_shard(kinesis, stream, shard_id):
    """Yield the data of the shard's records, from the oldest on."""
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    # A closed shard has an end: after its last record there is no next iterator.
    while iterator:
        answer = kinesis.get_records(ShardIterator=iterator)
        for record in answer["Records"]:
            yield record["Data"].decode()
        if answer["MillisBehindLatest"] == 0:
            return
        iterator = answer.get("NextShardIterator")
        time.sleep(0.2)


def shards_in_order(kinesis, stream):
    """The ids of the shards in an order in which they may be read, one after the other."""
    pages = kinesis.get_paginator("list_shards").paginate(StreamName=stream)
    shards = {shard["ShardId"]: shard for page in pages for shard in page["Shards"]}
    order = []
    while len(order) < len(shards):
        for shard_id, shard in shards.items():
            # A merged shard has two parents. One that has been forgotten has nothing left to read.
            parents = {shard.get("ParentShardId"), shard.get("AdjacentParentShardId")}
            if shard_id not in order and parents & set(shards) <= set(order):
                order.append(shard_id)
    return order


if __name__ == "__main__":
    client = boto3.client("kinesis")
    for shard in shards_in_order(client, sys.argv[1]):
        for data in read_shard(client, sys.argv[1], shard):
            print(data)
