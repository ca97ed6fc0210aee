"""Groups, streams and events: what is put in, and what comes out in pages."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lab.providers.logs.events import BEGINNING, EventStore, Place, Span, Stores

from .conftest import Group, now, refusal

DAY = 86_400_000


@pytest.mark.lab
@pytest.mark.fidelity("logs.reading")
def test_a_stream_is_read_forwards_and_backwards(group: Group) -> None:
    group.put(*"abcdef")

    def read(**options: Any) -> tuple[str, Any]:
        answer = group.logs.get_log_events(
            logGroupName=group.name, logStreamName="s", limit=2, **options
        )
        return "".join(each["message"] for each in answer["events"]), answer

    latest, answer = read()
    assert latest == "ef"
    earlier, answer = read(nextToken=answer["nextBackwardToken"])
    assert earlier == "cd"
    assert read(nextToken=answer["nextForwardToken"])[0] == "ef"
    first, answer = read(startFromHead=True)
    assert first == "ab"
    assert read(nextToken=answer["nextBackwardToken"])[0] == ""
    following, answer = read(nextToken=answer["nextForwardToken"])
    last, answer = read(nextToken=answer["nextForwardToken"])
    assert (following, last) == ("cd", "ef")
    token = answer["nextForwardToken"]
    nothing, answer = read(nextToken=token)
    assert (nothing, answer["nextForwardToken"]) == ("", token)


@pytest.mark.lab
@pytest.mark.fidelity("logs.reading")
def test_streams_are_filtered_together_in_the_order_of_time(group: Group) -> None:
    group.stream("t")
    moment = now()
    group.put("a", "c", at=moment)
    group.put("b", "d", stream="t", at=moment)
    assert group.filter("", startTime=moment, endTime=moment) == ["a", "b"]
    assert group.filter("", logStreamNames=["t"]) == ["b", "d"]
    assert group.filter("", logStreamNamePrefix="s") == ["a", "c"]
    pages, token = [], {}
    while True:
        answer = group.logs.filter_log_events(logGroupName=group.name, limit=3, **token)
        pages.append([each["message"] for each in answer["events"]])
        if "nextToken" not in answer:
            break
        token = {"nextToken": answer["nextToken"]}
    assert pages == [["a", "b", "c"], ["d"]]
    (first,) = group.logs.filter_log_events(logGroupName=group.name, limit=1)["events"]
    assert (len(first["eventId"]), first["logStreamName"]) == (56, "s")


@pytest.mark.lab
def test_a_stream_tells_of_its_events(group: Group) -> None:
    moment = now()
    group.put("abc", "d", at=moment)
    group.stream("t")
    found = group.logs.describe_log_streams(
        logGroupName=group.name, orderBy="LastEventTime", descending=True
    )["logStreams"]
    assert [each["logStreamName"] for each in found] == ["s", "t"]
    assert (found[0]["firstEventTimestamp"], found[0]["lastEventTimestamp"]) == (
        *(moment, moment + 1),
    )
    (described,) = group.logs.describe_log_groups(logGroupNamePrefix=group.name)["logGroups"]
    assert described["storedBytes"] == 4 + 2 * 26
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group.name}"
    assert (described["arn"], described["logGroupArn"]) == (f"{arn}:*", arn)


@pytest.mark.lab
def test_groups_have_tags_and_keys(group: Group) -> None:
    logs, arn = group.logs, f"arn:aws:logs:us-east-1:000000000000:log-group:{group.name}"
    logs.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    logs.associate_kms_key(logGroupName=group.name, kmsKeyId="arn:aws:kms:us-east-1:0:key/k")
    (found,) = logs.describe_log_groups(logGroupNamePattern=group.name[2:])["logGroups"]
    assert found["kmsKeyId"] == "arn:aws:kms:us-east-1:0:key/k"


@pytest.mark.lab
@pytest.mark.fidelity("logs.retention")
def test_events_are_gone_after_their_retention(group: Group) -> None:
    group.put("old", at=now() - 3 * DAY)
    group.put("new")
    assert group.filter("") == ["old", "new"]
    group.logs.put_retention_policy(logGroupName=group.name, retentionInDays=1)
    assert group.filter("") == ["new"]
    (found,) = group.logs.describe_log_groups(logGroupNamePrefix=group.name)["logGroups"]
    assert (found["retentionInDays"], found["storedBytes"]) == (1, 3 + 26)
    rejected = group.put("old", at=now() - 3 * DAY)["rejectedLogEventsInfo"]
    assert rejected == {"expiredLogEventEndIndex": 1}
    code, message = refusal(
        group.logs.put_retention_policy, logGroupName=group.name, retentionInDays=2
    )
    assert code == "InvalidParameterException"
    assert message.startswith("1 validation error detected: Value '2' at 'retentionInDays' failed")


@pytest.mark.lab
@pytest.mark.fidelity("logs.ingestion")
def test_batches_that_are_none_are_refused(group: Group) -> None:
    def refused(*events: tuple[int, str]) -> str:
        code, message = refusal(
            group.logs.put_log_events,
            logGroupName=group.name,
            logStreamName="s",
            logEvents=[{"timestamp": at, "message": text} for at, text in events],
        )
        assert code == "InvalidParameterException"
        return message

    moment = now()
    assert refused((moment, "a"), (moment - 1, "b")) == (
        "Log events in a single PutLogEvents request must be in chronological order."
    )
    assert refused((moment - 2 * DAY, "a"), (moment, "b")) == (
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
    )
    assert refused((moment, "a" * 1_048_551)) == (
        "Upload too large: 1048577 bytes exceeds limit of 1048576"
    )
    info = group.put("a", at=moment - 20 * DAY)["rejectedLogEventsInfo"]
    assert info == {"tooOldLogEventEndIndex": 1}
    info = group.put("a", at=moment + DAY)["rejectedLogEventsInfo"]
    assert info == {"tooNewLogEventStartIndex": 0}


@pytest.mark.lab
def test_what_is_not_there_is_said(group: Group) -> None:
    logs = group.logs
    names = {"logGroupName": "none"}
    missing_group = ("ResourceNotFoundException", "The specified log group does not exist.")
    missing_stream = ("ResourceNotFoundException", "The specified log stream does not exist.")
    assert refusal(logs.create_log_stream, **names, logStreamName="s") == missing_group
    assert refusal(logs.filter_log_events, **names) == missing_group
    assert refusal(logs.delete_log_group, **names) == missing_group
    own = {"logGroupName": group.name}
    assert refusal(logs.get_log_events, **own, logStreamName="none") == missing_stream
    assert refusal(logs.create_log_group, **own) == (
        *("ResourceAlreadyExistsException", "The specified log group already exists"),
    )
    assert refusal(logs.create_log_stream, **own, logStreamName="s") == (
        *("ResourceAlreadyExistsException", "The specified log stream already exists"),
    )


@pytest.mark.lab
@pytest.mark.fidelity("logs.not_there")
def test_operations_that_are_not_there_are_refused_by_name(logs: Any) -> None:
    assert refusal(logs.describe_export_tasks) == (
        "InvalidParameterException",
        "DescribeExportTasks is not supported by this lab's CloudWatch Logs.",
    )


@pytest.mark.lab
def test_resource_policies_are_kept(logs: Any) -> None:
    logs.put_resource_policy(policyName="p", policyDocument="{}")
    found = logs.describe_resource_policies()["resourcePolicies"]
    assert [each["policyName"] for each in found] == ["p"]
    logs.delete_resource_policy(policyName="p")
    assert refusal(logs.delete_resource_policy, policyName="p") == (
        *("ResourceNotFoundException", "Policy with name [p] does not exist"),
    )


WRITE = """
import os, time
from lab.providers.cloudwatch import dashboards
from lab.providers.logs import groups, ingestion, streams
from lab.providers.logs.dispatch import Scope

