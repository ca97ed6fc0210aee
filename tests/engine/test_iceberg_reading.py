"""Reading Iceberg tables: evolved schemas and partitions, time travel, metadata tables, and tables
that pyiceberg wrote.
"""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.expressions import EqualTo
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.table import Table as PyTable
from pyiceberg.table.snapshots import Operation
from pyiceberg.typedef import Record
from pyiceberg.types import IntegerType, LongType, StringType

from lab.engine.errors import QueryError
from lab.engine.iceberg.commits import Commits
from lab.engine.iceberg.deltas import RowDelta
from lab.engine.iceberg.kinds import schema
from lab.engine.iceberg.lookup import Lake
from lab.engine.iceberg.tables import IcebergTable
from lab.engine.types import BIGINT
from tests.engine.support import Athena

ICEBERG = "LOCATION 's3://data/t/' TBLPROPERTIES ('table_type'='ICEBERG')"


def opened(athena: Athena, name: str = "t") -> PyTable:
    """The table as another client of the same catalogue has it."""
    found = Lake(athena.catalog, athena.objects).table("lab", name)
    assert isinstance(found, IcebergTable)
    return Commits(athena.catalog, athena.objects, athena.scratch).open(found)


def failure(athena: Athena, sql: str) -> str:
    with pytest.raises(QueryError) as caught:
        athena.run(sql)
    return str(caught.value)


@pytest.mark.fidelity("athena_iceberg.evolution")
def test_columns_are_matched_by_id(athena: Athena) -> None:
    athena.run(f"CREATE TABLE t (a int, b string, c float, d decimal(5,2)) {ICEBERG}")
    athena.run("INSERT INTO t VALUES (1, 'one', REAL '1.5', DECIMAL '1.50')")
    athena.run("ALTER TABLE t CHANGE COLUMN a a bigint COMMENT 'wide' AFTER b")
    athena.run("ALTER TABLE t CHANGE COLUMN c cc double FIRST")
    athena.run("ALTER TABLE t CHANGE d d decimal(10,2)")
    athena.run("ALTER TABLE t DROP COLUMN b")
    athena.run("ALTER TABLE t ADD COLUMNS (b int, e array<int>)")
    athena.run("INSERT INTO t (a, b, cc) VALUES (5000000000, 2, 2.5E0)")
    assert athena.run("SELECT * FROM t ORDER BY a") == [
        ["1.5", "1", "1.50", None, None],
        ["2.5", "5000000000", None, "2", None],
    ]
    assert athena.run("SELECT b FROM t WHERE b = 2") == [["2"]]
    found = athena.catalog.table("lab", "t")
    assert found is not None
    assert [(c.name, c.type, c.comment) for c in found.columns] == [
        ("cc", "double", None),
        ("a", "bigint", "wide"),
        ("d", "decimal(10,2)", None),
        ("b", "int", None),
        ("e", "array<int>", None),
        ("c", "float", None),
    ]
    assert [dict(c.parameters)["iceberg.field.current"] for c in found.columns][-1] == "false"


@pytest.mark.fidelity("athena_iceberg.evolution")
def test_nested_fields_are_matched_by_id(athena: Athena) -> None:
    athena.run(
        "CREATE TABLE t (s struct<x:int,y:string>, l array<struct<x:int>>,"
        f" m map<string,struct<x:int>>) {ICEBERG}"
    )
    athena.run(
        "INSERT INTO t VALUES (CAST(ROW(1, 'y') AS ROW(x integer, y varchar)),"
        " ARRAY[CAST(ROW(2) AS ROW(x integer))],"
        " MAP(ARRAY['k'], ARRAY[CAST(ROW(3) AS ROW(x integer))])), (NULL, NULL, NULL)"
    )
    with opened(athena).update_schema() as update:
        update.rename_column("s.x", "xx")
        update.delete_column("s.y")
        update.add_column(("s", "y"), IntegerType())
        update.update_column("s.x", LongType())
        update.add_column(("l", "z"), StringType())
        update.rename_column("m.x", "w")
    assert athena.run("SELECT s.xx, s.y, l, m FROM t") == [
        ["1", None, "[{x=2, z=null}]", "{k={w=3}}"],
        [None, None, None, None],
    ]


