"""Prints the data of every record of one shard of web-clicks, from the oldest, one a line."""

import sys

import boto3

STREAM = "web-clicks"


def read_shard(kinesis, shard_id):
    """Yield the data of the shard's records as text, until there are no more."""
    # Kinesis answers with an iterator for ever: a shard that is open has no end. MillisBehindLatest
    # says how far behind the newest record an answer was; at 0 there is nothing left.
    yield from ()


if __name__ == "__main__":
    for data in read_shard(boto3.client("kinesis"), sys.argv[1]):
        print(data)
