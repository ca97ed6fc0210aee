"""What a statement cannot do: reach the machine, other people's files, DuckDB's own commands."""

from pathlib import Path
from typing import Any

import pytest

from lab.config import Config
from tests.providers.athena.support import BUCKET, Sql

pytestmark = pytest.mark.lab

ATTEMPTS = [
    ("SELECT * FROM read_csv('/etc/passwd')", "TABLE_FUNCTION|FUNCTION_NOT_FOUND|SYNTAX_ERROR"),
    ("SELECT * FROM TABLE(read_text('/etc/passwd'))", "FUNCTION_NOT_FOUND|NOT_SUPPORTED|MALFORMED"),
    ("SELECT read_text('/etc/passwd')", "FUNCTION_NOT_FOUND"),
    ("SELECT * FROM '/etc/passwd'", "MALFORMED_QUERY|TABLE_NOT_FOUND"),
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
    ("COPY (SELECT 1) TO '/tmp/x'", "MALFORMED_QUERY"),
    ("COPY t FROM '/etc/passwd'", "MALFORMED_QUERY"),
    ("ATTACH '/tmp/x.db'", "MALFORMED_QUERY"),
    ("DETACH memory", "MALFORMED_QUERY"),
    ("INSTALL httpfs", "MALFORMED_QUERY"),
    ("LOAD httpfs", "MALFORMED_QUERY"),
    ("PRAGMA database_list", "MALFORMED_QUERY"),
    ("SET memory_limit = '100GB'", "MALFORMED_QUERY"),
    ("RESET memory_limit", "MALFORMED_QUERY"),
    ("CALL pragma_version()", "MALFORMED_QUERY"),
    ("EXPORT DATABASE '/tmp/x'", "MALFORMED_QUERY"),
    ("IMPORT DATABASE '/tmp/x'", "MALFORMED_QUERY"),
    ("CHECKPOINT", "MALFORMED_QUERY"),
    ("CREATE MACRO f(x) AS x", "MALFORMED_QUERY"),
    ("CREATE SECRET (TYPE s3)", "MALFORMED_QUERY"),
    ("CREATE TEMP TABLE x AS SELECT 1", "MALFORMED_QUERY"),
    ("SELECT 1; SELECT 2", "MALFORMED_QUERY|Only one"),
    ("SELECT 1; ATTACH '/tmp/x.db'", "MALFORMED_QUERY|Only one"),
    ("FROM '/etc/passwd'", "MALFORMED_QUERY"),
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
        return f"{error.response['AthenaErrorCode']}: {error.response['Error']['Message']}"
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


INSIDE = "SELECT * FROM read_text('/etc/passwd')"
LAKE = "TBLPROPERTIES ('table_type' = 'ICEBERG')"


@pytest.mark.fidelity("athena.isolation")
@pytest.mark.parametrize(
    "statement",
    [
        f"CREATE VIEW w AS {INSIDE}",
        f"CREATE TABLE w AS {INSIDE}",
        f"INSERT INTO held {INSIDE}",
        f"UNLOAD ({INSIDE}) TO 's3://{BUCKET}/w/' WITH (format = 'JSON')",
        f"EXPLAIN ANALYZE {INSIDE}",
        f"WITH c AS ({INSIDE}) SELECT * FROM c",
        f"SELECT (SELECT count(*) FROM ({INSIDE})) AS n",
        "DELETE FROM ice WHERE a IN (SELECT length(content) FROM read_text('/etc/passwd'))",
        "UPDATE ice SET a = length(getenv('HOME'))",
        f"MERGE INTO ice USING ({INSIDE}) s ON true WHEN MATCHED THEN DELETE",
        "OPTIMIZE ice REWRITE DATA USING BIN_PACK WHERE a = length(getenv('HOME'))",
        "SELECT * FROM ice FOR VERSION AS OF getenv('HOME')",
        "SELECT * FROM held WHERE a = 1 UNION ALL SELECT length(current_setting('x')) FROM held",
        "SELECT * FROM UNNEST(glob('/etc/*')) AS t(x)",
        "SELECT transform(ARRAY['/etc/passwd'], f -> read_text(f))",
        "SELECT a FROM held ORDER BY pg_read_file('/etc/passwd')",
    ],
)
def test_nothing_is_let_through_inside_of_another_statement(sql: Sql, statement: str) -> None:
    sql.run(f"CREATE EXTERNAL TABLE held (a int) STORED AS PARQUET LOCATION 's3://{BUCKET}/h/'")
    sql.run(f"CREATE TABLE ice (a int) LOCATION 's3://{BUCKET}/held-ice/' {LAKE}")
    said = answer(sql, statement)
    assert any(name in said for name in ("FUNCTION_NOT_FOUND", "SYNTAX_ERROR", "MALFORMED")), said


@pytest.mark.fidelity("athena.isolation")
def test_a_prepared_statement_lets_nothing_through(sql: Sql) -> None:
    sql.athena.create_prepared_statement(
        StatementName="spy", WorkGroup="primary", QueryStatement=INSIDE
    )
    assert "SYNTAX_ERROR" in answer(sql, "EXECUTE spy")
    sql.athena.delete_prepared_statement(StatementName="spy", WorkGroup="primary")
    assert "FUNCTION_NOT_FOUND" in answer(sql, "SELECT ?", ExecutionParameters=["getenv('HOME')"])
    assert sql.rows("SELECT ? AS a", ExecutionParameters=["1; ATTACH '/tmp/x.db'"])[1] == [
        "1; ATTACH '/tmp/x.db'"
    ]


@pytest.mark.fidelity("athena.isolation")
@pytest.mark.parametrize(
    ("number", "place"),
    [
        (1, "file:///etc/"),
        (2, "/etc/"),
        (3, "s3://../../etc/"),
        (4, f"s3://{BUCKET}/../../../../../../../etc/"),
    ],
)
def test_metadata_of_iceberg_leads_to_nothing_but_s3(sql: Sql, number: int, place: str) -> None:
    """Neither the catalogue's record nor a metadata file chooses a file of the machine."""
    sql.run(f"CREATE TABLE lake_{number} (a int) LOCATION '{place}' {LAKE}")
    assert not Path("/etc/metadata").exists()
    parameters = {"table_type": "ICEBERG", "metadata_location": f"{place}passwd"}
    storage = {"Columns": [{"Name": "a", "Type": "int"}], "Location": place}
    given = {"Name": f"spy_{number}", "Parameters": parameters, "StorageDescriptor": storage}
    sql.glue.create_table(DatabaseName=sql.database, TableInput=given)
    said = answer(sql, f"SELECT * FROM spy_{number}")
    assert said.split(":")[0] in ("INVALID_TABLE_PROPERTY", "ICEBERG_MISSING_METADATA"), said


@pytest.mark.fidelity("athena.isolation")
@pytest.mark.parametrize("location", ["s3://../../tmp/x/", "file:///tmp/x/", "/tmp/x/"])
def test_nothing_is_written_outside_of_s3(sql: Sql, location: str) -> None:
    said = answer(sql, f"CREATE TABLE w WITH (external_location = '{location}') AS SELECT 1 AS a")
    assert "GENERIC_INTERNAL_ERROR" not in said
    said = answer(sql, f"UNLOAD (SELECT 1 AS a) TO '{location}' WITH (format = 'PARQUET')")
    assert "GENERIC_INTERNAL_ERROR" not in said
    assert not Path("/tmp/x").exists()
