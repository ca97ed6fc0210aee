"""``athena:`` tasks in a state machine."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.providers.athena.support import BUCKET, LONG, Sql

pytestmark = pytest.mark.lab

OUTPUT = {"OutputLocation": f"s3://{BUCKET}/machine/"}
START = "arn:aws:states:::athena:startQueryExecution"


@pytest.fixture(scope="module")
def sql(client: Callable[..., Any]) -> Sql:
    return Sql(client, "default")


@pytest.fixture(scope="module")
def machine(client: Callable[..., Any], sql: Sql) -> Callable[..., str]:
    """Starts a machine of the given states; returns the execution's ARN."""
    states = client("stepfunctions")
    made = iter(range(1000))

    def start(**tasks: dict[str, Any]) -> str:
        definition = {"StartAt": next(iter(tasks)), "States": tasks}
        arn = states.create_state_machine(
            name=f"athena-{next(made)}",
            definition=json.dumps(definition),
            roleArn="arn:aws:iam::000000000000:role/states",
        )["stateMachineArn"]
        execution: str = states.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
        return execution

    return start


def task(query: str, resource: str = f"{START}.sync", **more: Any) -> dict[str, Any]:
    parameters = {"QueryString": query, "ResultConfiguration": OUTPUT}
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **more}


def ended(client: Callable[..., Any], execution: str) -> dict[str, Any]:
    states, deadline = client("stepfunctions"), time.monotonic() + 30
    while time.monotonic() < deadline:
        found: dict[str, Any] = states.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            return found
    raise TimeoutError(execution)


def test_wait_then_read(client: Callable[..., Any], machine: Callable[..., str]) -> None:
    query = task("SELECT 6 * 7 AS answer", Next="Read")
    del query["End"]
    read = {
        "Type": "Task",
        "Resource": "arn:aws:states:::athena:getQueryResults",
        "Parameters": {"QueryExecutionId.$": "$.QueryExecution.QueryExecutionId"},
        "End": True,
    }
    found = ended(client, machine(Query=query, Read=read))
    assert found["status"] == "SUCCEEDED"
    rows = json.loads(found["output"])["ResultSet"]["Rows"]
    assert rows == [{"Data": [{"VarCharValue": "answer"}]}, {"Data": [{"VarCharValue": "42"}]}]


def test_output_of_sync_is_the_execution(
    client: Callable[..., Any], machine: Callable[..., str]
) -> None:
    found = ended(client, machine(Query=task("SELECT 1")))
    execution = json.loads(found["output"])["QueryExecution"]
    assert execution["Status"]["State"] == "SUCCEEDED"
    assert isinstance(execution["Status"]["SubmissionDateTime"], int)


def test_a_failed_query_fails_the_task(
    client: Callable[..., Any], machine: Callable[..., str]
) -> None:
    found = ended(client, machine(Query=task("SELECT 1 / 0")))
    assert (found["status"], found["error"]) == ("FAILED", "States.TaskFailed")
    status = json.loads(found["cause"])["QueryExecution"]["Status"]
    assert status["StateChangeReason"] == "DIVISION_BY_ZERO: Division by zero"


def test_a_refused_call_fails_the_task(
    client: Callable[..., Any], machine: Callable[..., str]
) -> None:
    query = task("SELECT 1")
    del query["Parameters"]["ResultConfiguration"]
    found = ended(client, machine(Query=query))
    assert found["error"] == "Athena.InvalidRequestException"
    assert found["cause"].startswith("No output location provided.")


def test_start_without_waiting_and_stop(
    client: Callable[..., Any], machine: Callable[..., str], sql: Sql
) -> None:
    found = ended(client, machine(Query=task("SELECT 1", START)))
    output = json.loads(found["output"])
    assert list(output) == ["QueryExecutionId"]
    assert sql.wait(output["QueryExecutionId"])["Status"]["State"] == "SUCCEEDED"


def test_stopping_the_execution_stops_the_query(
    client: Callable[..., Any], machine: Callable[..., str], sql: Sql
) -> None:
    long = f"{LONG} AND 'stopped' = 'stopped'"
    execution = machine(Query=task(long))
    identifier = None
    while identifier is None:
        for one in sql.athena.list_query_executions(MaxResults=5)["QueryExecutionIds"]:
            if (
                sql.athena.get_query_execution(QueryExecutionId=one)["QueryExecution"]["Query"]
                == long
            ):
                identifier = one
    client("stepfunctions").stop_execution(executionArn=execution)
    assert ended(client, execution)["status"] == "ABORTED"
    assert sql.wait(identifier)["Status"]["State"] == "CANCELLED"
