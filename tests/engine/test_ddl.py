"""DDL: what each statement does to the catalogue and what it prints."""

import pytest

from lab.engine.catalog import Partition
from lab.engine.errors import QueryError
from tests.engine.support import Athena

CREATE = (
    "CREATE EXTERNAL TABLE IF NOT EXISTS `t` (`a` int COMMENT 'first', b"
    " struct<x:string,y:array<int>>)"
    " COMMENT 'c' PARTITIONED BY (dt string, h int) STORED AS PARQUET LOCATION 's3://data/t'"
    " TBLPROPERTIES ('k' = 'v')"
)


def test_create_describe_show_drop(athena: Athena) -> None:
    athena.run(CREATE)
    athena.run(CREATE)
    made = athena.catalog.table("lab", "t")
    assert made is not None
    assert [(c.name, c.type) for c in made.columns] == [
        ("a", "int"),
        ("b", "struct<x:string,y:array<int>>"),
    ]
    changed = {"transient_lastDdlTime": "1767323045"}
    assert (made.comment, dict(made.parameters)) == ("c", {"EXTERNAL": "TRUE", "k": "v"} | changed)
    assert athena.run("SHOW TABLES IN lab 't*'") == [["t"]]
    assert athena.run("SHOW COLUMNS IN t")[0] == ["a".ljust(20)]
    assert athena.run("DESCRIBE t")[0] == [
        "a".ljust(20) + "\t" + "int".ljust(20) + "\t" + "first".ljust(20)
    ]
    athena.run("DROP TABLE t")
    athena.run("DROP TABLE IF EXISTS t")
    assert athena.run("SHOW TABLES") == []


def test_partitions(athena: Athena) -> None:
    athena.run(CREATE)
    athena.run(
        "ALTER TABLE t ADD IF NOT EXISTS PARTITION (dt = '2013', h = 1) LOCATION 's3://x/y/'"
        " PARTITION (dt = '2014', h = 2)"
    )
    table = athena.catalog.table("lab", "t")
    assert table is not None
    assert athena.catalog.partitions(table) == [
        Partition(("2013", "1"), "s3://x/y/"),
        Partition(("2014", "2"), "s3://data/t/dt=2014/h=2"),
    ]
    assert athena.run("SHOW PARTITIONS t") == [["dt=2013/h=1"], ["dt=2014/h=2"]]
    athena.run("ALTER TABLE t DROP PARTITION (dt = '2013', h = 1)")
    assert athena.run("SHOW PARTITIONS t") == [["dt=2014/h=2"]]


def test_repair_adds_what_is_there_and_nothing_twice(athena: Athena) -> None:
    athena.run(CREATE)
    athena.objects.write("s3://data/t/dt=a%3Ab/h=1/f", b"x")
    athena.objects.write("s3://data/t/dt=a%3Ab/h=1/g", b"x")
    athena.objects.write("s3://data/t/other/f", b"x")
    assert athena.run("MSCK REPAIR TABLE t") == [
        ["Partitions not in metastore:\tt:dt=a%3Ab/h=1"],
        ["Repair: Added partition to metastore t:dt=a%3Ab/h=1"],
    ]
    assert athena.run("MSCK REPAIR TABLE t") == []
    table = athena.catalog.table("lab", "t")
    assert table is not None
    assert athena.catalog.partitions(table)[0].values == ("a:b", "1")


def test_databases(athena: Athena) -> None:
    athena.run("CREATE SCHEMA IF NOT EXISTS d COMMENT 'c' LOCATION 's3://b/'")
    athena.run("CREATE DATABASE IF NOT EXISTS d")
    assert athena.run("SHOW DATABASES") == [["d"], ["lab"]]
    athena.run("CREATE EXTERNAL TABLE d.t (a int) STORED AS PARQUET LOCATION 's3://b/'")
    with pytest.raises(QueryError, match="Database d is not empty"):
        athena.run("DROP DATABASE d")
    athena.run("DROP DATABASE d CASCADE")
    assert athena.run("SHOW DATABASES") == [["lab"]]


def test_views(athena: Athena) -> None:
    athena.run("CREATE VIEW v AS SELECT 1 AS a, 'x' AS b")
    athena.run("CREATE OR REPLACE VIEW v AS SELECT 2 AS a")
    assert athena.run("SELECT a + 1 AS n FROM v") == [["3"]]
    athena.run("DROP VIEW v")
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT * FROM v")
    assert (
        str(caught.value)
        == "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lab.v' does not exist"
    )


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("SELEC 1", "SYNTAX_ERROR: line 1:1: mismatched input 'SELEC'"),
        ("DROP TABLE", "SYNTAX_ERROR: line 1:11: mismatched input '<EOF>'"),
        ("PRAGMA version", "SYNTAX_ERROR: line 1:1: mismatched input 'PRAGMA'"),
        ("ATTACH 'x'", "SYNTAX_ERROR: line 1:1: mismatched input 'ATTACH'"),
        ("COPY t TO 'x'", "SYNTAX_ERROR: line 1:1: mismatched input 'COPY'"),
        ("INSTALL httpfs", "SYNTAX_ERROR: line 1:1: mismatched input 'INSTALL'"),
        (
            "DELETE FROM t",
            "TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.lab.t' does not exist",
        ),
        ("DROP TABLE x", "FAILED: SemanticException [Error 10001]: Table not found lab.x"),
        ("DROP DATABASE x", "FAILED: SemanticException [Error 10072]: Database does not exist: x"),
        (
            "CREATE EXTERNAL TABLE x (a int) STORED AS PARQUET",
            "SYNTAX_ERROR: No location was specified for table. An S3 location must be specified",
        ),
        (
            "CREATE EXTERNAL TABLE x (a int) STORED AS SEQUENCEFILE LOCATION 's3://b/'",
            "NOT_SUPPORTED: STORED AS SEQUENCEFILE is not supported by this lab",
        ),
    ],
)
def test_refusals(athena: Athena, sql: str, error: str) -> None:
    with pytest.raises(QueryError) as caught:
        athena.run(sql)
    assert str(caught.value) == error


@pytest.mark.parametrize(
    "source",
    [
        "read_csv('/etc/passwd')",
        "read_text('/etc/passwd')",
        "glob('/etc/*')",
        "duckdb_settings()",
        "range(3)",
    ],
)
def test_no_table_function_reaches_duckdb(athena: Athena, source: str) -> None:
    with pytest.raises(QueryError) as caught:
        athena.run(f"SELECT * FROM {source}")
    assert caught.value.name == "SYNTAX_ERROR"


def test_a_file_name_is_no_table(athena: Athena) -> None:
    with pytest.raises(QueryError) as caught:
        athena.run('SELECT * FROM "/etc/passwd"')
    assert caught.value.name == "TABLE_NOT_FOUND"


def test_the_database_itself_opens_no_file_outside_of_the_store(athena: Athena) -> None:
    import duckdb

    cursor = athena.pool.cursor()
    for statement in (
        "SELECT * FROM read_text('/etc/passwd')",
        "ATTACH '/tmp/other.db'",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ):
        with pytest.raises(duckdb.Error):
            cursor.execute(statement)
