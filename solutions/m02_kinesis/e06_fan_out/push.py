"""Prints the data of what Kinesis pushes to live-board, one a line, until it is up to date.
The next run goes on where this one has stopped.

python push.py
"""

import json
import time
from pathlib import Path

import boto3
from register import STREAM, register

PLACES = Path("places.json")  # for each shard, the sequence number after which to go on


def subscribe(kinesis, consumer, shard_id, start):
    """The events of a shard. A second subscription within five seconds is refused: then wait."""
    while True:
        try:
            return kinesis.subscribe_to_shard(
                ConsumerARN=consumer, ShardId=shard_id, StartingPosition=start
            )["EventStream"]
        except kinesis.exceptions.ResourceInUseException:
            time.sleep(1)


def start_of(place):
    """The position from which to be served: after ``place``, or from the oldest if it is None."""
    if place is None:
        return {"Type": "TRIM_HORIZON"}
    return {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": place}


def follow(kinesis, consumer, shard_id, place):
    """Print what the shard pushes until it is up to date; the place after which to go on."""
    # Each event has Records, MillisBehindLatest and ContinuationSequenceNumber.
    while True:
        # A subscription lasts five minutes; a shard that has more is subscribed to again.
        for event in subscribe(kinesis, consumer, shard_id, start_of(place)):
            pushed = event["SubscribeToShardEvent"]
            for record in pushed["Records"]:
                print(record["Data"].decode())
                place = record["SequenceNumber"]
            if pushed["MillisBehindLatest"] == 0:
                return place


def main(kinesis):
    consumer = register(kinesis)
    places = json.loads(PLACES.read_text()) if PLACES.exists() else {}
    for shard in kinesis.list_shards(StreamName=STREAM)["Shards"]:
        shard_id = shard["ShardId"]
        places[shard_id] = follow(kinesis, consumer, shard_id, places.get(shard_id))
    PLACES.write_text(json.dumps(places))


if __name__ == "__main__":
    main(boto3.client("kinesis"))
