"""Machines: validated, versioned, tested; Express; what they tell to logs and to EventBridge."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError

from lab.config import Config
from tests.providers.stepfunctions.support import ROLE, Machines, single

pytestmark = pytest.mark.lab

PASS = single({"Type": "Pass", "Result": {"done": "é"}})


def diagnostics(machines: Machines, definition: Any, **more: Any) -> list[tuple[str, str, str]]:
    text = definition if isinstance(definition, str) else json.dumps(definition)
    found = machines.states.validate_state_machine_definition(definition=text, **more)
    shown = found["diagnostics"]
    assert (found["result"] == "FAIL") == any(each["severity"] == "ERROR" for each in shown)
    return [(each["code"], each["message"], each.get("location", "")) for each in shown]


@pytest.mark.fidelity("stepfunctions.diagnostics")
def test_diagnostics(machines: Machines) -> None:
    assert diagnostics(machines, PASS) == []
    assert diagnostics(machines, "{")[0][0] == "INVALID_JSON_DESCRIPTION"
    first = {"Type": "Pass", "Next": "Missing", "Odd": 1}
    second = {"Type": "Strange"}
    definition = {"StartAt": "A", "States": {"A": first, "B": second, "C": {"Type": "Succeed"}}}
    types = "Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map"
    assert set(diagnostics(machines, definition)) == {
        ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: Missing", "/States/A/Next"),
        ("MISSING_TRANSITION_TARGET", 'State "B" is not reachable.', "/States/B"),
        ("MISSING_TRANSITION_TARGET", 'State "C" is not reachable.', "/States/C"),
        ("SCHEMA_VALIDATION_FAILED", "Field 'Odd' is not supported", "/States/A"),
        (
            "SCHEMA_VALIDATION_FAILED",
            f"The field 'Type' should have one of these values: [{types}]",
            "/States/B/Type",
        ),
    }
    loop = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}
    assert diagnostics(machines, loop) == [
        ("MISSING_END_STATE", "Workflow has no terminal state", "")
    ]
    static = single({"Type": "Pass", "Result": {"a": "$.b"}, "Parameters": {"c": "$.d"}})
    assert diagnostics(machines, static) == []
    warned = diagnostics(machines, static, severity="WARNING")
    assert {code for code, _, _ in warned} == {"NO_DOLLAR", "PASS_RESULT_IS_STATIC"}
    with pytest.raises(ClientError) as error:
        machines.make({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}})
    found = error.value.response["Error"]
    assert (found["Code"], found["Message"]) == (
        "InvalidDefinition",
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: B at"
        " /States/A/Next, MISSING_END_STATE: Workflow has no terminal state at null'",
    )


@pytest.mark.fidelity("stepfunctions.versions")
def test_an_alias_leads_to_a_version(machines: Machines) -> None:
    states = machines.states
    arn = machines.make(single({"Type": "Pass", "Result": 1}), publish=True)
    states.update_state_machine(
        stateMachineArn=arn,
        definition=json.dumps(single({"Type": "Pass", "Result": 2})),
        publish=True,
    )
    route = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    alias = states.create_state_machine_alias(name="live", routingConfiguration=route)
    alias_arn = alias["stateMachineAliasArn"]
    found = machines.wait(machines.start(alias_arn))
    assert (found["output"], found["stateMachineVersionArn"]) == ("1", f"{arn}:1")
    assert found["stateMachineAliasArn"] == alias_arn
    route[0]["stateMachineVersionArn"] = f"{arn}:2"
    states.update_state_machine_alias(stateMachineAliasArn=alias_arn, routingConfiguration=route)
    assert machines.wait(machines.start(alias_arn))["output"] == "2"
    assert len(states.list_executions(stateMachineArn=alias_arn)["executions"]) == 2
    [first] = states.list_executions(stateMachineArn=f"{arn}:1")["executions"]
    assert first["executionArn"] == found["executionArn"]
    described = states.describe_state_machine_for_execution(executionArn=first["executionArn"])
    assert json.loads(described["definition"])["States"]["One"]["Result"] == 1


@pytest.mark.fidelity("stepfunctions.express")
def test_express(machines: Machines) -> None:
    states = machines.states
    arn = machines.make(PASS, type="EXPRESS")
    found = states.start_sync_execution(stateMachineArn=arn, input='{"a": 1}')
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"done": "é"})
    assert found["billingDetails"]["billedDurationInMilliseconds"] % 100 == 0
    bad = machines.make(single({"Type": "Fail", "Error": "E", "Cause": "c"}), type="EXPRESS")
    found = states.start_sync_execution(stateMachineArn=bad)
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", "E", "c")
    started = machines.start(arn)
    for call in (states.describe_execution, states.get_execution_history):
        with pytest.raises(ClientError, match="Resource type not valid in this context: express"):
            call(executionArn=started)
    with pytest.raises(ClientError, match="StateMachineTypeNotSupported"):
        states.list_executions(stateMachineArn=arn)


@pytest.mark.fidelity("stepfunctions.express")
def test_the_environment_of_the_lab_is_enough_for_express(
    machines: Machines, lab: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in lab.aws_environment().items():
        monkeypatch.setenv(name, value)
    arn = machines.make(PASS, type="EXPRESS")
    plain = boto3.Session().client("stepfunctions")
    assert plain.start_sync_execution(stateMachineArn=arn)["status"] == "SUCCEEDED"


@pytest.mark.fidelity("stepfunctions.test_state")
def test_a_state_alone(machines: Machines) -> None:
    test = machines.states.test_state
    state = {"Type": "Pass", "Parameters": {"b.$": "$.a"}, "ResultPath": "$.c", "Next": "N"}
    given = {"definition": json.dumps(state), "roleArn": ROLE, "input": '{"a": "é"}'}
    found = test(**given, inspectionLevel="DEBUG")
    assert (found["status"], found["nextState"]) == ("SUCCEEDED", "N")
    assert json.loads(found["output"]) == {"a": "é", "c": {"b": "é"}}
    assert json.loads(found["inspectionData"]["afterParameters"]) == {"b": "é"}
    assert "inspectionData" not in test(**given, inspectionLevel="INFO")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:headBucket",
        "Parameters": {"Bucket": "no-such-bucket-at-all"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        "End": True,
    }
    found = test(definition=json.dumps(task), roleArn=ROLE, input="{}")
    assert (found["status"], found["nextState"]) == ("CAUGHT_ERROR", "Caught")


@pytest.mark.fidelity("stepfunctions.logs")
def test_events_are_logged_by_level(machines: Machines, client: Callable[..., Any]) -> None:
    logs, group = client("logs"), f"/states/{uuid4().hex}"
    logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
    where = [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]

    def logged(definition: dict[str, Any], until: str, **config: Any) -> list[dict[str, Any]]:
        machine = machines.make(definition, loggingConfiguration={"destinations": where, **config})
        execution = machines.wait(machines.start(machine))["executionArn"]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            events = logs.filter_log_events(logGroupName=group)["events"]
            found = [json.loads(event["message"]) for event in events]
            found = [each for each in found if each["execution_arn"] == execution]
            if until in [each["type"] for each in found]:
                return found
            threading.Event().wait(0.05)
        raise TimeoutError(group)

    found = logged(PASS, "ExecutionSucceeded", level="ALL", includeExecutionData=True)
    assert [(each["id"], each["previous_event_id"]) for each in found] == [
        ("1", "0"), ("2", "0"), ("3", "2"), ("4", "3")
    ]  # fmt: skip
    assert found[3]["details"]["output"] == '{"done":"é"}'
    assert found[0]["event_timestamp"].isdecimal()
    fail = single({"Type": "Fail", "Error": "E"})
    [bad] = logged(fail, "ExecutionFailed", level="FATAL", includeExecutionData=False)
    assert bad["type"] == "ExecutionFailed"


@pytest.mark.fidelity("stepfunctions.events")
def test_changes_of_status_reach_the_bus(machines: Machines, client: Callable[..., Any]) -> None:
    sqs, events, name = client("sqs"), client("events"), uuid4().hex
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    arn = machines.make(PASS)
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [arn]}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": queue["QueueArn"]}])
    found = machines.wait(machines.start(arn, {"a": 1}))
    seen: dict[str, dict[str, Any]] = {}
    while len(seen) < 2:
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MaxNumberOfMessages=10)
        for message in answer["Messages"]:
            event = json.loads(message["Body"])
            seen[event["detail"]["status"]] = event
    event = seen["SUCCEEDED"]
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert event["resources"] == [found["executionArn"]]
    detail = event["detail"]
    assert (detail["input"], detail["output"]) == ('{"a": 1}', '{"done":"é"}')
    assert detail["startDate"] == round(found["startDate"].timestamp() * 1000)
    assert (detail["inputDetails"], detail["error"]) == ({"included": True}, None)
    started = seen["RUNNING"]["detail"]
    assert (started["stopDate"], started["output"], started["outputDetails"]) == (None, None, None)
