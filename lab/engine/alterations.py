"""What ALTER does to databases and to the columns, properties and locations of Hive tables.

Source: Amazon Athena User Guide, "ALTER TABLE REPLACE COLUMNS", "ALTER TABLE CHANGE COLUMN", "ALTER
TABLE SET LOCATION", "ALTER DATABASE SET DBPROPERTIES".
"""

from dataclasses import replace

from lab.engine import statements as s
from lab.engine.catalog import Column, Table
from lab.engine.create_table import FORMATS, LAZY_SIMPLE
from lab.engine.iceberg.statements import ChangeColumn
from lab.engine.metastore import Metastore, semantic, task

# Whose columns are those that the catalogue says, so that they can be replaced.
REPLACEABLE = (LAZY_SIMPLE, FORMATS["PARQUET"][0], FORMATS["ORC"][0])


def set_database_properties(store: Metastore, statement: s.SetDatabaseProperties) -> list[str]:
    found = store.catalog.database(statement.database)
    if found is None:
        raise semantic(10072, f"Database does not exist: {statement.database}")
    merged = {**found.parameters, **statement.properties}
    store.catalog.replace_database(replace(found, parameters=merged))
    return []


def set_properties(store: Metastore, statement: s.SetProperties) -> list[str]:
    table = store.find(statement.name)
    return store.replace(replace(table, parameters={**table.parameters, **statement.properties}))


def add_columns(store: Metastore, statement: s.AddColumns) -> list[str]:
    table = _hive(store, statement.name)
    known = [column.name.lower() for column in table.all_columns]
    for column in statement.columns:
        if column.name in known:
            raise task(f"Duplicate column name: {column.name}")
        known.append(column.name)
    return _set_columns(store, table, statement.partition, table.columns + statement.columns)


def replace_columns(store: Metastore, statement: s.ReplaceColumns) -> list[str]:
    table = _hive(store, statement.name)
    if table.serde not in REPLACEABLE:
        name = f"{table.database}.{table.name}"
        raise task(f"Replace columns is not supported for table {name}. SerDe may be incompatible.")
    keys = [key.name.lower() for key in table.partition_keys]
    for column in statement.columns:
        if column.name in keys:
            raise task(f"Partition column name {column.name} conflicts with table columns.")
    return _set_columns(store, table, statement.partition, statement.columns)


def change_column(store: Metastore, statement: ChangeColumn) -> list[str]:
    """Name, type, comment and place of a column; the files stay as they are."""
    table = _hive(store, statement.name)
    columns = list(table.columns)
    names = [column.name.lower() for column in columns]
    new = statement.becomes
    if statement.column not in names:
        raise task("Invalid column reference")
    place = names.index(statement.column)
    old = columns.pop(place)
    if new.name in [column.name.lower() for column in (*columns, *table.partition_keys)]:
        raise task(f"Duplicate column name: {new.name}")
    if statement.after is not None:
        place = _place_after(statement.after, columns)
    columns.insert(place, replace(new, comment=new.comment or old.comment))
    return _set_columns(store, table, None, tuple(columns))


def _place_after(name: str, columns: list[Column]) -> int:
    """Behind the column of that name; first when it is empty."""
    if not name:
        return 0
    names = [column.name.lower() for column in columns]
    if name not in names:
        raise task("Invalid column reference")
    return names.index(name) + 1


def set_location(store: Metastore, statement: s.SetLocation) -> list[str]:
    table = _hive(store, statement.name)
    if statement.partition is None:
        return store.replace(replace(table, location=statement.location))
    found = store.partition(table, statement.partition)
    moved = replace(found, location=statement.location)
    store.catalog.replace_partition(table, found.values, moved)
    return []


def _hive(store: Metastore, name: s.Name) -> Table:
    table = store.find(name)
    if table.view is not None:
        raise semantic(10131, "To alter a view you need to use the ALTER VIEW command.")
    return table


def _set_columns(
    store: Metastore, table: Table, partition: s.Spec | None, columns: tuple[Column, ...]
) -> list[str]:
    """Of the table, or of one partition alone."""
    if partition is None:
        return store.replace(replace(table, columns=columns))
    found = store.partition(table, partition)
    store.catalog.replace_partition(table, found.values, replace(found, columns=columns))
    return []
