"""DELETE, UPDATE and MERGE on Iceberg tables: rows, counts, files, errors, and who wins."""

import pytest

from lab.engine.errors import QueryError
from lab.engine.iceberg import writing
from tests.engine.support import Athena

TABLE = (
    "CREATE TABLE t (id bigint, name string, n int) LOCATION 's3://data/t/'"
    " TBLPROPERTIES ('table_type'='ICEBERG')"
)
SOURCE = (
    "(SELECT * FROM (VALUES (2, 'two', 20), (3, 'three', 30), (9, 'nine', 90)) AS v(id, name, n))"
)


@pytest.fixture
def table(athena: Athena) -> Athena:
    athena.run(TABLE)
    athena.run("INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', NULL), (4, NULL, 4)")
    athena.run("CREATE EXTERNAL TABLE h (id int) STORED AS PARQUET LOCATION 's3://data/h/'")
    return athena


def rows(athena: Athena) -> list[str]:
    found = athena.run("SELECT id, name, n FROM t ORDER BY id, name")
    return [" ".join("-" if value is None else value for value in row) for row in found]


BEFORE = ["1 a 1", "2 b 2", "3 c -", "4 - 4"]


@pytest.mark.fidelity("athena_iceberg.changes")
@pytest.mark.parametrize(
    ("sql", "count", "after"),
    [
        ("DELETE FROM t", 4, []),
        ("DELETE FROM t WHERE id = 2", 1, ["1 a 1", "3 c -", "4 - 4"]),
        ("DELETE FROM lab.t WHERE name LIKE 'z%'", 0, BEFORE),
        ("DELETE FROM t WHERE n IS NULL OR t.name IS NULL", 2, ["1 a 1", "2 b 2"]),
        ("DELETE FROM t WHERE id IN (SELECT max(id) FROM t)", 1, ["1 a 1", "2 b 2", "3 c -"]),
        ("UPDATE t SET n = 0", 4, ["1 a 0", "2 b 0", "3 c 0", "4 - 0"]),
        (
            "UPDATE t SET name = upper(name), n = NULL WHERE id <= 2",
            2,
            ["1 A -", "2 B -", "3 c -", "4 - 4"],
        ),
        (
            "UPDATE t SET id = id + 10, n = CAST(id AS integer) WHERE id = 1",
            1,
            ["2 b 2", "3 c -", "4 - 4", "11 a 1"],
        ),
        (
            "UPDATE t SET n = (SELECT max(x.n) FROM t AS x) WHERE n IS NULL",
            1,
            ["1 a 1", "2 b 2", "3 c 4", "4 - 4"],
        ),
        (
            f"MERGE INTO t USING {SOURCE} AS s ON t.id = s.id"
            " WHEN MATCHED THEN UPDATE SET name = s.name, n = s.n"
            " WHEN NOT MATCHED THEN INSERT (id, name, n) VALUES (s.id, s.name, s.n)",
            3,
            ["1 a 1", "2 two 20", "3 three 30", "4 - 4", "9 nine 90"],
        ),
        (
            f"MERGE INTO t AS target USING {SOURCE} AS s ON (target.id = s.id)"
            " WHEN MATCHED AND target.n IS NULL THEN DELETE"
            " WHEN MATCHED AND s.n > 100 THEN UPDATE SET n = 0"
            " WHEN NOT MATCHED AND s.id < 9 THEN INSERT VALUES (s.id, s.name, s.n)"
            " WHEN NOT MATCHED THEN INSERT (name, id) VALUES (upper(s.name), s.id + 1)",
            2,
            ["1 a 1", "2 b 2", "4 - 4", "10 NINE -"],
        ),
        (
            "MERGE INTO t USING t AS s ON t.id = s.id AND s.id = 1 WHEN MATCHED THEN DELETE",
            1,
            ["2 b 2", "3 c -", "4 - 4"],
        ),
        (
            f"MERGE INTO t USING {SOURCE} AS s ON t.id = s.id AND false"
            " WHEN MATCHED THEN DELETE",
            0,
            BEFORE,
        ),
        # What is not of the clause that is met is not computed.
        (
            f"MERGE INTO t USING {SOURCE} AS s ON t.id = s.id"
            " WHEN MATCHED AND s.id = 2 THEN UPDATE SET n = 1 / (s.n - 30)"
            " WHEN MATCHED THEN UPDATE SET n = s.n",
            2,
            ["1 a 1", "2 b 0", "3 c 30", "4 - 4"],
        ),
    ],
)  # fmt: skip
def test_changes(table: Athena, sql: str, count: int, after: list[str]) -> None:
    assert table.run(sql) == []
    assert table.outcome.count == count
    assert rows(table) == after


