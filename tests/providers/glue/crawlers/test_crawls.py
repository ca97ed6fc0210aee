"""How crawls begin, end and are remembered: states, history, log, events, schedules."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab.config import Config
from lab.providers.clock import agenda, clock
from lab.providers.glue.crawlers import crawls, definitions, schedules
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.state_changes import StateChange, publish, subscribe, unsubscribe
from lab.stack import clock as remote
from lab.stack import embedded
from tests.providers.glue.crawlers.lake import Lake
from tests.providers.glue.support import refused

SLOW = "".join(f'{{"a": {[each] * 200}}}\n' for each in range(800))
"""A file at which a crawler looks for long enough to be asked meanwhile."""
DAILY = "cron(0 6 * * ? *)"


@pytest.fixture
def catalog(tmp_path: Path, open_catalog: Callable[[Path], DataCatalog]) -> DataCatalog:
    return open_catalog(tmp_path)


def made(catalog: DataCatalog, **more: Any) -> None:
    targets = {"S3Targets": [{"Path": "s3://b/"}]}
    given = {"Name": "c", "Role": "r", "DatabaseName": "d", "Targets": targets}
    definitions.create_crawler(catalog, {**given, **more})


@pytest.mark.lab
@pytest.mark.fidelity("glue_crawlers.states")
def test_a_crawler_that_runs(lake: Lake) -> None:
    glue, name = lake.glue, lake.name
    lake.put({"quick/a.json": '{"a": 1}\n', **{f"slow/{place}.json": SLOW for place in range(60)}})
    lake.create("slow/")
    glue.start_crawler(Name=name)
    assert refused(glue.start_crawler, Name=name) == (
        "CrawlerRunningException",
        f"Crawler with name {name} has already started",
    )
    assert glue.get_crawler(Name=name)["Crawler"]["State"] == "RUNNING"
    assert refused(glue.update_crawler, Name=name, Description="x") == (
        "InvalidInputException",
        "Cannot update Crawler while running. Please stop crawl or wait until it completes to"
        " update.",
    )
    [crawl] = glue.list_crawls(CrawlerName=name)["Crawls"]
    assert crawl["State"] == "RUNNING"
    glue.stop_crawler(Name=name)
    crawler = lake.wait()
    assert crawler["LastCrawl"]["Status"] == "CANCELLED"
    assert crawler["LastCrawl"]["MessagePrefix"] == crawl["CrawlId"]
    targets = {"S3Targets": [{"Path": f"s3://{name}/quick/"}]}
    glue.update_crawler(Name=name, Targets=targets)
    lake.run()
    found = glue.list_crawls(CrawlerName=name)["Crawls"]
    assert [each["State"] for each in found] == ["COMPLETED", "STOPPED"]
    filters = [{"FieldName": "STATE", "FilterOperator": "EQ", "FieldValue": "STOPPED"}]
    found = glue.list_crawls(CrawlerName=name, Filters=filters)["Crawls"]
    assert [each["CrawlId"] for each in found] == [crawl["CrawlId"]]
    [metrics] = glue.get_crawler_metrics(CrawlerNameList=[name])["CrawlerMetricsList"]
    assert (metrics["TablesCreated"], metrics["StillEstimating"]) == (1, False)
    assert metrics["LastRuntimeSeconds"] > 0


@pytest.mark.lab
@pytest.mark.fidelity("glue_crawlers.log")
def test_what_the_log_says(lake: Lake, client: Callable[..., Any]) -> None:
    lake.put({"t/k=1/a.json": '{"a": 1}\n'})
    last = lake.crawl("t/")["LastCrawl"]
    assert (last["LogGroup"], last["LogStream"]) == ("/aws-glue/crawlers", lake.name)
    events = client("logs").get_log_events(
        logGroupName=last["LogGroup"], logStreamName=last["LogStream"], startFromHead=True
    )["events"]
    policy = '{"UpdateBehavior":"UPDATE_IN_DATABASE","DeleteBehavior":"DEPRECATE_IN_DATABASE"}'
    assert [event["message"] for event in events] == [
        f"[{last['MessagePrefix']}] {line}"
        for line in (
            f"BENCHMARK : Running Start Crawl for Crawler {lake.name}",
            f"BENCHMARK : Classification complete, writing results to database {lake.name}",
            f"INFO : Crawler configured with SchemaChangePolicy {policy}.",
            f"INFO : Created table t in database {lake.name}",
            "BENCHMARK : Finished writing to Catalog",
            "INFO : Run Summary For PARTITION:",
            "INFO : ADD: 1",
            "INFO : Run Summary For TABLE:",
            "INFO : ADD: 1",
            "BENCHMARK : Crawler has finished running and is in state READY",
        )
    ]


@pytest.mark.lab
@pytest.mark.fidelity("glue_crawlers.states")
def test_a_bucket_that_is_not_there(lake: Lake) -> None:
    targets = {"S3Targets": [{"Path": "s3://nowhere-at-all/"}]}
    last = lake.crawl(Targets=targets)["LastCrawl"]
    message = "The specified bucket does not exist: nowhere-at-all"
    assert (last["Status"], last["ErrorMessage"]) == ("FAILED", message)
    [crawl] = lake.glue.list_crawls(CrawlerName=lake.name)["Crawls"]
    assert (crawl["State"], crawl["ErrorMessage"]) == ("FAILED", message)


@pytest.mark.lab
@pytest.mark.fidelity("glue_crawlers.events")
def test_events(lake: Lake, client: Callable[..., Any]) -> None:
    events, sqs = client("events"), client("sqs")
    of_table = {"databaseName": [lake.name]}
    url = sqs.create_queue(QueueName=lake.name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {"source": ["aws.glue"], "detail": {"$or": [{"crawlerName": [lake.name]}, of_table]}}
    events.put_rule(Name=lake.name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=lake.name, Targets=[{"Id": "q", "Arn": arn["QueueArn"]}])
    lake.put({"t/k=1/a.json": '{"a": 1}\n'})
    lake.crawl("t/")
    found: dict[str, Any] = {}
    deadline = time.monotonic() + 60
    while len(found) < 4 and time.monotonic() < deadline:
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            body = json.loads(message["Body"])
            assert (body["source"], body["account"]) == ("aws.glue", "000000000000")
            detail = body["detail"]
            found[detail.get("state") or detail["typeOfChange"]] = detail
    assert found["Started"]["message"] == "Crawler Started"
    counts = {key: found["Succeeded"][key] for key in ("tablesCreated", "partitionsCreated")}
    assert counts == {"tablesCreated": "1", "partitionsCreated": "1"}
    assert found["CreateTable"]["changedTables"] == ["t"]
    assert found["BatchCreatePartition"]["changedPartitions"] == ["1"]
    events.remove_targets(Rule=lake.name, Ids=["q"])
    events.delete_rule(Name=lake.name)


@pytest.mark.lab
@pytest.mark.fidelity("glue_crawlers.schedules")
def test_schedules(lake: Lake) -> None:
    glue, name = lake.glue, lake.name
    lake.create()
    assert refused(glue.start_crawler_schedule, CrawlerName=name) == (
        "NoScheduleException",
        f"Crawler with name {name} has no schedule",
    )
    glue.update_crawler_schedule(CrawlerName=name, Schedule=DAILY)
    schedule = {"ScheduleExpression": DAILY, "State": "SCHEDULED"}
    assert glue.get_crawler(Name=name)["Crawler"]["Schedule"] == schedule
    assert refused(glue.start_crawler_schedule, CrawlerName=name) == (
        "SchedulerRunningException",
        f"The scheduler of the crawler with name {name} is already running",
    )
    glue.stop_crawler_schedule(CrawlerName=name)
    shown = glue.get_crawler(Name=name)["Crawler"]["Schedule"]
    assert shown["State"] == "NOT_SCHEDULED"
    assert refused(glue.stop_crawler_schedule, CrawlerName=name) == (
        "SchedulerNotRunningException",
        f"The scheduler of the crawler with name {name} is not running",
    )


@pytest.mark.lab
@pytest.mark.fidelity("glue_crawlers.schedules", "glue_crawlers.restart")
def test_a_crawler_runs_each_day_of_the_clock(
    make_lab: Callable[[str], AbstractContextManager[Config]], client_of: Callable[..., Any]
) -> None:
    def starts() -> list[str]:
        found = client_of(own, "glue").list_crawls(CrawlerName="c")["Crawls"]
        assert {crawl["State"] for crawl in found} == {"COMPLETED"}
        return [f"{crawl['StartTime'].astimezone(UTC):%d %H:%M}" for crawl in found]

    with make_lab("crawlers") as own:
        embedded.up(own, names=("localstack",))
        remote.change(own, "stop")
        remote.change(own, "set", datetime(2026, 3, 1, 12, tzinfo=UTC))
        client_of(own, "s3").create_bucket(Bucket="daily")
        targets = {"S3Targets": [{"Path": "s3://daily/"}]}
        client_of(own, "glue").create_crawler(
            Name="c", Role="r", DatabaseName="made", Targets=targets, Schedule=DAILY
        )
        list(remote.advance(own, 2 * 86_400, 86_400, patience=60))
        assert starts() == ["03 06:00", "02 06:00"]
        embedded.down(own)
        embedded.up(own, names=("localstack",))
        list(remote.advance(own, 86_400, 86_400, patience=60))
        assert starts() == ["04 06:00", "03 06:00", "02 06:00"]


@pytest.fixture
def no_entry(catalog: DataCatalog) -> Iterator[str]:
    key = catalog.arn("crawler/c")
    yield key
    agenda().remove(key)


@pytest.mark.fidelity("glue_crawlers.schedules", "glue_crawlers.restart")
def test_a_schedule_goes_on_after_a_restart(catalog: DataCatalog, no_entry: str) -> None:
    made(catalog, Schedule=DAILY)
    due = agenda().due(no_entry)
    assert due is not None
    assert (due - clock().now(), due % 86_400) < (86_400, 6 * 3600 + 1)
    agenda().remove(no_entry)
    schedules.follow_all(catalog)
    assert agenda().due(no_entry) == due
    schedules.stop_crawler_schedule(catalog, {"CrawlerName": "c"})
    assert agenda().due(no_entry) is None


@pytest.mark.fidelity("glue_crawlers.restart")
def test_a_crawl_that_was_interrupted(catalog: DataCatalog) -> None:
    made(catalog)
    at = clock().utc().replace(microsecond=0)
    running = {"CrawlId": "1", "State": "RUNNING", "StartTime": at, "LogStream": "c"}
    catalog.storage.put("crawl", ("c", f"{int(at.timestamp() * 1000):015d}", "1"), running)
    crawls.recover(catalog)
    [crawl] = crawls.list_crawls(catalog, {"CrawlerName": "c"})["Crawls"]
    assert (crawl["State"], crawl["ErrorMessage"]) == ("FAILED", "Internal Service Exception")
    crawler = definitions.get_crawler(catalog, {"Name": "c"})["Crawler"]
    assert (crawler["State"], crawler["LastCrawl"]["Status"]) == ("READY", "FAILED")


def test_subscribers_are_told_whatever_the_others_do() -> None:
    told: list[StateChange] = []

    def fails(_change: StateChange) -> None:
        raise ValueError

    change = StateChange("0", "r", "crawler", "c", "1", "RUNNING")
    for subscriber in (fails, told.append, told.append):
        subscribe(subscriber)
    publish(change)
    for subscriber in (fails, told.append):
        unsubscribe(subscriber)
    publish(change)
    assert told == [change]
