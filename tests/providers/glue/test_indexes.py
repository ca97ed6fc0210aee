"""Partition indexes."""

import time
from typing import Any

import pytest

from tests.providers.glue.support import columns, refused

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def table(glue: Any, database: str) -> dict[str, str]:
    glue.create_table(
        DatabaseName=database,
        TableInput={"Name": "t", "PartitionKeys": columns("y", "m", "d")},
        PartitionIndexes=[{"IndexName": "first", "Keys": ["y"]}],
    )
    where = {"DatabaseName": database, "TableName": "t"}
    wait(glue, where)
    return where


def indexes(glue: Any, where: dict[str, str]) -> dict[str, str]:
    found = glue.get_partition_indexes(**where)["PartitionIndexDescriptorList"]
    return {one["IndexName"]: one["IndexStatus"] for one in found}


def wait(glue: Any, where: dict[str, str]) -> dict[str, str]:
    """Until none is in the making."""
    deadline = time.monotonic() + 30
    while set(found := indexes(glue, where).values()) - {"ACTIVE"}:
        assert time.monotonic() < deadline, found
    return indexes(glue, where)


@pytest.mark.fidelity("glue_catalog.indexes")
def test_life_of_an_index(glue: Any, table: dict[str, str]) -> None:
    glue.create_partition_index(**table, PartitionIndex={"IndexName": "second", "Keys": ["Y", "m"]})
    assert indexes(glue, table)["second"] == "CREATING"
    assert refused(glue.delete_partition_index, **table, IndexName="first") == (
        "ResourceNumberLimitExceededException",
        "Index second is in CREATING state. Only 1 index can be created or deleted simultaneously"
        " per table.",
    )
    assert wait(glue, table) == {"first": "ACTIVE", "second": "ACTIVE"}
    found = glue.get_partition_indexes(**table)["PartitionIndexDescriptorList"]
    assert found[1]["Keys"] == columns("y", "m")
    glue.delete_partition_index(**table, IndexName="second")
    assert indexes(glue, table)["second"] == "DELETING"
    assert wait(glue, table) == {"first": "ACTIVE"}
    assert refused(glue.delete_partition_index, **table, IndexName="second") == (
        "EntityNotFoundException",
        "Index with the given indexName : second does not exist",
    )


@pytest.mark.fidelity("glue_catalog.indexes")
@pytest.mark.parametrize(
    ("index", "code", "message"),
    [
        (
            {"IndexName": "x", "Keys": ["nope"]},
            "InvalidInputException",
            "IndexKeys not a part of PartitionColumns. Verify the indexKeys : [nope]",
        ),
        (
            {"IndexName": "first", "Keys": ["m"]},
            "AlreadyExistsException",
            "Partition Index first already exists with the same name.",
        ),
        (
            {"IndexName": "x", "Keys": ["y"]},
            "AlreadyExistsException",
            "Partition Index first already exists with the same keys.",
        ),
    ],
)
def test_refusals(
    glue: Any, table: dict[str, str], index: dict[str, Any], code: str, message: str
) -> None:
    wait(glue, table)
    found = refused(glue.create_partition_index, **table, PartitionIndex=index)
    assert found == (code, message)


@pytest.mark.fidelity("glue_catalog.indexes")
def test_three_at_most(glue: Any, database: str) -> None:
    given = [{"IndexName": key, "Keys": [key]} for key in ("y", "m", "d")]
    glue.create_table(
        DatabaseName=database,
        TableInput={"Name": "full", "PartitionKeys": columns("y", "m", "d")},
        PartitionIndexes=given,
    )
    where = {"DatabaseName": database, "TableName": "full"}
    wait(glue, where)
    index = {"IndexName": "fourth", "Keys": ["y", "d"]}
    assert refused(glue.create_partition_index, **where, PartitionIndex=index) == (
        "ResourceNumberLimitExceededException",
        "Partition index limit exceeded. Maximum: 3",
    )
