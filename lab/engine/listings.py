"""What SHOW and DESCRIBE print of databases, tables and views.

Source: Amazon Athena User Guide, "SHOW COLUMNS", "SHOW TABLES", "SHOW TBLPROPERTIES", "SHOW VIEWS",
"DESCRIBE", "DESCRIBE VIEW".
"""

import re

from lab.engine import statements as s
from lab.engine.catalog import Table
from lab.engine.errors import QueryError
from lab.engine.metastore import Metastore
from lab.engine.show_create import create_table, create_view
from lab.engine.table_text import described, extended, formatted, line, padded
from lab.engine.type_text import parse_type


def databases(store: Metastore, statement: s.ShowDatabases) -> list[str]:
    """The pattern is a regular expression, as it stands; ``*`` alone is any name."""
    names = sorted(database.name for database in store.catalog.databases())
    if statement.pattern in (None, "*"):
        return names
    return [name for name in names if _fits(name, statement.pattern, re.NOFLAG)]


def tables(store: Metastore, statement: s.ShowTables) -> list[str]:
    return _names(store, statement.database, statement.pattern, views_only=False)


def views(store: Metastore, statement: s.ShowViews) -> list[str]:
    return _names(store, statement.database, statement.pattern, views_only=True)


def _names(
    store: Metastore, database: str | None, pattern: str | None, *, views_only: bool
) -> list[str]:
    """In these patterns ``*`` is anything, with or without a dot before it, and ``|`` is or."""
    home, _ = store.place(s.Name("", database))
    found = store.catalog.tables(home)
    names = sorted(t.name for t in found if t.view is not None or not views_only)
    wanted = None if pattern is None else pattern.replace(".*", "*").replace("*", ".*")
    return [name for name in names if _fits(name, wanted, re.IGNORECASE)]


def _fits(name: str, pattern: str | None, flags: re.RegexFlag) -> bool:
    try:
        return pattern is None or re.fullmatch(pattern, name, flags) is not None
    except re.error as error:
        raise QueryError("FAILED", f"SemanticException Invalid pattern: {error}") from error


def columns(store: Metastore, statement: s.ShowColumns) -> list[str]:
    table = store.find(statement.name)
    if table.view is not None:
        return view_columns(table)
    return [padded(column.name) for column in table.all_columns]


def view_columns(table: Table) -> list[str]:
    """Name and Trino's type, not padded."""
    return [f"{column.name}\t{parse_type(column.type)}" for column in table.columns]


def properties(store: Metastore, statement: s.ShowProperties) -> list[str]:
    table = store.find(statement.name)
    found = dict(table.parameters)
    if table.comment is not None:
        found.setdefault("comment", table.comment)
    if statement.key is None:
        return [f"{key}\t{found[key]}" for key in sorted(found)]
    if statement.key not in found:
        name = f"{table.database}.{table.name}"
        return [f"Table {name} does not have property: {statement.key}"]
    return [found[statement.key]]


def table_statement(store: Metastore, statement: s.ShowCreateTable) -> list[str]:
    name = statement.name
    shown = f"{name.database}.{name.table}" if name.database else name.table
    return create_table(store.find(name), shown)


def view_statement(store: Metastore, statement: s.ShowCreateView) -> list[str]:
    return create_view(_view(store, statement.name))


def describe_view(store: Metastore, statement: s.DescribeView) -> list[str]:
    return view_columns(_view(store, statement.name))


def _view(store: Metastore, name: s.Name) -> Table:
    """The view. The errors are Trino's, whose statements these are."""
    database = name.database or store.database
    table = store.catalog.table(database, name.table)
    shown = f"awsdatacatalog.{database}.{name.table}"
    if table is None:
        raise QueryError("TABLE_NOT_FOUND", f"line 1:1: View '{shown}' does not exist")
    if table.view is None:
        message = f"line 1:1: Relation '{shown}' is a table, not a view"
        raise QueryError("NOT_SUPPORTED", message)
    return table


def describe(store: Metastore, statement: s.Describe) -> list[str]:
    """The columns, then how the table is partitioned and, if asked for, stored."""
    table = store.find(statement.name)
    if table.view is not None:
        return view_columns(table)
    part = store.partition(table, statement.partition) if statement.partition else None
    if statement.column is not None:
        return [_column(table, statement.column)]
    if statement.detail == "FORMATTED":
        return formatted(table, part)
    lines = described(table)
    return lines + extended(table, part) if statement.detail else lines


def _column(table: Table, name: str) -> str:
    for column in table.all_columns:
        if column.name.lower() == name:
            return line(column.name, column.type, column.comment or "")
    message = f"SemanticException [Error 10002]: Invalid column reference {name}"
    raise QueryError("FAILED", message)
