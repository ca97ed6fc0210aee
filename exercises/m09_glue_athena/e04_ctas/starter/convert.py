"""Makes the table weather.readings anew from weather.raw. It may be run again at any time."""

import boto3
from query import rows, start, wait

PREFIX = "parquet/"
MOST = 100  # partitions that one statement may write


def empty(s3, bucket):
    """Delete every object below PREFIX: a CTAS refuses a place that is not empty."""
    ...


def days(athena):
    """The days of weather.raw, in order."""
    query_id = start(athena, "SELECT DISTINCT day FROM weather.raw ORDER BY day")
    wait(athena, query_id)
    _header, *found = rows(athena, query_id)
    return [day for (day,) in found]


def convert(athena):
    """Write MOST days at a time: the first with ctas.sql, the others with insert.sql."""
    ...


if __name__ == "__main__":
    account = boto3.client("sts").get_caller_identity()["Account"]
    client = boto3.client("athena")
    wait(client, start(client, "DROP TABLE IF EXISTS weather.readings"))
    empty(boto3.client("s3"), f"weather-archive-{account}")
    convert(client)