@pytest.mark.fidelity("athena_iceberg.evolution")
def test_partitions_evolve(athena: Athena) -> None:
    athena.run(f"CREATE TABLE t (a int, b string) PARTITIONED BY (b) {ICEBERG}")
    athena.run("INSERT INTO t VALUES (1, 'x'), (2, 'y')")
    with opened(athena).update_spec() as update:
        update.add_field("a", "bucket[2]", "a_bucket")
        update.remove_field("b")
    athena.run("INSERT INTO t VALUES (3, 'x'), (4, 'y')")
    assert athena.run("SELECT a FROM t WHERE b = 'x' ORDER BY a") == [["1"], ["3"]]
    assert failure(athena, "ALTER TABLE t DROP COLUMN a") == (
        "NOT_SUPPORTED: Cannot drop partition field: a"
    )
    assert failure(athena, "ALTER TABLE t DROP COLUMN b") == (
        "NOT_SUPPORTED: Cannot drop column which is used by an old partition spec: b"
    )
    athena.run("DELETE FROM t WHERE b = 'x'")
    athena.run("UPDATE t SET a = a + 1")
    assert athena.run("SELECT * FROM t ORDER BY a") == [["3", "y"], ["5", "y"]]


@pytest.fixture
def history(athena: Athena) -> tuple[Athena, list[int]]:
    """A table of three snapshots, with a row more in each, and their ids."""
    athena.run(f"CREATE TABLE t (a int) {ICEBERG}")
    for number in range(3):
        athena.run(f"INSERT INTO t VALUES {number}")
        if number == 1:
            athena.run("ALTER TABLE t CHANGE COLUMN a b int")
    ids = [one.snapshot_id for one in opened(athena).metadata.snapshots]
    opened(athena).manage_snapshots().create_tag(ids[0], "first").create_branch(
        ids[1], "side"
    ).commit()
    return athena, ids


@pytest.mark.fidelity("athena_iceberg.time_travel")
def test_versions(history: tuple[Athena, list[int]]) -> None:
    athena, ids = history
    for place, number in enumerate(ids):
        sql = f"SELECT count(*) FROM t FOR VERSION AS OF {number}"
        assert athena.run(sql) == [[str(place + 1)]]
    assert athena.run("SELECT count(*) FROM t FOR VERSION AS OF 'first' AS x") == [["1"]]
    assert athena.run("SELECT count(*) FROM t FOR VERSION AS OF 'side'") == [["2"]]
    # The columns are those of the snapshot.
    assert athena.run(f"SELECT a FROM t FOR VERSION AS OF {ids[0]} WHERE a >= 0") == [["0"]]
    assert athena.run("SELECT b FROM t WHERE b = 0") == [["0"]]
    joined = f"SELECT count(*) FROM t AS n JOIN t FOR VERSION AS OF {ids[1]} AS o ON n.b = o.a"
    assert athena.run(joined) == [["2"]]


@pytest.mark.fidelity("athena_iceberg.time_travel")
def test_times(history: tuple[Athena, list[int]]) -> None:
    athena, _ = history
    entries = opened(athena).metadata.snapshot_log
    for place, entry in enumerate(entries):
        moment = dt.datetime.fromtimestamp(entry.timestamp_ms / 1000, dt.UTC)
        text = f"{moment:%Y-%m-%d %H:%M:%S.%f}"[:-3]
        for constant in (f"TIMESTAMP '{text} UTC'", f"TIMESTAMP '{text}'"):
            sql = f"SELECT count(*) FROM t FOR TIMESTAMP AS OF {constant}"
            assert athena.run(sql) == [[str(place + 1)]]
    sql = "SELECT count(*) FROM t FOR TIMESTAMP AS OF (TIMESTAMP '2999-01-01 00:00:00 UTC' - interval '1' day)"  # noqa: E501
    assert athena.run(sql) == [["3"]]


@pytest.mark.fidelity("athena_iceberg.time_travel")
@pytest.mark.parametrize(
    ("version", "error"),
    [
        ("FOR VERSION AS OF 5", "INVALID_ARGUMENTS: Iceberg snapshot ID does not exists: 5"),
        (
            "FOR VERSION AS OF 'x'",
            "INVALID_ARGUMENTS: Cannot find snapshot with reference name: x",
        ),
        (
            "FOR VERSION AS OF 1.5",
            "NOT_SUPPORTED: line 1:15: Unsupported type for table version: decimal(2,1)",
        ),
        (
            "FOR TIMESTAMP AS OF 5",
            "NOT_SUPPORTED: line 1:15: Unsupported type for temporal table version: integer",
        ),
        (
            "FOR TIMESTAMP AS OF TIMESTAMP '2000-01-01 00:00:00 UTC'",
            'INVALID_ARGUMENTS: No version history table "lab"."t" at or before'
            " 2000-01-01T00:00:00.000Z",
        ),
    ],
)
def test_versions_that_are_not_there(
    history: tuple[Athena, list[int]], version: str, error: str
) -> None:
    assert failure(history[0], f"SELECT * FROM t {version}") == error


