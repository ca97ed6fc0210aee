"""The course's streaming scenario: a shop is browsed, and every line of its log is accounted for.

A person and some visitors, ``lab agent``, Firehose, the function, OpenSearch, S3 and the alarm are
all the real ones; only the pictures are left out.
"""

import base64
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from opensearchpy import OpenSearch, TransportError

from lab.config import ROOT, Config
from lab.demo.run import search_of
from lab.stack.processes import free_port
from tests.providers.lambda_.functions import eventually

pytestmark = pytest.mark.lab

LAB = Path(sys.executable).with_name("lab")
SOLUTION = ROOT / "solutions" / "bookshop"
SHOP = "https://paper-lantern.example"
LINE = re.compile(
    r'(?P<host>\S+) - - \[[^]]+\] "(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?P<size>\d+|-) '
    r'"(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"'
)
HTTP = re.compile(r"[A-Z]+ (?P<target>\S+) HTTP/\d(?:\.\d)?")
# What no writer would write, but a full disk, a crash or a hand does.
DIRT = [
    '203.0.113.7 - - [20/May/2015:12:05:17 +0000] "GET /cut HTTP/1.1" 200 235 "-" "Mozilla/5.0 (c',
    "",
    "Traceback (most recent call last):",
    '203.0.113.7 - - [never] "GET /no-time HTTP/1.1" 200 235 "-" "-"',
    "\x00\x00\x00\x00",
]
SKIPPED = 4
"""Of the dirt; the one without a time has the form, and fails in the function."""


@dataclass(frozen=True)
class Visit:
    """A line of the log as this test reads it."""

    client: str
    status: int
    size: int
    path: str
    referrer: str
    agent: str


@dataclass(frozen=True)
class Log:
    visits: list[Visit]
    failed: list[str]
    """Lines that have the form, and are no visits"""
    skipped: list[str]


def read(folder: Path) -> Log:
    visits, failed, skipped = [], [], []
    for path in folder.glob("access_log*"):
        for line in path.read_text(encoding="utf-8").removesuffix("\n").split("\n"):
            found = LINE.fullmatch(line)
            if found is None:
                skipped.append(line)
                continue
            request = HTTP.fullmatch(found["request"])
            if request is None or "[never]" in line:
                failed.append(line)
                continue
            path_of = unquote(urlsplit(request["target"]).path)
            size = int(found["size"].replace("-", "0"))
            parts = (found["host"], int(found["status"]), size, path_of)
            visits.append(Visit(*parts, found["referrer"], found["agent"]))
    return Log(visits, failed, skipped)


@dataclass
class Scenario:
    """The lab, the shop's port, and what the pipeline is made of."""

    config: Config
    port: int
    made: dict[str, Any]
    search: OpenSearch

    @property
    def folder(self) -> Path:
        return self.config.home / "shop"

    def environment(self) -> dict[str, str]:
        ours = {"LAB_SHOP_PORT": str(self.port), "LAB_LANG": "en", "COLUMNS": "200"}
        return {**os.environ, **self.config.environment(), **ours}

    @contextmanager
    def running(self, *words: str) -> Iterator["subprocess.Popen[str]"]:
        pipe = subprocess.PIPE
        with subprocess.Popen(
            [LAB, *words], env=self.environment(), stdout=pipe, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                yield process
            finally:
                process.kill()

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [LAB, *words], env=self.environment(), capture_output=True, text=True, check=True
        )
        return done.stdout

    def count(self) -> int:
        try:
            found: int = self.search.count(index="visits-*")["count"]
        except TransportError as error:
            if error.status_code != 503:  # the index is being made
                raise
            return 0
        return found

    def aggregate(self, **aggregations: Any) -> Any:
        body = {"size": 0, "aggs": aggregations}
        return self.search.search(index="visits-*", body=body)["aggregations"]


def program(config: Config, *words: str) -> str:
    env = {**os.environ, **config.environment(), **config.aws_environment()}
    command = [sys.executable, str(SOLUTION / words[0]), *words[1:]]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def scenario(full_lab: Config, client: Callable[..., Any]) -> Iterator[Scenario]:
    made = json.loads(
        program(full_lab, "deploy.py", "--archive-seconds", "1", "--error-percent", "1")
    )
    with search_of(made["opensearch_url"]) as search:
        yield Scenario(full_lab, free_port(), made, search)
    program(full_lab, "teardown.py")
    streams = client("firehose").list_delivery_streams()["DeliveryStreamNames"]
    buckets = [each["Name"] for each in client("s3").list_buckets()["Buckets"]]
    roles = [each["RoleName"] for each in client("iam").list_roles()["Roles"]]
    assert [name for name in (*streams, *buckets, *roles) if name.startswith("bookshop")] == []


