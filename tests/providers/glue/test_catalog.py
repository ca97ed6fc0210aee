"""Glue's Data Catalog through boto3."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.lab

DATABASE = "glue_catalog"


@pytest.fixture(scope="module")
def glue(client: Callable[..., Any]) -> Any:
    made = client("glue")
    made.create_database(DatabaseInput={"Name": "GLUE_Catalog"})
    made.create_table(
        DatabaseName=DATABASE,
        TableInput={
            "Name": "parts",
            "PartitionKeys": [{"Name": "dt", "Type": "string"}, {"Name": "h", "Type": "int"}],
            "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://b/"},
        },
    )
    inputs = [
        {"Values": [day, str(hour)]} for day in ("2024-01-01", "2024-01-02") for hour in (2, 10)
    ]
    made.batch_create_partition(DatabaseName=DATABASE, TableName="parts", PartitionInputList=inputs)
    return made


def refused(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_what_is_not_given_is_absent(glue: Any) -> None:
    database = glue.get_database(Name=DATABASE)["Database"]
    assert sorted(database) == ["CatalogId", "CreateTime", "Name"]
    table = glue.get_table(DatabaseName=DATABASE, Name="PARTS")["Table"]
    assert {"Owner", "Description", "TableType", "Parameters"}.isdisjoint(table)
    assert table["VersionId"] == "0"


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("dt = '2024-01-01'", [("2024-01-01", "10"), ("2024-01-01", "2")]),
        ("h > 9", [("2024-01-01", "10"), ("2024-01-02", "10")]),
        ("dt > '2024-01-01' AND h = 2", [("2024-01-02", "2")]),
        (
            "h IN (2, 3) OR (dt LIKE '%-02' AND NOT h = 2)",
            [("2024-01-01", "2"), ("2024-01-02", "10"), ("2024-01-02", "2")],
        ),
        ("h BETWEEN 3 AND 10 AND dt <> '2024-01-02'", [("2024-01-01", "10")]),
        ("dt LIKE '____-0_-01' AND h <= 2 AND h IS NOT NULL", [("2024-01-01", "2")]),
        ("2 < h AND dt NOT LIKE '%-01'", [("2024-01-02", "10")]),
    ],
)
def test_partition_expression(glue: Any, expression: str, wanted: list[tuple[str, str]]) -> None:
    answer = glue.get_partitions(DatabaseName=DATABASE, TableName="parts", Expression=expression)
    assert [tuple(one["Values"]) for one in answer["Partitions"]] == wanted


def test_an_expression_that_is_none(glue: Any) -> None:
    for expression in ("h = 'x'", "nope = 1", "dt =", "h IN (SELECT 2)", "h IS TRUE", "1 = 1"):
        code, _ = refused(
            glue.get_partitions, DatabaseName=DATABASE, TableName="parts", Expression=expression
        )
        assert code == "InvalidInputException"


def test_a_partition_without_a_value(glue: Any) -> None:
    key = {"Name": "h", "Type": "int"}
    glue.create_table(DatabaseName=DATABASE, TableInput={"Name": "hours", "PartitionKeys": [key]})
    where = {"DatabaseName": DATABASE, "TableName": "hours"}
    inputs = [{"Values": [value]} for value in ("7", "__HIVE_DEFAULT_PARTITION__")]
    glue.batch_create_partition(**where, PartitionInputList=inputs)
    found = glue.get_partitions(**where, Expression="h IS NULL")["Partitions"]
    assert [one["Values"] for one in found] == [["__HIVE_DEFAULT_PARTITION__"]]


def test_pages_of_partitions(glue: Any) -> None:
    pages = glue.get_paginator("get_partitions").paginate(
        DatabaseName=DATABASE, TableName="parts", PaginationConfig={"PageSize": 3}
    )
    assert [len(page["Partitions"]) for page in pages] == [3, 1]


def test_a_token_that_is_none_of_ours(glue: Any) -> None:
    for token in ("no token", "LTE="):
        expected = ("InvalidInputException", "Invalid NextToken")
        assert refused(glue.get_databases, NextToken=token) == expected


def test_stale_version_is_refused(glue: Any) -> None:
    given = {"Name": "versioned", "Description": "one"}
    glue.create_table(DatabaseName=DATABASE, TableInput=given)
    glue.update_table(
        DatabaseName=DATABASE, TableInput={**given, "Description": "two"}, VersionId="0"
    )
    assert refused(glue.update_table, DatabaseName=DATABASE, TableInput=given, VersionId="0") == (
        "ConcurrentModificationException",
        "Update table failed due to concurrent modifications.",
    )
    versions = glue.get_table_versions(DatabaseName=DATABASE, TableName="versioned")[
        "TableVersions"
    ]
    assert [(v["VersionId"], v["Table"]["Description"]) for v in versions] == [
        ("1", "two"),
        ("0", "one"),
    ]


@pytest.mark.parametrize(
    ("operation", "arguments", "code", "message"),
    [
        ("get_database", {"Name": "nope"}, "EntityNotFoundException", "Database nope not found."),
        (
            "get_table",
            {"DatabaseName": DATABASE, "Name": "nope"},
            "EntityNotFoundException",
            "Table nope not found.",
        ),
        (
            "create_database",
            {"DatabaseInput": {"Name": DATABASE}},
            "AlreadyExistsException",
            "Database already exists.",
        ),
        (
            "create_table",
            {"DatabaseName": DATABASE, "TableInput": {"Name": "parts"}},
            "AlreadyExistsException",
            "Table already exists.",
        ),
        (
            "create_partition",
            {
                "DatabaseName": DATABASE,
                "TableName": "parts",
                "PartitionInput": {"Values": ["2024-01-01", "2"]},
            },
            "AlreadyExistsException",
            "Partition already exists.",
        ),
        (
            "get_partition",
            {"DatabaseName": DATABASE, "TableName": "parts", "PartitionValues": ["x", "1"]},
            "EntityNotFoundException",
            "Cannot find partition.",
        ),
        (
            "create_partition",
            {"DatabaseName": DATABASE, "TableName": "parts", "PartitionInput": {"Values": ["x"]}},
            "InvalidInputException",
            "The number of partition keys do not match the number of partition values",
        ),
    ],
)
def test_errors(
    glue: Any, operation: str, arguments: dict[str, Any], code: str, message: str
) -> None:
    assert refused(getattr(glue, operation), **arguments) == (code, message)


def test_column_statistics(glue: Any) -> None:
    one = {
        "ColumnName": "a",
        "ColumnType": "int",
        "AnalyzedTime": "2024-01-01T00:00:00Z",
        "StatisticsData": {
            "Type": "LONG",
            "LongColumnStatisticsData": {"NumberOfNulls": 0, "NumberOfDistinctValues": 3},
        },
    }
    where = {"DatabaseName": DATABASE, "TableName": "parts"}
    glue.update_column_statistics_for_table(**where, ColumnStatisticsList=[one])
    found = glue.get_column_statistics_for_table(**where, ColumnNames=["a", "b"])
    assert [s["ColumnName"] for s in found["ColumnStatisticsList"]] == ["a"]
    assert [e["ColumnName"] for e in found["Errors"]] == ["b"]
    glue.delete_column_statistics_for_table(**where, ColumnName="a")
    assert (
        glue.get_column_statistics_for_table(**where, ColumnNames=["a"])["ColumnStatisticsList"]
        == []
    )


def test_jobs_are_refused_by_name(glue: Any) -> None:
    code, message = refused(glue.get_jobs)
    assert "GetJobs" in message
    assert code in ("InternalFailure", "NotImplementedError", "501")
