"""awswrangler's catalog functions, its other formats, and Iceberg tables."""

import csv
from typing import Any

import awswrangler as wr
import pandas as pd
import pytest

wr.config.athena_query_wait_polling_delay = 0.05

SALES = pd.DataFrame(
    {"id": [1, 2, 3], "name": ["anvil", "bolt", "cog, big"], "region": ["eu", "us", "us"]}
)


def rows(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame.itertuples(index=False, name=None))


def read(sql: str, database: str) -> pd.DataFrame:
    return wr.athena.read_sql_query(sql, database=database, ctas_approach=False)


@pytest.fixture(scope="module")
def sales(bucket: str, database: str) -> str:
    wr.s3.to_parquet(
        SALES,
        f"s3://{bucket}/sales/",
        dataset=True,
        database=database,
        table="sales",
        partition_cols=["region"],
        glue_table_settings={
            "columns_comments": {"id": "The sale"},
            "description": "All sales",
            "parameters": {"owner_team": "shop"},
        },
    )
    return "sales"


def test_catalog_reads(bucket: str, database: str, sales: str) -> None:
    assert database in list(wr.catalog.databases(limit=1000)["Database"])
    assert list(wr.catalog.tables(database=database)["Table"])[:1]
    details = wr.catalog.table(database=database, table=sales)
    assert rows(details[["Column Name", "Type", "Partition", "Comment"]]) == [
        ("id", "bigint", False, "The sale"),
        ("name", "string", False, ""),
        ("region", "string", True, ""),
    ]
    assert wr.catalog.get_table_location(database, sales) == f"s3://{bucket}/sales/"
    assert wr.catalog.get_table_description(database, sales) == "All sales"
    assert wr.catalog.get_columns_comments(database, sales)["id"] == "The sale"
    assert wr.catalog.get_table_parameters(database, sales)["owner_team"] == "shop"
    assert wr.catalog.does_table_exist(database, sales)
    assert [t["Name"] for t in wr.catalog.get_tables(database=database, name_prefix="sal")] == [
        sales
    ]
    assert [
        t["Name"] for t in wr.catalog.search_tables(text="sales") if t["DatabaseName"] == database
    ] == [sales]


def test_catalog_partitions(bucket: str, database: str, sales: str) -> None:
    expected = {
        f"s3://{bucket}/sales/region=eu/": ["eu"],
        f"s3://{bucket}/sales/region=us/": ["us"],
    }
    assert wr.catalog.get_partitions(database, sales) == expected
    assert wr.catalog.get_parquet_partitions(database, sales) == expected
    some = wr.catalog.get_partitions(database, sales, expression="region = 'eu'")
    assert list(some.values()) == [["eu"]]


@pytest.mark.fidelity("clients.awswrangler")
def test_catalog_changes(bucket: str, database: str) -> None:
    table = "changing"
    wr.catalog.create_parquet_table(
        database,
        table,
        path=f"s3://{bucket}/changing/",
        columns_types={"id": "bigint"},
        partitions_types={"year": "int"},
    )
    wr.catalog.add_column(database, table, "note", column_type="string", column_comment="Any")
    wr.catalog.upsert_table_parameters({"a": "1"}, database, table)
    assert wr.catalog.get_table_parameters(database, table)["a"] == "1"
    assert list(wr.catalog.get_table_types(database, table)) == ["id", "note", "year"]
    wr.catalog.delete_column(database, table, "note")
    assert list(wr.catalog.get_table_types(database, table)) == ["id", "year"]
    folders = {f"s3://{bucket}/changing/year={y}/": [str(y)] for y in (2023, 2024)}
    wr.catalog.add_parquet_partitions(database, table, partitions_values=folders)
    wr.catalog.delete_partitions(table, database, partitions_values=[["2023"]])
    assert list(wr.catalog.get_partitions(database, table).values()) == [["2024"]]
    wr.catalog.delete_all_partitions(table, database)
    assert wr.catalog.get_partitions(database, table) == {}
    assert wr.catalog.delete_table_if_exists(database, table)
    assert not wr.catalog.delete_table_if_exists(database, table)


def test_databases() -> None:
    name = "wrangler_short_lived"
    wr.catalog.create_database(name, description="For a moment")
    wr.catalog.create_database(name, exist_ok=True)
    with pytest.raises(wr.exceptions.AlreadyExists):
        wr.catalog.create_database(name)
    wr.catalog.delete_database(name)
    assert name not in list(wr.catalog.databases(limit=1000)["Database"])


@pytest.mark.fidelity("clients.awswrangler")
def test_csv_json_orc(bucket: str, database: str) -> None:
    writers = {
        "csv": (wr.s3.to_csv, {"index": False}),
        "json": (wr.s3.to_json, {"orient": "records", "lines": True, "index": False}),
        "orc": (wr.s3.to_orc, {}),
    }
    for kind, (write, options) in writers.items():
        table = f"sales_{kind}"
        write(
            SALES,
            f"s3://{bucket}/{table}/",
            dataset=True,
            database=database,
            table=table,
            partition_cols=["region"],
            **options,
        )
        frame = read(f"SELECT id, region FROM {table} ORDER BY id", database)
        assert rows(frame) == [(1, "eu"), (2, "us"), (3, "us")], kind


