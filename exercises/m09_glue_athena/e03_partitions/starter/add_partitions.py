"""Adds a partition to departures.added for each folder of a day that S3 has below plain/.

It is run after each delivery; days that the table knows already are left alone.
"""

import boto3
from query import start, wait

PREFIX = "plain/"


def days(s3, bucket):
    """The days that have a folder, such as 2013/01/05, in order."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    return sorted({key.removeprefix(PREFIX).rsplit("/", 1)[0] for key in keys})


def statement(bucket, found):
    """ALTER TABLE for all the days at once: one statement is cheaper than one a day."""
    ...


if __name__ == "__main__":
    account = boto3.client("sts").get_caller_identity()["Account"]
    lake = f"departures-{account}"
    athena = boto3.client("athena")
    # Find the days, make the statement, start it and wait for its end.
