"""Work groups: their configuration, and what it does to queries."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.providers.athena.support import BUCKET, Sql, refused

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


@pytest.mark.fidelity("athena.enforced")
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
    with pytest.raises(ClientError, match="WorkGroup is not found"):
        sql.athena.get_work_group(WorkGroup="enforcing")


@pytest.mark.fidelity("athena.cutoff")
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
    assert found["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert found["Statistics"]["DataScannedInBytes"] == len(body)


def test_a_disabled_group_refuses(sql: Sql) -> None:
    sql.athena.create_work_group(Name="off")
    sql.athena.update_work_group(WorkGroup="off", State="DISABLED")
    with pytest.raises(ClientError, match="WorkGroup off is disabled"):
        sql.start("SELECT 1", WorkGroup="off")
    assert "off" in [group["Name"] for group in sql.athena.list_work_groups()["WorkGroups"]]


@pytest.mark.fidelity("athena.encryption")
def test_configuration_is_kept_and_updated(sql: Sql) -> None:
    encryption = {"EncryptionOption": "SSE_S3"}
    acl = {"S3AclOption": "BUCKET_OWNER_FULL_CONTROL"}
    result = {"EncryptionConfiguration": encryption, "AclConfiguration": acl}
    sql.athena.create_work_group(
        Name="full",
        Configuration={
            "ResultConfiguration": {**result, "OutputLocation": f"s3://{BUCKET}/full/"},
            "EnforceWorkGroupConfiguration": False,
            "PublishCloudWatchMetricsEnabled": False,
            "RequesterPaysEnabled": True,
            "BytesScannedCutoffPerQuery": 20_000_000,
            "EngineVersion": {"SelectedEngineVersion": "Athena engine version 3"},
        },
    )
    found = sql.run("SELECT 1", WorkGroup="full", ResultConfiguration={})
    assert found["ResultConfiguration"].items() >= result.items()
    updates = {
        "ResultConfigurationUpdates": {
            "RemoveEncryptionConfiguration": True,
            "OutputLocation": f"s3://{BUCKET}/other/",
        },
        "RemoveBytesScannedCutoffPerQuery": True,
    }
    sql.athena.update_work_group(WorkGroup="full", ConfigurationUpdates=updates, Description="d")
    group = sql.athena.get_work_group(WorkGroup="full")["WorkGroup"]
    assert group["Description"] == "d"
    assert group["Configuration"] == {
        "ResultConfiguration": {
            "OutputLocation": f"s3://{BUCKET}/other/",
            "AclConfiguration": acl,
        },
        "EnforceWorkGroupConfiguration": False,
        "PublishCloudWatchMetricsEnabled": False,
        "RequesterPaysEnabled": True,
        "EngineVersion": {
            "SelectedEngineVersion": "Athena engine version 3",
            "EffectiveEngineVersion": "Athena engine version 3",
        },
        "EnableMinimumEncryptionConfiguration": False,
    }


@pytest.mark.fidelity("athena.managed")
@pytest.mark.parametrize(
    ("given", "name"),
    [
        (
            {"ManagedQueryResultsConfiguration": {"Enabled": True}},
            "ManagedQueryResultsConfiguration",
        ),
        (
            {"IdentityCenterConfiguration": {"EnableIdentityCenter": True}},
            "IdentityCenterConfiguration",
        ),
        (
            {"EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"}},
            "PySpark engine version 3",
        ),
    ],
)
def test_what_a_group_cannot_have(sql: Sql, given: dict[str, Any], name: str) -> None:
    assert refused(sql.athena.create_work_group, Name="never", Configuration=given) == (
        "InvalidRequestException",
        f"{name} is not supported by this lab",
    )


def test_primary_stays(sql: Sql) -> None:
    assert refused(sql.athena.delete_work_group, WorkGroup="primary") == (
        "InvalidRequestException",
        "The primary workgroup cannot be deleted",
    )
    assert refused(sql.athena.create_work_group, Name="primary") == (
        "InvalidRequestException",
        "WorkGroup is already created",
    )


@pytest.mark.fidelity("athena.locations")
def test_a_place_that_is_none(sql: Sql) -> None:
    invalid = ("InvalidRequestException", "outputLocation is not a valid S3 path.")
    given = {"ResultConfiguration": {"OutputLocation": "results/"}}
    create, update = sql.athena.create_work_group, sql.athena.update_work_group
    assert refused(create, Name="lost", Configuration=given) == invalid
    changed = {"ResultConfigurationUpdates": {"OutputLocation": "http://x/"}}
    assert refused(update, WorkGroup="primary", ConfigurationUpdates=changed) == invalid


@pytest.mark.fidelity("athena.tags")
def test_no_more_than_fifty_tags(sql: Sql) -> None:
    tags = [{"Key": str(number), "Value": ""} for number in range(51)]
    expected = ("InvalidRequestException", "A resource can have at most 50 tags")
    assert refused(sql.athena.create_work_group, Name="fifty", Tags=tags) == expected
    sql.athena.create_work_group(Name="fifty", Tags=tags[:50])
    found = sql.athena.get_work_group(WorkGroup="fifty")["WorkGroup"]
    arn = f"arn:aws:athena:us-east-1:000000000000:workgroup/{found['Name']}"
    assert refused(sql.athena.tag_resource, ResourceARN=arn, Tags=tags[50:]) == expected