scope, names = Scope("000000000000", "us-east-1"), {"logGroupName": "g", "logStreamName": "s"}
groups.create_log_group(scope, names)
streams.create_log_stream(scope, names)
events = [{"timestamp": int(time.time() * 1000), "message": text} for text in "ab"]
ingestion.put_log_events(scope, {**names, "logEvents": events})
dashboards.put_dashboard(scope, {"DashboardName": "d", "DashboardBody": '{"widgets": []}'})
os.kill(os.getpid(), 9)
"""
READ = """
from lab.providers.cloudwatch import dashboards
from lab.providers.logs import reading
from lab.providers.logs.dispatch import Scope

scope = Scope("000000000000", "us-east-1")
found = reading.filter_log_events(scope, {"logGroupName": "g"})["events"]
print([each["message"] for each in found], len(dashboards.list_dashboards(scope, {})))
"""


@pytest.mark.fidelity("logs.durability")
def test_what_was_acknowledged_outlives_the_process(tmp_path: Path) -> None:
    def run(program: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "LAB_HOME": str(tmp_path)}
        command = [sys.executable, "-W", "ignore", "-c", program]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    killed = run(WRITE)
    assert killed.returncode == -9, killed.stderr
    again = run(READ)
    assert again.stdout == "['a', 'b'] 1\n", again.stderr


def test_an_event_is_found_by_its_place(tmp_path: Path) -> None:
    store = EventStore(tmp_path)
    store.create_stream("s", 1)
    stream = store.stream("s")
    assert stream
    store.add(stream, [(5, "late"), (5, "later")], 6)
    store.add(stream, [(4, "early")], 7)
    span = Span(0, 10)
    texts = [each.message for each in store.of_group(None, span, BEGINNING, 10)]
    assert texts == ["early", "late", "later"]
    place = Place.of(Place(5, 1).number)
    assert [each.message for each in store.of_group(None, span, place, 10)] == ["later"]
    assert [each.message for each in store.since(1, 10)] == ["later", "early"]
    store.close()


def test_few_files_are_open_at_once(tmp_path: Path) -> None:
    stores = Stores(tmp_path)
    for number in range(40):
        store = stores.of(str(number))
        store.create_stream("s", 1)
    assert sum(store._connection is not None for store in stores._stores.values()) == 32
    assert stores.of("0").stream("s")
    for store in stores._stores.values():
        store.close()


def test_deleted_streams_are_not_read(tmp_path: Path) -> None:
    store = EventStore(tmp_path)
    store.create_stream("s", 1)
    stream = store.stream("s")
    assert stream
    store.add(stream, [(5, "a")], 6)
    assert store.delete_stream("s")
    store.create_stream("s", 2)
    assert store.of_group(None, Span(0, 10), BEGINNING, 10) == []
    store.close()
    with closing(sqlite3.connect(tmp_path / "events.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (0,)
