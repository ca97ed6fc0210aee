"""DDL and what shows the catalogue: each statement does its work on the catalogue and answers with
lines of text, which Athena gives headings, types and sometimes a count by the parser that read it:
Hive's for most, Trino's for views.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lab.engine import alterations, listings, partition_commands
from lab.engine import statements as s
from lab.engine.catalog import Database
from lab.engine.compiler import Named
from lab.engine.errors import QueryError
from lab.engine.iceberg.statements import ChangeColumn
from lab.engine.metastore import Metastore, semantic, task
from lab.engine.types import Type

# A text without a length, as Hive types it and as Trino does.
OF_HIVE, OF_TRINO = Type("string"), Type("varchar", (0,))
TRINO_PRINTS = (s.ShowViews, s.ShowCreateView, s.DescribeView)
HEADINGS = {
    s.ShowDatabases: ("database_name",),
    s.ShowTables: ("tab_name",),
    s.ShowViews: ("views",),
    s.ShowPartitions: ("partition",),
    s.ShowColumns: ("field",),
    s.ShowProperties: ("prpt_name", "prpt_value"),
    s.ShowCreateTable: ("createtab_stmt",),
    s.ShowCreateView: ("create view",),
    s.Describe: ("col_name", "data_type", "comment"),
    s.DescribeView: ("column", "type"),
}


def run(store: Metastore, statement: s.Statement) -> list[str]:
    """Do what the statement says; the lines that Athena prints."""
    return HANDLERS[type(statement)](store, statement)


def headings(statement: s.Statement, *, view: bool = False) -> tuple[Named, ...]:
    """The columns of what a statement prints; ``view`` when it describes one."""
    kind = s.DescribeView if view else type(statement)
    text = OF_TRINO if kind in TRINO_PRINTS else OF_HIVE
    return tuple(Named(name, text) for name in HEADINGS.get(kind, ()))


def update_count(statement: s.Statement, *, hive: bool) -> int | None:
    """The UpdateCount of a statement that prints lines: none of those that Hive runs itself, as it
    does DDL and, when ``hive`` tables are meant, DESCRIBE and SHOW CREATE TABLE.
    """
    alone = isinstance(statement, s.Describe | s.ShowCreateTable) and hive
    return None if statement.kind != "UTILITY" or alone else 0


def is_view(store: Metastore, statement: s.Statement) -> bool:
    """Whether the statement describes a view."""
    if not isinstance(statement, s.Describe | s.ShowColumns):
        return False
    name = statement.name
    found = store.catalog.table(name.database or store.database, name.table)
    return found is not None and found.view is not None


def _create_database(store: Metastore, statement: s.CreateDatabase) -> list[str]:
    name = statement.database.name
    if store.catalog.database(name) is None:
        store.catalog.create_database(statement.database)
    elif not statement.if_not_exists:
        raise task(f"Database {name} already exists")
    return []


def _drop_database(store: Metastore, statement: s.DropDatabase) -> list[str]:
    found: Database | None = store.catalog.database(statement.name)
    if found is None:
        if statement.if_exists:
            return []
        raise semantic(10072, f"Database does not exist: {statement.name}")
    if store.catalog.tables(statement.name) and not statement.cascade:
        raise task(
            f"InvalidOperationException(message:Database {statement.name} is not empty. One or more"
            " tables exist.)"
        )
    store.catalog.drop_database(statement.name)
    return []


def _create_table(store: Metastore, statement: s.CreateTable) -> list[str]:
    table = statement.table
    database, name = store.place(s.Name(table.name, table.database or None))
    if store.catalog.table(database, name) is None:
        store.catalog.create_table(store.stamped(replace(table, database=database)))
    elif not statement.if_not_exists:
        raise task(f"AlreadyExistsException(message:Table {name} already exists.)")
    return []


def _drop(store: Metastore, statement: s.Drop) -> list[str]:
    database, name = store.place(statement.name)
    found = store.catalog.table(database, name)
    if found is None:
        if statement.if_exists:
            return []
        raise semantic(10001, f"Table not found {database}.{name}")
    if found.view is not None:
        raise semantic(10077, "Cannot drop a view with DROP TABLE")
    store.catalog.drop_table(database, name)
    return []


def _drop_view(store: Metastore, statement: s.DropView) -> list[str]:
    """The errors are Trino's, whose statement this is."""
    database, name = statement.name.database or store.database, statement.name.table
    found = store.catalog.table(database, name)
    shown = f"awsdatacatalog.{database}.{name}"
    if found is None:
        if statement.if_exists:
            return []
        raise QueryError("TABLE_NOT_FOUND", f"line 1:1: View '{shown}' does not exist")
    if found.view is None:
        raise QueryError(
            "GENERIC_USER_ERROR",
            f"line 1:1: View '{shown}' does not exist, but a table with that name exists. Did you"
            f" mean DROP TABLE {shown}?",
        )
    store.catalog.drop_table(database, name)
    return []


HANDLERS: dict[type[s.Statement], Callable[[Metastore, Any], list[str]]] = {
    s.CreateDatabase: _create_database,
    s.DropDatabase: _drop_database,
    s.CreateTable: _create_table,
    s.Drop: _drop,
    s.DropView: _drop_view,
    s.SetDatabaseProperties: alterations.set_database_properties,
    s.SetProperties: alterations.set_properties,
    s.AddColumns: alterations.add_columns,
    s.ReplaceColumns: alterations.replace_columns,
    s.SetLocation: alterations.set_location,
    ChangeColumn: alterations.change_column,
    s.AddPartitions: partition_commands.add,
    s.DropPartitions: partition_commands.drop,
    s.RenamePartition: partition_commands.rename,
    s.ShowPartitions: partition_commands.show,
    s.Repair: partition_commands.repair,
    s.ShowDatabases: listings.databases,
    s.ShowTables: listings.tables,
    s.ShowViews: listings.views,
    s.ShowColumns: listings.columns,
    s.ShowProperties: listings.properties,
    s.ShowCreateTable: listings.table_statement,
    s.ShowCreateView: listings.view_statement,
    s.Describe: listings.describe,
    s.DescribeView: listings.describe_view,
}
