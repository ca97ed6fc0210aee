"""What CloudWatch knows of streams, shards and consumers, asked through boto3."""

from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lab.providers.kinesis import metrics

pytestmark = pytest.mark.lab
MakeStream = Callable[..., str]
Statistics = Callable[..., dict[str, float] | None]
SHARD = "shardId-000000000000"
RECORD = {"Data": b"12345", "PartitionKey": "clé"}  # 5 and 4 bytes


@pytest.fixture
def statistics(client: Callable[..., Any]) -> Statistics:
    """``statistics(metric, StreamName=...)`` is what CloudWatch has: unit, samples, sum, extremes;
    None without a sample.
    """
    cloudwatch = client("cloudwatch")

    def read(metric: str, **dimensions: str) -> dict[str, float] | None:
        now = datetime.now(UTC)
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/Kinesis",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=10),
            Period=3600,
            Statistics=["SampleCount", "Sum", "Minimum", "Maximum"],
        )["Datapoints"]
        if not points:
            return None
        (point,) = points
        assert point["Timestamp"].second == 0
        return {name: value for name, value in point.items() if name != "Timestamp"}

    return read


def point(unit: str, samples: int, total: float, least: float, most: float) -> dict[str, Any]:
    extremes = {"Minimum": least, "Maximum": most}
    return {"SampleCount": samples, "Sum": total, **extremes, "Unit": unit}


def iterate(kinesis: Any, stream: str) -> str:
    answer = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=SHARD, ShardIteratorType="TRIM_HORIZON"
    )
    return str(answer["ShardIterator"])


def read_all(kinesis: Any, stream: str) -> list[Any]:
    answer = kinesis.get_records(ShardIterator=iterate(kinesis, stream))
    return list(answer["Records"])


@pytest.mark.fidelity("kinesis_storage.stream_metrics", "kinesis_storage.metric_delay")
def test_puts_and_gets_are_counted(
    kinesis: Any, make_stream: MakeStream, statistics: Statistics
) -> None:
    stream = make_stream()
    kinesis.put_record(StreamName=stream, **RECORD)
    kinesis.put_records(StreamName=stream, Records=[RECORD] * 3)
    kinesis.put_records(StreamName=stream, Records=[RECORD])
    assert len(read_all(kinesis, stream)) == 5
    expected = {
        "IncomingRecords": point("Count", 3, 5, 1, 3),
        "IncomingBytes": point("Bytes", 3, 45, 9, 27),
        "PutRecord.Bytes": point("Bytes", 1, 9, 9, 9),
        "PutRecord.Success": point("Count", 1, 1, 1, 1),
        "PutRecords.Bytes": point("Bytes", 2, 36, 9, 27),
        "PutRecords.Success": point("Count", 2, 2, 1, 1),
        "PutRecords.TotalRecords": point("Count", 2, 4, 1, 3),
        "PutRecords.SuccessfulRecords": point("Count", 2, 4, 1, 3),
        "PutRecords.FailedRecords": point("Count", 2, 0, 0, 0),
        "PutRecords.ThrottledRecords": point("Count", 2, 0, 0, 0),
        "WriteProvisionedThroughputExceeded": point("Count", 3, 0, 0, 0),
        "GetRecords.Bytes": point("Bytes", 1, 45, 45, 45),
        "GetRecords.Records": point("Count", 1, 5, 5, 5),
        "GetRecords.Success": point("Count", 1, 1, 1, 1),
        "GetRecords.IteratorAgeMilliseconds": point("Milliseconds", 1, 0, 0, 0),
        "ReadProvisionedThroughputExceeded": point("Count", 1, 0, 0, 0),
    }
    assert {name: statistics(name, StreamName=stream) for name in expected} == expected
    for name, samples in (("PutRecord", 1), ("PutRecords", 2), ("GetRecords", 1)):
        latency = statistics(f"{name}.Latency", StreamName=stream)
        assert latency and latency["SampleCount"] == samples
        assert 0 < latency["Minimum"] <= latency["Maximum"]


@pytest.mark.fidelity("kinesis_storage.metric_dimensions")
def test_a_stream_is_not_counted_for_another_nor_a_part_for_the_whole(
    kinesis: Any, make_stream: MakeStream, statistics: Statistics, client: Callable[..., Any]
) -> None:
    stream = make_stream()
    longer = f"{stream}-longer"
    kinesis.create_stream(StreamName=longer, ShardCount=1)
    kinesis.enable_enhanced_monitoring(StreamName=longer, ShardLevelMetrics=["IncomingRecords"])
    kinesis.put_record(StreamName=longer, **RECORD)
    kinesis.delete_stream(StreamName=longer)
    assert statistics("IncomingRecords", StreamName=stream) is None
    assert statistics("IncomingRecords", StreamName=longer) == point("Count", 1, 1, 1, 1)
    assert statistics("IncomingRecords", StreamName=longer, ShardId=SHARD) == point(
        "Count", 1, 1, 1, 1
    )
    listed = client("cloudwatch").list_metrics(
        Namespace="AWS/Kinesis", Dimensions=[{"Name": "StreamName", "Value": stream}]
    )
    assert listed["Metrics"] == []


