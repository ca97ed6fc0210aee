"""What a statement cannot do: reach the machine, other people's files, DuckDB's own commands."""

from pathlib import Path
from typing import Any

import pytest

from lab.config import Config
from tests.providers.athena.support import BUCKET, Sql

pytestmark = pytest.mark.lab

ATTEMPTS = [
    ("SELECT * FROM read_csv('/etc/passwd')", "TABLE_FUNCTION|FUNCTION_NOT_FOUND|SYNTAX_ERROR"),
    ("SELECT * FROM TABLE(read_text('/etc/passwd'))", "FUNCTION_NOT_FOUND|NOT_SUPPORTED|SYNTAX"),
    ("SELECT read_text('/etc/passwd')", "FUNCTION_NOT_FOUND"),
    ("SELECT * FROM '/etc/passwd'", "SYNTAX_ERROR|TABLE_NOT_FOUND"),
    ('SELECT * FROM "/etc/passwd"', "TABLE_NOT_FOUND"),
    ('SELECT * FROM "x.parquet"', "TABLE_NOT_FOUND"),
    ("SELECT * FROM glob('/etc/*')", "FUNCTION_NOT_FOUND|SYNTAX_ERROR|TABLE_FUNCTION"),
    ("SELECT getenv('HOME')", "FUNCTION_NOT_FOUND"),
    ("SELECT current_setting('temp_directory')", "FUNCTION_NOT_FOUND"),
    ("SELECT * FROM query_table('x')", "FUNCTION_NOT_FOUND|SYNTAX_ERROR|TABLE_FUNCTION"),
    ("SELECT * FROM query('SELECT 1')", "FUNCTION_NOT_FOUND|SYNTAX_ERROR|TABLE_FUNCTION"),
    ("SELECT * FROM duckdb_settings()", "FUNCTION_NOT_FOUND|SYNTAX_ERROR|TABLE_FUNCTION"),
    ("SELECT * FROM duckdb_settings", "TABLE_NOT_FOUND"),
    ("SELECT * FROM duckdb_secrets", "TABLE_NOT_FOUND"),
    ("SELECT * FROM pragma_database_list", "TABLE_NOT_FOUND"),
    ("SELECT * FROM sqlite_master", "TABLE_NOT_FOUND"),
    ("SELECT * FROM pg_catalog.pg_class", "SCHEMA_NOT_FOUND"),
    ("SELECT * FROM system.information_schema.tables", "CATALOG_NOT_FOUND"),
    ("COPY (SELECT 1) TO '/tmp/x'", "SYNTAX_ERROR"),
    ("COPY t FROM '/etc/passwd'", "SYNTAX_ERROR"),
    ("ATTACH '/tmp/x.db'", "SYNTAX_ERROR"),
    ("DETACH memory", "SYNTAX_ERROR"),
    ("INSTALL httpfs", "SYNTAX_ERROR"),
    ("LOAD httpfs", "SYNTAX_ERROR"),
    ("PRAGMA database_list", "SYNTAX_ERROR"),
    ("SET memory_limit = '100GB'", "SYNTAX_ERROR"),
    ("RESET memory_limit", "SYNTAX_ERROR"),
    ("CALL pragma_version()", "SYNTAX_ERROR"),
    ("EXPORT DATABASE '/tmp/x'", "SYNTAX_ERROR"),
    ("IMPORT DATABASE '/tmp/x'", "SYNTAX_ERROR"),
    ("CHECKPOINT", "SYNTAX_ERROR"),
    ("CREATE MACRO f(x) AS x", "SYNTAX_ERROR"),
    ("CREATE SECRET (TYPE s3)", "SYNTAX_ERROR"),
    ("CREATE TEMP TABLE x AS SELECT 1", "SYNTAX_ERROR"),
    ("SELECT 1; SELECT 2", "SYNTAX_ERROR|Only one"),
    ("SELECT 1; ATTACH '/tmp/x.db'", "SYNTAX_ERROR|Only one"),
    ("FROM '/etc/passwd'", "SYNTAX_ERROR"),
    ("SELECT lab_json('1')", "FUNCTION_NOT_FOUND"),
    ("SELECT nextval('x')", "FUNCTION_NOT_FOUND"),
    pytest.param("SELECT " + "(" * 20_000 + "1" + ")" * 20_000, "STACK_OVERFLOW", id="deep"),
    pytest.param("SELECT 1" + " + 1" * 20_000, "STACK_OVERFLOW", id="long"),
]


