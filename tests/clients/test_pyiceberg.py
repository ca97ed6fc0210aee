"""pyiceberg and its Glue catalog: what it writes, Athena reads, and the other way round."""

import os
from typing import Any

import awswrangler as wr
import pandas as pd
import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import (
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.expressions import EqualTo
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import DayTransform
from pyiceberg.types import IntegerType, LongType, NestedField, StringType, TimestampType

wr.config.athena_query_wait_polling_delay = 0.05
SALES = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "name": ["anvil", "bolt", None]})


@pytest.fixture(scope="module")
def catalog(bucket: str) -> Catalog:
    # pyarrow's S3 client reads no address from the environment, and asks AWS for a bucket's region.
    return load_catalog(
        "glue",
        **{
            "type": "glue",
            "warehouse": f"s3://{bucket}/warehouse",
            "s3.endpoint": os.environ["AWS_ENDPOINT_URL"],
            "s3.region": os.environ["AWS_REGION"],
        },
    )


@pytest.fixture
def table(catalog: Catalog, database: str, request: Any) -> Table:
    """A table of the sales, by the name of the test."""
    made = catalog.create_table(f"{database}.{request.node.name}", schema=SALES.schema)
    made.append(SALES)
    return made


def ask(sql: str, database: str) -> list[tuple[Any, ...]]:
    frame = wr.athena.read_sql_query(sql, database=database, ctas_approach=False)
    frame = frame.astype(object).where(frame.notna(), None)
    return list(frame.itertuples(index=False, name=None))


def test_catalog(catalog: Catalog, database: str, bucket: str) -> None:
    name = f"{database}_more"
    catalog.create_namespace(name, {"comment": "More", "location": f"s3://{bucket}/more"})
    with pytest.raises(NamespaceAlreadyExistsError):
        catalog.create_namespace(name)
    assert (name,) in catalog.list_namespaces()
    assert catalog.load_namespace_properties(name)["comment"] == "More"
    catalog.update_namespace_properties(name, updates={"owner": "me"})
    made = catalog.create_table(f"{name}.one", schema=SALES.schema)
    assert made.location() == f"s3://{bucket}/more/one"
    with pytest.raises(TableAlreadyExistsError):
        catalog.create_table(f"{name}.one", schema=SALES.schema)
    with pytest.raises(NamespaceNotEmptyError):
        catalog.drop_namespace(name)
    catalog.rename_table(f"{name}.one", f"{name}.two")
    assert catalog.list_tables(name) == [(name, "two")]
    catalog.drop_table(f"{name}.two")
    with pytest.raises(NoSuchTableError):
        catalog.load_table(f"{name}.two")
    catalog.drop_namespace(name)


@pytest.mark.fidelity("clients.pyiceberg")
def test_append_overwrite_delete(table: Table, database: str) -> None:
    name = table.name()[-1]
    assert table.scan().to_arrow() == SALES
    table.append(pa.table({"id": pa.array([4], pa.int64()), "name": ["cog"]}))
    assert ask(f"SELECT count(*) FROM {name}", database) == [(4,)]
    table.delete(EqualTo("id", 1))
    table.overwrite(SALES.slice(1, 1), overwrite_filter=EqualTo("id", 3))
    assert ask(f"SELECT * FROM {name} ORDER BY id", database) == [
        (2, "bolt"),
        (2, "bolt"),
        (4, "cog"),
    ]
    table.overwrite(SALES)
    assert ask(f"SELECT * FROM {name} ORDER BY id", database) == [
        (1, "anvil"),
        (2, "bolt"),
        (3, None),
    ]


@pytest.mark.fidelity("clients.pyiceberg")
def test_upsert(table: Table, database: str) -> None:
    change = pa.table({"id": pa.array([3, 4], pa.int64()), "name": ["cog", "dowel"]})
    done = table.upsert(change, join_cols=["id"])
    assert (done.rows_updated, done.rows_inserted) == (1, 1)
    assert ask(f"SELECT name FROM {table.name()[-1]} ORDER BY id", database) == [
        ("anvil",),
        ("bolt",),
        ("cog",),
        ("dowel",),
    ]


@pytest.mark.fidelity("clients.pyiceberg")
def test_evolution(table: Table, database: str) -> None:
    name = table.name()[-1]
    with table.update_schema() as update:
        update.add_column("amount", IntegerType(), doc="How many")
        update.rename_column("name", "label")
    table.append(
        pa.table(
            {
                "id": pa.array([4], pa.int64()),
                "label": ["cog"],
                "amount": pa.array([7], pa.int32()),
            }
        )
    )
    assert ask(f"SELECT id, label, amount FROM {name} ORDER BY id", database) == [
        (1, "anvil", None),
        (2, "bolt", None),
        (3, None, None),
        (4, "cog", 7),
    ]
    with table.update_schema() as update:
        update.update_column("amount", LongType())
    assert ask(f"SELECT sum(amount) FROM {name}", database) == [(7,)]


