"""The catalogue as the SQL engine reads and writes it."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.engine.catalog import Column, Database, Partition, Table
from lab.providers.athena.catalog import GlueCatalog
from lab.providers.glue.models import DataCatalog

VIEW = Table(
    "d",
    "v",
    (Column("a", "int"), Column("b", "string"), Column("c", "array<decimal(10,2)>")),
    view="SELECT 1 AS a",
)
TABLE = Table(
    "d",
    "t",
    (Column("a", "int", "first"),),
    (Column("p", "string"),),
    "s3://b/t/",
    "in",
    "out",
    "serde",
    {"x": "1"},
    {"classification": "json"},
    "described",
    bucketed_by=("a",),
    bucket_count=4,
)


@pytest.fixture
def store(tmp_path: Path, open_catalog: Callable[[Path], DataCatalog]) -> DataCatalog:
    return open_catalog(tmp_path)


@pytest.fixture
def catalog(store: DataCatalog) -> GlueCatalog:
    made = GlueCatalog(store)
    made.create_database(Database("d", "s3://b/", "text"))
    return made


@pytest.mark.fidelity("glue_catalog.views")
def test_a_view_is_written_as_athena_writes_it(store: DataCatalog, catalog: GlueCatalog) -> None:
    catalog.create_table(VIEW)
    found = store.table("d", "v").description
    assert found["TableType"] == "VIRTUAL_VIEW"
    assert found["Parameters"] == {"comment": "Presto View", "presto_view": "true"}
    assert found["ViewExpandedText"] == "/* Presto View */"
    assert found["StorageDescriptor"]["Columns"] == [
        {"Name": "a", "Type": "int"},
        {"Name": "b", "Type": "string"},
        {"Name": "c", "Type": "array<decimal(10,2)>"},
    ]
    text = found["ViewOriginalText"]
    assert (text[:16], text[-3:]) == ("/* Presto View: ", " */")
    assert json.loads(base64.b64decode(text[16:-3])) == {
        "originalSql": "SELECT 1 AS a",
        "catalog": "awsdatacatalog",
        "schema": "d",
        "columns": [
            {"name": "a", "type": "integer"},
            {"name": "b", "type": "varchar"},
            {"name": "c", "type": "array(decimal(10,2))"},
        ],
    }
    read = catalog.table("d", "v")
    assert read is not None
    # A view is of Trino, and so are its types.
    assert (read.view, read.columns) == (
        VIEW.view,
        (Column("a", "integer"), Column("b", "varchar"), Column("c", "array(decimal(10,2))")),
    )


@pytest.mark.fidelity("glue_catalog.views")
@pytest.mark.parametrize(
    ("given", "view"),
    [
        (
            {
                "TableType": "VIRTUAL_VIEW",
                "ViewOriginalText": "/* Presto View: "
                + base64.b64encode(b'{"originalSql": "SELECT 2", "runAsInvoker": true}').decode()
                + " */",
            },
            "SELECT 2",
        ),
        ({"TableType": "VIRTUAL_VIEW", "ViewOriginalText": "SELECT 3"}, "SELECT 3"),
        ({"TableType": "EXTERNAL_TABLE"}, None),
    ],
)
def test_views_of_others_are_read(
    store: DataCatalog, catalog: GlueCatalog, given: dict[str, Any], view: str | None
) -> None:
    store.create_table("d", {"Name": "other", **given})
    read = catalog.table("d", "other")
    assert read is not None
    assert read.view == view


def test_a_table_comes_back_as_it_was(catalog: GlueCatalog) -> None:
    catalog.create_table(TABLE)
    (found,) = catalog.tables("d")
    assert catalog.table("d", "t") == found
    assert found.created is not None
    # Hive has the comment among the parameters as well.
    parameters = {**TABLE.parameters, "comment": "described"}
    assert replace(found, created=None) == replace(TABLE, parameters=parameters, owner="hadoop")
    assert catalog.table("d", "nope") is None
    assert catalog.table("nope", "t") is None
    assert catalog.database("D") == Database("d", "s3://b/", "text")
    catalog.drop_table("d", "t")
    assert catalog.tables("d") == []


@pytest.mark.fidelity("glue_catalog.events")
def test_what_sql_changes_is_announced(
    catalog: GlueCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        "lab.providers.athena.catalog.announce",
        lambda _store, operation, request, _answer: told.append(f"{operation} {sorted(request)}"),
    )
    catalog.create_table(TABLE)
    catalog.replace_table(TABLE)
    catalog.add_partitions(TABLE, [Partition(("b",), "s3://b/x/")])
    catalog.drop_partition(TABLE, ("b",))
    catalog.drop_table("d", "t")
    catalog.drop_database("d")
    assert told == [
        "CreateTable ['DatabaseName', 'TableInput']",
        "UpdateTable ['DatabaseName', 'TableInput']",
        "BatchCreatePartition ['DatabaseName', 'PartitionInputList', 'TableName']",
        "DeletePartition ['DatabaseName', 'PartitionValues', 'TableName']",
        "DeleteTable ['DatabaseName', 'Name']",
        "DeleteDatabase ['Name']",
    ]


def test_what_the_engine_does_not_know_of_stays(store: DataCatalog, catalog: GlueCatalog) -> None:
    given = {"Name": "t", "Owner": "me", "Retention": 7}
    storage = {"Columns": [{"Name": "a", "Type": "int"}], "SortColumns": [], "Compressed": True}
    store.create_table("d", {**given, "StorageDescriptor": {**storage, "Parameters": {"k": "v"}}})
    read = catalog.table("d", "t")
    assert read is not None
    catalog.replace_table(replace(read, columns=(*read.columns, Column("b", "string"))))
    found = store.table("d", "t").description
    assert (found["Owner"], found["Retention"], found["VersionId"]) == ("me", 7, "1")
    assert found["StorageDescriptor"]["Parameters"] == {"k": "v"}
    assert [one["Name"] for one in found["StorageDescriptor"]["Columns"]] == ["a", "b"]


def test_partitions(store: DataCatalog, catalog: GlueCatalog) -> None:
    catalog.create_table(TABLE)
    catalog.add_partitions(TABLE, [Partition(("b",), "s3://b/x/"), Partition(("a",), "s3://b/y/")])
    store.create_partition(store.table("d", "t"), {"Values": ["c"]})
    assert catalog.partitions(TABLE) == [
        Partition(("a",), "s3://b/y/", TABLE.columns),
        Partition(("b",), "s3://b/x/", TABLE.columns),
        Partition(("c",), "s3://b/t/p=c"),
    ]
    catalog.drop_partition(TABLE, ("a",))
    assert [part.values for part in catalog.partitions(TABLE)] == [("b",), ("c",)]
