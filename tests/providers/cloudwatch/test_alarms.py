"""Alarms, from a metric to what they do."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from .conftest import Alarms, eventually

pytestmark = pytest.mark.lab


@pytest.mark.fidelity("cloudwatch.alarms", "cloudwatch.alarm_evaluation")
def test_an_alarm_changes_tells_and_remembers(alarms: Alarms) -> None:
    topic, read = alarms.topic()
    name = alarms.make(AlarmActions=[topic], OKActions=[topic], TreatMissingData="notBreaching")
    assert alarms.alarm(name)["StateReason"] == "Unchecked: Initial alarm creation"
    alarms.tell(9)
    alarms.evaluate()
    found = alarms.alarm(name)
    assert found["StateValue"] == "ALARM"
    assert "] was greater than the threshold (5.0) (minimum 1 datapoint" in found["StateReason"]
    assert json.loads(found["StateReasonData"])["recentDatapoints"] == [9.0]
    (message,) = eventually(read)
    fields = ("AlarmName", "NewStateValue", "OldStateValue", "Region", "AWSAccountId")
    assert [message[field] for field in fields] == [
        *(name, "ALARM", "INSUFFICIENT_DATA", "US East (N. Virginia)", "000000000000")
    ]
    trigger = {key: message["Trigger"][key] for key in ("MetricName", "Statistic", "Threshold")}
    assert trigger == {"MetricName": "m", "Statistic": "MAXIMUM", "Threshold": 5.0}

    def history() -> list[str]:
        answer = alarms.watch.describe_alarm_history(AlarmName=name, ScanBy="TimestampAscending")
        items = [each["HistorySummary"] for each in answer["AlarmHistoryItems"]]
        return items if len(items) == 3 else []

    assert eventually(history) == [
        f'Alarm "{name}" created',
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        f"Successfully executed action {topic}",
    ]


FUNCTION = """
import json, os, boto3
def handler(event, context):
    body = json.dumps(event).encode()
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key="event", Body=body)
"""


@pytest.mark.fidelity("cloudwatch.alarms")
def test_an_alarm_invokes_a_function(alarms: Alarms, client: Callable[..., Any]) -> None:
    functions, s3 = client("lambda"), client("s3")
    name = f"alarmed-{uuid4().hex}"
    s3.create_bucket(Bucket=name)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("app.py", FUNCTION)
    arn = functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/alarms",
        Code={"ZipFile": content.getvalue()},
        Environment={"Variables": {"BUCKET": name}},
    )["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    alarm = alarms.make(AlarmActions=[arn], AlarmDescription="too much")
    alarms.watch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")

    def refused() -> bool:
        items = alarms.watch.describe_alarm_history(AlarmName=alarm, HistoryItemType="Action")
        summaries = [each["HistorySummary"] for each in items["AlarmHistoryItems"]]
        return summaries == [f"Failed to execute action {arn}"]

    eventually(refused)
    alarms.watch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="a test")
    functions.add_permission(
        FunctionName=name,
        StatementId="alarms",
        Action="lambda:InvokeFunction",
        Principal="lambda.alarms.cloudwatch.amazonaws.com",
    )
    alarms.watch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")
    eventually(lambda: s3.list_objects_v2(Bucket=name)["KeyCount"])
    event = json.loads(s3.get_object(Bucket=name, Key="event")["Body"].read())
    assert (event["source"], event["alarmArn"], event["region"]) == (
        *("aws.cloudwatch", alarms.alarm(alarm)["AlarmArn"], "us-east-1"),
    )
    data = event["alarmData"]
    assert (data["alarmName"], data["state"]["value"], data["previousState"]["value"]) == (
        *(alarm, "ALARM", "OK"),
    )
    assert data["configuration"]["description"] == "too much"
    functions.delete_function(FunctionName=name)


@pytest.mark.fidelity("cloudwatch.alarms")
def test_an_alarm_announces_itself(alarms: Alarms, client: Callable[..., Any]) -> None:
    events, sqs = client("events"), client("sqs")
    name = alarms.make()
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [name]}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn["QueueArn"]}])
    alarms.watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")

    def received() -> list[dict[str, Any]]:
        return list(sqs.receive_message(QueueUrl=queue).get("Messages") or [])

    (got,) = eventually(received)
    event = json.loads(got["Body"])
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["resources"] == [alarms.alarm(name)["AlarmArn"]]
    assert event["detail"]["state"]["reason"] == "a test"
    assert event["detail"]["previousState"]["value"] == "INSUFFICIENT_DATA"
    (metric,) = event["detail"]["configuration"]["metrics"]
    assert metric["metricStat"]["stat"] == "Maximum"
    events.remove_targets(Rule=name, Ids=["q"])
    events.delete_rule(Name=name)


def test_disabled_actions_are_not_taken(alarms: Alarms) -> None:
    topic, read = alarms.topic()
    name = alarms.make(AlarmActions=[topic])
    alarms.watch.disable_alarm_actions(AlarmNames=[name])
    alarms.watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="one")
    alarms.watch.enable_alarm_actions(AlarmNames=[name])
    alarms.watch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="two")
    alarms.watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="three")
    assert [each["NewStateReason"] for each in eventually(read)] == ["three"]


@pytest.mark.fidelity("cloudwatch.alarms")
def test_alarms_on_percentiles_and_on_expressions(alarms: Alarms) -> None:
    for value in (1, 1, 1, 9):
        alarms.tell(value)
        alarms.tell(value / 10, "n")
    median, highest = (alarms.make(ExtendedStatistic=each) for each in ("p50", "p100"))
    queries = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {"Namespace": alarms.namespace, "MetricName": name},
                "Period": 60,
                "Stat": "Maximum",
            },
            "ReturnData": False,
        }
        for name in ("m", "n")
    ]
    expression = alarms.make(Metrics=[*queries, {"Id": "e", "Expression": "m / n"}])
    alarms.evaluate()
    assert [alarms.state(name) for name in (median, highest, expression)] == [
        *("OK", "ALARM", "ALARM")
    ]


@pytest.mark.fidelity("cloudwatch.composite_alarms")
def test_composite_alarms_follow_their_rule(alarms: Alarms) -> None:
    one, two, three = (alarms.make() for _ in range(3))
    rule = f'ALARM("{one}") AND NOT (OK({two}) OR ALARM({three}))'
    for name, text in (("c", rule), ("d", f"AT_LEAST(2, ALARM, ({one}, {two}, {three}))")):
        alarms.watch.put_composite_alarm(AlarmName=f"{name}-{one}", AlarmRule=text)

    def change(name: str, value: str) -> list[str]:
        alarms.watch.set_alarm_state(AlarmName=name, StateValue=value, StateReason="a test")
        return [alarms.state(f"{each}-{one}") for each in "cd"]

    assert change(one, "ALARM") == ["ALARM", "OK"]
    reason = alarms.alarm(f"c-{one}")["StateReason"]
    assert reason.startswith(f"{alarms.alarm(one)['AlarmArn']} transitioned to ALARM at ")
    assert change(three, "ALARM") == ["OK", "ALARM"]
    assert change(three, "OK") == ["ALARM", "OK"]
    assert change(two, "OK") == ["OK", "OK"]
    parents = alarms.watch.describe_alarms(ParentsOfAlarmName=two, AlarmTypes=["CompositeAlarm"])[
        "CompositeAlarms"
    ]
    assert [each["AlarmName"] for each in parents] == [f"c-{one}", f"d-{one}"]


@pytest.mark.fidelity("cloudwatch.composite_alarms")
def test_a_suppressor_holds_back_actions(alarms: Alarms) -> None:
    topic, read = alarms.topic()
    cause, suppressor = alarms.make(), alarms.make()
    composite = f"composite-{cause}"
    alarms.watch.set_alarm_state(AlarmName=suppressor, StateValue="ALARM", StateReason="quiet")
    alarms.watch.put_composite_alarm(
        AlarmName=composite,
        AlarmRule=f"ALARM({cause})",
        AlarmActions=[topic],
        ActionsSuppressor=suppressor,
        ActionsSuppressorWaitPeriod=0,
        ActionsSuppressorExtensionPeriod=0,
    )
    alarms.watch.set_alarm_state(AlarmName=cause, StateValue="ALARM", StateReason="it is")
    assert alarms.alarm(composite)["ActionsSuppressedBy"] == "Alarm"
    assert read() == []
    alarms.watch.set_alarm_state(AlarmName=suppressor, StateValue="OK", StateReason="loud")
    alarms.evaluate()
    (message,) = eventually(read)
    assert (message["AlarmName"], message["NewStateValue"]) == (composite, "ALARM")
    assert message["TriggeringChildren"][0]["State"]["Value"] == "ALARM"
    assert "ActionsSuppressedBy" not in alarms.alarm(composite)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"Period": 45}, "Period must be 10, 20, 30 or a multiple of 60"),
        (
            {"TreatMissingData": "hide"},
            "The value hide is not supported for TreatMissingData parameter. Supported values are "
            "[breaching, notBreaching, ignore, missing].",
        ),
        (
            {"DatapointsToAlarm": 2},
            "DatapointsToAlarm must be less than or equal to EvaluationPeriods",
        ),
        ({"AlarmActions": ["topic"]}, "Invalid arn syntax: topic"),
        (
            {"ComparisonOperator": "GreaterThanUpperThreshold"},
            "Anomaly detection alarms are not supported by this lab.",
        ),
        (
            {"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]},
            "Alarm actions of automate are not supported by this lab: "
            "arn:aws:automate:us-east-1:ec2:stop",
        ),
    ],
)
@pytest.mark.fidelity("cloudwatch.not_there")
def test_alarms_that_are_none_are_refused(
    alarms: Alarms, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError) as raised:
        alarms.make(**options)
    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("ValidationError", message)


def test_a_rule_of_unknown_alarms_is_refused(alarms: Alarms) -> None:
    for rule, message in (
        ("ALARM(nobody)", "Could not save the composite alarm as alarms [nobody] in the alarm rule "
                          "do not exist"),
        ("ALARM(nobody", "Error in AlarmRule: Unexpected end"),
    ):  # fmt: skip
        with pytest.raises(ClientError) as raised:
            alarms.watch.put_composite_alarm(AlarmName="none", AlarmRule=rule)
        error = raised.value.response["Error"]
        assert (error["Code"], error["Message"]) == ("ValidationError", message)


def test_the_state_of_no_alarm_cannot_be_set(alarms: Alarms) -> None:
    with pytest.raises(alarms.watch.exceptions.ResourceNotFound):
        alarms.watch.set_alarm_state(AlarmName="nobody", StateValue="OK", StateReason="x")


def test_alarms_carry_tags_and_are_deleted(alarms: Alarms) -> None:
    name = alarms.make(Tags=[{"Key": "team", "Value": "lake"}])
    arn = alarms.alarm(name)["AlarmArn"]
    alarms.watch.tag_resource(ResourceARN=arn, Tags=[{"Key": "cost", "Value": "1"}])
    alarms.watch.untag_resource(ResourceARN=arn, TagKeys=["team"])
    tags = alarms.watch.list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert tags == [{"Key": "cost", "Value": "1"}]
    alarms.watch.delete_alarms(AlarmNames=[name])
    assert alarms.watch.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []


def test_alarms_in_a_circle_are_looked_at_once(alarms: Alarms) -> None:
    cause = alarms.make()
    one, two = f"one-{cause}", f"two-{cause}"
    put = alarms.watch.put_composite_alarm
    put(AlarmName=one, AlarmRule=f"ALARM({cause})")
    put(AlarmName=two, AlarmRule=f"ALARM({one})")
    put(AlarmName=one, AlarmRule=f"ALARM({cause}) AND NOT ALARM({two})")
    alarms.watch.set_alarm_state(AlarmName=cause, StateValue="ALARM", StateReason="x")
    assert [alarms.state(one), alarms.state(two)] == ["ALARM", "ALARM"]
