"""The Glue catalogue as the engine sees it: the same records that Glue's API shows, read and
written in process.
"""

import base64
import functools
import json
import time
from itertools import batched
from typing import Any

from lab.engine import types
from lab.engine.catalog import Column, Database, Partition, Table
from lab.engine.hive_paths import partition_name
from lab.engine.iceberg.lookup import is_iceberg
from lab.engine.metastore import CHANGED
from lab.engine.type_text import parse_type, to_hive
from lab.providers.glue.errors import GlueError
from lab.providers.glue.events import announce
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Record

BATCH = 1000
VIEW_PREFIX, VIEW_SUFFIX = "/* Presto View: ", " */"
# In whose name Athena makes tables, and in whose name Trino reads what is below a view.
OWNER = "hadoop"
# What Athena puts beside the text of a view, by which other engines know it.
VIEW_PARAMETERS = {"comment": "Presto View", "presto_view": "true"}


class GlueCatalog:
    """The engine's ``Catalog`` over one account's Data Catalog."""

    def __init__(self, store: DataCatalog) -> None:
        self._store = store

    def databases(self) -> list[Database]:
        return [_database(record) for record in self._store.databases()]

    def database(self, name: str) -> Database | None:
        try:
            return _database(self._store.database(name).description)
        except GlueError:
            return None

    def create_database(self, database: Database) -> None:
        given = {
            "Name": database.name,
            "LocationUri": database.location,
            "Description": database.comment,
            "Parameters": dict(database.parameters),
        }
        self._store.create_database(given)
        self._announce("CreateDatabase", {"DatabaseInput": given})

    def replace_database(self, database: Database) -> None:
        """Its properties; other fields of the record stay."""
        old = self._store.database(database.name).description
        given = {**old, "Parameters": dict(database.parameters)}
        self._store.update_database(database.name, given)
        self._announce("UpdateDatabase", {"Name": database.name, "DatabaseInput": given})

    def drop_database(self, name: str) -> None:
        self._store.delete_database(name)
        self._announce("DeleteDatabase", {"Name": name})

    def tables(self, database: str) -> list[Table]:
        return [_table(found.description) for found in self._store.tables(database)]

    def table(self, database: str, name: str) -> Table | None:
        try:
            return _table(self._store.table(database, name).description)
        except GlueError:
            return None

    def create_table(self, table: Table) -> None:
        given = {"Owner": table.owner or OWNER, **table_input(table)}
        self._store.create_table(table.database, given)
        self._announce("CreateTable", {"DatabaseName": table.database, "TableInput": given})

    def replace_table(self, table: Table) -> None:
        """Only what the engine knows of is replaced; other fields of the record stay."""
        given = table_input(table)
        with self._store.transaction():
            old = self._store.table(table.database, table.name).description
            storage = {**old.get("StorageDescriptor", {}), **given.pop("StorageDescriptor", {})}
            kept = {k: v for k, v in old.items() if k in ("Description", "Owner", "Retention")}
            given = {**kept, **given, "StorageDescriptor": storage}
            self._store.update_table(table.database, given)
        self._announce("UpdateTable", {"DatabaseName": table.database, "TableInput": given})

    def swap_table(self, table: Table, parameter: str, expected: str) -> bool:
        with self._store.transaction():
            now = self.table(table.database, table.name)
            if now is None or now.parameters.get(parameter) != expected:
                return False
            self.replace_table(table)
        return True

    def drop_table(self, database: str, name: str) -> None:
        self._store.delete_table(database, name)
        self._announce("DeleteTable", {"DatabaseName": database, "Name": name})

    def partitions(self, table: Table) -> list[Partition]:
        found = self._store.table(table.database, table.name)
        return [
            Partition(values, location or _default(table, values), _declared(columns))
            for values, location, columns in self._store.partition_places(found)
        ]

    def add_partitions(self, table: Table, partitions: list[Partition]) -> None:
        """In batches, so that other calls are answered in between. Hive keeps the second, as of
        tables.
        """
        made = {CHANGED: str(int(time.time()))}
        found = self._store.table(table.database, table.name)
        storage = found.description.get("StorageDescriptor", {})
        where = {"DatabaseName": table.database, "TableName": table.name}
        for batch in batched(partitions, BATCH):
            inputs = [
                {
                    "Values": list(partition.values),
                    "StorageDescriptor": {**storage, "Location": partition.location},
                    "Parameters": made,
                }
                for partition in batch
            ]
            with self._store.transaction():
                for given in inputs:
                    self._store.create_partition(found, given)
            self._announce("BatchCreatePartition", {**where, "PartitionInputList": inputs})

    def replace_partition(
        self, table: Table, values: tuple[str, ...], partition: Partition
    ) -> None:
        """Its values, location and, if it declares some, columns; other fields of the record
        stay.
        """
        found = self._store.table(table.database, table.name)
        old = self._store.partition(found, list(values))
        storage = {**old.get("StorageDescriptor", {}), "Location": partition.location}
        if partition.columns:
            storage["Columns"] = [_column(column) for column in partition.columns]
        given = {**old, "Values": list(partition.values), "StorageDescriptor": storage}
        self._store.update_partition(found, list(values), given)
        where = {"DatabaseName": table.database, "TableName": table.name}
        asked = {"PartitionValueList": list(values), "PartitionInput": given}
        self._announce("UpdatePartition", {**where, **asked})

    def drop_partition(self, table: Table, values: tuple[str, ...]) -> None:
        found = self._store.table(table.database, table.name)
        self._store.delete_partition(found, list(values))
        where = {"DatabaseName": table.database, "TableName": table.name}
        self._announce("DeletePartition", {**where, "PartitionValues": list(values)})

    def _announce(self, operation: str, request: Record) -> None:
        announce(self._store, operation, request, {})


