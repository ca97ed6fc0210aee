"""Queries of Logs Insights: started, watched, stopped; their results are kept in files for a week.

Source: Amazon CloudWatch Logs API reference, "StartQuery", "GetQueryResults".
"""

import json
import logging
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lab.config import load
from lab.providers.handlers import handlers
from lab.providers.logs.dispatch import Record, Scope
from lab.providers.logs.errors import LogsError, invalid, invalid_token, limit_exceeded
from lab.providers.logs.events import milliseconds
from lab.providers.logs.groups import find, oldest, state, store_of
from lab.providers.pages import page

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from lab.providers.logs.insights.compiler import Compiled
    from lab.providers.logs.insights.runner import Source

LOG = logging.getLogger(__name__)

KIND = "query"
MAX_GROUPS = 50
MAX_WAITING = 30
MAX_KEPT = 1000
KEPT_MILLISECONDS = 7 * 86_400_000
WORKERS = 2
ENDED = ("Complete", "Failed", "Cancelled", "Timeout")
NO_STATISTICS = dict.fromkeys(
    (
        *("recordsMatched", "recordsScanned", "estimatedRecordsSkipped", "bytesScanned"),
        *("estimatedBytesSkipped", "logGroupsScanned"),
    ),
    0.0,
)


class Running:
    """A query that has not ended; its connection is there once it has been begun."""

    def __init__(self) -> None:
        self.connection: DuckDBPyConnection | None = None
        self.cancelled = False


_running: dict[str, Running] = {}
_lock = threading.Lock()


@cache
def _workers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="lab-insights")


def _folder() -> Path:
    return load().home / "cloudwatch-logs" / "results"


def start_query(scope: Scope, request: Record) -> Record:
    if request.get("queryLanguage", "CWLI") != "CWLI":
        raise invalid(f"{request['queryLanguage']} is not supported by this lab; CWLI is.")
    groups = _groups(scope, request)
    if request["startTime"] > request["endTime"]:
        raise invalid("The startTime of a query must not be after its endTime.")
    compiled = _compiled(request["queryString"], request.get("limit"))
    if len(_running) >= MAX_WAITING:
        raise limit_exceeded()
    id = str(uuid.uuid4())
    record = {
        "queryId": id,
        "queryString": request["queryString"],
        "queryLanguage": "CWLI",
        "status": "Running",
        "createTime": milliseconds(),
        "logGroupName": groups[0]["logGroupName"],
        "statistics": NO_STATISTICS,
    }
    _prune(scope)
    state().put(KIND, (*scope, id), record)
    _running[id] = Running()
    span = (request["startTime"] * 1000, request["endTime"] * 1000 + 1000)
    _workers().submit(_run, scope, record, compiled, groups, span)
    return {"queryId": id}


def _groups(scope: Scope, request: Record) -> list[Record]:
    given = [name for name in ("logGroupName", "logGroupNames", "logGroupIdentifiers")
             if request.get(name)]  # fmt: skip
    if len(given) != 1:
        raise invalid(
            "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified."
        )
    names = request[given[0]]
    names = [names] if isinstance(names, str) else names
    if len(names) > MAX_GROUPS:
        raise invalid(f"A query cannot have more than {MAX_GROUPS} log groups.")
    return [find(scope, name) for name in names]


def _compiled(text: str, limit: int | None) -> "Compiled":
    from lab.providers.logs.insights.compiler import compile_query
    from lab.providers.logs.insights.tokens import QueryError

    try:
        return compile_query(text, limit)
    except QueryError as error:
        from localstack.aws.api.logs import MalformedQueryException

        place = {"startCharOffset": error.start, "endCharOffset": error.end}
        refused = MalformedQueryException(error.message)
        refused.queryCompileError = {"location": place, "message": error.message}
        raise refused from error


def _run(
    scope: Scope, record: Record, compiled: "Compiled", groups: list[Record], span: tuple[int, int]
) -> None:
    id = record["queryId"]
    try:
        status, statistics = _answered(scope, id, compiled, groups, span)
    except Exception:  # the edge of a thread: whoever waits must see that it ended
        status, statistics = "Cancelled", NO_STATISTICS
        if not _running[id].cancelled:
            status = "Failed"
            LOG.exception("query %s failed", id)
    state().put(KIND, (*scope, id), {**record, "status": status, "statistics": statistics})
    with _lock:
        del _running[id]


