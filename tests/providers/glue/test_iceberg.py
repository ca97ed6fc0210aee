"""Iceberg tables that Glue makes itself."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.providers.glue.support import columns, refused

pytestmark = pytest.mark.lab
BUCKET = "glue-iceberg"
FORMAT = {"IcebergInput": {"MetadataOperation": "CREATE", "Version": "2"}}


def table(name: str, *given: dict[str, str]) -> dict[str, Any]:
    storage = {"Location": f"s3://{BUCKET}/{name}/", "Columns": list(given)}
    return {"Name": name, "StorageDescriptor": storage}


@pytest.mark.fidelity("glue_catalog.iceberg")
def test_the_first_metadata_file(client: Callable[..., Any], glue: Any, database: str) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket=BUCKET)
    given = (
        {"Name": "Id", "Type": "bigint", "Comment": "the key"},
        {"Name": "price", "Type": "decimal(10,2)"},
        {"Name": "tags", "Type": "map<string,array<struct<a:int,b:timestamp>>>"},
    )
    glue.create_table(
        DatabaseName=database, TableInput=table("t", *given), OpenTableFormatInput=FORMAT
    )
    found = glue.get_table(DatabaseName=database, Name="t")["Table"]
    assert found["TableType"] == "EXTERNAL_TABLE"
    assert found["Parameters"]["table_type"] == "ICEBERG"
    place = found["Parameters"]["metadata_location"]
    assert place.startswith(f"s3://{BUCKET}/t/metadata/00000-")
    key = place.removeprefix(f"s3://{BUCKET}/")
    content = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert (content["format-version"], content["last-column-id"]) == (2, 8)
    assert content["current-snapshot-id"] == -1
    fields = content["schemas"][0]["fields"]
    assert fields[0] == {
        "id": 1,
        "name": "id",
        "required": False,
        "type": "long",
        "doc": "the key",
    }
    assert fields[1]["type"] == "decimal(10, 2)"
    nested = {"id": 7, "name": "a", "required": False, "type": "int"}
    assert fields[2]["type"]["value"]["element"]["fields"] == [
        nested,
        {"id": 8, "name": "b", "required": False, "type": "timestamp"},
    ]
    again = refused(
        glue.create_table,
        DatabaseName=database,
        TableInput=table("t", *given),
        OpenTableFormatInput=FORMAT,
    )
    assert again == ("AlreadyExistsException", "Table already exists.")


@pytest.mark.fidelity("glue_catalog.iceberg")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"TableInput": table("x", {"Name": "a", "Type": "tinyint"})},
            "Unsupported type for an Iceberg table: tinyint",
        ),
        (
            {"TableInput": {"Name": "x"}},
            "A name and a location in S3 must be provided for an Iceberg table.",
        ),
        (
            {"TableInput": {**table("x"), "PartitionKeys": columns("p")}},
            "Partition keys are not supported when creating an Iceberg table.",
        ),
    ],
)
def test_refusals(glue: Any, database: str, given: dict[str, Any], message: str) -> None:
    arguments = {"DatabaseName": database, "OpenTableFormatInput": FORMAT, **given}
    assert refused(glue.create_table, **arguments) == ("InvalidInputException", message)


@pytest.mark.fidelity("glue_catalog.iceberg")
def test_a_bucket_that_is_not_there(glue: Any, database: str) -> None:
    given = {"Name": "x", "StorageDescriptor": {"Location": "s3://glue-no-such-bucket/x"}}
    code, message = refused(
        glue.create_table,
        DatabaseName=database,
        TableInput=given,
        OpenTableFormatInput=FORMAT,
    )
    assert code == "InvalidInputException"
    assert "NoSuchBucket" in message
    missing = ("EntityNotFoundException", "Table x not found.")
    assert refused(glue.get_table, DatabaseName=database, Name="x") == missing
