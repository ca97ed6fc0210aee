"""The metrics of executions."""

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

pytestmark = pytest.mark.lab

ROLE = "arn:aws:iam::000000000000:role/states"


@pytest.mark.fidelity("cloudwatch.service_metrics")
def test_executions_are_counted_and_timed(client: Callable[..., Any]) -> None:
    states, watch = client("stepfunctions"), client("cloudwatch")
    choice = {
        "StartAt": "Choose",
        "States": {
            "Choose": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.ok", "BooleanEquals": True, "Next": "Done"}],
                "Default": "Fail",
            },
            "Done": {"Type": "Succeed"},
            "Fail": {"Type": "Fail"},
        },
    }
    arn = states.create_state_machine(
        name=uuid4().hex, definition=json.dumps(choice), roleArn=ROLE
    )["stateMachineArn"]
    for ok in (True, True, False):
        run = states.start_execution(stateMachineArn=arn, input=json.dumps({"ok": ok}))
        deadline = time.monotonic() + 60
        while states.describe_execution(executionArn=run["executionArn"])["status"] == "RUNNING":
            assert time.monotonic() < deadline
            threading.Event().wait(0.05)

    def read(name: str, statistic: str = "Sum") -> float:
        dimensions = [{"Name": "StateMachineArn", "Value": arn}]
        metric = {"Namespace": "AWS/States", "MetricName": name, "Dimensions": dimensions}
        stat = {"Metric": metric, "Period": 3600, "Stat": statistic}
        now = datetime.now(UTC)
        answer = watch.get_metric_data(
            MetricDataQueries=[{"Id": "q", "MetricStat": stat}],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=10),
        )
        return float(sum(answer["MetricDataResults"][0]["Values"]))

    names = ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed")
    deadline = time.monotonic() + 60
    while read("ExecutionTime", "SampleCount") < 3:  # the status is there a moment before
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)
    assert [read(name) for name in names] == [3, 2, 1]
    states.delete_state_machine(stateMachineArn=arn)
