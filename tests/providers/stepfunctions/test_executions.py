"""Executions: described, listed, told in events, stopped, redriven, kept through a kill."""

import json
import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import psutil
import pytest
from botocore.exceptions import ClientError

from lab.config import Config
from lab.stack import embedded
from lab.stack.processes import Server
from tests.providers.stepfunctions.support import Machines, single

pytestmark = pytest.mark.lab

PASS = single({"Type": "Pass", "Result": {"done": True}})
WAIT = single({"Type": "Wait", "Seconds": 600})


def refused(call: Callable[..., Any], **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**given)
    found = error.value.response["Error"]
    return found["Code"], found["Message"]


@pytest.mark.fidelity("stepfunctions.history")
def test_events_in_order_in_pages_and_without_data(machines: Machines) -> None:
    execution = machines.wait(machines.start(machines.make(PASS), {"é": 1}))["executionArn"]
    events = machines.events(execution)
    kinds = ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    assert [(e["id"], e["previousEventId"], e["type"]) for e in events] == [
        (number, before, kind)
        for number, before, kind in zip((1, 2, 3, 4), (0, 0, 2, 3), kinds, strict=True)
    ]
    assert events[1]["stateEnteredEventDetails"]["input"] == '{"é":1}'
    assert [e["id"] for e in machines.events(execution, reverseOrder=True)] == [4, 3, 2, 1]
    bare = machines.events(execution, includeExecutionData=False)[1]
    assert bare["stateEnteredEventDetails"] == {"name": "One", "inputDetails": {"truncated": False}}
    first = machines.states.get_execution_history(executionArn=execution, maxResults=3)
    rest = machines.states.get_execution_history(
        executionArn=execution, maxResults=3, nextToken=first["nextToken"]
    )
    assert [e["id"] for e in first["events"] + rest["events"]] == [1, 2, 3, 4]
    assert "nextToken" not in rest


@pytest.mark.fidelity("stepfunctions.executions")
def test_lists_by_status_in_pages(machines: Machines) -> None:
    arn = machines.make(PASS)
    ran = [machines.wait(machines.start(arn))["executionArn"] for _ in range(5)]
    states = machines.states
    first = states.list_executions(stateMachineArn=arn, maxResults=3)
    rest = states.list_executions(stateMachineArn=arn, nextToken=first["nextToken"])
    found = [each["executionArn"] for each in first["executions"] + rest["executions"]]
    assert found == ran[::-1]
    assert not states.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"]
    assert not states.list_executions(stateMachineArn=arn, redriveFilter="REDRIVEN")["executions"]
    assert refused(states.list_executions) == (
        "ValidationException",
        "Must provide a StateMachine ARN or MapRun ARN",
    )


@pytest.mark.fidelity("stepfunctions.executions")
def test_a_name_is_used_once(machines: Machines) -> None:
    arn, name = machines.make(WAIT), uuid4().hex
    first = machines.start(arn, {"a": 1}, name=name)
    assert machines.start(arn, {"a": 1}, name=name) == first
    again = {"stateMachineArn": arn, "name": name, "input": '{"a":2}'}
    message = ("ExecutionAlreadyExists", f"Execution Already Exists: '{first}'")
    assert refused(machines.states.start_execution, **again) == message
    machines.states.stop_execution(executionArn=first, error="Mine", cause="enough")
    again["input"] = '{"a":1}'
    assert refused(machines.states.start_execution, **again) == message
    found = machines.wait(first)
    assert (found["status"], found["error"], found["cause"]) == ("ABORTED", "Mine", "enough")
    last = machines.events(first)[-1]
    assert last["executionAbortedEventDetails"] == {"error": "Mine", "cause": "enough"}


@pytest.mark.fidelity("stepfunctions.executions")
def test_a_machine_made_again_has_no_executions(machines: Machines) -> None:
    name = uuid4().hex
    arn = machines.make(PASS, name=name)
    ran = machines.wait(machines.start(arn, name="day-1"))["executionArn"]
    machines.states.delete_state_machine(stateMachineArn=arn)
    assert refused(machines.states.describe_execution, executionArn=ran) == (
        "ExecutionDoesNotExist",
        f"Execution Does Not Exist: '{ran}'",
    )
    assert machines.make(PASS, name=name) == arn
    assert machines.wait(machines.start(arn, name="day-1"))["status"] == "SUCCEEDED"