@pytest.mark.fidelity("athena_iceberg.change_errors")
@pytest.mark.parametrize(
    ("sql", "error"),
    [
        (
            "DELETE FROM h",
            "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables",
        ),
        ("UPDATE nope SET a = 1", "TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.lab.nope' does"
            " not exist"),
        ("DELETE FROM nope.t", "SCHEMA_NOT_FOUND: line 1:1: Schema 'nope' does not exist"),
        (
            "DELETE FROM t WHERE x = 1",
            "COLUMN_NOT_FOUND: line 1:21: Column 'x' cannot be resolved or requester is not"
            " authorized to access requested resources",
        ),
        (
            "UPDATE t SET x = 1",
            "COLUMN_NOT_FOUND: line 1:1: The UPDATE SET target column x doesn't exist",
        ),
        (
            "UPDATE t SET n = 1, N = 2",
            "DUPLICATE_COLUMN_NAME: line 1:1: Update column name is specified more than once: n",
        ),
        (
            "UPDATE t SET n = 'x', name = 'y'",
            "TYPE_MISMATCH: line 1:1: UPDATE table column types don't match SET expressions:"
            " Table: [integer, varchar], Expressions: [varchar(1), varchar(1)]",
        ),
        (
            f"MERGE INTO t USING {SOURCE} AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET n = 'x'",
            "TYPE_MISMATCH: line 1:1: MERGE table column types don't match for MERGE case 0, SET"
            " expressions: Table: [integer], Expressions: [varchar(1)]",
        ),
        (
            f"MERGE INTO t USING {SOURCE} AS s ON t.n > 0 WHEN MATCHED THEN UPDATE SET n = s.n",
            "MERGE_TARGET_ROW_MULTIPLE_MATCHES: One MERGE target table row matched more than one"
            " source row",
        ),
        (
            f"MERGE INTO t USING {SOURCE} AS s ON t.id = s.id WHEN NOT MATCHED THEN INSERT"
            " VALUES (1)",
            "TYPE_MISMATCH: line 1:1: Insert query has mismatched column count: Table: 3,"
            " Query: 1",
        ),
        (
            f"MERGE INTO t USING {SOURCE} AS s ON t.id = s.id WHEN NOT MATCHED BY SOURCE THEN"
            " DELETE",
            "NOT_SUPPORTED: WHEN NOT MATCHED BY SOURCE is not supported by this lab",
        ),
        ("DELETE t WHERE id = 1", "SYNTAX_ERROR: line 1:8: mismatched input 't'"),
        ("UPDATE t n = 1", "SYNTAX_ERROR: line 1:12: mismatched input '='"),
        ("DELETE FROM t AS a", "SYNTAX_ERROR: line 1:18: mismatched input 'a'"),
    ],
)  # fmt: skip
def test_errors(table: Athena, sql: str, error: str) -> None:
    with pytest.raises(QueryError) as caught:
        table.run(sql)
    assert str(caught.value) == error
    assert rows(table) == BEFORE


def contents(athena: Athena) -> list[list[str | None]]:
    sql = 'SELECT content, record_count FROM "t$files" ORDER BY 1, 2'
    return athena.run(sql)


@pytest.mark.fidelity("athena_iceberg.merge_on_read")
def test_deleted_rows_are_position_delete_files(table: Athena) -> None:
    table.run("DELETE FROM t WHERE id = 2")
    assert contents(table) == [["0", "4"], ["1", "1"]]
    table.run("UPDATE t SET n = 5 WHERE id = 1")
    assert contents(table) == [["0", "1"], ["0", "4"], ["1", "1"], ["1", "1"]]
    sql = 'SELECT operation FROM "t$snapshots" ORDER BY committed_at'
    assert table.run(sql) == [["append"], ["delete"], ["overwrite"]]
    # The last rows of a file take the file with them.
    table.run("DELETE FROM t WHERE id > 1")
    assert contents(table)[0] == ["0", "1"]
    assert rows(table) == ["1 a 5"]


@pytest.mark.fidelity("athena_iceberg.bytes")
def test_delete_files_are_scanned_bytes(table: Athena) -> None:
    table.run("SELECT count(*) FROM t WHERE id > 0")
    before = table.bytes
    table.run("DELETE FROM t WHERE id = 2")
    assert table.run("SELECT count(*) FROM t WHERE id > 0") == [["3"]]
    assert table.bytes > before


def test_changes_stay_in_their_partition(athena: Athena) -> None:
    athena.run(TABLE.replace("LOCATION", "PARTITIONED BY (name) LOCATION"))
    athena.run(
        "INSERT INTO t SELECT n, CAST(n % 3 AS varchar), n FROM UNNEST(sequence(1, 9)) AS u(n)"
    )
    athena.run("UPDATE t SET name = '7' WHERE id IN (1, 2)")
    athena.run("DELETE FROM t WHERE id = 4")
    assert rows(athena) == ["1 7 1", "2 7 2", "3 0 3", "5 2 5", "6 0 6", "7 1 7", "8 2 8", "9 0 9"]
    found = athena.run('SELECT partition, record_count FROM "t$partitions" ORDER BY 2, 1')
    assert ["{name=7}", "2"] in found
    athena.run("SELECT id FROM t WHERE name = '0'")
    assert athena.run("SELECT id FROM t WHERE name = '7' ORDER BY id") == [["1"], ["2"]]


@pytest.mark.fidelity("athena_iceberg.commits")
def test_the_second_of_two_changes_fails(table: Athena, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another statement commits while the first one writes its files."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    write = writing.write
    others = ["INSERT INTO t VALUES (7, 'g', 7)"]

    def overtaken(*args: object) -> object:
        while others:
            table.run(others.pop())
        return write(*args)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(writing, "write", overtaken)
    with pytest.raises(QueryError) as caught:
        table.run("UPDATE t SET n = 0 WHERE id = 1")
    assert (
        str(caught.value) == "ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table: lab.t"
    )
    assert rows(table) == [*BEFORE, "7 g 7"]
    files = [str(path) for (path,) in table.run('SELECT file_path FROM "t$files"')]
    stored = list(table.objects.list("s3://data/t/data/"))
    assert len(stored) == len(files)
    # Appends do not stand in each other's way.
    others.append("INSERT INTO t VALUES (8, 'h', 8)")
    table.run("INSERT INTO t VALUES (9, 'i', 9)")
    assert rows(table) == [*BEFORE, "7 g 7", "8 h 8", "9 i 9"]
