"""What Athena's DDL does is seen through Glue, and the other way round."""

from typing import Any

import pytest

from tests.providers.athena.support import BUCKET, Sql

pytestmark = pytest.mark.lab

SERDE = "org.openx.data.jsonserde.JsonSerDe"


def test_ddl_is_seen_by_glue(sql: Sql) -> None:
    sql.run(
        "CREATE EXTERNAL TABLE seen (a int COMMENT 'c', b array<string>) PARTITIONED BY (dt string)"
        f" ROW FORMAT SERDE '{SERDE}' WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true')"
        f" LOCATION 's3://{BUCKET}/seen/'"
    )
    sql.run("ALTER TABLE seen ADD PARTITION (dt = '2024') LOCATION 's3://elsewhere/x/'")
    table = sql.glue.get_table(DatabaseName=sql.database, Name="seen")["Table"]
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["StorageDescriptor"]["Columns"] == [
        {"Name": "a", "Type": "int", "Comment": "c"},
        {"Name": "b", "Type": "array<string>"},
    ]
    assert table["StorageDescriptor"]["SerdeInfo"] == {
        "SerializationLibrary": SERDE,
        "Parameters": {"ignore.malformed.json": "true"},
    }
    assert table["Owner"] == "hadoop"
    assert "Description" not in table
    found = sql.glue.get_partitions(DatabaseName=sql.database, TableName="seen")["Partitions"]
    assert [(p["Values"], p["StorageDescriptor"]["Location"]) for p in found] == [
        (["2024"], "s3://elsewhere/x/")
    ]
    assert list(found[0]["Parameters"]) == ["transient_lastDdlTime"]


def test_a_table_of_glue_is_queried(sql: Sql) -> None:
    sql.s3.put_object(Bucket=BUCKET, Key="given/any/where/1.json", Body=b'{"a":1}\n{"a":2}\n')
    storage: dict[str, Any] = {
        "Columns": [{"Name": "a", "Type": "bigint"}],
        "Location": f"s3://{BUCKET}/given/",
        "SerdeInfo": {"SerializationLibrary": SERDE},
    }
    keys = [{"Name": "day", "Type": "date"}]
    sql.glue.create_table(
        DatabaseName=sql.database,
        TableInput={"Name": "Given", "StorageDescriptor": storage, "PartitionKeys": keys},
    )
    assert sql.rows("SELECT count(*) FROM given") == [["_col0"], ["0"]]
    placed = {**storage, "Location": f"s3://{BUCKET}/given/any/where/"}
    sql.glue.create_partition(
        DatabaseName=sql.database,
        TableName="given",
        PartitionInput={"Values": ["2024-02-29"], "StorageDescriptor": placed},
    )
    rows = sql.rows(
        "SELECT a, day + INTERVAL '1' DAY AS next FROM given WHERE day > DATE"
        " '2024-01-01' ORDER BY a"
    )
    assert rows == [["a", "next"], ["1", "2024-03-01"], ["2", "2024-03-01"]]


def test_metadata_api(sql: Sql) -> None:
    sql.run(f"CREATE EXTERNAL TABLE meta (a int) STORED AS PARQUET LOCATION 's3://{BUCKET}/meta/'")
    catalog = {"CatalogName": "AwsDataCatalog"}
    names = [d["Name"] for d in sql.athena.list_databases(**catalog)["DatabaseList"]]
    assert {"default", sql.database} <= set(names)
    found = sql.athena.get_table_metadata(**catalog, DatabaseName=sql.database, TableName="meta")
    assert found["TableMetadata"]["Columns"] == [{"Name": "a", "Type": "int"}]
    assert found["TableMetadata"]["Parameters"]["location"] == f"s3://{BUCKET}/meta/"


def test_view_is_kept_as_athena_keeps_it(sql: Sql) -> None:
    sql.run("CREATE VIEW one AS SELECT 1 AS a")
    table = sql.glue.get_table(DatabaseName=sql.database, Name="one")["Table"]
    assert table["TableType"] == "VIRTUAL_VIEW"
    assert table["ViewOriginalText"].startswith("/* Presto View: ")
    assert sql.rows("SELECT a FROM one") == [["a"], ["1"]]