def test_only_iceberg_tables_have_versions(athena: Athena) -> None:
    athena.run("CREATE EXTERNAL TABLE h (id int) STORED AS PARQUET LOCATION 's3://data/h/'")
    assert (
        failure(athena, "SELECT * FROM h FOR VERSION AS OF 1")
        == "NOT_SUPPORTED: line 1:15: This connector does not support versioned tables"
    )


@pytest.mark.fidelity("athena_iceberg.metadata_tables")
def test_metadata_tables(history: tuple[Athena, list[int]]) -> None:
    athena, ids = history
    first, second, third = map(str, ids)
    sql = 'SELECT snapshot_id, parent_id, is_current_ancestor FROM "t$history"'
    assert athena.run(sql) == [[first, None, "true"], [second, first, "true"],
                               [third, second, "true"]]  # fmt: skip
    sql = "SELECT snapshot_id, operation, summary['total-records'] FROM lab.\"t$snapshots\""
    assert athena.run(sql) == [[first, "append", "1"], [second, "append", "2"],
                               [third, "append", "3"]]  # fmt: skip
    sql = 'SELECT name, type, snapshot_id FROM "t$refs" ORDER BY name'
    assert athena.run(sql) == [["first", "TAG", first], ["main", "BRANCH", third],
                               ["side", "BRANCH", second]]  # fmt: skip
    sql = 'SELECT sum(added_rows_count), count(*), count_if(length > 0) FROM "t$manifests"'
    assert athena.run(sql) == [["3", "3", "3"]]
    sql = 'SELECT content, file_format, record_count, lower_bounds, upper_bounds FROM "t$files"'
    assert ["0", "PARQUET", "1", "{1=2}", "{1=2}"] in athena.run(sql)
    sql = 'SELECT record_count, file_count, data.b.min, data.b.max, data.b.null_count FROM "t$partitions"'  # noqa: E501
    assert athena.run(sql) == [["3", "3", "0", "2", "0"]]
    assert athena.bytes == 0
    names = [c.name for c in athena.outcome.columns]
    assert names == ["record_count", "file_count", "min", "max", "null_count"]


@pytest.mark.fidelity("athena_iceberg.hidden")
def test_path_of_a_row(history: tuple[Athena, list[int]]) -> None:
    athena, _ = history
    found = athena.run('SELECT "$path" FROM t ORDER BY 1')
    assert found == athena.run('SELECT file_path FROM "t$files" ORDER BY 1')
    assert all(athena.objects.path(str(path)).is_file() for (path,) in found)
    assert athena.run("SELECT * FROM t WHERE b = 1") == [["1"]]
    assert failure(athena, 'SELECT "$pos" FROM t').startswith("COLUMN_NOT_FOUND: line 1:8: ")


def written(athena: Athena, location: str, data: dict[str, Any]) -> PyTable:
    """A table that pyiceberg made and filled, with names that are not lower case."""
    commits = Commits(athena.catalog, athena.objects, athena.scratch)
    from lab.engine.types import VARCHAR

    made = schema([("Id", BIGINT, None), ("Txt", VARCHAR, None)])
    commits.new_table(
        ("lab", "t"), location, made, UNPARTITIONED_PARTITION_SPEC, {}
    ).commit_transaction()
    found = commits.load_table("lab.t")
    found.append(pa.table(data, schema=found.schema().as_arrow()))
    return found


@pytest.mark.fidelity("athena_iceberg.other_clients")
def test_tables_of_pyiceberg_are_read_and_changed(athena: Athena) -> None:
    table = written(athena, "s3://data/t", {"Id": [1, 2, 3], "Txt": ["a", "b", None]})
    assert athena.run("SELECT id, txt FROM t WHERE ID > 1 ORDER BY id") == [["2", "b"], ["3", None]]
    athena.run("UPDATE t SET txt = 'new' WHERE id = 3")
    athena.run("INSERT INTO t VALUES (4, 'd')")
    athena.run("DELETE FROM t WHERE id = 1")
    table.refresh()
    rows = sorted(table.scan().to_arrow().to_pylist(), key=lambda row: row["Id"])
    assert rows == [{"Id": 2, "Txt": "b"}, {"Id": 3, "Txt": "new"}, {"Id": 4, "Txt": "d"}]
    table.delete(EqualTo("Id", 4))
    table.append(pa.table({"Id": [5], "Txt": ["e"]}, schema=table.schema().as_arrow()))
    assert athena.run("SELECT id FROM t ORDER BY id") == [["2"], ["3"], ["5"]]


