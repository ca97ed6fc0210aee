"""The Glue catalogue as the engine sees it: the same records that Glue's API shows, read and
written in process.
"""

import base64
import json
from typing import Any

from lab.engine.catalog import Column, Database, Partition, Table
from lab.providers.glue.models import DataCatalog, Record

VIEW_PREFIX, VIEW_SUFFIX = "/* Presto View: ", " */"


class GlueCatalog:
    """The engine's ``Catalog`` over one account's Data Catalog."""

    def __init__(self, store: DataCatalog) -> None:
        self._store = store

    def databases(self) -> list[Database]:
        return [_database(record) for record in self._store.databases()]

    def database(self, name: str) -> Database | None:
        return next((found for found in self.databases() if found.name == name.lower()), None)

    def create_database(self, database: Database) -> None:
        self._store.create_database(
            {
                "Name": database.name,
                "LocationUri": database.location,
                "Description": database.comment,
            }
        )

    def drop_database(self, name: str) -> None:
        self._store.delete_database(name)

    def tables(self, database: str) -> list[Table]:
        return [_table(found.description) for found in self._store.tables(database)]

    def table(self, database: str, name: str) -> Table | None:
        with self._store.lock:
            if self.database(database) is None:
                return None
            found = self._store.database(database).tables.get(name.lower())
            return None if found is None else _table(found.description)

    def create_table(self, table: Table) -> None:
        self._store.create_table(table.database, table_input(table))

    def replace_table(self, table: Table) -> None:
        """Only what the engine knows of is replaced; other fields of the record stay."""
        with self._store.lock:
            old = self._store.table(table.database, table.name).description
            given = table_input(table)
            storage = {**old.get("StorageDescriptor", {}), **given.pop("StorageDescriptor", {})}
            kept = {k: v for k, v in old.items() if k in ("Description", "Owner", "Retention")}
            self._store.update_table(
                table.database, {**kept, **given, "StorageDescriptor": storage}
            )

    def drop_table(self, database: str, name: str) -> None:
        self._store.delete_table(database, name)

    def partitions(self, table: Table) -> list[Partition]:
        return [
            Partition(
                tuple(record["Values"]),
                (record.get("StorageDescriptor") or {}).get("Location") or _default(table, record),
            )
            for record in self._store.partitions(table.database, table.name)
        ]

    def add_partitions(self, table: Table, partitions: list[Partition]) -> None:
        with self._store.lock:
            storage = self._store.table(table.database, table.name).description.get(
                "StorageDescriptor", {}
            )
            for partition in partitions:
                given = {
                    "Values": list(partition.values),
                    "StorageDescriptor": {**storage, "Location": partition.location},
                }
                self._store.create_partition(table.database, table.name, given)

    def drop_partition(self, table: Table, values: tuple[str, ...]) -> None:
        self._store.delete_partition(table.database, table.name, list(values))


def _default(table: Table, record: Record) -> str:
    from lab.engine.hive_paths import partition_name

    return f"{table.location.rstrip('/')}/{partition_name(table, tuple(record['Values']))}"


def _database(record: Record) -> Database:
    return Database(record["Name"], record.get("LocationUri"), record.get("Description"))


def _columns(given: list[Record] | None) -> tuple[Column, ...]:
    return tuple(
        Column(one["Name"], one.get("Type", "string"), one.get("Comment")) for one in given or []
    )


def _table(record: Record) -> Table:
    storage = record.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    return Table(
        database=record["DatabaseName"],
        name=record["Name"],
        columns=_columns(storage.get("Columns")),
        partition_keys=_columns(record.get("PartitionKeys")),
        location=storage.get("Location") or "",
        input_format=storage.get("InputFormat") or "",
        output_format=storage.get("OutputFormat") or "",
        serde=serde.get("SerializationLibrary") or "",
        serde_parameters=serde.get("Parameters") or {},
        parameters=record.get("Parameters") or {},
        comment=record.get("Description"),
        view=_view_query(record),
    )


def _view_query(record: Record) -> str | None:
    """The query of a view, from the JSON that Athena keeps in ViewOriginalText."""
    text = record.get("ViewOriginalText") or ""
    if record.get("TableType") != "VIRTUAL_VIEW":
        return None
    if not text.startswith(VIEW_PREFIX):
        return text
    encoded = text.removeprefix(VIEW_PREFIX).removesuffix(VIEW_SUFFIX)
    return str(json.loads(base64.b64decode(encoded))["originalSql"])


def table_input(table: Table) -> Record:
    """The record that Glue is given for a table of the engine."""
    columns = [_column(column) for column in table.columns]
    record: Record = {
        "Name": table.name,
        "PartitionKeys": [_column(column) for column in table.partition_keys],
        "Parameters": dict(table.parameters),
    }
    if table.comment is not None:
        record["Description"] = table.comment
    if table.view is not None:
        storage: dict[str, Any] = {"Columns": columns, "Location": "", "SerdeInfo": {}}
        return {
            **record,
            "TableType": "VIRTUAL_VIEW",
            "StorageDescriptor": storage,
            **_view_text(table),
        }
    storage = {
        "Columns": columns,
        "Location": table.location,
        "InputFormat": table.input_format,
        "OutputFormat": table.output_format,
        "Compressed": False,
        "NumberOfBuckets": -1,
        "SerdeInfo": {
            "SerializationLibrary": table.serde,
            "Parameters": dict(table.serde_parameters),
        },
        "StoredAsSubDirectories": False,
    }
    return {**record, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage}


def _column(column: Column) -> Record:
    found = {"Name": column.name, "Type": column.type}
    return found if column.comment is None else {**found, "Comment": column.comment}


def _view_text(table: Table) -> Record:
    description = {
        "originalSql": table.view,
        "catalog": "awsdatacatalog",
        "schema": table.database,
        "columns": [{"name": column.name, "type": column.type} for column in table.columns],
    }
    encoded = base64.b64encode(json.dumps(description).encode()).decode()
    return {
        "ViewOriginalText": f"{VIEW_PREFIX}{encoded}{VIEW_SUFFIX}",
        "ViewExpandedText": "/* Presto View */",
    }
