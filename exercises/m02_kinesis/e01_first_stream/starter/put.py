"""Puts the clicks of the standard input, one JSON object a line, into the stream web-clicks."""

import sys

import boto3

STREAM = "web-clicks"


def put_click(kinesis, line):
    """Put one click: its data is the line, its partition key is its visitor."""
    ...


if __name__ == "__main__":
    client = boto3.client("kinesis")
    for text in sys.stdin:
        put_click(client, text.rstrip("\n"))
