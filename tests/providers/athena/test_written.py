"""What statements that write leave beside their rows: manifest, metadata, update count."""

from typing import Any

import pytest

from tests.providers.athena.support import BUCKET, OUTPUT, Sql

pytestmark = pytest.mark.lab
PLACE = OUTPUT["OutputLocation"]


def checked(sql: Sql, found: dict[str, Any], place: str, count: int) -> list[str]:
    """The files that the manifest names."""
    assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
    assert found["ResultConfiguration"]["OutputLocation"] == place
    assert found["Statistics"]["DataManifestLocation"] == f"{place}-manifest.csv"
    answer = sql.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])
    assert (answer["UpdateCount"], answer["ResultSet"]["Rows"]) == (count, [])
    (column,) = answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert (column["Name"], column["Type"]) == ("rows", "bigint")
    assert sql.body(f"{place}.metadata").startswith(b"\n$" + found["QueryExecutionId"].encode())
    return sql.body(f"{place}-manifest.csv").decode().splitlines()


@pytest.mark.fidelity("athena.results")
def test_statements_that_write(sql: Sql) -> None:
    found = sql.run("CREATE TABLE written AS SELECT 1 AS a UNION ALL SELECT 2")
    place = f"{PLACE}/tables/{found['QueryExecutionId']}"
    files = checked(sql, found, place, 2)
    assert files
    assert all(file.startswith(f"{place}/") for file in files)
    assert found["SubstatementType"] == "CREATE_TABLE_AS_SELECT"

    found = sql.run("INSERT INTO written VALUES 3")
    (file,) = checked(sql, found, f"{PLACE}/{found['QueryExecutionId']}", 1)
    assert file.startswith(f"{place}/")

    unload = f"UNLOAD (SELECT * FROM written) TO 's3://{BUCKET}/unloaded/' WITH (format = 'JSON')"
    found = sql.run(unload)
    files = checked(sql, found, f"{PLACE}/{found['QueryExecutionId']}", 3)
    assert all(file.startswith(f"s3://{BUCKET}/unloaded/") for file in files)


@pytest.mark.fidelity("athena.results")
def test_ddl_says_nothing(sql: Sql) -> None:
    found = sql.run(
        f"CREATE EXTERNAL TABLE d (a int) STORED AS PARQUET LOCATION 's3://{BUCKET}/d/'"
    )
    answer = sql.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])
    assert "UpdateCount" not in answer
    assert answer["ResultSet"] == {"Rows": [], "ResultSetMetadata": {"ColumnInfo": []}}
    location = found["ResultConfiguration"]["OutputLocation"]
    assert sql.body(location) == b""
    bucket, key = location.removeprefix("s3://").split("/", 1)
    listed = sql.s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]
    assert [one["Key"] for one in listed] == [key]


@pytest.mark.fidelity("athena.results")
@pytest.mark.fidelity("athena_statements.kinds")
def test_no_manifest_without_files_or_of_iceberg_tables(sql: Sql) -> None:
    location = f"LOCATION 's3://{BUCKET}/ice/'"
    made = sql.run(f"CREATE TABLE ice (a int) {location} TBLPROPERTIES ('table_type'='ICEBERG')")
    assert made["Status"]["State"] == "SUCCEEDED", made["Status"]
    sql.run("CREATE TABLE few AS SELECT 1 AS a")
    for statement, count, kind, file in (
        ("INSERT INTO few SELECT 1 WHERE 1 = 0", 0, "INSERT", "{}"),
        ("INSERT INTO ice VALUES 1, 2", 2, "INSERT", "{}"),
        ("DELETE FROM ice WHERE a = 1", 1, "DELETE", "{}.csv"),
        ("VACUUM ice", 0, "VACUUM_TABLE", "{}.csv"),
        ("OPTIMIZE ice REWRITE DATA USING BIN_PACK", 0, "CREATE_TABLE_AS_SELECT", "tables/{}"),
    ):
        found = sql.run(statement)
        assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
        assert "DataManifestLocation" not in found["Statistics"]
        assert found["SubstatementType"] == kind
        identifier = found["QueryExecutionId"]
        location = found["ResultConfiguration"]["OutputLocation"]
        assert location == f"{PLACE}/{file.format(identifier)}"
        answer = sql.athena.get_query_results(QueryExecutionId=identifier)
        assert (answer["UpdateCount"], answer["ResultSet"]["Rows"]) == (count, [])
        key = location.removeprefix(f"s3://{BUCKET}/")
        listed = sql.s3.list_objects_v2(Bucket=BUCKET, Prefix=key)["Contents"]
        assert [one["Key"] for one in listed] == [f"{key}.metadata"]


@pytest.mark.fidelity("athena.clean_up")
def test_a_bucket_that_is_not_there(sql: Sql) -> None:
    place = "external_location = 's3://no-such-bucket-here/t/'"
    found = sql.run(f"CREATE TABLE nowhere WITH ({place}) AS SELECT 1 AS a")
    assert found["Status"]["State"] == "FAILED"
    assert found["Status"]["StateChangeReason"] == (
        "HIVE_WRITER_CLOSE_ERROR: Error committing write to Hive: The specified bucket does not"
        " exist: no-such-bucket-here"
    )
    assert "nowhere" not in [row[0] for row in sql.rows("SHOW TABLES")]
