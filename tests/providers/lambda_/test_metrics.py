"""What CloudWatch knows of a mapping's work: the age of its batches, in the function's metrics."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.providers.lambda_.streams import Pipeline, eventually

pytestmark = pytest.mark.lab


@pytest.mark.fidelity("kinesis_storage.mapping_reads", "kinesis_storage.function_metrics")
def test_a_mapping_tells_the_age_of_its_batches(pipeline: Pipeline) -> None:
    def read(namespace: str, metric: str, **dimensions: str) -> list[dict[str, Any]]:
        now = datetime.now(UTC)
        points: list[dict[str, Any]] = pipeline.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=10),
            Period=3600,
            Statistics=["SampleCount", "Minimum"],
        )["Datapoints"]
        return points

    pipeline.create_stream()
    pipeline.put("one")
    pipeline.map()
    pipeline.received(1)
    own = {"FunctionName": pipeline.function}
    (point,) = eventually(lambda: read("AWS/Lambda", "IteratorAge", **own))
    assert (point["Unit"], point["SampleCount"]) == ("Milliseconds", 1)
    assert point["Minimum"] >= 0
    assert read("AWS/Lambda", "IteratorAge")  # of all functions together
    assert read("AWS/Kinesis", "IncomingRecords", StreamName=pipeline.stream)
    assert not read("AWS/Kinesis", "GetRecords.Records", StreamName=pipeline.stream)
