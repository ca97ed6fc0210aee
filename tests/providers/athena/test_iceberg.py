"""Iceberg tables through Athena's API: the catalogue's record, statistics, two writers at once, and
other clients of the same tables.
"""

from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import files
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog, load_catalog

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config
from tests.providers.athena.support import BUCKET, Sql

pytestmark = pytest.mark.lab


@pytest.fixture
def table(sql: Sql) -> Sql:
    sql.run("DROP TABLE IF EXISTS t")
    made = sql.run(
        "CREATE TABLE t (id int, name string) PARTITIONED BY (name)"
        f" LOCATION 's3://{BUCKET}/iceberg/t' TBLPROPERTIES ('table_type'='ICEBERG')"
    )
    assert made["Status"]["State"] == "SUCCEEDED", made["Status"]
    return sql


@pytest.fixture
def catalog(lab: Config) -> Catalog:
    """pyiceberg's catalogue of AWS Glue."""
    given = {
        f"{service}.{key}": value
        for service in ("glue", "s3")
        for key, value in (
            ("endpoint", lab.endpoint_url),
            ("region", REGION),
            ("access-key-id", ACCESS_KEY_ID),
            ("secret-access-key", SECRET_ACCESS_KEY),
        )
    }
    return load_catalog("glue", type="glue", **given)


def glue_table(sql: Sql) -> dict[str, Any]:
    found: dict[str, Any] = sql.glue.get_table(DatabaseName=sql.database, Name="t")["Table"]
    return found


@pytest.mark.fidelity("athena_iceberg.create")
def test_glue_entry(table: Sql) -> None:
    found = glue_table(table)
    location = found["Parameters"]["metadata_location"]
    assert found["TableType"] == "EXTERNAL_TABLE"
    assert found["Parameters"] == {"table_type": "ICEBERG", "metadata_location": location}
    assert found["PartitionKeys"] == []
    storage = found["StorageDescriptor"]
    assert storage["Location"] == f"s3://{BUCKET}/iceberg/t"
    assert "InputFormat" not in storage
    assert storage["Columns"] == [
        {
            "Name": name,
            "Type": kind,
            "Parameters": {
                "iceberg.field.current": "true",
                "iceberg.field.id": number,
                "iceberg.field.optional": "true",
            },
        }
        for name, kind, number in (("id", "int", "1"), ("name", "string", "2"))
    ]
    table.run("INSERT INTO t VALUES (1, 'a')")
    parameters = glue_table(table)["Parameters"]
    assert parameters["previous_metadata_location"] == location
    assert parameters["metadata_location"] != location


def test_kinds_counts_and_bytes(table: Sql) -> None:
    for statement, kind, count in (
        ("INSERT INTO t VALUES (1, 'a'), (2, 'b')", "DML", 2),
        ("UPDATE t SET name = 'c' WHERE id = 1", "DML", 1),
        ("DELETE FROM t WHERE id = 2", "DML", 1),
        (
            "MERGE INTO t USING (VALUES (7)) AS s(id) ON t.id = s.id"
            " WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
            "DML",
            1,
        ),
    ):
        done = table.run(statement)
        assert done["Status"]["State"] == "SUCCEEDED", done["Status"]
        assert done["StatementType"] == kind
        assert done["SubstatementType"] == statement.split()[0]
        answer = table.athena.get_query_results(QueryExecutionId=done["QueryExecutionId"])
        assert answer["UpdateCount"] == count
    read = table.run("SELECT id FROM t WHERE name = 'c'")
    assert 0 < read["Statistics"]["DataScannedInBytes"] < 1000
    assert table.rows("SELECT id FROM t ORDER BY id") == [["id"], ["1"], ["7"]]
    assert table.rows('SELECT content, count(*) AS n FROM "t$files" GROUP BY 1') == [
        ["content", "n"],
        ["0", "2"],
    ]


@pytest.mark.fidelity("athena_iceberg.commits")
def test_writers_at_once(table: Sql) -> None:
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(table.run, [f"INSERT INTO t VALUES ({i}, 'x')" for i in range(4)]))
        assert [one["Status"]["State"] for one in done] == ["SUCCEEDED"] * 4
        done = list(threads.map(table.run, ["DELETE FROM t WHERE id >= 0"] * 4))
    states = {(one["Status"]["State"], one["Status"].get("StateChangeReason", "")) for one in done}
    lost = f"ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table: {table.database}.t"
    assert ("SUCCEEDED", "") in states
    assert states <= {("SUCCEEDED", ""), ("FAILED", lost)}
    assert table.rows("SELECT count(*) AS n FROM t") == [["n"], ["0"]]


@pytest.mark.fidelity("athena_iceberg.other_clients")
def test_pyiceberg_and_athena_change_one_table(table: Sql, catalog: Catalog) -> None:
    table.run("INSERT INTO t VALUES (1, 'a'), (2, 'a'), (3, 'b')")
    table.run("DELETE FROM t WHERE id = 1")
    other = catalog.load_table(f"{table.database}.t")

    def rows() -> list[tuple[Any, ...]]:
        found = other.refresh().scan().to_arrow().to_pylist()
        return sorted((row["id"], row["name"]) for row in found)

    assert rows() == [(2, "a"), (3, "b")]
    other.append(pa.table({"id": pa.array([4], pa.int32()), "name": ["c"]}))
    with other.update_schema() as update:
        update.rename_column("name", "label")
    other.delete("id = 3")
    assert table.rows("SELECT id, label FROM t ORDER BY id") == [
        ["id", "label"],
        ["2", "a"],
        ["4", "c"],
    ]
    table.run("UPDATE t SET label = 'd' WHERE id = 4")
    found = other.refresh().scan().to_arrow().to_pylist()
    assert sorted((row["id"], row["label"]) for row in found) == [(2, "a"), (4, "d")]


@pytest.mark.fidelity("athena_iceberg.other_clients")
def test_duckdb_reads_it(table: Sql, lab: Config) -> None:
    """With its own extension, from the files on the disk."""
    for needed in ("duckdb_extension_avro", "duckdb_extension_iceberg"):
        pytest.importorskip(needed)
    import duckdb

    table.run("INSERT INTO t VALUES (1, 'a'), (2, 'a'), (3, 'b')")
    table.run("DELETE FROM t WHERE id = 1")
    version = glue_table(table)["Parameters"]["metadata_location"].rsplit("/", 1)[1]
    version = version.removesuffix(".metadata.json")
    with duckdb.connect() as connection:
        for name in ("duckdb-extension-avro", "duckdb-extension-iceberg"):
            for file in files(name) or []:
                if file.suffix == ".duckdb_extension":
                    connection.load_extension(str(file.locate()))
        found = connection.execute(
            "SELECT id, name FROM iceberg_scan(?, allow_moved_paths = true, version = ?,"
            " version_name_format = '%s%s.metadata.json') ORDER BY id",
            [str(lab.s3_dir / BUCKET / "iceberg" / "t"), version],
        ).fetchall()
    assert found == [(2, "a"), (3, "b")]


@pytest.mark.fidelity("athena_iceberg.drop")
def test_drop_removes_the_objects(table: Sql) -> None:
    table.run("INSERT INTO t VALUES (1, 'a')")
    prefix = {"Bucket": BUCKET, "Prefix": "iceberg/t/"}
    assert table.s3.list_objects_v2(**prefix)["KeyCount"] > 3
    assert table.run("DROP TABLE t")["Status"]["State"] == "SUCCEEDED"
    assert table.s3.list_objects_v2(**prefix)["KeyCount"] == 0
