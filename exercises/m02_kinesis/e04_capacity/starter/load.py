"""Sends the peak of traffic.json to a stream, and prints how many records were refused.

python load.py orders 10
"""

import json
import sys
import time
from itertools import batched
from pathlib import Path

import boto3


def send_a_second(kinesis, stream, records, size):
    """Put so many records of so many bytes, each under a key of its own; how many were refused."""
    refused = 0
    for numbers in batched(range(records), 500):
        wanted = []
        for number in numbers:
            key = f"{time.time_ns()}-{number}"
            wanted.append({"PartitionKey": key, "Data": b"x" * (size - len(key))})
        refused += kinesis.put_records(StreamName=stream, Records=wanted)["FailedRecordCount"]
    return refused


def main(stream, seconds):
    traffic = json.loads(Path("traffic.json").read_text())
    kinesis = boto3.client("kinesis")
    for second in range(1, seconds + 1):
        began = time.monotonic()
        refused = send_a_second(kinesis, stream, traffic["peak_records"], traffic["record_bytes"])
        took = time.monotonic() - began
        print(f"second {second}: {traffic['peak_records']} sent in {took:.2f} s, {refused} refused")
        time.sleep(max(1 - took, 0))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
