"""The running lab: real buckets, real streams of Kinesis, real metrics."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.lab

NOW = {"SizeInMBs": 1, "IntervalInSeconds": 0}


def wait(look: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    pause = 0.05
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(pause)
    raise AssertionError("It did not happen in time.")


def contents(s3: Any, bucket: str) -> bytes:
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return b"".join(s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys)


@pytest.mark.fidelity("firehose.metrics")
def test_records_reach_the_bucket_and_are_counted(
    client: Any, firehose: Any, make_stream: Any, bucket_name: str
) -> None:
    name = make_stream(BufferingHints=NOW)
    answer = firehose.put_record_batch(
        DeliveryStreamName=name, Records=[{"Data": b"one,"}, {"Data": b"two"}]
    )
    assert (answer["FailedPutCount"], answer["Encrypted"]) == (0, False)
    assert len(answer["RequestResponses"]) == 2
    assert wait(lambda: contents(client("s3"), bucket_name)) == b"one,two"
    now = datetime.now(UTC)
    cloudwatch = client("cloudwatch")

    def total(metric: str) -> float:
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/Firehose",
            MetricName=metric,
            Dimensions=[{"Name": "DeliveryStreamName", "Value": name}],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=10),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points)

    assert total("IncomingRecords") == 2
    assert wait(lambda: total("DeliveryToS3.Records")) == 2


@pytest.mark.fidelity("firehose.kinesis_source")
def test_a_stream_is_read_through_its_resharding(
    client: Any, make_stream: Any, bucket_name: str
) -> None:
    kinesis, stream = client("kinesis"), f"source-{bucket_name}"
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream)
    kinesis.put_record(StreamName=stream, Data=b"before,", PartitionKey="k")
    arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"][
        "StreamARN"
    ]
    make_stream(arn, BufferingHints=NOW)
    kinesis.put_record(StreamName=stream, Data=b"first,", PartitionKey="k")
    kinesis.split_shard(
        StreamName=stream, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    wait(lambda: len(kinesis.list_shards(StreamName=stream)["Shards"]) == 3)
    kinesis.put_record(StreamName=stream, Data=b"second", PartitionKey="k")
    expected = [b"first,second", b"secondfirst,"]
    wait(lambda: contents(client("s3"), bucket_name) in expected)
    kinesis.delete_stream(StreamName=stream)


@pytest.mark.fidelity("firehose.kinesis_source")
def test_records_are_not_put_beside_a_source(
    client: Any, firehose: Any, make_stream: Any, refused: Any, bucket_name: str
) -> None:
    kinesis, stream = client("kinesis"), f"beside-{bucket_name}"
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    name = make_stream(f"arn:aws:kinesis:us-east-1:000000000000:stream/{stream}")
    assert refused(firehose.put_record, DeliveryStreamName=name, Record={"Data": b"x"}) == (
        "InvalidArgumentException",
        "This operation is not permitted on KinesisStreamAsSource delivery stream type.",
    )
    kinesis.delete_stream(StreamName=stream)
