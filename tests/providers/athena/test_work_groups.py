"""Work groups: their configuration, and what it does to queries."""

import pytest
from botocore.exceptions import ClientError

from tests.providers.athena.support import BUCKET, Sql

pytestmark = pytest.mark.lab


def test_primary_is_complete(sql: Sql) -> None:
    group = sql.athena.get_work_group(WorkGroup="primary")["WorkGroup"]
    assert group["State"] == "ENABLED"
    assert group["Configuration"]["EnforceWorkGroupConfiguration"] is False
    assert (
        group["Configuration"]["EngineVersion"]["EffectiveEngineVersion"]
        == "Athena engine version 3"
    )
    assert "Description" not in group


def test_an_enforced_location_wins(sql: Sql) -> None:
    location = f"s3://{BUCKET}/enforced/"
    sql.athena.create_work_group(
        Name="enforcing", Configuration={"ResultConfiguration": {"OutputLocation": location}}
    )
    found = sql.run("SELECT 1", WorkGroup="enforcing")
    assert (
        found["ResultConfiguration"]["OutputLocation"]
        == f"{location}{found['QueryExecutionId']}.csv"
    )
    sql.athena.update_work_group(
        WorkGroup="enforcing", ConfigurationUpdates={"EnforceWorkGroupConfiguration": False}
    )
    found = sql.run("SELECT 1", WorkGroup="enforcing")
    assert found["ResultConfiguration"]["OutputLocation"].startswith(f"s3://{BUCKET}/out/")
    with pytest.raises(ClientError, match="WorkGroup enforcing is not empty"):
        sql.athena.delete_work_group(WorkGroup="enforcing")
    sql.athena.delete_work_group(WorkGroup="enforcing", RecursiveDeleteOption=True)
    with pytest.raises(ClientError, match="WorkGroup enforcing is not found"):
        sql.athena.get_work_group(WorkGroup="enforcing")


def test_a_scan_over_the_limit_is_cancelled(sql: Sql) -> None:
    sql.athena.create_work_group(
        Name="frugal", Configuration={"BytesScannedCutoffPerQuery": 10_000_000}
    )
    body = ('{"a":"' + "x" * 1000 + '"}\n').encode() * 11_000
    sql.s3.put_object(Bucket=BUCKET, Key="big/1.json", Body=body)
    sql.run(
        "CREATE EXTERNAL TABLE big (a string) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
        f" LOCATION 's3://{BUCKET}/big/'"
    )
    found = sql.run("SELECT count(*) FROM big", WorkGroup="frugal")
    assert found["Status"]["State"] == "CANCELLED"
    assert (
        found["Status"]["StateChangeReason"]
        == "Query cancelled! : Bytes scanned limit was exceeded"
    )
    assert found["Statistics"]["DataScannedInBytes"] == len(body)


def test_a_disabled_group_refuses(sql: Sql) -> None:
    sql.athena.create_work_group(Name="off")
    sql.athena.update_work_group(WorkGroup="off", State="DISABLED")
    with pytest.raises(ClientError, match="WorkGroup off is disabled"):
        sql.start("SELECT 1", WorkGroup="off")
    assert "off" in [group["Name"] for group in sql.athena.list_work_groups()["WorkGroups"]]