@pytest.mark.fidelity("athena_iceberg.other_clients")
def test_files_without_ids_are_matched_by_name(athena: Athena, tmp_path: Path) -> None:
    import pyarrow.parquet

    table = written(athena, "s3://data/t", {"Id": [1], "Txt": ["a"]})
    path = tmp_path / "added.parquet"
    pyarrow.parquet.write_table(pa.table({"Txt": ["z"], "Id": pa.array([9], pa.int64())}), path)
    athena.objects.adopt("s3://data/elsewhere/added.parquet", path, "")
    table.add_files(["s3://data/elsewhere/added.parquet"])
    assert athena.run("SELECT * FROM t ORDER BY id") == [["1", "a"], ["9", "z"]]


def test_views_and_unload_see_iceberg(athena: Athena) -> None:
    written(athena, "s3://data/t", {"Id": [1], "Txt": ["a"]})
    athena.run("CREATE VIEW v AS SELECT id FROM t")
    athena.run("INSERT INTO t VALUES (2, 'b')")
    assert athena.run("SELECT * FROM v ORDER BY id") == [["1"], ["2"]]
    athena.run("UNLOAD (SELECT * FROM t) TO 's3://out/u/' WITH (format = 'PARQUET')")
    assert athena.outcome.count == 2


@pytest.mark.fidelity("athena_iceberg.refusals")
def test_tables_of_format_version_1_are_read_and_not_changed(athena: Athena) -> None:
    made = Commits(athena.catalog, athena.objects, athena.scratch).new_table(
        ("lab", "old"),
        "s3://data/old",
        schema([("id", BIGINT, None)]),
        UNPARTITIONED_PARTITION_SPEC,
        {"format-version": "1"},
    )
    made.commit_transaction()
    athena.run("INSERT INTO old VALUES 1, 2")
    for change in (
        "DELETE FROM old WHERE id = 1",
        "UPDATE old SET id = 3",
        "MERGE INTO old USING (VALUES 1) s(x) ON id = x WHEN MATCHED THEN DELETE",
    ):
        assert failure(athena, change) == (
            "NOT_SUPPORTED: Iceberg table updates require at least format version 2"
        )
    assert athena.run("SELECT id FROM old ORDER BY id") == [["1"], ["2"]]


@pytest.mark.fidelity("athena_iceberg.refusals")
def test_newer_format_versions_are_refused(athena: Athena) -> None:
    athena.run(f"CREATE TABLE t (a int) {ICEBERG}")
    found = athena.catalog.table("lab", "t")
    assert found is not None
    path = athena.objects.path(found.parameters["metadata_location"])
    content = json.loads(path.read_text()) | {"format-version": 3, "next-row-id": 0}
    path.write_text(json.dumps(content))
    assert failure(athena, "SELECT * FROM t") == (
        "NOT_SUPPORTED: Iceberg table format version 3 is not supported"
    )


@pytest.mark.fidelity("athena_iceberg.refusals")
@pytest.mark.parametrize(
    ("content", "form", "what"),
    [
        (DataFileContent.EQUALITY_DELETES, FileFormat.PARQUET, "with equality deletes"),
        (DataFileContent.DATA, FileFormat.ORC, "of ORC files"),
        (DataFileContent.DATA, FileFormat.AVRO, "of AVRO files"),
    ],
)
def test_files_that_the_lab_cannot_read_are_refused(
    athena: Athena, content: DataFileContent, form: FileFormat, what: str
) -> None:
    athena.run(f"CREATE TABLE t (a int) {ICEBERG}")
    table = opened(athena)
    file = DataFile.from_args(
        content=content, file_path="s3://data/t/data/x", file_format=form, partition=Record(),
        record_count=1, file_size_in_bytes=1, equality_ids=[1],
    )  # fmt: skip
    file.spec_id = 0
    transaction = table.transaction()
    delta = RowDelta(Operation.OVERWRITE, transaction, table.io)
    if content == DataFileContent.DATA:
        delta.append_data_file(file)
    else:
        delta.append_delete_file(file)
    delta.commit()
    transaction.commit_transaction()
    message = f"NOT_SUPPORTED: an Iceberg table {what} is not supported by this lab"
    assert failure(athena, "SELECT * FROM t") == message
