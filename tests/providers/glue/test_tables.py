"""Tables and their versions."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.providers.glue.support import columns, refused

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def table(glue: Any, database: str) -> dict[str, str]:
    glue.create_table(DatabaseName=database, TableInput={"Name": "Here", "Description": "zero"})
    return {"DatabaseName": database, "TableName": "here"}


@pytest.mark.fidelity("glue_catalog.tables")
def test_what_is_not_given_is_absent(glue: Any, table: dict[str, str]) -> None:
    found = glue.get_table(DatabaseName=table["DatabaseName"], Name="HERE")["Table"]
    absent = {"Owner", "TableType", "Parameters", "StorageDescriptor", "ViewOriginalText"}
    assert absent.isdisjoint(found)
    assert (found["Name"], found["Retention"], found["PartitionKeys"]) == ("here", 0, [])
    assert found["IsRegisteredWithLakeFormation"] is False


@pytest.mark.fidelity("glue_catalog.tables")
def test_a_storage_descriptor_has_the_defaults_of_glue(glue: Any, database: str) -> None:
    given = {"Columns": columns("a"), "Location": "s3://b/t/"}
    glue.create_table(
        DatabaseName=database, TableInput={"Name": "stored", "StorageDescriptor": given}
    )
    found = glue.get_table(DatabaseName=database, Name="stored")["Table"]["StorageDescriptor"]
    defaults = {"Compressed": False, "NumberOfBuckets": 0, "SortColumns": []}
    assert found == {**given, **defaults, "StoredAsSubDirectories": False}


@pytest.mark.fidelity("glue_catalog.optimistic_locking")
def test_a_stale_version_is_refused_and_the_earlier_ones_are_kept(glue: Any, database: str) -> None:
    given = {"Name": "versioned", "Description": "one"}
    where = {"DatabaseName": database, "TableName": "versioned"}
    glue.create_table(DatabaseName=database, TableInput=given)
    glue.update_table(
        DatabaseName=database, TableInput={**given, "Description": "two"}, VersionId="0"
    )
    assert refused(glue.update_table, DatabaseName=database, TableInput=given, VersionId="0") == (
        "ConcurrentModificationException",
        "Update table failed due to concurrent modifications.",
    )
    pages = glue.get_paginator("get_table_versions").paginate(
        **where, PaginationConfig={"PageSize": 1}
    )
    found = [one for page in pages for one in page["TableVersions"]]
    assert [(v["VersionId"], v["Table"]["Description"]) for v in found] == [
        ("1", "two"),
        ("0", "one"),
    ]
    assert glue.get_table_version(**where)["TableVersion"] == found[0]
    assert glue.get_table_version(**where, VersionId="0")["TableVersion"] == found[1]


@pytest.mark.fidelity("glue_catalog.optimistic_locking")
def test_of_many_writers_one_wins(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput={"Name": "contended"})

    def write(number: int) -> bool:
        given = {"Name": "contended", "Description": str(number)}
        try:
            glue.update_table(DatabaseName=database, TableInput=given, VersionId="0")
        except glue.exceptions.ConcurrentModificationException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = [number for number, done in enumerate(pool.map(write, range(8))) if done]
    found = glue.get_table(DatabaseName=database, Name="contended")["Table"]
    assert [found["Description"]] == [str(number) for number in won]
    assert found["VersionId"] == "1"


@pytest.mark.fidelity("glue_catalog.versions")
def test_versions_are_skipped_and_deleted(glue: Any, database: str) -> None:
    where = {"DatabaseName": database, "TableName": "many"}
    glue.create_table(DatabaseName=database, TableInput={"Name": "many"})
    for skip in (False, False, True, False):
        glue.update_table(DatabaseName=database, TableInput={"Name": "many"}, SkipArchive=skip)

    def present() -> list[str]:
        found = glue.get_table_versions(**where)["TableVersions"]
        return [one["VersionId"] for one in found]

    assert present() == ["4", "3", "1", "0"]
    glue.delete_table_version(**where, VersionId="0")
    answer = glue.batch_delete_table_version(**where, VersionIds=["1", "2", "4"])
    assert [(e["VersionId"], e["ErrorDetail"]["ErrorCode"]) for e in answer["Errors"]] == [
        ("2", "EntityNotFoundException"),
        ("4", "InvalidInputException"),
    ]
    assert present() == ["4", "3"]
    missing = ("EntityNotFoundException", "Version not found.")
    assert refused(glue.get_table_version, **where, VersionId="1") == missing
    assert refused(glue.delete_table_version, **where, VersionId="1") == missing
    glue.delete_table(DatabaseName=database, Name="many")
    glue.create_table(DatabaseName=database, TableInput={"Name": "many"})
    assert present() == ["0"]


@pytest.mark.fidelity("glue_catalog.name_patterns")
@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("named_*", ["named_ab", "named_b"]),
        ("*_AB", ["named_ab"]),
        ("*med_a*", ["named_ab"]),
        ("named_[ab]+", ["named_ab", "named_b"]),
        ("^named_.*b$", ["named_ab", "named_b"]),
        ("named_b|none", ["named_b"]),
        ("named", []),
    ],
)
def test_tables_by_a_pattern(glue: Any, database: str, expression: str, wanted: list[str]) -> None:
    known = glue.get_tables(DatabaseName=database)["TableList"]
    for name in ("named_ab", "named_b"):
        if name not in [one["Name"] for one in known]:
            glue.create_table(DatabaseName=database, TableInput={"Name": name})
    found = glue.get_tables(DatabaseName=database, Expression=expression)["TableList"]
    assert [one["Name"] for one in found] == wanted


@pytest.mark.fidelity("glue_catalog.tables")
def test_pages_and_attributes(glue: Any, database: str) -> None:
    for name in ("page_a", "page_b", "page_c"):
        given = {"Name": name, "TableType": "EXTERNAL_TABLE", "Owner": "me"}
        glue.create_table(DatabaseName=database, TableInput=given)
    arguments = {
        "DatabaseName": database,
        "Expression": "page_*",
        "AttributesToGet": ["NAME", "TABLE_TYPE"],
    }
    first = glue.get_tables(**arguments, MaxResults=2)
    second = glue.get_tables(**arguments, MaxResults=2, NextToken=first["NextToken"])
    assert "NextToken" not in second
    found = first["TableList"] + second["TableList"]
    assert [one["Name"] for one in found] == ["page_a", "page_b", "page_c"]
    assert all(sorted(one) == ["DatabaseName", "Name", "TableType"] for one in found)


@pytest.mark.fidelity("glue_catalog.batches")
def test_batch_delete(glue: Any, database: str) -> None:
    for name in ("gone_a", "gone_b"):
        glue.create_table(DatabaseName=database, TableInput={"Name": name})
    answer = glue.batch_delete_table(
        DatabaseName=database, TablesToDelete=["gone_a", "never", "gone_b"]
    )
    detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Table never not found"}
    assert answer["Errors"] == [{"TableName": "never", "ErrorDetail": detail}]
    assert glue.get_tables(DatabaseName=database, Expression="gone_*")["TableList"] == []


@pytest.mark.fidelity("glue_catalog.tables")
@pytest.mark.parametrize(
    ("operation", "arguments", "code", "message"),
    [
        ("get_table", {"Name": "No"}, "EntityNotFoundException", "Table no not found."),
        ("delete_table", {"Name": "no"}, "EntityNotFoundException", "Table no not found."),
        (
            "get_table",
            {"DatabaseName": "nope", "Name": "no"},
            "EntityNotFoundException",
            "Database nope not found.",
        ),
        (
            "create_table",
            {"TableInput": {"Name": "HERE"}},
            "AlreadyExistsException",
            "Table already exists.",
        ),
        (
            "update_table",
            {"TableInput": {"Name": "no"}},
            "EntityNotFoundException",
            "Table no not found.",
        ),
        (
            "create_table",
            {"TableInput": {"Name": "a\nb"}},
            "ValidationException",
            "1 validation error detected: Value 'a\nb' at 'tableInput.name' failed to satisfy"
            " constraint: Member must satisfy regular expression pattern:"
            r" [\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*",
        ),
        (
            "get_tables",
            {"MaxResults": 101},
            "ValidationException",
            "1 validation error detected: Value '101' at 'maxResults' failed to satisfy"
            " constraint: Member must have value less than or equal to 100",
        ),
    ],
)
def test_errors(
    glue: Any,
    table: dict[str, str],
    operation: str,
    arguments: dict[str, Any],
    code: str,
    message: str,
) -> None:
    given = {"DatabaseName": table["DatabaseName"], **arguments}
    assert refused(getattr(glue, operation), **given) == (code, message)
