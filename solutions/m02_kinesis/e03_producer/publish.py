"""Publishes the flights of the standard input, one JSON object a line, to departures-live.

python publish.py < flights.jsonl
"""

import json
import random
import sys
import time
from itertools import islice
from pathlib import Path

import boto3

STREAM = "departures-live"
BATCH = 500  # PutRecords takes no more
LARGEST = 1 << 20  # bytes of a record's data and key together
REJECTED = "rejected.jsonl"

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0


def record_of(line):
    """The record of a line: its key is the aircraft, or the flight where there is no aircraft."""
    flight = json.loads(line)
    return {"Data": line.encode(), "PartitionKey": flight["tailnum"] or flight["event_id"]}


def records_of(lines, rejected):
    """The record of each line; a line that Kinesis would never take goes to ``rejected``."""
    for line in lines:
        try:
            record = record_of(line)
        except (ValueError, KeyError, TypeError):
            record = None
        if record and len(record["Data"]) + len(record["PartitionKey"].encode()) <= LARGEST:
            yield record
        else:
            rejected.append(line)


def first_of_each_key(waiting):
    """The oldest waiting record of each key: none can overtake another one of its key."""
    first = {}
    for record in waiting:
        first.setdefault(record["PartitionKey"], record)
    return list(first.values())


def put(kinesis, batch):
    """Send a batch; those of it that were accepted."""
    results = kinesis.put_records(StreamName=STREAM, Records=batch)["Records"]
    pairs = zip(batch, results, strict=True)
    return [record for record, result in pairs if "ErrorCode" not in result]


def publish(kinesis, lines):
    """Send every line; how many were sent, and how many were rejected."""
    rejected, waiting, sent = [], [], 0
    records = records_of(lines, rejected)
    pause = FIRST_PAUSE
    while True:
        waiting += islice(records, BATCH - len(waiting))
        if not waiting:
            break
        batch = first_of_each_key(waiting)
        accepted = put(kinesis, batch)
        sent += len(accepted)
        gone = {id(record) for record in accepted}
        waiting = [record for record in waiting if id(record) not in gone]
        if len(accepted) == len(batch):
            pause = FIRST_PAUSE
            continue
        # Jitter: producers that were refused together must not come back together.
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311  # no secret
        pause = min(2 * pause, LONGEST_PAUSE)
    Path(REJECTED).write_text("".join(f"{line}\n" for line in rejected), encoding="utf-8")
    return {"sent": sent, "rejected": len(rejected)}


if __name__ == "__main__":
    lines_read = (text.rstrip("\n") for text in sys.stdin)
    print(json.dumps(publish(boto3.client("kinesis"), lines_read)))