def _answered(
    scope: Scope, id: str, compiled: "Compiled", groups: list[Record], span: tuple[int, int]
) -> tuple[str, Record]:
    from lab.providers.logs.insights.runner import connect, run

    running = _running[id]
    with connect() as connection:
        with _lock:
            if running.cancelled:
                return "Cancelled", NO_STATISTICS
            running.connection = connection
        try:
            found = run(connection, compiled, [_source(scope, group) for group in groups], span)
        finally:
            with _lock:
                running.connection = None
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / f"{id}.json").write_text(json.dumps(found.rows))
    return "Complete", {
        **NO_STATISTICS,
        "recordsMatched": float(found.matched),
        "recordsScanned": float(found.scanned),
        "bytesScanned": float(found.bytes),
        "logGroupsScanned": float(len(groups)),
    }


def _source(scope: Scope, group: Record) -> "Source":
    from lab.providers.logs.insights.runner import Source

    name = group["logGroupName"]
    store = store_of(group)
    log = f"{scope.account}:{name}"
    return Source(group["id"], store, oldest(group), log, name.startswith("/aws/lambda/"))


def get_query_results(scope: Scope, request: Record) -> Record:
    record = _record(scope, request["queryId"])
    answer = {
        "queryLanguage": "CWLI",
        "results": [],
        "statistics": record["statistics"],
        "status": record["status"],
    }
    file = _folder() / f"{record['queryId']}.json"
    if record["status"] == "Complete" and file.exists():
        answer["results"] = json.loads(file.read_text())
    return answer


def _record(scope: Scope, id: str) -> Record:
    record = state().get(KIND, (*scope, id))
    if record is None:
        message = f"Query with id {id} does not exist"
        raise LogsError("ResourceNotFoundException", message)
    return _checked(scope, record)


def _checked(scope: Scope, record: Record) -> Record:
    """A query that ran when the lab ended has failed."""
    if record["status"] in ENDED or record["queryId"] in _running:
        return record
    again = state().get(KIND, (*scope, record["queryId"])) or record
    return again if again["status"] in ENDED else {**again, "status": "Failed"}


def stop_query(scope: Scope, request: Record) -> Record:
    record = _record(scope, request["queryId"])
    with _lock:
        running = _running.get(record["queryId"])
        if running is None:
            raise invalid("The query is not in the Scheduled or Running state.")
        running.cancelled = True
        if running.connection:
            running.connection.interrupt()
    return {"success": True}


def describe_queries(scope: Scope, request: Record) -> Record:
    shown = ("queryLanguage", "queryId", "queryString", "status", "createTime", "logGroupName")
    records = [_checked(scope, each) for each in state().records(KIND, scope)]
    group, status = request.get("logGroupName"), request.get("status")
    found = [
        {name: record[name] for name in shown}
        for record in sorted(records, key=lambda record: -record["createTime"])
        if (not group or record["logGroupName"] == group)
        and (not status or record["status"] == status)
    ]
    asked = {"NextToken": request.get("nextToken"), "MaxResults": request.get("maxResults")}
    answer = page(found, asked, "queries", 1000, invalid_token)
    if token := answer.pop("NextToken", None):
        answer["nextToken"] = token
    return answer


def _prune(scope: Scope) -> None:
    """Forget queries that are older than a week, and the oldest of too many."""
    records = sorted(state().records(KIND, scope), key=lambda record: -record["createTime"])
    oldest_kept = time.time() * 1000 - KEPT_MILLISECONDS
    for place, record in enumerate(records):
        if place >= MAX_KEPT - 1 or record["createTime"] < oldest_kept:
            state().delete(KIND, (*scope, record["queryId"]))
            (_folder() / f"{record['queryId']}.json").unlink(missing_ok=True)


HANDLERS = handlers(start_query, get_query_results, stop_query, describe_queries)
