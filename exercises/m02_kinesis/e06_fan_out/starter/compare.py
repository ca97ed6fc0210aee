"""Sends twenty events and prints how long they took to reach two consumers: one that polls once a
second, as each of five must, and one with enhanced fan-out.

python compare.py
"""

import statistics
import threading
import time

import boto3
from push import subscribe
from register import STREAM, register

EVENTS = 20


def arrived(delays, records):
    """Note how long ago each of our events was sent; True when all have come."""
    now = time.time()
    delays += [
        1000 * (now - float(one["Data"])) for one in records if one["PartitionKey"] == "compare"
    ]
    return len(delays) == EVENTS


def poll(kinesis, shard_id, delays, ready):
    iterator = kinesis.get_shard_iterator(
        StreamName=STREAM, ShardId=shard_id, ShardIteratorType="LATEST"
    )["ShardIterator"]
    ready.set()
    while True:
        answer = kinesis.get_records(ShardIterator=iterator)
        if arrived(delays, answer["Records"]):
            return
        iterator = answer["NextShardIterator"]
        time.sleep(1)


def push(kinesis, shard_id, delays, ready):
    events = subscribe(kinesis, register(kinesis), shard_id, {"Type": "LATEST"})
    ready.set()
    for event in events:
        if arrived(delays, event["SubscribeToShardEvent"]["Records"]):
            return


def main():
    kinesis = boto3.client("kinesis")
    shard_id = kinesis.put_record(StreamName=STREAM, Data=b"0", PartitionKey="compare")["ShardId"]
    found = {poll: [], push: []}
    threads = []
    for way, delays in found.items():
        ready = threading.Event()
        threads.append(threading.Thread(target=way, args=(kinesis, shard_id, delays, ready)))
        threads[-1].start()
        ready.wait()
    for _ in range(EVENTS):
        now = str(time.time()).encode()
        kinesis.put_record(StreamName=STREAM, Data=now, PartitionKey="compare")
        time.sleep(0.23)
    for way, thread in zip(found, threads, strict=True):
        thread.join()
        print(f"{way.__name__}: median {statistics.median(found[way]):.0f} ms")


if __name__ == "__main__":
    main()
