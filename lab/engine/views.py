"""Views: what CREATE VIEW keeps of a query, and what reading one makes of it.

A view is compiled anew wherever it is used; its columns are those that it had when it was made, or
it is stale. Source: Trino documentation, "CREATE VIEW", whose errors these are; Amazon Athena User
Guide, "Work with views".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from dataclasses import replace
from typing import Any

from lab.engine import statements as s
from lab.engine.casts import coerce
from lab.engine.catalog import Catalog, Column, Table
from lab.engine.compiler import Compiled
from lab.engine.errors import QueryError, failure
from lab.engine.query import Output, Query, compile_query
from lab.engine.syntax import parse_query
from lab.engine.type_text import parse_type, to_hive
from lab.engine.types import can_coerce
from lab.engine.values import Context

CATALOG = "awsdatacatalog"


def check(catalog: Catalog, statement: s.CreateView, database: str) -> tuple[str, Table | None]:
    """The database of a view that may be made, and what it replaces."""
    where, name = (statement.name.database or database).lower(), statement.name.table
    if catalog.database(where) is None:
        raise QueryError("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{where}' does not exist")
    existing = catalog.table(where, name)
    if existing is not None and (existing.view is None or not statement.or_replace):
        what = "Table" if existing.view is None else "View"
        message = f"line 1:1: {what} already exists: '{CATALOG}.{where}.{name}'"
        raise QueryError("TABLE_ALREADY_EXISTS", message)
    return where, existing


def columns(compiled: Compiled) -> tuple[Column, ...]:
    """The columns that a view of this query has, with Trino's types: named, each by a name of its
    own.
    """
    found: list[Column] = []
    for place, column in enumerate(compiled.columns, 1):
        if not column.named:
            message = f"line 1:1: Column name not specified at position {place}"
            raise QueryError("MISSING_COLUMN_NAME", message)
        name = column.name.lower()
        if any(name == other.name for other in found):
            message = f"line 1:1: Column name '{name}' specified more than once"
            raise QueryError("DUPLICATE_COLUMN_NAME", message)
        if column.type.name == "unknown":
            message = f"line 1:1: Column type is unknown at position {place}"
            raise QueryError("COLUMN_TYPE_UNKNOWN", message)
        to_hive(column.type)  # refuses what the catalogue cannot show
        found.append(Column(name, str(column.type)))
    return tuple(found)


def compile_view(view: Table, node: Any, context: Context) -> Query:
    """The view's query. INVALID_VIEW when it no longer compiles, VIEW_IS_STALE when its columns are
    no longer those that were kept.
    """
    name = f"{view.database}.{view.name}"
    if name in context.views:
        raise failure("VIEW_IS_RECURSIVE", f"View '{CATALOG}.{name}' is recursive", node)
    inner = replace(context, database=view.database, views=(*context.views, name))
    try:
        query = compile_query(parse_query(view.view or ""), inner, None)
    except QueryError as error:
        if error.name == "NOT_SUPPORTED":
            raise
        message = f"Failed analyzing stored view '{CATALOG}.{name}': {error.message}"
        raise failure("INVALID_VIEW", message, node) from error
    context.relations = inner.relations
    if not view.columns:
        # Somebody made it who keeps none.
        return query
    reason = _staleness(query.columns, view.columns)
    if reason is not None:
        message = f"View '{CATALOG}.{name}' is stale or in invalid state: {reason}"
        raise failure("VIEW_IS_STALE", message, node)
    return _as_kept(query, view.columns)


def _staleness(found: tuple[Output, ...], kept: tuple[Column, ...]) -> str | None:
    """Why the columns are not those that were kept; None if they are."""
    if len(found) != len(kept):
        return (
            f"stored view column count ({len(kept)}) does not match column count derived from the"
            f" view query analysis ({len(found)})"
        )
    for place, (output, column) in enumerate(zip(found, kept, strict=True)):
        shown = f"of type {output.type} projected from query view at position {place}"
        kind = parse_type(column.type)
        stored = f"column [{column.name}] of type {kind} stored in view definition"
        if output.name is None:
            return f"a column {shown} has no name"
        name = output.name.lower()
        if name != column.name.lower():
            return f"column [{name}] {shown} has a different name from {stored}"
        if not _is_kept(output, column) and not can_coerce(output.type, kind):
            return f"column [{name}] {shown} cannot be coerced to {stored}"
    return None


def _is_kept(output: Output, column: Column) -> bool:
    """Whether the type is the kept one, as far as the text that was kept can say."""
    return str(output.type) == str(parse_type(column.type)) or to_hive(output.type) == column.type


def _as_kept(query: Query, kept: tuple[Column, ...]) -> Query:
    """The query with the types of the view; untouched when it has them."""
    pairs = list(zip(query.columns, kept, strict=True))
    if all(_is_kept(output, column) for output, column in pairs):
        return query
    columns, parts = [], []
    for place, (output, column) in enumerate(pairs):
        value = replace(output.value, sql=f'"v"."c{place}"')
        if not _is_kept(output, column):
            value = coerce(value, parse_type(column.type))
        columns.append(replace(output, value=value, origin=None))
        parts.append(f'{value.sql} AS "c{place}"')
    sql = f'SELECT {", ".join(parts)} FROM ({query.sql}) AS "v"'
    return Query(sql, tuple(columns), query.hard)