def answer(sql: Sql, statement: str, **more: Any) -> str:
    """What Athena says against the statement, wherever it says it."""
    try:
        found = sql.run(statement, **more)
    except sql.athena.exceptions.InvalidRequestException as error:
        return str(error.response["Error"]["Message"])
    assert found["Status"]["State"] == "FAILED", statement
    return str(found["Status"]["StateChangeReason"])


@pytest.mark.fidelity("athena.isolation")
@pytest.mark.parametrize(("statement", "names"), ATTEMPTS)
def test_an_attempt_is_refused(sql: Sql, statement: str, names: str) -> None:
    said = answer(sql, statement)
    assert any(name in said for name in names.split("|")), said


def table(sql: Sql, name: str, location: str) -> None:
    storage = {
        "Columns": [{"Name": "line", "Type": "string"}],
        "Location": location,
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"},
    }
    sql.glue.create_table(
        DatabaseName=sql.database, TableInput={"Name": name, "StorageDescriptor": storage}
    )


@pytest.mark.fidelity("athena.isolation")
@pytest.mark.parametrize(
    ("name", "location"),
    [
        ("up", "s3://../../etc/"),
        ("up_in_a_key", f"s3://{BUCKET}/../../../../../../etc/"),
        ("hidden", "s3://.versions/"),
        ("dots", "s3://./"),
        ("file", "file:///etc/"),
        ("plain", "/etc/"),
    ],
)
def test_a_location_leads_to_nothing_but_s3(sql: Sql, name: str, location: str) -> None:
    table(sql, name, location)
    found = sql.run(f"SELECT count(*) FROM {name}")
    if found["Status"]["State"] == "SUCCEEDED":
        assert sql.rows(f"SELECT count(*) FROM {name}")[1] == ["0"]
    else:
        assert "GENERIC_INTERNAL_ERROR" not in found["Status"]["StateChangeReason"]


@pytest.mark.fidelity("athena.isolation")
def test_a_link_among_the_objects_is_no_object(sql: Sql, lab: Config) -> None:
    sql.s3.put_object(Bucket=BUCKET, Key="links/real.txt", Body=b"real\n")
    (lab.s3_dir / BUCKET / "links" / "link.txt").symlink_to(Path("/etc/passwd"))
    table(sql, "links", f"s3://{BUCKET}/links/")
    assert sql.rows("SELECT line FROM links") == [["line"], ["real"]]


@pytest.mark.fidelity("athena.isolation")
def test_a_pattern_that_takes_years_stops_nobody(sql: Sql) -> None:
    text, pattern = "a" * 60 + "!", "^(?=a)(a|aa)+$"
    identifier = sql.start(f"SELECT regexp_like(x, '{pattern}') FROM (VALUES '{text}') AS t(x)")
    for _ in range(20):
        sql.s3.put_object(Bucket=BUCKET, Key="meanwhile", Body=b"1")
    sql.athena.stop_query_execution(QueryExecutionId=identifier)
    assert sql.rows("SELECT 1 AS a") == [["a"], ["1"]]


@pytest.mark.fidelity("athena.isolation")
@pytest.mark.parametrize("location", ["s3://../../tmp/x/", "file:///tmp/x/", "/tmp/x/"])
def test_nothing_is_written_outside_of_s3(sql: Sql, location: str) -> None:
    said = answer(sql, f"CREATE TABLE w WITH (external_location = '{location}') AS SELECT 1 AS a")
    assert "GENERIC_INTERNAL_ERROR" not in said
    said = answer(sql, f"UNLOAD (SELECT 1 AS a) TO '{location}' WITH (format = 'PARQUET')")
    assert "GENERIC_INTERNAL_ERROR" not in said
    assert not Path("/tmp/x").exists()
