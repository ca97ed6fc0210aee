"""EventBridge Scheduler through boto3: schedules, groups, and what AWS refuses."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.lab

ROLE = "arn:aws:iam::000000000000:role/scheduler"
QUEUE = {"Arn": "arn:aws:sqs:us-east-1:000000000000:jobs", "RoleArn": ROLE}
CLUSTER = "arn:aws:ecs:us-east-1:000000000000:cluster/c"
STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
OFF = {"Mode": "OFF"}


@pytest.fixture(scope="module")
def scheduler(client: Callable[..., Any]) -> Any:
    return client("scheduler")


@pytest.fixture
def group(scheduler: Any) -> Iterator[str]:
    name = f"g-{uuid.uuid4().hex[:8]}"
    scheduler.create_schedule_group(Name=name, Tags=[{"Key": "team", "Value": "data"}])
    yield name
    scheduler.delete_schedule_group(Name=name)


def refused(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def create(scheduler: Any, group: str, name: str = "nightly", **settings: Any) -> str:
    given = {
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "FlexibleTimeWindow": OFF,
        "Target": QUEUE,
        **settings,
    }
    return str(scheduler.create_schedule(Name=name, GroupName=group, **given)["ScheduleArn"])


@pytest.mark.fidelity("scheduler.operations")
def test_a_schedule_is_made_changed_listed_and_deleted(scheduler: Any, group: str) -> None:
    arn = create(scheduler, group, Description="every night")
    assert arn == f"arn:aws:scheduler:us-east-1:000000000000:schedule/{group}/nightly"
    found = scheduler.get_schedule(GroupName=group, Name="nightly")
    assert found["Target"] == {
        **QUEUE,
        "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
    }
    defaults = ("State", "ScheduleExpressionTimezone", "ActionAfterCompletion", "Description")
    assert [found[name] for name in defaults] == ["ENABLED", "UTC", "NONE", "every night"]
    assert "StartDate" not in found
    scheduler.update_schedule(
        Name="nightly",
        GroupName=group,
        ScheduleExpression="rate(5 minutes)",
        FlexibleTimeWindow=OFF,
        Target=QUEUE,
        State="DISABLED",
    )
    changed = scheduler.get_schedule(GroupName=group, Name="nightly")
    assert (changed["ScheduleExpression"], changed["State"]) == ("rate(5 minutes)", "DISABLED")
    # An update names all settings: what it leaves out is gone.
    assert "Description" not in changed
    [summary] = scheduler.list_schedules(GroupName=group, State="DISABLED")["Schedules"]
    assert (summary["Name"], summary["Target"]) == ("nightly", {"Arn": QUEUE["Arn"]})
    assert scheduler.list_schedules(GroupName=group, State="ENABLED")["Schedules"] == []
    scheduler.delete_schedule(GroupName=group, Name="nightly")
    assert refused(scheduler.get_schedule, GroupName=group, Name="nightly") == (
        "ResourceNotFoundException",
        "Schedule nightly does not exist.",
    )


@pytest.mark.fidelity("scheduler.operations")
def test_groups_have_tags_and_delete_their_schedules(scheduler: Any) -> None:
    name = f"g-{uuid.uuid4().hex[:8]}"
    arn = scheduler.create_schedule_group(Name=name)["ScheduleGroupArn"]
    scheduler.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}])
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    scheduler.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == []
    assert scheduler.get_schedule_group(Name=name)["State"] == "ACTIVE"
    [found] = scheduler.list_schedule_groups(NamePrefix=name)["ScheduleGroups"]
    assert found["Arn"] == arn
    create(scheduler, name)
    scheduler.delete_schedule_group(Name=name)
    missing = ("ResourceNotFoundException", f"Schedule group {name} does not exist.")
    assert refused(scheduler.get_schedule_group, Name=name) == missing
    assert refused(scheduler.list_schedules, GroupName=name) == missing
    assert refused(scheduler.delete_schedule_group, Name="default") == (
        "ValidationException",
        "Deleting default schedule group is not allowed.",
    )


def test_names_are_taken_once(scheduler: Any, group: str) -> None:
    create(scheduler, group)
    with pytest.raises(ClientError) as caught:
        create(scheduler, group)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "ConflictException",
        "Schedule nightly already exists.",
    )
    assert refused(scheduler.create_schedule_group, Name=group) == (
        "ConflictException",
        f"Schedule group {group} already exists.",
    )


NOW = datetime.now(UTC)
REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"ScheduleExpression": "rate(5 minute)"}, "Invalid Schedule Expression rate(5 minute)."),
    (
        {"ScheduleExpressionTimezone": "Mars/Olympus"},
        "Invalid Schedule Expression Timezone Mars/Olympus.",
    ),
    (
        {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
        "MaximumWindowInMinutes must be provided for FLEXIBLE flexible time window.",
    ),
    (
        {"StartDate": NOW - timedelta(hours=1)},
        "The StartDate you specify cannot be earlier than 5 minutes ago.",
    ),
    ({"EndDate": NOW - timedelta(hours=1)}, "The EndDate you specify cannot be in the past."),
    (
        {"StartDate": NOW + timedelta(hours=2), "EndDate": NOW + timedelta(hours=1)},
        "The EndDate you specify must come after the StartDate.",
    ),
    (
        {"Target": {"Arn": CLUSTER, "RoleArn": ROLE}},
        f"The lab does not support the target {CLUSTER} of a schedule.",
    ),
    (
        {"Target": {"Arn": STREAM, "RoleArn": ROLE}},
        f"KinesisParameters is required for the target {STREAM}.",
    ),
    (
        {"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:getQueueUrl", "RoleArn": ROLE}},
        "The action getQueueUrl of a universal target must not be a read-only one.",
    ),
    (
        {"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:fly", "RoleArn": ROLE}},
        "Invalid universal target: sqs has no action fly.",
    ),
]


@pytest.mark.parametrize(("settings", "message"), REFUSALS)
@pytest.mark.fidelity("scheduler.refused_targets")
def test_what_is_refused(
    scheduler: Any, group: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError) as caught:
        create(scheduler, group, **settings)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("ValidationException", message)
