"""Statements whose effect is seen through Glue, or whose answer has a form of its own."""

import pytest

from tests.providers.athena.support import BUCKET, Sql

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def table(sql: Sql) -> Sql:
    """A table with two partitions that Glue has given parameters."""
    sql.run(
        "CREATE EXTERNAL TABLE t (a int, b string) PARTITIONED BY (dt string) STORED AS PARQUET"
        f" LOCATION 's3://{BUCKET}/statements/t/'"
    )
    sql.run("INSERT INTO t SELECT 1, 'x', '1' UNION ALL SELECT 2, 'y', '2'")
    where = {"DatabaseName": sql.database, "TableName": "t"}
    found = sql.glue.get_partition(**where, PartitionValues=["1"])["Partition"]
    given = {key: found[key] for key in ("Values", "StorageDescriptor")}
    sql.glue.update_partition(
        **where, PartitionValueList=["1"], PartitionInput={**given, "Parameters": {"k": "v"}}
    )
    return sql


@pytest.mark.fidelity("athena_statements.databases")
def test_database_properties_are_glues(sql: Sql) -> None:
    sql.run("CREATE DATABASE statements_d COMMENT 'c' WITH DBPROPERTIES ('a' = '1')")
    sql.run("ALTER DATABASE statements_d SET DBPROPERTIES ('b' = '2')")
    found = sql.glue.get_database(Name="statements_d")["Database"]
    assert (found["Description"], found["Parameters"]) == ("c", {"a": "1", "b": "2"})


@pytest.mark.fidelity("athena_statements.alter")
def test_partitions_are_glues(table: Sql) -> None:
    done = table.run("ALTER TABLE t PARTITION (dt = '1') RENAME TO PARTITION (dt = '0')")
    assert done["Status"]["State"] == "SUCCEEDED", done["Status"]
    table.run(f"ALTER TABLE t PARTITION (dt = '2') SET LOCATION 's3://{BUCKET}/elsewhere/'")
    found = table.glue.get_partitions(DatabaseName=table.database, TableName="t")["Partitions"]
    assert [(one["Values"], one["StorageDescriptor"]["Location"]) for one in found] == [
        (["0"], f"s3://{BUCKET}/statements/t/dt=1"),
        (["2"], f"s3://{BUCKET}/elsewhere/"),
    ]
    assert found[0]["Parameters"] == {"k": "v"}
    assert table.rows("SELECT dt, a FROM t") == [["dt", "a"], ["0", "1"]]


@pytest.mark.fidelity("athena_statements.explain")
def test_explain_is_text_with_a_header(table: Sql) -> None:
    done = table.run("EXPLAIN SELECT 1 AS one")
    assert (done["StatementType"], done["SubstatementType"]) == ("DML", "EXPLAIN")
    assert done["Statistics"]["DataScannedInBytes"] == 0
    location = done["ResultConfiguration"]["OutputLocation"]
    assert location.endswith(".txt")
    lines = table.body(location).decode().split("\n")
    assert lines[:3] == ["Query Plan", "Fragment 0 [SINGLE]", "    Output layout: [one]"]
    assert table.rows("EXPLAIN (TYPE VALIDATE) SELECT 1 AS one")[:2] == [["Valid"], ["true"]]


@pytest.mark.fidelity("athena_statements.describe")
def test_a_table_says_when_it_was_made(table: Sql) -> None:
    found = table.glue.get_table(DatabaseName=table.database, Name="t")["Table"]
    assert int(found["Parameters"]["transient_lastDdlTime"]) > 1_700_000_000
    created = found["CreateTime"].strftime("%a %b %d %H:")
    rows = [row[0] or "" for row in table.rows("DESCRIBE FORMATTED t")]
    assert any(row.startswith(f"{'CreateTime:':20}\t{created}") for row in rows)


@pytest.mark.fidelity("athena_statements.refusals")
def test_what_athena_does_not_run_is_not_started(sql: Sql) -> None:
    with pytest.raises(sql.athena.exceptions.InvalidRequestException) as caught:
        sql.run("GRANT SELECT ON t TO someone")
    assert "Queries of this type are not supported" in caught.value.response["Error"]["Message"]


@pytest.mark.fidelity("athena_statements.views")
def test_a_view_keeps_trinos_types(sql: Sql) -> None:
    """Those of Hive, which Glue shows, say less: a time has no precision."""
    sql.run("CREATE VIEW precise AS SELECT TIMESTAMP '2024-01-02 03:04:05.678901' AS t, 'ab' AS s")
    assert sql.rows("DESCRIBE precise") == [["t\ttimestamp(6)"], ["s\tvarchar(2)"]]
    assert sql.rows("SELECT typeof(t) FROM precise") == [["_col0"], ["timestamp(6)"]]
    columns = sql.glue.get_table(DatabaseName=sql.database, Name="precise")["Table"][
        "StorageDescriptor"
    ]["Columns"]
    assert columns == [{"Name": "t", "Type": "timestamp"}, {"Name": "s", "Type": "varchar(2)"}]
