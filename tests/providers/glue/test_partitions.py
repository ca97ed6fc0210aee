"""Partitions: one by one, in batches, in pages."""

from typing import Any

import pytest

from tests.providers.glue.support import columns, refused

pytestmark = pytest.mark.lab
KEYS = [{"Name": "dt", "Type": "string"}, {"Name": "h", "Type": "int"}]


@pytest.fixture(scope="module")
def table(glue: Any, database: str) -> dict[str, str]:
    """Four partitions: two days of two hours."""
    storage = {"Columns": columns("a"), "Location": "s3://b/"}
    given = {"Name": "parts", "PartitionKeys": KEYS, "StorageDescriptor": storage}
    glue.create_table(DatabaseName=database, TableInput=given)
    where = {"DatabaseName": database, "TableName": "parts"}
    inputs = [
        {"Values": [day, str(hour)], "StorageDescriptor": {"Columns": columns("a")}}
        for day in ("2024-01-01", "2024-01-02")
        for hour in (2, 10)
    ]
    assert glue.batch_create_partition(**where, PartitionInputList=inputs)["Errors"] == []
    return where


@pytest.fixture
def own(glue: Any, database: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """A table of this test's, without partitions."""
    name = request.node.name.lower()[:200].replace("[", "_").replace("]", "_")
    glue.create_table(DatabaseName=database, TableInput={"Name": name, "PartitionKeys": KEYS})
    return {"DatabaseName": database, "TableName": name}


def values(answer: dict[str, Any]) -> list[tuple[str, ...]]:
    return [tuple(one["Values"]) for one in answer["Partitions"]]


@pytest.mark.fidelity("glue_catalog.partitions")
def test_an_expression_chooses(glue: Any, table: dict[str, str]) -> None:
    found = glue.get_partitions(**table, Expression="h > 9 AND dt LIKE '%-02'")
    assert values(found) == [("2024-01-02", "10")]


@pytest.mark.fidelity("glue_catalog.partitions")
def test_pages_hold_each_partition_once(glue: Any, table: dict[str, str]) -> None:
    pages = glue.get_paginator("get_partitions").paginate(
        **table, Expression="h <> 7", PaginationConfig={"PageSize": 3}
    )
    found = [values(page) for page in pages]
    assert [len(page) for page in found] == [3, 1]
    assert len({one for page in found for one in page}) == 4


@pytest.mark.fidelity("glue_catalog.partitions")
def test_segments_are_all_partitions_together(glue: Any, table: dict[str, str]) -> None:
    found = [
        one
        for number in range(3)
        for one in values(
            glue.get_partitions(**table, Segment={"SegmentNumber": number, "TotalSegments": 3})
        )
    ]
    assert sorted(found) == values(glue.get_partitions(**table))
    assert refused(
        glue.get_partitions, **table, Segment={"SegmentNumber": 3, "TotalSegments": 3}
    ) == ("InvalidInputException", "SegmentNumber must be less than TotalSegments.")


@pytest.mark.fidelity("glue_catalog.partitions")
def test_columns_are_left_out_when_asked(glue: Any, table: dict[str, str]) -> None:
    found = glue.get_partitions(**table, ExcludeColumnSchema=True)["Partitions"]
    assert all("Columns" not in one["StorageDescriptor"] for one in found)


@pytest.mark.fidelity("glue_catalog.batches")
def test_batch_get_finds_those_that_are_there(glue: Any, table: dict[str, str]) -> None:
    asked = [{"Values": ["2024-01-02", "2"]}, {"Values": ["1999-01-01", "2"]}]
    answer = glue.batch_get_partition(**table, PartitionsToGet=asked)
    assert values(answer) == [("2024-01-02", "2")]
    assert answer["UnprocessedKeys"] == []


@pytest.mark.fidelity("glue_catalog.batches")
def test_a_batch_does_what_can_be_done(glue: Any, own: dict[str, str]) -> None:
    inputs = [{"Values": ["a", "1"]}, {"Values": ["a", "1"]}, {"Values": ["a"]}]
    errors = glue.batch_create_partition(**own, PartitionInputList=inputs)["Errors"]
    assert [(error["PartitionValues"], error["ErrorDetail"]) for error in errors] == [
        (
            ["a", "1"],
            {"ErrorCode": "AlreadyExistsException", "ErrorMessage": "Partition already exists."},
        ),
        (
            ["a"],
            {
                "ErrorCode": "InvalidInputException",
                "ErrorMessage": "The number of partition keys do not match the number of partition"
                " values",
            },
        ),
    ]
    missing = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Cannot find partition."}
    entries = [
        {
            "PartitionValueList": [day, "1"],
            "PartitionInput": {"Values": [day, "1"], "Parameters": {"k": "v"}},
        }
        for day in ("a", "b")
    ]
    answer = glue.batch_update_partition(**own, Entries=entries)
    assert answer["Errors"] == [{"PartitionValueList": ["b", "1"], "ErrorDetail": missing}]
    changed = glue.get_partition(**own, PartitionValues=["a", "1"])["Partition"]
    assert changed["Parameters"] == {"k": "v"}
    answer = glue.batch_delete_partition(
        **own, PartitionsToDelete=[{"Values": ["b", "1"]}, {"Values": ["a", "1"]}]
    )
    assert answer["Errors"] == [{"PartitionValues": ["b", "1"], "ErrorDetail": missing}]
    assert values(glue.get_partitions(**own)) == []


@pytest.mark.fidelity("glue_catalog.partitions")
def test_an_update_may_move_a_partition(glue: Any, own: dict[str, str]) -> None:
    for day in ("a", "b"):
        glue.create_partition(**own, PartitionInput={"Values": [day, "1"]})
    update = glue.update_partition
    moved = {"PartitionValueList": ["a", "1"], "PartitionInput": {"Values": ["c", "1"]}}
    update(**own, **moved)
    assert values(glue.get_partitions(**own)) == [("b", "1"), ("c", "1")]
    assert refused(update, **own, **moved) == ("EntityNotFoundException", "Cannot find partition.")
    taken = {"PartitionValueList": ["b", "1"], "PartitionInput": {"Values": ["c", "1"]}}
    expected = ("AlreadyExistsException", "Partition already exists.")
    assert refused(update, **own, **taken) == expected
    glue.delete_partition(**own, PartitionValues=["c", "1"])
    expected = ("EntityNotFoundException", "Cannot find partition.")
    assert refused(glue.delete_partition, **own, PartitionValues=["c", "1"]) == expected
    assert refused(glue.get_partition, **own, PartitionValues=["c", "1"]) == expected


@pytest.mark.fidelity("glue_catalog.limits")
def test_a_batch_that_is_too_long(glue: Any, own: dict[str, str]) -> None:
    asked = [{"Values": [str(number), "1"]} for number in range(26)]
    code, message = refused(glue.batch_delete_partition, **own, PartitionsToDelete=asked)
    assert code == "ValidationException"
    assert message.startswith(
        "1 validation error detected: Value '[PartitionValueList(values=[0, 1]), PartitionValueList"
    )
    assert message.endswith(
        "at 'partitionsToDelete' failed to satisfy constraint:"
        " Member must have length less than or equal to 25"
    )


def test_a_token_that_is_none_of_ours(glue: Any, table: dict[str, str]) -> None:
    for token in ("no token", "LTE=", "WzFd"):
        expected = ("InvalidInputException", "Invalid NextToken")
        assert refused(glue.get_partitions, **table, NextToken=token) == expected