@pytest.mark.fidelity("stepfunctions.quotas")
def test_names_inputs_and_results_that_are_refused(machines: Machines) -> None:
    arn = machines.make(PASS)
    start = machines.states.start_execution
    assert refused(start, stateMachineArn=arn, name="a b") == ("InvalidName", "Invalid Name: 'a b'")
    code, message = refused(start, stateMachineArn=arn, input="{")
    assert code == "InvalidExecutionInput"
    assert message.startswith("Invalid State Machine Execution Input: '")
    code, message = refused(start, stateMachineArn=arn, input=json.dumps("x" * 262_144))
    assert code == "ValidationException"
    assert message.endswith("Member must have length less than or equal to 262144")
    doubled = {"Type": "Pass", "Parameters": {"a.$": "$.x", "b.$": "$.x"}}
    found = machines.run(single(doubled), {"x": "y" * 140_000})
    assert (found["status"], found["error"]) == ("FAILED", "States.DataLimitExceeded")


@pytest.mark.fidelity("stepfunctions.redrive")
def test_a_redrive_goes_on_where_it_failed(machines: Machines, client: Callable[..., Any]) -> None:
    bucket = uuid4().hex
    definition = {
        "StartAt": "Keep",
        "States": {
            "Keep": {"Type": "Pass", "Assign": {"kept": 'a "quoted" text'}, "Next": "Look"},
            "Look": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:s3:headBucket",
                "Parameters": {"Bucket": bucket},
                "ResultPath": None,
                "Next": "Say",
            },
            "Say": {"Type": "Pass", "Parameters": {"kept.$": "$kept"}, "End": True},
        },
    }
    execution = machines.start(machines.make(definition), {"n": 1})
    failed = machines.wait(execution)
    assert (failed["status"], failed["redriveStatus"]) == ("FAILED", "REDRIVABLE")
    client("s3").create_bucket(Bucket=bucket)
    machines.states.redrive_execution(executionArn=execution)
    found = machines.wait(execution)
    assert (found["status"], found["redriveCount"]) == ("SUCCEEDED", 1)
    assert json.loads(found["output"]) == {"kept": 'a "quoted" text'}
    kinds = [event["type"] for event in machines.events(execution)]
    assert kinds.count("PassStateEntered") == 2
    assert kinds.count("TaskStateEntered") == 1
    assert kinds[kinds.index("ExecutionRedriven") - 1] == "ExecutionFailed"
    assert [event["id"] for event in machines.events(execution)] == list(range(1, len(kinds) + 1))
    assert refused(machines.states.redrive_execution, executionArn=execution)[0] == (
        "ExecutionNotRedrivable"
    )


@pytest.mark.fidelity("stepfunctions.durability")
def test_what_runs_and_what_ended_outlive_a_kill(
    make_lab: Callable[[str], AbstractContextManager[Config]], client_of: Callable[..., Any]
) -> None:
    with make_lab("states") as config:
        embedded.up(config, names=("localstack",))
        machines = Machines(client_of(config, "stepfunctions"))
        arn = machines.make(PASS, publish=True, versionDescription="first")
        alias = machines.states.create_state_machine_alias(
            name="live",
            routingConfiguration=[{"stateMachineVersionArn": f"{arn}:1", "weight": 100}],
        )["stateMachineAliasArn"]
        ended = machines.wait(machines.start(alias))
        waiting = machines.start(machines.make(WAIT))
        machines.until_event(waiting, "WaitStateEntered")
        process = Server("localstack", config).process()
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs([process], timeout=10)
        embedded.up(config, names=("localstack",))
        machines = Machines(client_of(config, "stepfunctions"))
        again = machines.wait(ended["executionArn"])
        assert {**again, "ResponseMetadata": None} == {**ended, "ResponseMetadata": None}
        assert again["stateMachineAliasArn"] == alias
        assert len(machines.events(ended["executionArn"])) == 4
        found = machines.wait(waiting)
        assert (found["status"], found["error"]) == ("ABORTED", "Lab.Interrupted")
        assert machines.wait(machines.start(f"{arn}:1"))["status"] == "SUCCEEDED"
        machines.states.redrive_execution(executionArn=waiting)
        assert machines.states.describe_execution(executionArn=waiting)["status"] == "RUNNING"