@pytest.mark.fidelity("clients.pyiceberg")
def test_partitions_and_pruning(catalog: Catalog, database: str) -> None:
    schema = Schema(
        NestedField(1, "id", LongType(), required=False),
        NestedField(2, "at", TimestampType(), required=False),
        NestedField(3, "name", StringType(), required=False),
    )
    spec = PartitionSpec(PartitionField(2, 1000, DayTransform(), "at_day"))
    table = catalog.create_table(f"{database}.daily", schema=schema, partition_spec=spec)
    days = pd.date_range("2024-01-01", periods=4, unit="us")
    frame = pd.DataFrame({"id": range(4), "at": days, "name": ["n"] * 4})
    table.append(pa.Table.from_pandas(frame, schema=schema.as_arrow(), preserve_index=False))
    assert len(table.inspect.partitions()) == 4
    day = "at >= TIMESTAMP '2024-01-04 00:00:00'"
    result = wr.athena.read_sql_query(
        f"SELECT id FROM daily WHERE {day}", database=database, ctas_approach=False
    )
    assert list(result["id"]) == [3]
    everything = wr.athena.read_sql_query(
        "SELECT id FROM daily", database=database, ctas_approach=False
    )
    scanned = [
        each.query_metadata["Statistics"]["DataScannedInBytes"] for each in (result, everything)
    ]
    assert 0 < scanned[0] < scanned[1]


@pytest.mark.fidelity("clients.pyiceberg")
def test_time_travel(table: Table, database: str) -> None:
    name = table.name()[-1]
    first = table.current_snapshot().snapshot_id
    table.overwrite(SALES.slice(0, 1))
    assert table.scan(snapshot_id=first).to_arrow().num_rows == 3
    assert ask(f"SELECT count(*) FROM {name} FOR VERSION AS OF {first}", database) == [(3,)]
    assert ask(f"SELECT count(*) FROM {name}", database) == [(1,)]
    shown = ask(f'SELECT count(*) FROM "{name}$snapshots"', database)
    assert shown == [(len(table.snapshots()),)]


@pytest.mark.fidelity("clients.pyiceberg")
def test_athena_writes_pyiceberg_reads(catalog: Catalog, database: str, bucket: str) -> None:
    for sql in (
        f"""CREATE TABLE made (id bigint, name string, day date) PARTITIONED BY (month(day))
            LOCATION 's3://{bucket}/made/' TBLPROPERTIES ('table_type' = 'ICEBERG')""",
        "INSERT INTO made VALUES (1, 'anvil', DATE '2024-01-01'), (2, 'bolt', DATE '2024-02-01')",
        "UPDATE made SET name = 'axle' WHERE id = 1",
        "DELETE FROM made WHERE id = 2",
        "INSERT INTO made VALUES (3, 'cog', DATE '2024-03-01')",
        """MERGE INTO made USING (VALUES (3, 'gear'), (4, 'dowel')) AS s (id, name)
           ON made.id = s.id WHEN MATCHED THEN UPDATE SET name = s.name
           WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.name, DATE '2024-04-01')""",
    ):
        query = wr.athena.start_query_execution(sql, database=database)
        wr.athena.wait_query(query)
    made = catalog.load_table(f"{database}.made")
    assert str(made.spec().fields[0].transform) == "month"
    rows = made.scan(selected_fields=("id", "name")).to_pandas().sort_values("id")
    assert list(rows.itertuples(index=False, name=None)) == [
        (1, "axle"),
        (3, "gear"),
        (4, "dowel"),
    ]
    # Both sides go on writing the same table.
    made.append(
        pa.table(
            {"id": pa.array([5], pa.int64()), "name": ["eyelet"], "day": pa.array([0], pa.date32())}
        )
    )
    assert ask("SELECT count(*) FROM made", database) == [(4,)]


def test_create_through_ctas(table: Table, catalog: Catalog, database: str, bucket: str) -> None:
    sql = f"""CREATE TABLE copied WITH (table_type = 'ICEBERG', is_external = false,
              location = 's3://{bucket}/copied/') AS SELECT * FROM {table.name()[-1]}"""
    wr.athena.wait_query(wr.athena.start_query_execution(sql, database=database))
    assert catalog.load_table(f"{database}.copied").scan().to_arrow().num_rows == 3
