"""``"table$partitions"``: the partitions of a Hive table, a row each with the values of their keys
(Athena User Guide, "List partitions for a specific table"). Those of Iceberg are in
``lab.engine.iceberg``.
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from sqlglot import exp

from lab.engine import types
from lab.engine.catalog import Table
from lab.engine.hive_paths import HIVE_NULL
from lab.engine.relations import Relation, aliases, renamed
from lab.engine.type_text import parse_type
from lab.engine.types import quote
from lab.engine.values import Context, Field, Value

SUFFIX = "$partitions"


def partitioned(database: str, name: str, context: Context) -> Table | None:
    """The table whose partitions a name means, or None when it means none."""
    table = context.catalog.table(database, name.removesuffix(SUFFIX))
    found = name.endswith(SUFFIX) and table is not None and table.partition_keys
    return table if found else None


def listing(table: Table, node: exp.Table, context: Context) -> Relation:
    """The metastore's partitions of this moment; no file is read."""
    alias = context.next_relation()
    kinds = {key.name: parse_type(key.type) for key in table.partition_keys}
    fields = tuple(
        Field(name, node.alias_or_name, Value(f"{quote(alias)}.{quote(name)}", kind))
        for name, kind in kinds.items()
    )
    rows = [part.values for part in context.catalog.partitions(table)]
    listed = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows or [tuple(kinds)])
    shown = ", ".join(
        f"CAST({quote(f'col{place}')} AS {types.duckdb(kind)}) AS {quote(name)}"
        for place, (name, kind) in enumerate(kinds.items())
    )
    # The row of names that stands in for none is never converted.
    sql = f"(SELECT {shown} FROM (SELECT * FROM (VALUES {listed}) LIMIT {len(rows)}))"
    return Relation(f"{sql} AS {quote(alias)}", renamed(fields, aliases(node), node))


def _literal(value: str) -> str:
    return "NULL" if value == HIVE_NULL else types.text(value)
