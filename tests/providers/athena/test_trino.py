"""Athena on a Trino: which statements go there, in which words, and what comes back.

The Trino here is a double; ``scripts/test_trino.sh`` runs the table of statements on a real one.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from lab import config as settings
from lab.config import Config
from lab.stack import embedded
from tests.providers.athena.support import Sql
from tests.providers.athena.trino_double import TrinoDouble, column, failed

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def trino() -> Iterator[TrinoDouble]:
    double = TrinoDouble()
    yield double
    double.close()


@pytest.fixture(scope="module")
def sql(
    make_lab: Callable[[str], AbstractContextManager[Config]],
    client_of: Callable[..., Any],
    trino: TrinoDouble,
) -> Iterator[Sql]:
    with make_lab("trino") as made:
        config = replace(made, athena_engine=f"trino://{trino.address}")
        embedded.up(config, names=("localstack",))
        found = Sql(lambda service: client_of(config, service), "there")
        found.run("CREATE DATABASE there", QueryExecutionContext={})
        found.run("CREATE EXTERNAL TABLE t (a int) LOCATION 's3://athena-results/t/'")
        yield found


@pytest.mark.fidelity("athena_trino.queries")
def test_a_query_is_trinos_and_its_result_athenas(sql: Sql, trino: TrinoDouble) -> None:
    query = 'SELECT * FROM "awsdatacatalog".there.t'
    columns = [column("n", "decimal", 5, 2), column("x", "double"), column("b", "varbinary")]
    trino.answers[query] = [
        {"stats": {"physicalInputBytes": 0}},
        {"columns": columns, "data": [["1.50", 1e10, "aGk="]]},
        {"columns": columns, "data": [[None, "NaN", None]], "stats": {"physicalInputBytes": 4321}},
    ]
    found = sql.run(f"{query};  -- all of it")
    assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
    assert found["Statistics"]["DataScannedInBytes"] == 4321
    assert sql.body(found["ResultConfiguration"]["OutputLocation"]) == (
        b'"n","x","b"\n"1.50","1.0E10","68 69"\n,"NaN",\n'
    )
    answer = sql.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])
    infos = answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(one["Name"], one["Type"], one["Precision"], one["Scale"]) for one in infos] == [
        ("n", "decimal", 5, 2),
        ("x", "double", 17, 0),
        ("b", "varbinary", 1073741824, 0),
    ]
    headers = trino.headers[query]
    assert headers["x-trino-catalog"] == "awsdatacatalog"
    assert headers["x-trino-schema"] == "there"
    assert headers["x-trino-time-zone"] == "UTC"


@pytest.mark.fidelity("athena_trino.ddl")
def test_ddl_stays_with_the_lab(sql: Sql, trino: TrinoDouble) -> None:
    before = list(trino.statements)
    sql.run("CREATE EXTERNAL TABLE parts (a int) PARTITIONED BY (d string) LOCATION 's3://b/p/'")
    sql.run("ALTER TABLE parts ADD PARTITION (d = '1')")
    assert sql.rows("SHOW PARTITIONS parts") == [["d=1"]]
    assert trino.statements == before


@pytest.mark.fidelity("athena_trino.ctas", "athena_trino.iceberg_ctas")
def test_a_ctas_is_put_in_trinos_words(sql: Sql, trino: TrinoDouble) -> None:
    sql.run(
        "CREATE TABLE made WITH (format = 'orc', write_compression = 'ZLIB', partitioned_by ="
        " ARRAY['d'], external_location = 's3://athena-results/made') AS SELECT a, 'x' AS d FROM t"
    )
    posted = trino.statements[-1]
    head, query = posted.split("\n")
    assert head == (
        'CREATE TABLE "there"."made" WITH (format = \'ORC\', external_location ='
        " 's3://athena-results/made/', partitioned_by = ARRAY['d']) AS"
    )
    assert query.strip() == "SELECT a, 'x' AS d FROM t"
    assert trino.headers[posted]["x-trino-session"] == "awsdatacatalog.compression_codec=GZIP"
    status = sql.run("CREATE TABLE i WITH (table_type = 'ICEBERG') AS SELECT 1 AS a")["Status"]
    assert status["StateChangeReason"] == (
        "NOT_SUPPORTED: CREATE TABLE AS with table_type = 'ICEBERG' on Trino is not supported by"
        " this lab"
    )


def test_what_an_insert_wrote_is_counted(sql: Sql, trino: TrinoDouble) -> None:
    posted = "INSERT INTO t VALUES 1, 2"
    trino.answers[posted] = [{}, {"updateCount": 2}]
    found = sql.run(posted)
    answer = sql.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])
    assert answer["UpdateCount"] == 2


def test_a_view_has_the_columns_of_its_query(sql: Sql, trino: TrinoDouble) -> None:
    text = "CREATE VIEW v AS SELECT a FROM t"
    blank = " " * len("CREATE VIEW v AS ")
    trino.answers[f"SELECT * FROM (\n{blank}SELECT a FROM t\n) LIMIT 0"] = [
        {"columns": [column("a", "integer")]}
    ]
    # What a Trino would have told the catalogue.
    sql.glue.create_table(
        DatabaseName="there",
        TableInput={
            "Name": "v",
            "TableType": "VIRTUAL_VIEW",
            "ViewOriginalText": "SELECT a FROM t",
            "StorageDescriptor": {"Columns": [{"Name": "dummy", "Type": "string"}]},
        },
    )
    assert sql.run(text)["Status"]["State"] == "SUCCEEDED"
    assert trino.statements[-1] == text
    view = sql.glue.get_table(DatabaseName="there", Name="v")["Table"]
    assert view["StorageDescriptor"]["Columns"] == [{"Name": "a", "Type": "int"}]


@pytest.mark.parametrize(
    ("error", "category", "kind", "message"),
    [
        (
            ("COLUMN_NOT_FOUND", "USER_ERROR", "line 1:8: Column 'b' cannot be resolved"),
            *(2, 1006),
            "COLUMN_NOT_FOUND: line 1:8: Column 'b' cannot be resolved or requester is not"
            " authorized to access requested resources",
        ),
        (
            ("SYNTAX_ERROR", "USER_ERROR", "line 1:9: mismatched input 'x'"),
            *(2, 1006),
            "SYNTAX_ERROR: line 1:9: mismatched input 'x'",
        ),
        (
            ("REMOTE_TASK_ERROR", "INTERNAL_ERROR", "Expected response code"),
            *(1, 200),
            "GENERIC_INTERNAL_ERROR: REMOTE_TASK_ERROR: Expected response code",
        ),
    ],
)
@pytest.mark.fidelity("athena_trino.errors")
def test_errors(
    sql: Sql, trino: TrinoDouble, error: tuple[str, str, str], category: int, kind: int,
    message: str,
) -> None:  # fmt: skip
    trino.answers["SELECT b FROM t"] = failed(*error)
    status = sql.run("SELECT b FROM t")["Status"]
    assert status["State"] == "FAILED"
    assert status["AthenaError"] == {
        "ErrorCategory": category, "ErrorType": kind, "Retryable": False, "ErrorMessage": message,
    }  # fmt: skip


def test_positions_are_those_of_the_persons_lines(sql: Sql, trino: TrinoDouble) -> None:
    start = "CREATE TABLE wrong WITH (external_location = 's3://athena-results/wrong/') AS "
    posted = (
        'CREATE TABLE "there"."wrong" WITH (format = \'PARQUET\', external_location ='
        f" 's3://athena-results/wrong/') AS\n{' ' * len(start)}SELECT\nb FROM t"
    )
    message = "line 3:1: Column 'b' cannot be resolved"
    trino.answers[posted] = failed("COLUMN_NOT_FOUND", "USER_ERROR", message)
    status = sql.run(f"{start}SELECT\nb FROM t")["Status"]
    assert status["StateChangeReason"] == (
        "COLUMN_NOT_FOUND: line 2:1: Column 'b' cannot be resolved or requester is not authorized"
        " to access requested resources"
    )


@pytest.mark.fidelity("athena_trino.stopping")
def test_a_stopped_query_is_stopped_there(sql: Sql, trino: TrinoDouble) -> None:
    trino.answers["SELECT 'long'"] = [{"stats": {"state": "RUNNING", "physicalInputBytes": 7}}]
    trino.endless.add("SELECT 'long'")
    identifier = sql.start("SELECT 'long'")
    while "SELECT 'long'" not in trino.statements:
        sql.athena.get_query_execution(QueryExecutionId=identifier)
    sql.athena.stop_query_execution(QueryExecutionId=identifier)
    assert sql.wait(identifier)["Status"]["State"] == "CANCELLED"
    assert trino.deleted.wait(30)


@pytest.mark.fidelity("athena_trino.stopping")
def test_the_limit_of_the_work_group_stops_it(sql: Sql, trino: TrinoDouble) -> None:
    sql.athena.create_work_group(
        Name="little", Configuration={"BytesScannedCutoffPerQuery": 10_000_000}
    )
    trino.answers["SELECT 'much'"] = [{"stats": {"physicalInputBytes": 20_000_000}}]
    trino.endless.add("SELECT 'much'")
    status = sql.run("SELECT 'much'", WorkGroup="little")["Status"]
    assert (status["State"], status["StateChangeReason"]) == (
        "CANCELLED",
        "Bytes scanned limit was exceeded",
    )


@pytest.mark.fidelity("athena_trino.unreachable")
def test_a_trino_that_does_not_answer(sql: Sql, trino: TrinoDouble) -> None:
    trino.answers["SELECT 'nobody'"] = [{"status": 500}]
    status = sql.run("SELECT 'nobody'")["Status"]
    assert status["AthenaError"]["ErrorCategory"] == 1
    assert status["StateChangeReason"] == (
        f"GENERIC_INTERNAL_ERROR: No Trino answers at trino://{trino.address} (HTTP 500). Start it,"
        " or unset LAB_ATHENA_ENGINE and start the lab again to have the lab's own engine."
    )


@pytest.mark.parametrize("value", ["duckdb", "trino://host", "http://host:8080", "trino://h:x"])
def test_a_setting_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(
        ValueError, match=r"LAB_ATHENA_ENGINE must be like trino://127\.0\.0\.1:8080"
    ):
        settings.load({"LAB_ATHENA_ENGINE": value})


def test_lab_up_says_which_form_the_setting_has(lab: Config) -> None:
    environment = {**lab.environment(), "LAB_ATHENA_ENGINE": "duckdb", "LAB_LANG": "en"}
    command = [sys.executable, "-m", "lab.cli", "up"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    shown = " ".join((result.stdout + result.stderr).split())
    assert "LAB_ATHENA_ENGINE must be like trino://127.0.0.1:8080, not 'duckdb'." in shown
