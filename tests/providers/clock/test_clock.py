"""The clock of a running lab: schedules of both kinds, over an advance and a restart."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest

from lab.config import Config
from lab.stack import clock as remote
from lab.stack import embedded

pytestmark = pytest.mark.lab

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROLE = "arn:aws:iam::000000000000:role/scheduler"
MACHINE = {
    "StartAt": "Slow",
    "States": {"Slow": {"Type": "Wait", "Seconds": 1, "Next": "Done"}, "Done": {"Type": "Succeed"}},
}


@pytest.fixture(scope="module")
def own(make_lab: Callable[[str], AbstractContextManager[Config]]) -> Iterator[Config]:
    with make_lab("clock") as config:
        embedded.up(config, names=("localstack",))
        yield config


@pytest.fixture
def aws(own: Config, client_of: Callable[..., Any]) -> Iterator[Callable[[str], Any]]:
    """Clients of a lab whose clock stands at START."""
    remote.change(own, "stop")
    remote.change(own, "set", START)
    yield lambda service: client_of(own, service)
    remote.change(own, "reset")


def days(config: Config, count: int) -> list[remote.Step]:
    return list(remote.advance(config, count * 86_400, 86_400, patience=60))


def queue(aws: Callable[[str], Any], name: str) -> tuple[str, str]:
    url = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:000000000000:{name}"


def received(aws: Callable[[str], Any], url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while (
        messages := aws("sqs")
        .receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        .get("Messages")
    ):
        found += messages
    return sorted(found, key=lambda message: str(message["Body"]))


@pytest.mark.fidelity("events.schedules", "clock.advance")
def test_a_rule_fires_each_day_with_the_time_of_the_clock(
    aws: Callable[[str], Any], own: Config
) -> None:
    url, arn = queue(aws, "daily")
    events = aws("events")
    events.put_rule(Name="daily", ScheduleExpression="cron(30 6 ? * MON-FRI *)")
    events.put_targets(Rule="daily", Targets=[{"Id": "q", "Arn": arn}])
    steps = days(own, 7)
    bodies = [json.loads(message["Body"]) for message in received(aws, url)]
    assert sorted(body["time"] for body in bodies) == [
        f"2026-03-0{day}T06:30:00Z" for day in (2, 3, 4, 5, 6)
    ]
    first = bodies[0]
    assert (first["source"], first["detail-type"]) == ("aws.events", "Scheduled Event")
    assert first["resources"] == ["arn:aws:events:us-east-1:000000000000:rule/daily"]
    assert (len(steps), steps[-1].fired, steps[-1].stuck) == (7, 5, {})
    events.disable_rule(Name="daily")
    assert days(own, 3)[-1].fired == 0
    events.remove_targets(Rule="daily", Ids=["q"])
    events.delete_rule(Name="daily")


@pytest.mark.fidelity("scheduler.targets", "clock.advance")
def test_an_advance_waits_for_the_executions_that_it_starts(
    aws: Callable[[str], Any], own: Config
) -> None:
    machine = aws("stepfunctions").create_state_machine(
        name="slow", definition=json.dumps(MACHINE), roleArn=ROLE
    )["stateMachineArn"]
    given = json.dumps({"day": "<aws.scheduler.scheduled-time>"})
    aws("scheduler").create_schedule(
        Name="nightly",
        ScheduleExpression="cron(0 3 * * ? *)",
        ScheduleExpressionTimezone="Europe/Paris",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": machine, "RoleArn": ROLE, "Input": given},
    )
    days(own, 2)
    executions = aws("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert [each["status"] for each in executions] == ["SUCCEEDED", "SUCCEEDED"]
    described = (
        aws("stepfunctions").describe_execution(executionArn=each["executionArn"])
        for each in executions
    )
    assert sorted(json.loads(each["input"])["day"] for each in described) == [
        "2026-03-02T02:00:00Z",
        "2026-03-03T02:00:00Z",
    ]
    aws("scheduler").delete_schedule(Name="nightly")


@pytest.mark.fidelity("scheduler.targets")
def test_every_kind_of_target_is_called(aws: Callable[[str], Any], own: Config) -> None:
    url, arn = queue(aws, "all")
    aws("kinesis").create_stream(StreamName="ticks", ShardCount=1)
    topic = aws("sns").create_topic(Name="ticks")["TopicArn"]
    subscribed = {"Protocol": "sqs", "Endpoint": arn, "Attributes": {"RawMessageDelivery": "true"}}
    aws("sns").subscribe(TopicArn=topic, **subscribed)
    aws("events").put_rule(Name="ticks", EventPattern=json.dumps({"source": ["lab.ticks"]}))
    aws("events").put_targets(
        Rule="ticks", Targets=[{"Id": "q", "Arn": arn, "InputPath": "$.detail.by"}]
    )
    prefix = "arn:aws:{}:us-east-1:000000000000:"
    targets: dict[str, dict[str, Any]] = {
        "sqs": {"Arn": arn},
        "sns": {"Arn": topic},
        "events": {
            "Arn": prefix.format("events") + "event-bus/default",
            "EventBridgeParameters": {"Source": "lab.ticks", "DetailType": "tick"},
            "Input": '{"by": "events"}',
        },
        "kinesis": {
            "Arn": prefix.format("kinesis") + "stream/ticks",
            "KinesisParameters": {"PartitionKey": "k"},
        },
        "any": {
            "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
            "Input": json.dumps({"QueueUrl": url, "MessageBody": "any"}),
        },
    }
    for name, target in targets.items():
        aws("scheduler").create_schedule(
            Name=name,
            ScheduleExpression="at(2026-03-01T18:00:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={"RoleArn": ROLE, "Input": name, **target},
        )
    assert days(own, 1)[-1].fired == 5
    assert aws("scheduler").list_schedules()["Schedules"] == []
    bodies = [message["Body"] for message in received(aws, url)]
    assert bodies == ['"events"', "any", "sns", "sqs"]
    iterator = aws("kinesis").get_shard_iterator(
        StreamName="ticks", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    [record] = aws("kinesis").get_records(ShardIterator=iterator)["Records"]
    assert (record["Data"], record["PartitionKey"]) == (b"kinesis", "k")
    aws("events").remove_targets(Rule="ticks", Ids=["q"])
    aws("events").delete_rule(Name="ticks")


@pytest.mark.fidelity("scheduler.dead_letters")
def test_what_cannot_be_delivered_goes_to_the_dead_letter_queue(
    aws: Callable[[str], Any], own: Config
) -> None:
    url, arn = queue(aws, "dead")
    missing = "arn:aws:lambda:us-east-1:000000000000:function:missing"
    aws("scheduler").create_schedule(
        Name="missing",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        EndDate=datetime(2026, 3, 1, 13, 30, tzinfo=UTC),
        Target={
            **{"Arn": missing, "RoleArn": ROLE, "Input": '{"a": 1}'},
            "DeadLetterConfig": {"Arn": arn},
        },
    )
    days(own, 1)
    [message] = received(aws, url)
    found = {name: each["StringValue"] for name, each in message["MessageAttributes"].items()}
    found.pop("EXECUTION_ID")
    assert found.pop("ERROR_MESSAGE").startswith(f"Function not found: {missing}")
    assert message["Body"] == '{"a": 1}'
    assert found == {
        "ERROR_CODE": "ResourceNotFoundException",
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": "0",
        "SCHEDULED_TIME": "2026-03-01T13:00:00Z",
        "SCHEDULE_ARN": "arn:aws:scheduler:us-east-1:000000000000:schedule/default/missing",
        "TARGET_ARN": missing,
    }
    aws("scheduler").delete_schedule(Name="missing")


@pytest.mark.fidelity("clock.firehose")
def test_firehose_names_objects_by_the_clock(aws: Callable[[str], Any], own: Config) -> None:
    aws("s3").create_bucket(Bucket="by-clock")
    aws("firehose").create_delivery_stream(
        DeliveryStreamName="by-clock",
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": "arn:aws:s3:::by-clock",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
        },
    )
    aws("firehose").put_record(DeliveryStreamName="by-clock", Record={"Data": b"x"})
    for _ in range(300):
        found = aws("s3").list_objects_v2(Bucket="by-clock").get("Contents")
        if found:
            break
    assert found[0]["Key"].startswith("2026/03/01/12/by-clock-1-2026-03-01-12-00-00-")


@pytest.mark.fidelity("clock.restart", "events.restart", "scheduler.restart")
def test_schedules_and_the_clock_are_there_after_a_restart(
    aws: Callable[[str], Any], own: Config
) -> None:
    url, arn = queue(aws, "again")
    aws("events").put_rule(Name="again", ScheduleExpression="rate(1 day)")
    aws("events").put_targets(Rule="again", Targets=[{"Id": "q", "Arn": arn, "Input": '"rule"'}])
    aws("scheduler").create_schedule(
        Name="again",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": ROLE, "Input": "schedule"},
    )
    embedded.down(own)
    embedded.up(own, names=("localstack",))
    time = remote.read(own)
    assert (time.now, time.is_stopped) == (START, True)
    # LocalStack's queues are not kept.
    url, _ = queue(aws, "again")
    days(own, 1)
    assert [message["Body"] for message in received(aws, url)] == ['"rule"', "schedule"]


def test_what_the_clock_refuses(own: Config) -> None:
    def post(content: str) -> tuple[int, str]:
        url = f"{own.endpoint_url}/_lab/clock"
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url, content.encode(), timeout=20)
        return caught.value.code, json.load(caught.value)["error"]

    assert post('{"action": "leap"}') == (400, "ValueError: unknown action 'leap'")
    assert post('{"action": "advance", "seconds": -1}')[0] == 400
    assert post("no json")[0] == 400


def test_the_command_shows_sets_and_advances(own: Config) -> None:
    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "lab.cli", "clock", *arguments],
            env={"LAB_LANG": "en", "PATH": "", **own.environment()},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    run("stop")
    assert "It is 2027-01-01 06:00:00 UTC, and the clock stands still" in run(
        "set", "2027-01-01T06:00"
    )
    out = run("advance", "2d", "--step", "1d")
    assert "Done on the way:" in out
    assert "It is 2027-01-03 06:00:00 UTC" in out
    assert "real time." in run("reset")
    explained = run("--explain")
    assert "✓ EventBridge Scheduler: schedules, windows, new attempts" in explained
    assert "· Not: the dates of S3 objects" in explained


@pytest.mark.fidelity("clock.logs")
def test_what_a_log_group_keeps_goes_by_the_clock(aws: Callable[[str], Any], own: Config) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName="kept")
    logs.put_retention_policy(logGroupName="kept", retentionInDays=7)
    logs.create_log_stream(logGroupName="kept", logStreamName="s")
    event = {"timestamp": int(START.timestamp() * 1000), "message": "hello"}
    logs.put_log_events(logGroupName="kept", logStreamName="s", logEvents=[event])

    def messages() -> list[str]:
        found = logs.get_log_events(logGroupName="kept", logStreamName="s", startFromHead=True)
        return [each["message"] for each in found["events"]]

    days(own, 6)
    assert messages() == ["hello"]
    days(own, 2)
    assert messages() == []


@pytest.mark.fidelity("clock.alarms")
def test_an_alarm_looks_at_the_periods_of_the_clock(aws: Callable[[str], Any], own: Config) -> None:
    cloudwatch = aws("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="by-clock",
        Namespace="Lab",
        MetricName="errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )

    def state() -> str:
        request = urllib.request.Request(
            f"{own.endpoint_url}/_lab/cloudwatch/alarms", method="POST"
        )
        urllib.request.urlopen(request, timeout=20).close()
        [alarm] = cloudwatch.describe_alarms(AlarmNames=["by-clock"])["MetricAlarms"]
        return str(alarm["StateValue"])

    cloudwatch.put_metric_data(Namespace="Lab", MetricData=[{"MetricName": "errors", "Value": 3}])
    assert state() == "ALARM"
    days(own, 1)
    assert state() == "OK"
    cloudwatch.delete_alarms(AlarmNames=["by-clock"])
