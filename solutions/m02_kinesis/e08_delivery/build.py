"""Makes what each of the four cases needs. It may be run again at any time."""

import time
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
    asked = {
        "DeliveryStreamName": name,
        "DeliveryStreamType": "KinesisStreamAsSource" if source else "DirectPut",
        "ExtendedS3DestinationConfiguration": {
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{BUCKET}",
            "Prefix": prefix,
            "BufferingHints": BUFFER,
            "CompressionFormat": "GZIP",
        },
    }
    if source:
        asked["KinesisStreamSourceConfiguration"] = {"KinesisStreamARN": source, "RoleARN": ROLE}
    with suppress(firehose.exceptions.ResourceInUseException):
        firehose.create_delivery_stream(**asked)
    # boto3 has no waiter for delivery streams.
    while True:
        found = firehose.describe_delivery_stream(DeliveryStreamName=name)
        status = found["DeliveryStreamDescription"]["DeliveryStreamStatus"]
        if status != "CREATING":
            return
        time.sleep(1)


def main():
    kinesis, firehose = boto3.client("kinesis"), boto3.client("firehose")
    make_delivery(firehose, "meter-readings", "readings/")
    make_stream(kinesis, "lift-alarms")
    make_stream(kinesis, "ad-views", retention_hours=7 * 24)
    orders = make_stream(kinesis, "shop-orders")
    make_delivery(firehose, "shop-orders-archive", "orders/", orders)


if __name__ == "__main__":
    main()
