"""The metrics of buckets: what they hold, and their requests where that is configured."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.lab


@pytest.fixture
def bucket(client: Callable[..., Any]) -> str:
    name = f"metrics-{uuid4().hex}"
    client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def read(client: Callable[..., Any], bucket: str) -> Callable[..., float]:
    watch = client("cloudwatch")

    def run(name: str, statistic: str = "Sum", **dimensions: str) -> float:
        pairs = {"BucketName": bucket, **dimensions}
        metric = {
            "Namespace": "AWS/S3",
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in pairs.items()],
        }
        now = datetime.now(UTC)
        answer = watch.get_metric_data(
            MetricDataQueries=[
                {"Id": "q", "MetricStat": {"Metric": metric, "Period": 86_400, "Stat": statistic}}
            ],
            StartTime=now.replace(hour=0, minute=0, second=0, microsecond=0),
            EndTime=now + timedelta(minutes=10),
        )
        return float(sum(answer["MetricDataResults"][0]["Values"]))

    return run


@pytest.mark.fidelity("cloudwatch.storage_metrics")
def test_a_bucket_tells_what_it_holds(
    client: Callable[..., Any], bucket: str, read: Callable[..., float]
) -> None:
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"x" * 100)
    s3.put_object(Bucket=bucket, Key="b", Body=b"x" * 20, StorageClass="STANDARD_IA")
    deadline = time.monotonic() + 60
    while read("NumberOfObjects", "Average", StorageType="AllStorageTypes") != 2:
        assert time.monotonic() < deadline
        threading.Event().wait(0.2)
    assert read("BucketSizeBytes", "Average", StorageType="StandardStorage") == 100
    assert read("BucketSizeBytes", "Average", StorageType="StandardIAStorage") == 20


@pytest.mark.fidelity("cloudwatch.service_metrics")
def test_requests_are_told_of_where_that_is_configured(
    client: Callable[..., Any], bucket: str, read: Callable[..., float]
) -> None:
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="before", Body=b"x")
    for id, chosen in (("all", {}), ("in", {"Filter": {"Prefix": "in/"}})):
        s3.put_bucket_metrics_configuration(
            Bucket=bucket, Id=id, MetricsConfiguration={"Id": id, **chosen}
        )
    s3.put_object(Bucket=bucket, Key="in/a", Body=b"x" * 100)
    s3.get_object(Bucket=bucket, Key="in/a")["Body"].read()
    with suppress(ClientError):
        s3.get_object(Bucket=bucket, Key="none")
    s3.list_objects_v2(Bucket=bucket)
    names = ("PutRequests", "GetRequests", "ListRequests", "4xxErrors", "BytesDownloaded")
    assert [read(name, FilterId="all") for name in names] == [1, 2, 1, 1, 100]
    assert [read(name, FilterId="in") for name in names] == [1, 1, 0, 0, 100]
    assert read("FirstByteLatency", "SampleCount", FilterId="in") == 2
