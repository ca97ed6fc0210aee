"""``information_schema``: the catalogue as tables that a query reads. Trino's columns, and the two
that Athena adds to ``columns`` (Athena User Guide, "Query the AWS Glue Data Catalog").

The rows are those of the moment at which the query is planned. Equality with a schema's or a
table's name is used before they are made; the rest of the WHERE clause is DuckDB's.
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from lab.engine.catalog import Catalog, Column, Table
from lab.engine.errors import QueryError, failure, unsupported
from lab.engine.scan import Source
from lab.engine.staging import Staging
from lab.engine.type_text import parse_type
from lab.engine.types import quote
from lab.engine.values import Scan

CATALOG = "awsdatacatalog"
NAME = "information_schema"
PLACE = ("table_catalog", "table_schema", "table_name")
COLUMNS = {
    "schemata": ("catalog_name", "schema_name"),
    "tables": (*PLACE, "table_type"),
    "views": (*PLACE, "view_definition"),
    "columns": (
        *PLACE, "column_name", "ordinal_position", "column_default", "is_nullable", "data_type",
        "comment", "extra_info",
    ),
}  # fmt: skip
# Who may do what: there are no rights in this lab.
REFUSED = ("table_privileges", "roles", "applicable_roles", "enabled_roles")
BIGINTS = ("ordinal_position",)
Row = tuple[str | int | None, ...]


class VirtualTable(Table):
    """One of its tables: no files, and none of their columns."""

    @property
    def hidden(self) -> tuple[str, ...]:
        return ()


def table(name: str, node: exp.Table) -> VirtualTable:
    """The table that a query names. TABLE_NOT_FOUND, NOT_SUPPORTED."""
    if name in REFUSED:
        raise unsupported(f"{NAME}.{name}", node)
    if name not in COLUMNS:
        raise failure("TABLE_NOT_FOUND", f"Table '{CATALOG}.{NAME}.{name}' does not exist", node)
    return VirtualTable(NAME, name, _typed(COLUMNS[name]))


def _typed(names: tuple[str, ...]) -> tuple[Column, ...]:
    return tuple(Column(name, "bigint" if name in BIGINTS else "string") for name in names)


def prepare(scan: Scan, catalog: Catalog, staging: Staging) -> Source:
    """The rows as SQL; no file is read."""
    import pyarrow as pa

    names = COLUMNS[scan.table.name]
    rows = list(_rows(scan.table.name, catalog, _wanted(scan.filters)))
    values = zip(*rows, strict=True) if rows else ([] for _ in names)
    arrays = [
        pa.array(list(column), pa.int64() if name in BIGINTS else pa.string())
        for name, column in zip(names, values, strict=True)
    ]
    view = staging.register(pa.table(arrays, names))
    return Source(f"SELECT {', '.join(map(quote, names))} FROM {view}", 0)


def _wanted(filters: list[tuple[str, str, Any]]) -> dict[str, set[str]]:
    """The names that the WHERE clause allows for some columns."""
    found: dict[str, set[str]] = {}
    for column, symbol, value in filters:
        if symbol in ("=", "in"):
            names = {value} if symbol == "=" else set(value)
            found[column] = found.get(column, names) & names
    return found


def _allows(wanted: dict[str, set[str]], column: str, name: str) -> bool:
    return column not in wanted or name in wanted[column]


def _rows(name: str, catalog: Catalog, wanted: dict[str, set[str]]) -> Iterator[Row]:
    """In the order of COLUMNS."""
    if name == "schemata":
        names = sorted({NAME, *(database.name for database in catalog.databases())})
        yield from ((CATALOG, one) for one in names)
        return
    for each in _tables(catalog, wanted):
        place = (CATALOG, each.database, each.name)
        if name == "tables":
            yield (*place, "BASE TABLE" if each.view is None else "VIEW")
        elif name == "columns":
            yield from ((*place, *rest) for rest in _columns(each))
        elif each.view is not None:
            yield (*place, each.view)


def _tables(catalog: Catalog, wanted: dict[str, set[str]]) -> Iterator[Table]:
    """All tables that may be asked for; it lists itself too."""
    own = [Table(NAME, name, _typed(columns)) for name, columns in COLUMNS.items()]
    for database in (NAME, *(database.name for database in catalog.databases())):
        if _allows(wanted, "table_schema", database):
            found = own if database == NAME else catalog.tables(database)
            yield from (each for each in found if _allows(wanted, "table_name", each.name))


def _columns(of: Table) -> Iterator[Row]:
    keys = {key.name for key in of.partition_keys}
    for place, column in enumerate(of.all_columns, 1):
        extra = "partition key" if column.name in keys else None
        yield column.name, place, None, "YES", _displayed(column.type), column.comment, extra


def _displayed(kind: str) -> str:
    """Trino's name of a type; the metastore's, of one that no query can read."""
    try:
        return str(parse_type(kind))
    except QueryError:
        return kind
