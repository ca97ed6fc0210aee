"""OPTIMIZE and VACUUM: what is rewritten, what is removed, what must stay."""

import os
from pathlib import Path

import pytest

from lab.engine.errors import QueryError
from tests.engine.support import Athena

TABLE = (
    "CREATE TABLE t (id bigint, name string) PARTITIONED BY (name) LOCATION 's3://data/t/'"
    " TBLPROPERTIES ('table_type'='ICEBERG')"
)
OPTIMIZE = "OPTIMIZE t REWRITE DATA USING BIN_PACK"


@pytest.fixture
def table(athena: Athena) -> Athena:
    """Partition a in four files, partition b in one."""
    athena.run(TABLE)
    for number in range(4):
        athena.run(f"INSERT INTO t VALUES ({number}, 'a')")
    athena.run("INSERT INTO t VALUES (10, 'b'), (11, 'b'), (12, 'b')")
    return athena


def files(athena: Athena) -> list[list[str | None]]:
    sql = 'SELECT content, record_count FROM "t$files" ORDER BY 1, 2'
    return athena.run(sql)


def ids(athena: Athena) -> list[str | None]:
    return [row[0] for row in athena.run("SELECT id FROM t ORDER BY id")]


@pytest.mark.fidelity("athena_iceberg.optimize")
def test_small_files_are_rewritten_when_they_are_enough(table: Athena) -> None:
    table.run(OPTIMIZE)
    assert files(table) == [["0", "1"]] * 4 + [["0", "3"]]
    assert table.bytes == 0
    table.run("INSERT INTO t VALUES (4, 'a')")
    table.run(OPTIMIZE)
    assert table.bytes > 0
    assert files(table) == [["0", "3"], ["0", "5"]]
    assert ids(table) == ["0", "1", "2", "3", "4", "10", "11", "12"]
    sql = 'SELECT operation FROM "t$snapshots" ORDER BY committed_at DESC LIMIT 1'
    assert table.run(sql) == [["replace"]]


@pytest.mark.fidelity("athena_iceberg.optimize")
def test_files_with_delete_files_are_rewritten(table: Athena) -> None:
    table.run("DELETE FROM t WHERE id = 10")
    table.run(OPTIMIZE)
    assert ["0", "3"] in files(table)
    table.run("ALTER TABLE t SET TBLPROPERTIES ('optimize_rewrite_delete_file_threshold'='1')")
    table.run(OPTIMIZE)
    assert ["0", "2"] in files(table)
    assert ids(table) == ["0", "1", "2", "3", "11", "12"]


@pytest.mark.fidelity("athena_iceberg.optimize")
def test_condition(table: Athena) -> None:
    table.run("ALTER TABLE t SET TBLPROPERTIES ('optimize_rewrite_data_file_threshold'='1')")
    table.run("INSERT INTO t VALUES (13, 'b')")
    with pytest.raises(QueryError) as caught:
        table.run(f"{OPTIMIZE} WHERE id = 0")
    assert str(caught.value) == (
        "NOT_SUPPORTED: Unexpected FilterNode found in plan; probably connector was not able to"
        " handle provided WHERE expression"
    )
    table.run(f"{OPTIMIZE} WHERE name = 'b'")
    assert files(table) == [["0", "1"]] * 4 + [["0", "4"]]
    table.run(f"{OPTIMIZE} WHERE upper(name) = 'A'")
    assert files(table) == [["0", "4"]] * 2


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("VACUUM h", "NOT_SUPPORTED: VACUUM is only supported for Iceberg tables"),
        (
            "OPTIMIZE h REWRITE DATA USING BIN_PACK",
            "NOT_SUPPORTED: OPTIMIZE is only supported for Iceberg tables",
        ),
        ("OPTIMIZE h", "SYNTAX_ERROR: line 1:11: mismatched input '<EOF>'"),
        (
            "OPTIMIZE h REWRITE DATA USING SORT",
            "NOT_SUPPORTED: USING SORT is not supported by this lab",
        ),
        (
            "VACUUM nope",
            "TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.lab.nope' does not exist",
        ),
        (
            "VACUUM root",
            "GENERIC_INTERNAL_ERROR: Path missing in file system location: s3://data",
        ),
    ],
)
def test_errors(athena: Athena, sql: str, error: str) -> None:
    athena.run("CREATE EXTERNAL TABLE h (id int) STORED AS PARQUET LOCATION 's3://data/h/'")
    athena.run(
        "CREATE TABLE root (id int) LOCATION 's3://data/' TBLPROPERTIES ('table_type'='ICEBERG')"
    )
    with pytest.raises(QueryError) as caught:
        athena.run(sql)
    assert str(caught.value) == error


def stored(athena: Athena, folder: str) -> set[Path]:
    return {file.path for file in athena.objects.list(f"s3://data/t/{folder}/")}


@pytest.mark.fidelity("athena_iceberg.vacuum")
def test_vacuum_removes_what_no_snapshot_needs(table: Athena) -> None:
    table.run("ALTER TABLE t SET TBLPROPERTIES ('optimize_rewrite_data_file_threshold'='2')")
    table.run(OPTIMIZE)
    table.objects.write("s3://data/t/data/orphan", b"x")
    table.objects.write("s3://data/t/data/young", b"x")
    os.utime(table.objects.path("s3://data/t/data/orphan"), (0, 0))
    assert len(stored(table, "data")) == 8
    # Nothing is older than five days but the orphan.
    table.run("VACUUM t")
    assert len(stored(table, "data")) == 7
    assert len(table.run('SELECT * FROM "t$snapshots"')) == 6
    table.objects.path("s3://data/t/data/young").unlink()
    table.run(
        "ALTER TABLE t SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds'='0',"
        " 'vacuum_min_snapshots_to_keep'='2', 'vacuum_max_metadata_files_to_keep'='1')"
    )
    table.run("VACUUM t")
    assert len(table.run('SELECT * FROM "t$snapshots"')) == 2
    assert len(stored(table, "data")) == 6
    table.run("ALTER TABLE t SET TBLPROPERTIES ('vacuum_min_snapshots_to_keep'='1')")
    table.run("VACUUM t")
    assert len(table.run('SELECT * FROM "t$snapshots"')) == 1
    assert len(stored(table, "data")) == len(files(table)) == 2
    assert len([path for path in stored(table, "metadata") if path.suffix == ".json"]) == 2
    assert ids(table) == ["0", "1", "2", "3", "10", "11", "12"]