def test_quoted_csv(bucket: str, database: str) -> None:
    """With OpenCSVSerDe, fields may hold the separator."""
    wr.s3.to_csv(
        SALES[["name"]],
        f"s3://{bucket}/quoted/",
        dataset=True,
        index=False,
        header=False,
        quoting=csv.QUOTE_ALL,
    )
    wr.catalog.create_csv_table(
        database,
        "quoted",
        path=f"s3://{bucket}/quoted/",
        columns_types={"name": "string"},
        serde_library="org.apache.hadoop.hive.serde2.OpenCSVSerde",
        serde_parameters={"separatorChar": ",", "quoteChar": '"', "escapeChar": "\\"},
    )
    frame = read("SELECT name FROM quoted ORDER BY 1", database)
    assert list(frame["name"]) == ["anvil", "bolt", "cog, big"]


@pytest.mark.fidelity("clients.awswrangler")
def test_projection(bucket: str, database: str) -> None:
    wr.s3.to_parquet(
        SALES.assign(year=[2022, 2023, 2024]),
        f"s3://{bucket}/projected/",
        dataset=True,
        database=database,
        table="projected",
        partition_cols=["year"],
        athena_partition_projection_settings={
            "projection_types": {"year": "integer"},
            "projection_ranges": {"year": "2020,2023"},
        },
    )
    frame = read("SELECT id, year FROM projected ORDER BY id", database)
    assert rows(frame) == [(1, 2022), (2, 2023)]


def test_ddl(bucket: str, database: str, sales: str) -> None:
    described = wr.athena.describe_table(sales, database=database)
    assert list(described.columns) == ["Column Name", "Type", "Partition", "Comment"]
    assert rows(described)[0] == ("id", "bigint", False, "The sale")
    assert rows(described)[2][:3] == ("region", "string", True)
    shown = wr.athena.show_create_table(sales, database=database)
    assert shown.startswith(f"CREATE EXTERNAL TABLE `{database}.{sales}`(") or shown.startswith(
        f"CREATE EXTERNAL TABLE `{sales}`("
    )
    assert "PARTITIONED BY ( `region` string" in " ".join(shown.split())
    assert f"LOCATION 's3://{bucket}/sales/'" in " ".join(shown.split())


def test_repair(bucket: str, database: str) -> None:
    wr.s3.to_parquet(SALES, f"s3://{bucket}/found/", dataset=True, partition_cols=["region"])
    wr.catalog.create_parquet_table(
        database,
        "found",
        path=f"s3://{bucket}/found/",
        columns_types={"id": "bigint", "name": "string"},
        partitions_types={"region": "string"},
    )
    assert list(read("SELECT count(*) AS n FROM found", database)["n"]) == [0]
    assert wr.athena.repair_table("found", database=database) == "SUCCEEDED"
    assert list(read("SELECT count(*) AS n FROM found", database)["n"]) == [3]


def test_store_parquet_metadata(bucket: str, database: str) -> None:
    wr.s3.to_parquet(SALES, f"s3://{bucket}/stored/", dataset=True, partition_cols=["region"])
    wr.s3.store_parquet_metadata(
        f"s3://{bucket}/stored/", database=database, table="stored", dataset=True
    )
    assert list(read("SELECT count(*) AS n FROM stored", database)["n"]) == [3]
    frames = wr.s3.read_parquet_table(database=database, table="stored")
    assert sorted(frames["id"]) == [1, 2, 3]


@pytest.mark.fidelity("clients.awswrangler")
def test_iceberg(bucket: str, database: str) -> None:
    def write(frame: pd.DataFrame, **options: Any) -> list[tuple[Any, ...]]:
        wr.athena.to_iceberg(
            frame,
            database,
            "lake",
            temp_path=f"s3://{bucket}/temporary/",
            table_location=f"s3://{bucket}/lake/",
            keep_files=False,
            **options,
        )
        return rows(read("SELECT id, name FROM lake ORDER BY id", database))

    base = SALES[["id", "name"]]
    assert write(base, partition_cols=["bucket(4, id)"]) == rows(base)
    added = pd.DataFrame({"id": [4], "name": ["dowel"]})
    assert write(added, mode="append") == [*rows(base), (4, "dowel")]
    changes = pd.DataFrame({"id": [1, 5], "name": ["axle", "eyelet"]})
    merged = write(changes, merge_cols=["id"])
    assert merged == [(1, "axle"), *rows(base)[1:], (4, "dowel"), (5, "eyelet")]
    ignored = changes.assign(name="no")
    assert write(ignored, merge_cols=["id"], merge_condition="ignore") == merged
    assert write(added, mode="overwrite") == rows(added)
    assert wr.s3.list_objects(f"s3://{bucket}/temporary/") == []


@pytest.mark.fidelity("clients.awswrangler")
def test_iceberg_evolution_and_deletion(bucket: str, database: str) -> None:
    temporary = {"temp_path": f"s3://{bucket}/temporary/", "keep_files": False}
    target = {
        "database": database,
        "table": "evolving_lake",
        "table_location": f"s3://{bucket}/evolving_lake/",
        "schema_evolution": True,
        **temporary,
    }
    wr.athena.to_iceberg(SALES[["id"]].astype("int32"), **target)
    wr.athena.to_iceberg(pd.DataFrame({"id": [4], "name": ["dowel"]}), **target)
    # id was widened from int to bigint, name added.
    assert wr.catalog.get_table_types(database, "evolving_lake") == {
        "id": "bigint",
        "name": "string",
    }
    sql = "SELECT id, name FROM evolving_lake ORDER BY id"
    assert rows(read(sql, database).fillna("-")) == [(1, "-"), (2, "-"), (3, "-"), (4, "dowel")]
    wr.athena.delete_from_iceberg_table(
        pd.DataFrame({"id": [1, 4]}), database, "evolving_lake", merge_cols=["id"], **temporary
    )
    assert rows(read(sql, database).fillna("-")) == [(2, "-"), (3, "-")]
