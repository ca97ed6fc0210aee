"""Sends the flights of the standard input, one JSON object a line, to the stream departures.

python produce.py < flights.jsonl
"""

import json
import sys
import time
from itertools import batched

import boto3

STREAM = "departures"


def partition_key(flight):
    """What decides on the shard of a flight."""
    # The aircraft: about 2,300 values, and what must stay in order. A flight that never had one
    # follows nobody, so anything that is its own will do.
    return flight["tailnum"] or flight["event_id"]


def send(kinesis, records):
    """Send records until all are accepted; how many refusals that took."""
    refusals = 0
    while records:
        answer = kinesis.put_records(StreamName=STREAM, Records=records)
        results = zip(records, answer["Records"], strict=True)
        records = [record for record, result in results if "ErrorCode" in result]
        refusals += len(records)
        if records:
            time.sleep(0.1)
    return refusals


def main():
    kinesis = boto3.client("kinesis")
    sent = refused = 0
    # PutRecords takes 500 records at most.
    for lines in batched((line.rstrip("\n") for line in sys.stdin), 500):
        refused += send(
            kinesis,
            [
                {"Data": line.encode(), "PartitionKey": partition_key(json.loads(line))}
                for line in lines
            ],
        )
        sent += len(lines)
    print(f"{sent} flights sent, {refused} refusals")


if __name__ == "__main__":
    main()
