"""The bookshop's function on its own: one line, one document, or one reason why not."""

import base64
import importlib.util
import json
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from lab.agent.conversion import converter_of
from lab.config import ROOT
from lab.data import access_log

FOLDER = ROOT / "solutions" / "bookshop"
FIELDS = {
    "host": "82.64.1.1",
    "ident": None,
    "authuser": None,
    "datetime": "02/Mar/2026:08:15:00 +0100",
    "request": "GET /book/germinal?from=mail HTTP/1.1",
    "response": "200",
    "bytes": "2251",
    "referer": "https://paper-lantern.example/category/novels",
    "agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
}


class Counts:
    """In the place of CloudWatch."""

    def __init__(self) -> None:
        self.found: dict[str, float] = {}

    def put_metric_data(self, **given: Any) -> None:
        assert given["Namespace"] == "Bookshop"
        self.found = {each["MetricName"]: each["Value"] for each in given["MetricData"]}


@pytest.fixture(scope="module")
def handler() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.setenv("SHOP_HOST", "paper-lantern.example")
        patch.setenv("NAMESPACE", "Bookshop")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
        spec = importlib.util.spec_from_file_location("bookshop_handler", FOLDER / "handler.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


def document(handler: ModuleType, **changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = handler.document_of(json.dumps({**FIELDS, **changed}).encode())
    return found


def invoked(handler: ModuleType, lines: list[bytes]) -> tuple[list[dict[str, Any]], Counts]:
    counts = handler.cloudwatch = Counts()
    records = [
        {"recordId": str(number), "data": base64.b64encode(line).decode()}
        for number, line in enumerate(lines)
    ]
    return handler.handler({"records": records}, None)["records"], counts


def test_a_line_becomes_a_document(handler: ModuleType) -> None:
    assert document(handler) == {
        "@timestamp": "2026-03-02T08:15:00+01:00",
        "client": "82.64.1.1",
        "country": "FR",
        "method": "GET",
        "protocol": "HTTP/1.1",
        "status": 200,
        "bytes": 2251,
        "path": "/book/germinal",
        "page": "book",
        "query": "from=mail",
        "product": "germinal",
        "wanted": None,
        "referrer": "https://paper-lantern.example/category/novels",
        "referrer_page": "/category/novels",
        "referrer_site": "paper-lantern.example",
        "agent": FIELDS["agent"],
        "browser": "Firefox",
        "os": "Windows",
        "device": "Other",
        "is_robot": False,
    }


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("host", "2001:db8::1", {"country": None}),
        ("host", "shop.example", {"country": None}),
        ("host", "300.1.1.1", {"country": None}),
        ("bytes", None, {"bytes": 0}),
        ("agent", None, {"agent": None, "os": "Other", "browser": "Other"}),
        ("agent", r"\"a\" \\ \xe9", {"agent": '"a" \\ é'}),
        (
            "agent",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            {"browser": "Googlebot", "device": "Spider", "is_robot": True},
        ),
        ("referer", None, {"referrer": None, "referrer_page": None, "referrer_site": None}),
        ("referer", "http://[", {"referrer": "http://[", "referrer_site": None}),
        ("referer", "https://t.co/x", {"referrer_page": None, "referrer_site": "t.co"}),
        ("request", "GET / HTTP/1.0", {"page": "home", "path": "/", "product": None}),
        ("request", "GET /search?q=a+b HTTP/1.1", {"page": "search", "wanted": "a b"}),
        ("request", "GET /.env HTTP/1.1", {"page": "other", "product": None}),
    ],
)  # fmt: skip
def test_what_is_missing_or_odd_is_a_document_all_the_same(
    handler: ModuleType, field: str, value: Any, expected: dict[str, Any]
) -> None:
    found = document(handler, **{field: value})
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "not JSON: "),
        (b"[1]", "not a line of the access log"),
        (
            json.dumps({**FIELDS, "request": r"\x16\x03\x01"}).encode(),
            r"not an HTTP request: '\x16\x03\x01'",
        ),
        (json.dumps({**FIELDS, "request": None}).encode(), "not an HTTP request: ''"),
        (json.dumps({**FIELDS, "datetime": "yesterday"}).encode(), "no time: 'yesterday'"),
        (
            json.dumps({**FIELDS, "request": "GET http://[ HTTP/1.1"}).encode(),
            "not a URL: 'http://['",
        ),
    ],
)
def test_what_is_no_visit_is_given_back_with_its_reason_in_the_log(
    handler: ModuleType, data: bytes, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    good = json.dumps({**FIELDS, "response": "503"}).encode()
    answers, counts = invoked(handler, [good, data])
    assert [(each["recordId"], each["result"]) for each in answers] == [
        ("0", "Ok"),
        ("1", "ProcessingFailed"),
    ]
    assert base64.b64decode(answers[1]["data"]) == data
    logged = json.loads(capsys.readouterr().out)
    assert logged["recordId"] == "1"
    assert logged["reason"].startswith(reason)
    assert counts.found == {"Requests": 1, "Errors": 1, "Unreadable": 1}


def test_every_line_of_the_shop_is_accounted_for(handler: ModuleType) -> None:
    """Not one raises, and what fails is what was no HTTP."""
    option = json.loads((FOLDER / "agent.json").read_text())["flows"][0]["dataProcessingOptions"][0]
    convert = converter_of(option)
    lines = [convert(line.encode() + b"\n") for line in access_log.lines(5_000)]
    assert None not in lines
    answers, counts = invoked(handler, [line or b"" for line in lines])
    failed = [index for index, answer in enumerate(answers) if answer["result"] != "Ok"]
    assert len(answers) == 5_000
    assert counts.found["Requests"] + len(failed) == 5_000
    assert failed
    for index in failed:
        assert json.loads(lines[index] or b"")["response"] in ("400", "404", "414")
