"""Athena as a check asks it: run a statement, look at how it went, what it read and what it said.

A statement of ours that fails is an error of the lab; one of the learner's is a Failed with
Athena's own reason. Results go where Athena's console puts them, to a bucket of the account.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lab.checks.bench import Bench
from lab.checks.text import Text
from lab.checks.vocabulary import Failed
from lab.config import REGION

ACCOUNT = "000000000000"
RESULTS = f"aws-athena-query-results-{ACCOUNT}-{REGION}"
PAUSE = 0.02  # seconds between two looks at a query
DONE = {"SUCCEEDED", "FAILED", "CANCELLED"}

type Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """One execution that has ended. ``rows`` are texts, as Athena gives them, without the header;
    those of a statement that did not succeed, or that returns none, are empty. ``scanned`` is
    DataScannedInBytes; ``place`` is the object that holds the result.
    """

    id: str
    state: str
    reason: str
    scanned: int
    place: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()

    @property
    def look(self) -> str:
        return f"aws athena get-query-execution --query-execution-id {self.id}"


def run(
    bench: Bench,
    sql: str,
    *,
    parameters: Sequence[str] = (),
    work_group: str = "primary",
    place: str | None = f"s3://{RESULTS}/",
) -> Query:
    """Run one statement and wait for its end, whatever that is."""
    athena = bench.client("athena")
    asked: dict[str, Any] = {"QueryString": sql, "WorkGroup": work_group}
    if place:
        make_results_bucket(bench)
        asked["ResultConfiguration"] = {"OutputLocation": place}
    if parameters:
        asked["ExecutionParameters"] = list(parameters)
    query_id = athena.start_query_execution(**asked)["QueryExecutionId"]
    return wait(bench, query_id)


def wait(bench: Bench, query_id: str) -> Query:
    """How the execution ended, with its rows if it has any."""
    athena = bench.client("athena")
    while True:
        found = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        if found["Status"]["State"] in DONE:
            break
        time.sleep(PAUSE)
    state = found["Status"]["State"]
    columns, rows = _rows(athena, query_id) if state == "SUCCEEDED" else ((), ())
    return Query(
        query_id,
        state,
        found["Status"].get("StateChangeReason", ""),
        found["Statistics"].get("DataScannedInBytes", 0),
        found["ResultConfiguration"].get("OutputLocation", ""),
        columns,
        rows,
    )


def need(bench: Bench, sql: str, **options: Any) -> Query:
    """Run a statement of ours, which must succeed: RuntimeError if it does not."""
    query = run(bench, sql, **options)
    if query.state != "SUCCEEDED":
        raise RuntimeError(f"{query.reason}\n{sql}")
    return query


def ask(bench: Bench, sql: str, *, code: str, fr: str, en: str, **options: Any) -> Query:
    """Run a statement on what the learner made, or one that the learner wrote; Failed with the
    words given, and with Athena's reason, when it does not succeed.
    """
    try:
        query = run(bench, sql, **options)
    except bench.client("athena").exceptions.InvalidRequestException as refused:
        raise Failed(code, Text(fr, en), refused.response["Error"]["Message"]) from refused
    if query.state != "SUCCEEDED":
        raise Failed(code, Text(fr, en), query.reason or query.state, query.look)
    return query


def statement(bench: Bench, name: str) -> str:
    """A file of SQL of the learner's, with the account in its place as their own query.py puts it;
    Failed when the file is not there.
    """
    file = bench.work / name
    if not file.is_file():
        expected = Text(fr=f"le fichier {name} existe", en=f"the file {name} exists")
        raise Failed("program-missing", expected, str(file), f"ls {bench.work}")
    return file.read_text(encoding="utf-8").replace("${account}", ACCOUNT)


def table(bench: Bench, whole: str, *, code: str) -> Any:
    """The table ``database.name`` as the catalog has it, with ``look``; Failed when there is
    none.
    """
    database, _, name = whole.partition(".")
    answer = bench.ask(
        "glue",
        "get_table",
        code=code,
        fr=f"la table {whole} est dans le catalogue de Glue",
        en=f"the table {whole} is in Glue's catalog",
        DatabaseName=database,
        Name=name,
    )
    answer.update(answer["Table"])
    return answer


def make_results_bucket(bench: Bench) -> None:
    """The bucket of the results, as Athena's console makes it. In us-east-1, making a bucket that
    one has already is no error.
    """
    if "results" not in bench.memory:
        bench.client("s3").create_bucket(Bucket=RESULTS)
        bench.memory["results"] = RESULTS


def _rows(athena: Any, query_id: str) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
    columns: tuple[str, ...] = ()
    rows: list[Row] = []
    for page in pages:
        result = page["ResultSet"]
        columns = tuple(one["Name"] for one in result["ResultSetMetadata"]["ColumnInfo"])
        rows += [tuple(one.get("VarCharValue") for one in row["Data"]) for row in result["Rows"]]
    # The first row of a SELECT is its header.
    return columns, tuple(rows[1:] if rows and rows[0] == columns else rows)