@pytest.mark.fidelity("kinesis_storage.stream_metrics")
def test_throttling_is_counted_by_record_and_by_call(
    kinesis: Any, make_stream: MakeStream, statistics: Statistics
) -> None:
    stream = make_stream()
    refused = sum(
        kinesis.put_records(StreamName=stream, Records=[RECORD] * 500)["FailedRecordCount"]
        for _ in range(6)
    )
    reads, token = 0, iterate(kinesis, stream)
    for _ in range(12):
        with suppress(kinesis.exceptions.ProvisionedThroughputExceededException):
            kinesis.get_records(ShardIterator=token, Limit=1)
            reads += 1
    assert refused and reads < 12

    def total(name: str, field: str = "Sum") -> float:
        found = statistics(name, StreamName=stream)
        assert found is not None
        return found[field]

    assert total("PutRecords.ThrottledRecords") == refused
    assert total("WriteProvisionedThroughputExceeded") == refused
    assert total("IncomingRecords") == 3000 - refused
    assert total("PutRecords.TotalRecords") == 3000
    assert total("ReadProvisionedThroughputExceeded") == 12 - reads
    assert total("GetRecords.Success", "SampleCount") == 12
    assert total("GetRecords.Success") == reads


@pytest.mark.fidelity("kinesis_storage.shard_metrics")
def test_shards_have_the_metrics_that_were_enabled(
    kinesis: Any, make_stream: MakeStream, statistics: Statistics
) -> None:
    stream = make_stream()

    def counted() -> set[str]:
        kinesis.put_records(StreamName=stream, Records=[RECORD, RECORD])
        read_all(kinesis, stream)
        own = {"StreamName": stream, "ShardId": SHARD}
        return {name for name in shard_metrics if statistics(name, **own)}

    shard_metrics = {
        each.name
        for each in (
            *(metrics.INCOMING_BYTES, metrics.INCOMING_RECORDS, metrics.ITERATOR_AGE),
            *(metrics.OUTGOING_BYTES, metrics.OUTGOING_RECORDS),
            *(metrics.READ_EXCEEDED, metrics.WRITE_EXCEEDED),
        )
    }
    assert counted() == set()
    wanted = ["IncomingBytes", "OutgoingRecords"]
    kinesis.enable_enhanced_monitoring(StreamName=stream, ShardLevelMetrics=wanted)
    assert counted() == set(wanted)
    incoming = statistics("IncomingBytes", StreamName=stream, ShardId=SHARD)
    assert incoming == point("Bytes", 1, 18, 18, 18)
    kinesis.enable_enhanced_monitoring(StreamName=stream, ShardLevelMetrics=["ALL"])
    assert counted() == shard_metrics


@pytest.mark.fidelity("kinesis_storage.consumer_metrics")
def test_what_consumers_are_pushed_is_counted_by_consumer(
    kinesis: Any, make_stream: MakeStream, statistics: Statistics
) -> None:
    stream = make_stream()
    arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn["StreamARN"], ConsumerName="c")
    kinesis.put_records(StreamName=stream, Records=[RECORD, RECORD])

    def subscribe() -> Any:
        return kinesis.subscribe_to_shard(
            ConsumerARN=consumer["Consumer"]["ConsumerARN"],
            ShardId=SHARD,
            StartingPosition={"Type": "TRIM_HORIZON"},
        )["EventStream"]

    with closing(subscribe()) as pushed:
        next(iter(pushed))
        with pytest.raises(kinesis.exceptions.ResourceInUseException):
            subscribe()
    own = {"StreamName": stream, "ConsumerName": "c"}
    assert statistics("SubscribeToShard.Success", **own) == point("Count", 2, 1, 0, 1)
    assert statistics("SubscribeToShard.RateExceeded", **own) == point("Count", 2, 1, 0, 1)
    for name, total in (("Bytes", 18), ("Records", 2)):
        pushed_now = statistics(f"SubscribeToShardEvent.{name}", **own)
        assert pushed_now and pushed_now["Maximum"] == pushed_now["Sum"] == total
    assert statistics("SubscribeToShardEvent.Success", **own)
    assert statistics("SubscribeToShardEvent.MillisBehindLatest", **own)


@pytest.mark.fidelity("kinesis_storage.percentiles")
def test_percentiles_are_of_the_values(
    kinesis: Any, make_stream: MakeStream, client: Callable[..., Any]
) -> None:
    name = make_stream()
    for size in (10, 20, 1000):
        kinesis.put_record(StreamName=name, Data=b"x" * size, PartitionKey="k")
    dimensions = [{"Name": "StreamName", "Value": name}]
    metric = {"Namespace": "AWS/Kinesis", "MetricName": "PutRecord.Bytes"}
    stat = {"Metric": {**metric, "Dimensions": dimensions}, "Period": 3600, "Stat": "p50"}
    now = datetime.now(UTC)
    answer = client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": stat}],
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=10),
    )
    assert answer["MetricDataResults"][0]["Values"] == [21]
