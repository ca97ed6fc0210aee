"""Treats again what arrived in the stream replay-log between two moments, and writes it to S3.
Moments are ISO times with their zone; the first is included, the second is not.

python replay.py 2026-03-01T08:15:00.000+00:00 2026-03-01T09:40:00.000+00:00
"""

import json
import sys
import time
from datetime import datetime

import boto3

STREAM = "replay-log"
BUCKET = "replay-lake-000000000000"


def transform(flight):
    """What the mended consumer makes of a flight: a cancelled one has no delay, not one of zero."""
    delay = flight["departure_delay"]
    return {
        "event_id": flight["event_id"],
        "tailnum": flight["tailnum"],
        "delay_hours": None if delay is None else round(delay / 60, 2),
    }


def replayed(kinesis, shard_id, since, until):
    """Yield the flights that arrived in the shard from ``since`` on and before ``until``."""
    iterator = kinesis.get_shard_iterator(
        StreamName=STREAM, ShardId=shard_id, ShardIteratorType="AT_TIMESTAMP", Timestamp=since
    )["ShardIterator"]
    while iterator:
        answer = kinesis.get_records(ShardIterator=iterator)
        for record in answer["Records"]:
            arrived = record["ApproximateArrivalTimestamp"]
            # A shard is in order of arrival: what follows is later still.
            if arrived >= until:
                return
            # boto3 sends whole seconds, so the first records may be those of the same second.
            if arrived >= since:
                yield json.loads(record["Data"])
        if answer["MillisBehindLatest"] == 0:
            return
        iterator = answer.get("NextShardIterator")
        time.sleep(0.2)


def store(s3, result):
    """Write one result to the lake."""
    # The same flight has the same key, however often it is treated: the object is written over.
    key = f"flights/{result['event_id']}.json"
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(result))


def main(since, until):
    kinesis, s3 = boto3.client("kinesis"), boto3.client("s3")
    for shard in kinesis.list_shards(StreamName=STREAM)["Shards"]:
        for flight in replayed(kinesis, shard["ShardId"], since, until):
            store(s3, transform(flight))


if __name__ == "__main__":
    main(*(datetime.fromisoformat(word) for word in sys.argv[1:3]))
