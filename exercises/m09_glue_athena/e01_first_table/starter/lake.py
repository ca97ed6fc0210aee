"""Makes the lake and puts the files of the folder flights into it. It may be run again."""

from pathlib import Path

import boto3

FOLDER = Path("flights")
PREFIX = "raw/flights/"


def names():
    """The bucket of the lake and that of Athena's results. A bucket's name is unique among all
    accounts of the world, so both carry ours.
    """
    account = boto3.client("sts").get_caller_identity()["Account"]
    region = boto3.client("s3").meta.region_name
    return f"flights-lake-{account}", f"aws-athena-query-results-{account}-{region}"


def fill(s3, bucket):
    """Put each CSV of the folder below PREFIX, under its own name."""
    ...


if __name__ == "__main__":
    client = boto3.client("s3")
    lake, results = names()
    client.create_bucket(Bucket=results)
    # The lake itself is missing: make it, then fill it.
