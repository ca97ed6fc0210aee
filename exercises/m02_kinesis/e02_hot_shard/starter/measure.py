"""Prints how many records each shard of a stream holds, as one JSON object on one line.

python measure.py departures-hot
"""

import json
import sys

import boto3


def count_records(kinesis, stream, shard_id):
    """The number of records in one shard, from the oldest on."""
    ...


def measure(kinesis, stream):
    """A dictionary with every shard's id and its number of records, 0 included."""
    ...


if __name__ == "__main__":
    print(json.dumps(measure(boto3.client("kinesis"), sys.argv[1])))
