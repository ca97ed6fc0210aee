"""Makes what each of the four cases needs. It may be run again at any time."""

from contextlib import suppress

import boto3

BUCKET = "choice-lake-000000000000"
# On AWS, a role that may read the stream and write to the bucket.
ROLE = "arn:aws:iam::000000000000:role/firehose-delivery"
# For trying it out. In production, as long as the use can bear: 300 seconds, 128 MB.
BUFFER = {"IntervalInSeconds": 1, "SizeInMBs": 1}


def make_stream(kinesis, name, shards=1, retention_hours=24):
    """A Kinesis stream that is ACTIVE; its ARN."""
    with suppress(kinesis.exceptions.ResourceInUseException):
        kinesis.create_stream(StreamName=name, ShardCount=shards)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    if summary["RetentionPeriodHours"] < retention_hours:
        kinesis.increase_stream_retention_period(
            StreamName=name, RetentionPeriodHours=retention_hours
        )
    return summary["StreamARN"]


def make_delivery(firehose, name, prefix, source=None):
    """A delivery stream to S3, below ``prefix``, compressed with GZIP. It reads the Kinesis stream
    ``source`` (an ARN) if there is one; else producers write to it themselves.
    """
    ...


def main():
    kinesis, firehose = boto3.client("kinesis"), boto3.client("firehose")
    # meter-readings, lift-alarms, ad-views, shop-orders: what does each of them need?


if __name__ == "__main__":
    main()
