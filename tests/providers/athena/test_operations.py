"""Every operation of the model answers or is refused by name; requests that the model forbids."""

from typing import Any

import boto3
import pytest
from botocore.model import Shape

from tests.providers.athena.support import Sql, refused

pytestmark = pytest.mark.lab

SPARK = ("Notebook", "Session", "Calculation", "Executor", "ResourceDashboard")
CAPACITY = "Capacity"


def operations() -> list[str]:
    client = boto3.client("athena", region_name="us-east-1")
    return list(client.meta.service_model.operation_names)


def least(shape: Shape | None) -> Any:
    """The smallest request that the model allows."""
    if shape is None or shape.type_name == "map":
        return {}
    if shape.type_name == "structure":
        return {name: least(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [least(shape.member)]
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "1" * max(shape.metadata.get("min", 1), 1)
    return False if shape.type_name == "boolean" else shape.metadata.get("min", 1)


@pytest.mark.fidelity("athena.operations")
@pytest.mark.fidelity("athena.spark")
@pytest.mark.fidelity("athena.capacity")
def test_every_operation_is_known(sql: Sql) -> None:
    model = sql.athena.meta.service_model
    for name in operations():
        request = least(model.operation_model(name).input_shape)
        try:
            sql.athena._make_api_call(name, request)
            assert not any(word in name for word in (*SPARK, CAPACITY)), name
        except sql.athena.exceptions.ClientError as error:
            answer = error.response["Error"]
            expected = {"InvalidRequestException", "ResourceNotFoundException"}
            assert answer["Code"] in expected, (name, answer)
            if any(word in name for word in SPARK):
                reason = f"{name} is not supported by this lab: it has no Apache Spark"
                assert answer["Message"] == reason
            elif CAPACITY in name:
                reason = f"{name} is not supported by this lab: it has no capacity reservations"
                assert answer["Message"] == reason


@pytest.mark.fidelity("athena.validation")
def test_what_the_model_forbids(sql: Sql) -> None:
    prefix = "1 validation error detected: Value"
    tail = "failed to satisfy constraint: Member must"
    invalid = "InvalidRequestException"
    assert refused(sql.athena.list_work_groups, MaxResults=51) == (
        invalid,
        f"{prefix} '51' at 'maxResults' {tail} have value less than or equal to 50",
    )
    assert refused(sql.start, sql="SELECT 1", ClientRequestToken="t" * 129) == (
        invalid,
        f"{prefix} at 'clientRequestToken' {tail} have length less than or equal to 128",
    )
    assert refused(sql.start, sql="SELECT 1" + " " * 262_144) == (
        invalid,
        f"{prefix} at 'queryString' {tail} have length less than or equal to 262144",
    )
    assert refused(sql.athena.get_work_group, WorkGroup="a b") == (
        invalid,
        f"{prefix} 'a b' at 'workGroup' {tail} satisfy regular expression pattern:"
        " [a-zA-Z0-9._-]{1,128}",
    )


def test_engine_versions(sql: Sql) -> None:
    versions = sql.athena.list_engine_versions()["EngineVersions"]
    assert [version["SelectedEngineVersion"] for version in versions] == [
        "AUTO",
        "Athena engine version 3",
    ]
    assert sql.athena.list_application_dpu_sizes()["ApplicationDPUSizes"] == []


@pytest.mark.fidelity("athena.tags")
def test_tags(sql: Sql) -> None:
    arn = "arn:aws:athena:us-east-1:000000000000:workgroup/tagged"
    sql.athena.create_work_group(Name="tagged", Tags=[{"Key": "a", "Value": "1"}])
    sql.athena.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    sql.athena.untag_resource(ResourceARN=arn, TagKeys=["a"])
    tags = sql.athena.list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert tags == [{"Key": "b", "Value": "2"}]
    assert refused(sql.athena.list_tags_for_resource, ResourceARN=arn + "2") == (
        "ResourceNotFoundException",
        f"Resource {arn}2 was not found",
    )


@pytest.mark.fidelity("athena.data_catalogs")
def test_data_catalogs(sql: Sql) -> None:
    listed = sql.athena.list_data_catalogs()["DataCatalogsSummary"]
    assert listed == [{"CatalogName": "AwsDataCatalog", "Type": "GLUE"}]
    found = sql.athena.get_data_catalog(Name="AwsDataCatalog")["DataCatalog"]
    assert found["Parameters"] == {"catalog-id": "000000000000"}
    assert refused(
        sql.athena.create_data_catalog, Name="h", Type="HIVE", Parameters={"metadata-function": "f"}
    ) == (
        "InvalidRequestException",
        "A DataCatalog of type HIVE is not supported by this lab",
    )
    assert refused(sql.athena.get_data_catalog, Name="h") == (
        "InvalidRequestException",
        "DataCatalog h was not found",
    )


@pytest.mark.fidelity("athena.data_catalogs")
def test_metadata(sql: Sql) -> None:
    catalog = {"CatalogName": "AwsDataCatalog", "DatabaseName": sql.database}
    for name in ("one", "two"):
        sql.run(
            f"CREATE EXTERNAL TABLE {name} (a int) PARTITIONED BY (p string)"
            f" STORED AS PARQUET LOCATION 's3://athena-results/{name}/'"
        )
    listed = sql.athena.list_table_metadata(**catalog, Expression="t.*")["TableMetadataList"]
    assert [table["Name"] for table in listed] == ["two"]
    table = sql.athena.get_table_metadata(**catalog, TableName="one")["TableMetadata"]
    assert table["Columns"] == [{"Name": "a", "Type": "int"}]
    assert table["PartitionKeys"] == [{"Name": "p", "Type": "string"}]
    assert table["Parameters"]["location"] == "s3://athena-results/one/"
    names = [
        database["Name"]
        for page in sql.athena.get_paginator("list_databases").paginate(
            CatalogName="AwsDataCatalog", PaginationConfig={"PageSize": 1}
        )
        for database in page["DatabaseList"]
    ]
    assert sql.database in names
    with pytest.raises(sql.athena.exceptions.MetadataException) as caught:
        sql.athena.get_table_metadata(**catalog, TableName="three")
    assert caught.value.response["Error"]["Message"].startswith(
        "Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; Error Code:"
        " EntityNotFoundException; Request ID: "
    )