def _default(table: Table, values: tuple[str, ...]) -> str:
    return f"{table.location.rstrip('/')}/{partition_name(table, values)}"


@functools.lru_cache(maxsize=64)
def _declared(columns: str | None) -> tuple[Column, ...]:
    """A partition's own columns, from JSON. Most partitions of a table have the same."""
    return _columns(json.loads(columns)) if columns else ()


def _database(record: Record) -> Database:
    return Database(
        record["Name"],
        record.get("LocationUri"),
        record.get("Description"),
        record.get("Parameters") or {},
    )


def _columns(given: list[Record] | None) -> tuple[Column, ...]:
    """In lower case, as Athena sees the columns of every table."""
    return tuple(
        Column(one["Name"].lower(), one.get("Type", "string"), one.get("Comment"))
        for one in given or []
    )


def _table(record: Record) -> Table:
    storage = record.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    view = _view(record)
    return Table(
        database=record["DatabaseName"],
        name=record["Name"],
        columns=_columns((view and _view_columns(view)) or storage.get("Columns")),
        partition_keys=_columns(record.get("PartitionKeys")),
        location=storage.get("Location") or "",
        input_format=storage.get("InputFormat") or "",
        output_format=storage.get("OutputFormat") or "",
        serde=serde.get("SerializationLibrary") or "",
        serde_parameters=serde.get("Parameters") or {},
        parameters=record.get("Parameters") or {},
        comment=record.get("Description"),
        view=str(view["originalSql"]) if view else None,
        bucketed_by=tuple(storage.get("BucketColumns") or ()),
        bucket_count=max(storage.get("NumberOfBuckets") or 0, 0),
        owner=record.get("Owner"),
        created=record["CreateTime"].timestamp() if "CreateTime" in record else None,
    )


def _view(record: Record) -> Record | None:
    """What Athena and Trino keep of a view, as JSON in ViewOriginalText; a view of Hive's has the
    query itself there.
    """
    text = record.get("ViewOriginalText") or ""
    if record.get("TableType") != "VIRTUAL_VIEW":
        return None
    if not text.startswith(VIEW_PREFIX):
        return {"originalSql": text}
    encoded = text.removeprefix(VIEW_PREFIX).removesuffix(VIEW_SUFFIX)
    found: Record = json.loads(base64.b64decode(encoded))
    return found


def _view_columns(view: Record) -> list[Record]:
    """Its columns, with Trino's types: those of the record may be anything."""
    return [{"Name": column["name"], "Type": column["type"]} for column in view.get("columns", ())]


def table_input(table: Table) -> Record:
    """The record that Glue is given for a table of the engine."""
    columns = [_column(column) for column in table.columns]
    record: Record = {
        "Name": table.name,
        "PartitionKeys": [_column(column) for column in table.partition_keys],
        "Parameters": dict(table.parameters),
    }
    if table.comment is not None:
        # Hive has it among the parameters, and so has Athena; Glue shows the description.
        record["Description"] = record["Parameters"].setdefault("comment", table.comment)
    if table.view is not None:
        shown = [{**one, "Type": to_hive(parse_type(one["Type"]))} for one in columns]
        storage: dict[str, Any] = {"Columns": shown, "Location": "", "SerdeInfo": {}}
        return {
            **record,
            "Parameters": {**table.parameters, **VIEW_PARAMETERS},
            "TableType": "VIRTUAL_VIEW",
            "Owner": table.owner or OWNER,
            "StorageDescriptor": storage,
            **_view_text(table),
        }
    if is_iceberg(table):
        storage = {
            "Columns": columns, "Location": table.location, "Compressed": False,
            "NumberOfBuckets": 0, "SerdeInfo": {}, "SortColumns": [],
            "StoredAsSubDirectories": False,
        }  # fmt: skip
        return {**record, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage}
    storage = {
        "Columns": columns,
        "Location": table.location,
        "InputFormat": table.input_format,
        "OutputFormat": table.output_format,
        "Compressed": False,
        "NumberOfBuckets": table.bucket_count or -1,
        "SerdeInfo": {
            "SerializationLibrary": table.serde,
            "Parameters": dict(table.serde_parameters),
        },
        "StoredAsSubDirectories": False,
    }
    if table.bucketed_by:
        storage["BucketColumns"] = list(table.bucketed_by)
    return {**record, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage}


def _column(column: Column) -> Record:
    found: Record = {"Name": column.name, "Type": column.type}
    if column.comment is not None:
        found["Comment"] = column.comment
    if column.parameters:
        found["Parameters"] = dict(column.parameters)
    return found


def _view_text(table: Table) -> Record:
    description = {
        "originalSql": table.view,
        "catalog": "awsdatacatalog",
        "schema": table.database,
        "columns": [
            {"name": column.name, "type": types.display(parse_type(column.type))}
            for column in table.columns
        ],
    }
    encoded = base64.b64encode(json.dumps(description).encode()).decode()
    return {
        "ViewOriginalText": f"{VIEW_PREFIX}{encoded}{VIEW_SUFFIX}",
        "ViewExpandedText": "/* Presto View */",
    }
