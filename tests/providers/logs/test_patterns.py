"""The table of filter patterns: which of the events each matches."""

from typing import Any

import pytest

from lab.providers.logs.pattern import matcher

from .conftest import refusal

PLAIN = ("ERROR disk full", "WARN disk slow", "info disk", "ERROR 404 at /a")
JSON = (
    '{"status": 200, "user": {"name": "ada"}, "tags": ["a", "b"], "ok": true}',
    '{"status": 404, "user": {"name": "alan"}, "cause": null}',
    '{"status": "503", "user": {"name": "grace"}, "ok": false}',
    "no json",
)
ACCESS = (
    '127.0.0.1 - ada [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 200 1534',
    '10.0.0.7 - - [10/Oct/2000:13:25:16 -0700] "GET /none HTTP/1.0" 404 300',
    "too short",
)


@pytest.mark.fidelity("logs.patterns")
@pytest.mark.parametrize(
    ("events", "pattern", "expected"),
    [
        (PLAIN, "", [0, 1, 2, 3]),
        (PLAIN, "ERROR", [0, 3]),
        (PLAIN, "ERROR disk", [0]),
        (PLAIN, "?ERROR ?WARN", [0, 1, 3]),
        (PLAIN, "disk -ERROR", [1, 2]),
        (PLAIN, '"disk slow"', [1]),
        (PLAIN, "-disk", [3]),
        (PLAIN, r"%[A-Z]+ \d{3}%", [3]),
        (JSON, "{ $.status = 404 }", [1]),
        (JSON, "{ $.status >= 404 }", [1, 2]),
        (JSON, "{ $.status != 200 }", [1, 2]),
        (JSON, '{ $.user.name = "a*" }', [0, 1]),
        (JSON, '{ $.user.name = "a*" && $.status < 300 }', [0]),
        (JSON, "{ $.status = 200 || ($.status > 500 && $.user.name = grace) }", [0, 2]),
        (JSON, "{ $.cause IS NULL }", [1]),
        (JSON, "{ $.ok IS TRUE }", [0]),
        (JSON, "{ $.ok NOT EXISTS }", [1]),
        (JSON, '{ $.tags[1] = "b" }', [0]),
        (JSON, "{ $.user.name = %^g.a% }", [2]),
        (ACCESS, "[ip, id, user, time, request, status, bytes]", [0, 1]),
        (ACCESS, "[ip, id, user, time, request, status=4*, bytes]", [1]),
        (ACCESS, "[ip, id, user, time, request, status, bytes > 1000]", [0]),
        (ACCESS, "[ip=10.*, ..., status, bytes]", [1]),
        (ACCESS, '[..., request="*html*", status, bytes]', [0]),
        (ACCESS, "[ip, id, user, time, request, status=200 || status=404, bytes]", [0, 1]),
        (ACCESS, "[a, b]", [2]),
    ],
)
def test_a_pattern_matches(events: tuple[str, ...], pattern: str, expected: list[int]) -> None:
    assert [n for n, event in enumerate(events) if matcher(pattern)(event)] == expected


@pytest.mark.lab
@pytest.mark.fidelity("logs.patterns")
def test_a_pattern_shows_what_it_names(logs: Any) -> None:
    access = logs.test_metric_filter(
        filterPattern="[ip, ..., status=404, bytes]", logEventMessages=list(ACCESS)
    )["matches"]
    (match,) = access
    assert (match["eventNumber"], match["eventMessage"]) == (2, ACCESS[1])
    values = match["extractedValues"]
    assert {key: values[key] for key in ("$ip", "$status", "$bytes", "$5")} == {
        "$ip": "10.0.0.7",
        "$status": "404",
        "$bytes": "300",
        "$5": "GET /none HTTP/1.0",
    }
    pattern = "{ $.user.name = ada && $.status = * }"
    (found,) = logs.test_metric_filter(filterPattern=pattern, logEventMessages=list(JSON))[
        "matches"
    ]
    assert found["extractedValues"] == {"$.user.name": "ada", "$.status": "200"}


@pytest.mark.lab
@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{ $.a = }", "Invalid filter pattern"),
        ("{ a = 1 }", "Invalid filter pattern"),
        ("[a, ..., b, ...]", "Invalid filter pattern"),
        ("%[%", "Invalid filter pattern"),
        ("ERROR:", "Invalid character(s) in term 'ERROR:'"),
    ],
)
def test_what_is_no_pattern_is_refused(logs: Any, pattern: str, message: str) -> None:
    answer = refusal(logs.test_metric_filter, filterPattern=pattern, logEventMessages=["a"])
    assert answer == ("InvalidParameterException", message)
