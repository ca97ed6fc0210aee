"""What EventBridge and CloudWatch are told of queries, asked through boto3."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.providers.athena.support import Sql

pytestmark = pytest.mark.lab


@pytest.mark.fidelity("athena.events")
def test_states_reach_event_bridge(sql: Sql, client: Callable[..., Any]) -> None:
    events, sqs = client("events"), client("sqs")
    queue = sqs.create_queue(QueueName="athena-states")["QueueUrl"]
    pattern = {"source": ["aws.athena"], "detail-type": ["Athena Query State Change"]}
    events.put_rule(Name="athena-states", EventPattern=json.dumps(pattern))
    arn = "arn:aws:sqs:us-east-1:000000000000:athena-states"
    events.put_targets(Rule="athena-states", Targets=[{"Id": "1", "Arn": arn}])
    identifier = sql.run("SELECT 1")["QueryExecutionId"]
    found: dict[str, dict[str, Any]] = {}
    deadline = time.monotonic() + 60
    while len(found) < 3 and time.monotonic() < deadline:
        for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages", []):
            event = json.loads(message["Body"])
            found[event["detail"]["currentState"]] = event
    events.remove_targets(Rule="athena-states", Ids=["1"])
    events.delete_rule(Name="athena-states")
    event = found["SUCCEEDED"]
    assert (event["account"], event["region"]) == ("000000000000", "us-east-1")
    assert event["detail"] == {
        "versionId": "0",
        "currentState": "SUCCEEDED",
        "previousState": "RUNNING",
        "statementType": "DML",
        "queryExecutionId": identifier,
        "workgroupName": "primary",
        "sequenceNumber": "3",
    }
    assert found["RUNNING"]["detail"]["previousState"] == "QUEUED"
    assert "previousState" not in found["QUEUED"]["detail"]


@pytest.mark.fidelity("athena.metrics")
def test_ends_reach_cloudwatch(sql: Sql, client: Callable[..., Any]) -> None:
    cloudwatch = client("cloudwatch")
    sql.athena.create_work_group(Name="measured")
    found = sql.run("SELECT 1", WorkGroup="measured")
    sql.run("SELECT 1 / 0", WorkGroup="measured")
    sql.run("SHOW DATABASES", WorkGroup="measured")

    def total(name: str, state: str, kind: str, group: str = "measured") -> list[float]:
        now = datetime.now(UTC)
        dimensions = {"QueryState": state, "QueryType": kind, "WorkGroup": group}
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/Athena",
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=10),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return [point["Sum"] for point in points]

    figures = found["Statistics"]
    assert total("TotalExecutionTime", "SUCCEEDED", "DML") == [
        figures["TotalExecutionTimeInMillis"]
    ]
    assert total("EngineExecutionTime", "SUCCEEDED", "DML") == [
        figures["EngineExecutionTimeInMillis"]
    ]
    assert total("ProcessedBytes", "SUCCEEDED", "DML") == [0]
    assert len(total("TotalExecutionTime", "FAILED", "DML")) == 1
    assert total("ProcessedBytes", "SUCCEEDED", "UTILITY") == []
    sql.run("SELECT 1")
    assert total("TotalExecutionTime", "SUCCEEDED", "DML", "primary") == []
