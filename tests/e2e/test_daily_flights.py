"""The batch scenario as a class plays it: a month of mornings in seconds, three of them with a
damaged file, one without any.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest

from lab.config import Config
from lab.demo.daily_flights import Scenario, damaged_days
from lab.stack import embedded

pytestmark = pytest.mark.lab

DAYS = 33
MISSING = date(2013, 1, 20)


@pytest.fixture(scope="module")
def scenario(
    make_lab: Callable[[str], AbstractContextManager[Config]], client_of: Callable[..., Any]
) -> Iterator[Scenario]:
    with make_lab("batch") as config:
        embedded.up(config, names=("localstack",))
        found = Scenario(config, lambda name: client_of(config, name), damaged_days((5, 11, 17)))
        found.deploy()
        found.put(DAYS)
        yield found


@pytest.fixture(scope="module")
def news(scenario: Scenario) -> list[dict[str, Any]]:
    """What the pipeline tells of the days, which are played here."""
    sqs, sns = scenario.clients("sqs"), scenario.clients("sns")
    url = sqs.create_queue(QueueName="news")["QueueUrl"]
    sns.subscribe(
        TopicArn=scenario.outputs["topic"],
        Protocol="sqs",
        Endpoint="arn:aws:sqs:us-east-1:000000000000:news",
        Attributes={"RawMessageDelivery": "true"},
    )
    key = f"raw/flights/file_day={MISSING}/flights.csv"
    scenario.clients("s3").delete_object(Bucket=scenario.outputs["bucket"], Key=key)
    steps = list(scenario.play(DAYS))
    assert steps[-1].stuck == {}
    assert steps[-1].fired == DAYS
    found: list[dict[str, Any]] = []
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1
    ).get("Messages"):
        found += [json.loads(message["Body"]) for message in messages]
    return sorted(found, key=lambda each: str(each["day"]))


def test_every_day_is_told_of(scenario: Scenario, news: list[dict[str, Any]]) -> None:
    states = {each["day"]: each["state"] for each in news}
    assert len(states) == len(news) == DAYS
    aside = {str(day) for day in scenario.damaged}
    assert {day for day, state in states.items() if state == "quarantined"} == aside
    assert [day for day, state in states.items() if state == "missing"] == [str(MISSING)]
    assert sum(state == "loaded" for state in states.values()) == DAYS - 4


def test_damaged_files_are_put_aside_with_the_rules_that_they_break(
    scenario: Scenario, news: list[dict[str, Any]]
) -> None:
    listed = scenario.clients("s3").list_objects_v2(
        Bucket=scenario.outputs["bucket"], Prefix="quarantine/"
    )["Contents"]
    assert [each["Key"] for each in listed] == [
        f"quarantine/{day}/flights.csv" for day in sorted(scenario.damaged)
    ]
    broken = {each["day"]: each["rules"] for each in news if each["state"] == "quarantined"}
    first, second, third = (broken[str(day)] for day in sorted(scenario.damaged))
    assert "RowCount between 100 and 2000" in first
    assert 'ColumnValues "distance" > 0' in second
    assert third == ['ColumnValues "origin" in ["EWR", "JFK", "LGA"]']


def test_the_report_is_what_the_files_say(scenario: Scenario, news: list[dict[str, Any]]) -> None:
    expected = [row for row in scenario.expected(DAYS) if row[0] != MISSING]
    assert scenario.report() == expected
    assert len(expected) == DAYS - 4


def test_the_job_has_joined_the_month_that_ended(
    scenario: Scenario, news: list[dict[str, Any]]
) -> None:
    [[joined, with_weather, with_plane]] = scenario.query(
        "SELECT count(*), count(temp), count(manufacturer) FROM daily_flights.enriched_flights"
    )
    [[flights]] = scenario.query(
        "SELECT count(*) FROM daily_flights.flights WHERE month = '2013-01'"
    )
    assert joined == flights
    assert int(with_weather) > 0.95 * int(flights)
    assert int(with_plane) > 0.7 * int(flights)


def test_a_second_run_of_a_day_changes_nothing(
    scenario: Scenario, news: list[dict[str, Any]]
) -> None:
    before = scenario.report()
    states = scenario.clients("stepfunctions")
    execution = states.start_execution(
        stateMachineArn=scenario.outputs["state_machine"],
        input=json.dumps({"time": "2013-01-11T06:00:00Z", "poll_seconds": 0}),
    )["executionArn"]
    for _ in range(6000):
        described = states.describe_execution(executionArn=execution)
        if described["status"] != "RUNNING":
            break
    assert described["status"] == "SUCCEEDED"
    assert scenario.report() == before


def test_it_is_removed_without_a_trace(scenario: Scenario, news: list[dict[str, Any]]) -> None:
    scenario.teardown()
    scenario.teardown()
    assert scenario.clients("s3").list_buckets()["Buckets"] == []
    databases = scenario.clients("glue").get_databases()["DatabaseList"]
    assert [each["Name"] for each in databases] == ["default"]
    assert scenario.clients("scheduler").list_schedules()["Schedules"] == []
