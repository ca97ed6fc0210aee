"""pyiceberg's catalog on Glue, used as its users do."""

from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import (
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.types import LongType

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config

pytestmark = pytest.mark.lab
BUCKET = "glue-pyiceberg"
NAMESPACE = "glue_pyiceberg"
ROWS = pa.table({"id": [1, 2, 3], "name": ["a", "b", None]})


@pytest.fixture(scope="module")
def catalog(lab: Config, client: Any) -> Catalog:
    client("s3").create_bucket(Bucket=BUCKET)
    keys = {"access-key-id": ACCESS_KEY_ID, "secret-access-key": SECRET_ACCESS_KEY}
    settings = {
        f"{service}.{key}": value
        for service in ("glue", "s3")
        for key, value in {**keys, "endpoint": lab.endpoint_url, "region": REGION}.items()
    }
    found = load_catalog("glue", type="glue", warehouse=f"s3://{BUCKET}/wh", **settings)
    found.create_namespace(NAMESPACE, {"comment": "hello", "location": f"s3://{BUCKET}/here"})
    return found


@pytest.mark.fidelity("glue_catalog.iceberg")
def test_namespaces(catalog: Catalog) -> None:
    assert (NAMESPACE,) in catalog.list_namespaces()
    catalog.update_namespace_properties(NAMESPACE, removals={"x"}, updates={"a": "b"})
    assert catalog.load_namespace_properties(NAMESPACE) == {
        "comment": "hello",
        "location": f"s3://{BUCKET}/here",
        "a": "b",
    }
    with pytest.raises(NamespaceAlreadyExistsError):
        catalog.create_namespace(NAMESPACE)


@pytest.mark.fidelity("glue_catalog.iceberg")
def test_commits(catalog: Catalog) -> None:
    name = (NAMESPACE, "commits")
    mine = catalog.create_table(name, schema=ROWS.schema)
    mine.append(ROWS)
    theirs = catalog.load_table(name)
    mine.append(ROWS)
    theirs.append(ROWS)  # from a version that is no longer the current one: tried again
    with theirs.update_schema() as update:
        update.add_column("extra", LongType(), "documented")
    theirs.delete("id = 1")
    mine.refresh()
    assert mine.scan().to_arrow().num_rows == 6
    assert [field.name for field in mine.schema().fields] == ["id", "name", "extra"]
    with pytest.raises(TableAlreadyExistsError):
        catalog.create_table(name, schema=ROWS.schema)
    with pytest.raises(NamespaceNotEmptyError):
        catalog.drop_namespace(NAMESPACE)


@pytest.mark.fidelity("glue_catalog.iceberg")
def test_renamed_registered_and_dropped(catalog: Catalog) -> None:
    old, new = (NAMESPACE, "old"), (NAMESPACE, "new")
    catalog.create_table(old, schema=ROWS.schema).append(ROWS)
    catalog.rename_table(old, new)
    with pytest.raises(NoSuchTableError):
        catalog.load_table(old)
    again = catalog.register_table(old, catalog.load_table(new).metadata_location)
    assert again.scan().to_arrow().equals(catalog.load_table(new).scan().to_arrow())
    for name in (old, new):
        catalog.drop_table(name)
    assert not {old, new} & set(catalog.list_tables(NAMESPACE))


@pytest.mark.fidelity("glue_catalog.iceberg")
def test_a_table_that_glue_made(catalog: Catalog, glue: Any) -> None:
    columns = [{"Name": "id", "Type": "bigint"}, {"Name": "name", "Type": "string"}]
    storage = {"Location": f"s3://{BUCKET}/native", "Columns": columns}
    glue.create_table(
        DatabaseName=NAMESPACE,
        TableInput={"Name": "native", "StorageDescriptor": storage},
        OpenTableFormatInput={"IcebergInput": {"MetadataOperation": "CREATE"}},
    )
    table = catalog.load_table((NAMESPACE, "native"))
    table.append(ROWS)
    assert table.scan().to_arrow().num_rows == 3


@pytest.mark.fidelity("glue_catalog.iceberg")
def test_a_table_that_glue_made_of_an_iceberg_schema(catalog: Catalog, glue: Any) -> None:
    item = {"type": "list", "element-id": 4, "element": "string", "element-required": False}
    fields = [
        {"Id": 1, "Name": "id", "Type": "long", "Required": False, "Doc": "the key"},
        {"Id": 2, "Name": "name", "Type": "string", "Required": False},
        {"Id": 3, "Name": "tags", "Type": item, "Required": False},
    ]
    direction = {"Direction": "asc", "NullOrder": "nulls-first"}
    given = {
        "Location": f"s3://{BUCKET}/schema/",
        "Schema": {"Type": "struct", "Fields": fields},
        "PartitionSpec": {"Fields": [{"SourceId": 2, "Transform": "identity", "Name": "name"}]},
        "WriteOrder": {
            "OrderId": 1,
            "Fields": [{"SourceId": 1, "Transform": "identity", **direction}],
        },
        "Properties": {"a": "b"},
    }
    iceberg = {"MetadataOperation": "CREATE", "Version": "2", "CreateIcebergTableInput": given}
    glue.create_table(
        DatabaseName=NAMESPACE, Name="Schema", OpenTableFormatInput={"IcebergInput": iceberg}
    )
    record = glue.get_table(DatabaseName=NAMESPACE, Name="schema")["Table"]
    assert record["StorageDescriptor"]["Columns"] == [
        {"Name": "id", "Type": "bigint", "Comment": "the key"},
        {"Name": "name", "Type": "string"},
        {"Name": "tags", "Type": "array<string>"},
    ]
    table = catalog.load_table((NAMESPACE, "schema"))
    assert [one.name for one in table.spec().fields] == ["name"]
    assert [one.source_id for one in table.sort_order().fields] == [1]
    assert (table.properties["a"], table.metadata.last_column_id) == ("b", 4)
    table.append(ROWS.append_column("tags", pa.array([["x"], None, []], pa.list_(pa.string()))))
    assert table.scan("name = 'a'").to_arrow()["tags"].to_pylist() == [["x"]]