@pytest.fixture(scope="module")
def log(scenario: Scenario) -> Log:
    """The scenario itself; returns what was written, once everything has come through."""
    with scenario.running("shop", "--rotate-mb", "0.06") as shop:
        with scenario.running("agent") as agent:
            browse(scenario.port)
            scenario.run("traffic", "--rate", "400", "--visitors", "30", "--seed", "5", "--errors")
            wait_for(scenario)
            agent.send_signal(signal.SIGKILL)
        with (scenario.folder / "access_log").open("a") as file:
            file.writelines(f"{line}\n" for line in DIRT)
        # Nobody follows the log while it is rotated several times.
        scenario.run("traffic", "--rate", "400", "--visitors", "40", "--seed", "6", "--errors")
        with scenario.running("agent") as agent:
            wait_for(scenario)
            assert stopped(agent).endswith("the place in each file is kept.\n")
        assert "Closed. " in stopped(shop)
    return read(scenario.folder)


def browse(port: int) -> None:
    """A person comes in, looks for a book, puts it into the cart, and meets the shop's fault."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
    }
    form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    book = {**headers, "Referer": f"{SHOP}/category/ideas"}
    for method, target, sent, body, status in (
        ("GET", "/", headers, "", 200),
        ("GET", "/search?q=walden", headers, "", 200),
        ("GET", "/book/walden", book, "", 200),
        ("POST", "/cart", form, "book=walden", 303),
        ("GET", "/search?q=l'assommoir", headers, "", 500),
    ):
        connection.request(method, target, body, sent)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()


def wait_for(scenario: Scenario) -> None:
    """Until all that the log holds now is searchable."""
    wanted = len(read(scenario.folder).visits)
    eventually(lambda: scenario.count() >= wanted, within=120)


def stopped(process: "subprocess.Popen[str]") -> str:
    """Ctrl-C; returns what it said."""
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return said


def objects(s3: Any, bucket: str, prefix: str) -> bytes:
    found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    bodies = (s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found)
    return b"".join(gzip.decompress(body) for body in bodies)


def test_the_log_was_rotated_and_has_all_that_a_log_has(scenario: Scenario, log: Log) -> None:
    assert len(list(scenario.folder.glob("access_log.*"))) >= 2
    assert len(log.skipped) == SKIPPED
    assert "ValueError: No closing quotation" in (scenario.folder / "error_log").read_text()
    assert len(log.failed) > 1
    assert {200, 303, 404, 500} <= {visit.status for visit in log.visits}


def test_documents_are_the_accepted_lines(scenario: Scenario, log: Log) -> None:
    answer = scenario.search.search(index="visits-*", body={"size": 10_000})
    documents = [hit["_source"] for hit in answer["hits"]["hits"]]
    names = ("client", "status", "bytes", "path")
    assert Counter(tuple(each[name] for name in names) for each in documents) == Counter(
        (visit.client, visit.status, visit.size, visit.path) for visit in log.visits
    )
    assert {each["country"] for each in documents} >= {"FR", "US"}


def test_the_pie_shows_systems_and_browsers(scenario: Scenario, log: Log) -> None:
    browsers = {"terms": {"field": "browser", "size": 100}}
    found = scenario.aggregate(
        systems={"terms": {"field": "os", "size": 100}, "aggs": {"browsers": browsers}}
    )
    pie = {
        (system["key"], browser["key"]): browser["doc_count"]
        for system in found["systems"]["buckets"]
        for browser in system["browsers"]["buckets"]
    }
    assert sum(pie.values()) == len(log.visits)
    expected = {
        ("Windows", "Firefox"): r"Windows NT 10\.0.* Firefox/",
        ("iOS", "Mobile Safari"): r"OS \d+_\d like Mac OS X.* Version/\d+\.\d Mobile/",
        ("iOS", "Chrome Mobile iOS"): r"CriOS/",
        ("Linux", "Firefox"): r"X11; Linux x86_64; rv:",
        ("Other", "Googlebot"): r"Googlebot",
    }
    for part, mark in expected.items():
        assert pie.get(part, 0) == sum(
            bool(re.search(mark, visit.agent)) for visit in log.visits
        ), part


def test_the_heat_map_shows_which_page_leads_to_which_product(scenario: Scenario, log: Log) -> None:
    products = {"terms": {"field": "product", "size": 1000}}
    found = scenario.aggregate(
        pages={"terms": {"field": "referrer_page", "size": 1000}, "aggs": {"products": products}}
    )
    cells = {
        (page["key"], product["key"]): product["doc_count"]
        for page in found["pages"]["buckets"]
        for product in page["products"]["buckets"]
    }
    expected = Counter(
        (unquote(urlsplit(visit.referrer).path) or "/", visit.path.removeprefix("/book/"))
        for visit in log.visits
        if visit.referrer.startswith(SHOP) and visit.path.startswith("/book/")
    )
    assert cells == expected
    assert cells["/category/ideas", "walden"] >= 1


def test_what_is_no_visit_lies_under_the_error_prefix_with_its_reason(
    scenario: Scenario, log: Log, client: Callable[..., Any]
) -> None:
    def lie_there() -> list[dict[str, Any]] | None:
        lines = objects(client("s3"), scenario.made["bucket"], "errors/processing-failed/")
        found = [json.loads(line) for line in lines.splitlines()]
        return found if len(found) >= len(log.failed) else None

    documents = eventually(lie_there, within=60)
    assert {each["errorCode"] for each in documents} == {"Lambda.ProcessingFailedStatus"}
    raw = [json.loads(base64.b64decode(each["rawData"])) for each in documents]
    assert sorted(each["request"] for each in raw) == sorted(
        found["request"] for line in log.failed if (found := LINE.fullmatch(line))
    )
    group = f"/aws/lambda/{scenario.made['function']}"
    pages = client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    logged = [event["message"] for page in pages for event in page["events"]]
    reasons = [json.loads(line)["reason"] for line in logged if line.startswith('{"recordId"')]
    assert len(reasons) == len(log.failed)
    assert "no time: 'never'" in reasons


def test_what_has_not_the_form_is_in_the_agent_s_log(scenario: Scenario, log: Log) -> None:
    noted = (scenario.config.home / "agent" / "agent.log").read_text()
    assert noted.count("] skipped ") == len(log.skipped)
    assert "b'Traceback (most recent call last):\\n'" in noted


def test_copies_of_all_documents_are_in_s3(
    scenario: Scenario, log: Log, client: Callable[..., Any]
) -> None:
    def copies() -> bytes | None:
        found = objects(client("s3"), scenario.made["bucket"], "visits/")
        return found if found.count(b'"@timestamp"') >= len(log.visits) else None

    assert eventually(copies, within=60).count(b'"@timestamp"') == len(log.visits)


def test_the_alarm_went_off(scenario: Scenario, log: Log, client: Callable[..., Any]) -> None:
    errors = sum(visit.status >= 500 for visit in log.visits)
    assert errors / len(log.visits) > 0.01
    url = f"{scenario.config.endpoint_url}/_lab/cloudwatch/alarms"
    urllib.request.urlopen(urllib.request.Request(url, method="POST")).close()

    def went_off() -> bool:
        # It may be over again: a minute without visits is no alarm.
        found = client("cloudwatch").describe_alarm_history(
            AlarmName=scenario.made["alarm"], HistoryItemType="StateUpdate"
        )
        changes = [json.loads(item["HistoryData"]) for item in found["AlarmHistoryItems"]]
        return any(change["newState"]["stateValue"] == "ALARM" for change in changes)

    assert eventually(went_off, within=120)


def test_it_can_be_deployed_again(scenario: Scenario, client: Callable[..., Any]) -> None:
    again = program(scenario.config, "deploy.py", "--archive-seconds", "2", "--error-percent", "1")
    assert json.loads(again) == scenario.made
    found = client("firehose").describe_delivery_stream(
        DeliveryStreamName=scenario.made["delivery_stream"]
    )["DeliveryStreamDescription"]
    [destination] = found["Destinations"]
    s3 = destination["AmazonopensearchserviceDestinationDescription"]["S3DestinationDescription"]
    assert s3["BufferingHints"]["IntervalInSeconds"] == 2
