"""The table of Logs Insights: a query over a few events, and its rows."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import Group, eventually, refusal

pytestmark = pytest.mark.lab

MINUTE = int(time.time()) // 3600 * 3_600_000 - 3_600_000
EVENTS = (
    {"path": "/cart", "status": 200, "ms": 12, "user": {"name": "ada", "tags": ["x", "y"]}},
    {"path": "/cart", "status": 500, "ms": 90.5, "user": {"name": "alan"}, "retry": True},
    {"path": "/book/7", "status": 404, "ms": 7, "ip": "10.1.2.3", "retry": False},
    {"path": "/book/9", "status": 200, "ms": 31, "ip": "2001:db8::1"},
)
LINE = 'plain 192.168.0.1 "GET /index.html" took=15ms'
Rows = list[list[str]]


@pytest.fixture(scope="module")
def group(logs: Any) -> Iterator[Group]:
    """Events a minute apart, the plain line last."""
    found = Group(logs, f"/insights/{MINUTE}-{time.monotonic_ns()}")
    for n, event in enumerate(EVENTS):
        found.put(json.dumps(event), at=MINUTE + 60_000 * n)
    found.stream("other")
    found.put(LINE, stream="other", at=MINUTE + 240_000)
    yield found
    logs.delete_log_group(logGroupName=found.name)


@pytest.fixture(scope="module")
def ask(group: Group) -> Callable[..., dict[str, Any]]:
    def run(query: str, *names: str, **options: Any) -> dict[str, Any]:
        id = group.logs.start_query(
            logGroupNames=list(names or (group.name,)),
            startTime=MINUTE // 1000,
            endTime=MINUTE // 1000 + 3600,
            queryString=query,
            **options,
        )["queryId"]

        def ended() -> dict[str, Any] | None:
            answer: dict[str, Any] = group.logs.get_query_results(queryId=id)
            return answer if answer["status"] not in ("Scheduled", "Running") else None

        return eventually(ended)

    return run


def rows(answer: dict[str, Any]) -> Rows:
    assert answer["status"] == "Complete"
    return [[cell["value"] for cell in row if cell["field"] != "@ptr"] for row in answer["results"]]


@pytest.mark.fidelity("logs.insights")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fields path, status | sort @timestamp | limit 2", [["/cart", "200"], ["/cart", "500"]]),
        ("fields path | filter status >= 404 | sort ms desc", [["/cart"], ["/book/7"]]),
        ("filter user.name = 'ada' | display user.tags.1, ms", [["y", "12"]]),
        ("filter ispresent(ip) and not (status = 404) | display ip", [["2001:db8::1"]]),
        ("filter path like /book.[0-9]$/ | stats count(*)", [["2"]]),
        ("filter path not like 'book' | stats count(*) as c", [["3"]]),
        ("filter status in [404, 500] | display status | sort status", [["404"], ["500"]]),
        ("filter retry = 1 | display retry, path", [["1", "/cart"]]),
        ("filter @message like /plain/ | display @logStream", [["other"]]),
        ("filter status != 200 | stats count(*)", [["3"]]),
        (
            "stats count(*) as hits, avg(ms), max(ms) by path | sort path desc | limit 1",
            [["/cart", "2", "51.25", "90.5"]],
        ),
        ("stats sum(ms) / count(ms) as mean", [["35.125"]]),
        ("stats pct(ms, 50), count_distinct(path), stddev(status)", [["21.5", "3", "150.6785"]]),
        ("stats earliest(path), latest(status) by bin(1h)", None),
        ("stats sortsFirst(path) as a, sortsLast(path) as b", [["/book/7", "/cart"]]),
        ("stats count(*) as n by status | stats max(n) as most", [["2"]]),
        (
            "parse 'took=*ms' as took | filter ispresent(took) | display took, took * 2 as twice",
            [["15", "30"]],
        ),
        (
            "parse @message /(?<ip4>\\d+\\.\\d+\\.\\d+\\.\\d+) \"(?<verb>\\w+)/"
            " | filter verb = 'GET' | display ip4",
            [["192.168.0.1"]],
        ),
        ("parse path '/book/*' as book | stats count(book)", [["2"]]),
        ("fields path | dedup path | sort path", [[], ["/book/7"], ["/book/9"], ["/cart"]]),
        ("filter ispresent(path) | dedup path | stats count(*)", [["3"]]),
        ("filter status = 200 | display ceil(ms / 7) as c, floor(ms / 7) as f | sort c",
         [["2", "1"], ["5", "4"]]),
        ("filter ms = 7 | display abs(-ms), 2 ^ 3, 10 % 3, greatest(1, ms), sqrt(ms * 7)",
         [["7", "8", "1", "7", "7"]]),
        (
            "filter ms = 12 | display concat(path, '-', status), toupper(path), strlen(path),"
            " substr(path, 1, 3), replace(path, 'c', 'k'), trim('  a '), strcontains(path, 'art')",
            [["/cart-200", "/CART", "5", "car", "/kart", "a", "1"]],
        ),
        ("filter ms = 12 | display coalesce(ip, 'none'), isempty(ip), isblank(' ')",
         [["none", "1", "1"]]),
        ("filter isValidIp(ip) | display isValidIpv4(ip), isIpInSubnet(ip, '10.1.0.0/16')"
            " | sort ip",
         [["1", "1"], ["0", "0"]]),
        ("filter isIpv6InSubnet(ip, '2001:db8::/32') | display path", [["/book/9"]]),
        ("filter ms = 12 | display toMillis(@timestamp) - toMillis(datefloor(@timestamp, 1h))",
         [["0"]]),
        ("# a comment\nstats count(*) # another\n by ispresent(path) as known | sort known",
         [["0", "1"], ["1", "4"]]),
        ("stats count(*) by bin(2m) as t | sort t | display `count(*)`", [["2"], ["2"], ["1"]]),
    ],
)  # fmt: skip
def test_a_query_gives(ask: Callable[..., Any], query: str, expected: Rows | None) -> None:
    found = rows(ask(query))
    moment = time.strftime("%Y-%m-%d %H:00:00.000", time.gmtime(MINUTE / 1000))
    assert found == (expected or [[moment, "/cart", "200"]])


@pytest.mark.fidelity("logs.insights")
def test_events_are_shown_with_their_pointers(ask: Callable[..., Any], group: Group) -> None:
    answer = ask("fields @timestamp, @message | sort @timestamp desc | limit 1")
    (row,) = answer["results"]
    assert [cell["field"] for cell in row] == ["@timestamp", "@message", "@ptr"]
    moment = time.strftime("%Y-%m-%d %H:04:00.000", time.gmtime(MINUTE / 1000))
    assert [cell["value"] for cell in row[:2]] == [moment, LINE]
    record = group.logs.get_log_record(logRecordPointer=row[2]["value"])["logRecord"]
    assert (record["@message"], record["@logStream"]) == (LINE, "other")
    assert record["@log"] == f"000000000000:{group.name}"


@pytest.mark.fidelity("logs.insights")
def test_a_query_tells_what_it_has_read(ask: Callable[..., Any]) -> None:
    statistics = ask("filter status = 200 | limit 1")["statistics"]
    size = sum(len(json.dumps(event)) + 26 for event in EVENTS) + len(LINE) + 26
    assert {name: statistics[f"{name}"] for name in ("recordsMatched", "recordsScanned",
                                                     "bytesScanned", "logGroupsScanned")} == {
        "recordsMatched": 2.0,
        "recordsScanned": 5.0,
        "bytesScanned": float(size),
        "logGroupsScanned": 1.0,
    }  # fmt: skip


@pytest.mark.fidelity("logs.insights")
def test_lines_of_lambda_have_fields(logs: Any, ask: Callable[..., Any], group: Group) -> None:
    own = Group(logs, f"/aws/lambda/insights-{time.monotonic_ns()}")
    id = "8f507cfc-xmpl-4697-b07a-ac58fc914c95".replace("xmpl", "1234")
    own.put(
        f"START RequestId: {id} Version: $LATEST",
        f'2026-01-01T00:00:00Z\t{id}\tINFO\t{{"order": 7}}',
        f"REPORT RequestId: {id}\tDuration: 12.50 ms\tBilled Duration: 13 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 40 MB",
        at=MINUTE,
    )
    query = "filter @type = 'REPORT' | display @requestId, @duration, @billedDuration, @memorySize"
    assert rows(ask(query, own.name)) == [[id, "12.5", "13", "128000000"]]
    assert rows(ask("stats sum(order)", own.name)) == [["7"]]
    assert rows(ask("stats count(*) by @log", own.name, group.name)).__len__() == 2
    logs.delete_log_group(logGroupName=own.name)
    assert refusal(logs.start_query, logGroupName=own.name, startTime=0, endTime=1,
                   queryString="limit 1") == (
        "ResourceNotFoundException", "The specified log group does not exist.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("filtr a", "unexpected symbol found filtr at line 1 and position 0"),
        ("fields a\n| sort", "unexpected symbol found <EOF> at line 2 and position 6"),
        ("fields a, | limit 3", "unexpected symbol found | at line 1 and position 10"),
        ("limit 20000", "the limit must be between 1 and 10000"),
        ("fields rot13(a)", "unknown function rot13"),
        ("fields sum(a)", "the function sum stands outside of stats"),
        ("pattern @message", "the command pattern is not supported by this lab"),
    ],
)
@pytest.mark.fidelity("logs.not_there")
def test_what_is_no_query_is_refused(group: Group, query: str, message: str) -> None:
    answer = refusal(
        group.logs.start_query, logGroupName=group.name, startTime=0, endTime=1, queryString=query
    )
    assert answer == ("MalformedQueryException", message)


def test_queries_are_listed_and_saved(ask: Callable[..., Any], group: Group) -> None:
    logs = group.logs
    ask("stats count(*) as listed")
    found = logs.describe_queries(logGroupName=group.name, status="Complete")["queries"]
    assert "stats count(*) as listed" in [each["queryString"] for each in found]
    assert refusal(logs.get_query_results, queryId="none") == (
        *("ResourceNotFoundException", "Query with id none does not exist"),
    )
    assert refusal(logs.stop_query, queryId=found[0]["queryId"]) == (
        *("InvalidParameterException", "The query is not in the Scheduled or Running state."),
    )
    id = logs.put_query_definition(name="saved", queryString="limit 1")["queryDefinitionId"]
    (saved,) = logs.describe_query_definitions(queryDefinitionNamePrefix="sav")["queryDefinitions"]
    assert (saved["queryDefinitionId"], saved["queryString"]) == (id, "limit 1")
    assert logs.delete_query_definition(queryDefinitionId=id)["success"]


def test_deleted_streams_and_expired_events_are_not_read(
    logs: Any, ask: Callable[..., Any]
) -> None:
    own = Group(logs, f"/insights/gone-{time.monotonic_ns()}")
    own.put("kept", at=MINUTE)
    own.stream("gone")
    own.put("gone", stream="gone", at=MINUTE)
    assert rows(ask("stats count(*)", own.name)) == [["2"]]
    logs.delete_log_stream(logGroupName=own.name, logStreamName="gone")
    assert rows(ask("display @message", own.name)) == [["kept"]]
    logs.delete_log_group(logGroupName=own.name)


@pytest.mark.parametrize(
    ("query", "matched"),
    [
        ("filter status = 200", 2),
        ("filter status = 200 | limit 1", 2),
        ("filter ispresent(path) | dedup path", 4),
        ("filter status = 200 | stats count(*) by path", 2),
        ("filter status = 999 | stats count(*) by path", 0),
        ("fields path", 5),
    ],
)
def test_a_query_tells_how_many_events_matched(
    ask: Callable[..., Any], query: str, matched: int
) -> None:
    assert ask(query)["statistics"]["recordsMatched"] == matched
