"""Databases."""

from typing import Any

import pytest

from tests.providers.glue.support import columns, refused

pytestmark = pytest.mark.lab


@pytest.mark.fidelity("glue_catalog.databases")
def test_names_are_lower_case_and_what_is_not_given_is_absent(glue: Any) -> None:
    glue.create_database(DatabaseInput={"Name": "GLUE_Lower"})
    found = glue.get_database(Name="Glue_LOWER")["Database"]
    assert sorted(found) == ["CatalogId", "CreateTableDefaultPermissions", "CreateTime", "Name"]
    assert found["Name"] == "glue_lower"
    assert found["CatalogId"] == "000000000000"
    assert found["CreateTableDefaultPermissions"] == [
        {
            "Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"},
            "Permissions": ["ALL"],
        }
    ]


@pytest.mark.fidelity("glue_catalog.databases")
def test_update_replaces_and_keeps_the_time(glue: Any, database: str) -> None:
    created = glue.get_database(Name=database)["Database"]["CreateTime"]
    given = {
        "Name": database,
        "Description": "d",
        "LocationUri": "s3://b/",
        "Parameters": {"a": "1"},
    }
    glue.update_database(Name=database, DatabaseInput=given)
    found = glue.get_database(Name=database)["Database"]
    assert {key: found[key] for key in given} == given
    assert found["CreateTime"] == created
    glue.update_database(Name=database, DatabaseInput={"Name": database})
    assert "Description" not in glue.get_database(Name=database)["Database"]


@pytest.mark.fidelity("glue_catalog.databases")
def test_pages_and_attributes(glue: Any, database: str) -> None:
    for name in ("glue_page_a", "glue_page_b"):
        glue.create_database(DatabaseInput={"Name": name, "Description": "d"})
    pages = list(glue.get_paginator("get_databases").paginate(PaginationConfig={"PageSize": 2}))
    names = [one["Name"] for page in pages for one in page["DatabaseList"]]
    assert all(len(page["DatabaseList"]) == 2 for page in pages[:-1])
    assert names == sorted(names)
    assert {"glue_page_a", "glue_page_b", database} <= set(names)
    assert glue.get_databases(ResourceShareType="FOREIGN")["DatabaseList"] == []
    assert glue.get_databases(ResourceShareType="ALL")["DatabaseList"]
    short = glue.get_databases(AttributesToGet=["NAME"])["DatabaseList"]
    assert all(list(one) == ["Name"] for one in short)


@pytest.mark.fidelity("glue_catalog.databases")
def test_a_deleted_database_takes_its_tables_along(glue: Any) -> None:
    given = {"Name": "glue_deleted"}
    glue.create_database(DatabaseInput=given)
    table = {"Name": "t", "PartitionKeys": columns("p")}
    glue.create_table(DatabaseName="glue_deleted", TableInput=table)
    where = {"DatabaseName": "glue_deleted", "TableName": "t"}
    glue.create_partition(**where, PartitionInput={"Values": ["1"]})
    glue.delete_database(Name="glue_deleted")
    glue.create_database(DatabaseInput=given)
    glue.create_table(DatabaseName="glue_deleted", TableInput=table)
    assert glue.get_partitions(**where)["Partitions"] == []


@pytest.mark.fidelity("glue_catalog.links")
def test_a_link_leads_to_the_tables_of_its_target(glue: Any, database: str) -> None:
    target = {"CatalogId": "000000000000", "DatabaseName": database}
    glue.create_database(DatabaseInput={"Name": "glue_link", "TargetDatabase": target})
    glue.create_table(DatabaseName=database, TableInput={"Name": "linked"})
    assert glue.get_database(Name="glue_link")["Database"]["TargetDatabase"] == target
    found = glue.get_table(DatabaseName="glue_link", Name="linked")["Table"]
    assert found["DatabaseName"] == database
    glue.delete_database(Name="glue_link")
    assert glue.get_table(DatabaseName=database, Name="linked")


@pytest.mark.fidelity("glue_catalog.links")
def test_a_link_to_a_table_is_kept(glue: Any, database: str) -> None:
    target = {"CatalogId": "000000000000", "DatabaseName": database, "Name": "elsewhere"}
    glue.create_table(DatabaseName=database, TableInput={"Name": "to", "TargetTable": target})
    found = glue.get_table(DatabaseName=database, Name="to")["Table"]
    assert found["TargetTable"] == target
    assert "StorageDescriptor" not in found


@pytest.mark.fidelity("glue_catalog.databases")
@pytest.mark.parametrize(
    ("operation", "arguments", "code", "message"),
    [
        ("get_database", {"Name": "Nope"}, "EntityNotFoundException", "Database nope not found."),
        ("delete_database", {"Name": "no"}, "EntityNotFoundException", "Database no not found."),
        (
            "update_database",
            {"Name": "no", "DatabaseInput": {"Name": "no"}},
            "EntityNotFoundException",
            "Database no not found.",
        ),
        (
            "update_database",
            {"Name": "glue_test_databases", "DatabaseInput": {"Name": "other"}},
            "InvalidInputException",
            "The name of a database cannot be changed.",
        ),
        (
            "create_database",
            {"DatabaseInput": {"Name": "GLUE_test_databases"}},
            "AlreadyExistsException",
            "Database already exists.",
        ),
        (
            "get_database",
            {"CatalogId": "123456789012", "Name": "no"},
            "EntityNotFoundException",
            "Catalog 123456789012 not found.",
        ),
        (
            "create_database",
            {"DatabaseInput": {"Name": ""}},
            "ValidationException",
            "1 validation error detected: Value '' at 'databaseInput.name' failed to satisfy"
            " constraint: Member must have length greater than or equal to 1",
        ),
        (
            "get_databases",
            {"NextToken": "no token"},
            "InvalidInputException",
            "Invalid NextToken",
        ),
        ("get_databases", {"NextToken": "LTE="}, "InvalidInputException", "Invalid NextToken"),
    ],
)
def test_errors(
    glue: Any, database: str, operation: str, arguments: dict[str, Any], code: str, message: str
) -> None:
    assert refused(getattr(glue, operation), **arguments) == (code, message)
