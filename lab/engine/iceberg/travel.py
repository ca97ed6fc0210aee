"""FOR TIMESTAMP AS OF and FOR VERSION AS OF: which snapshot a reference to a table means.

Source: Amazon Athena User Guide, "Perform time travel and version travel queries".
"""

import datetime as dt
from typing import Any

from sqlglot import exp

from lab.engine.catalog import Table
from lab.engine.errors import failure, unsupported
from lab.engine.expression import compile_expression
from lab.engine.iceberg.tables import IcebergTable, at_time, at_version
from lab.engine.values import Context, Env, Scope, Value

ZONED = "timestamp with time zone"


def travelled(table: Table, node: exp.Table, context: Context) -> IcebergTable:
    """The table at the version that the statement names."""
    if not isinstance(table, IcebergTable):
        raise failure("NOT_SUPPORTED", "This connector does not support versioned tables", node)
    version = node.args["version"]
    if version.args.get("kind") != "AS OF":
        raise unsupported("FOR ... other than AS OF", node)
    value = compile_expression(version.expression, Env(context, Scope()))
    if str(version.this).upper() == "VERSION":
        if value.literal is None or not (value.type.is_integer or value.type.name == "varchar"):
            message = f"Unsupported type for table version: {value.type}"
            raise failure("NOT_SUPPORTED", message, node)
        return at_version(table, value.literal)
    return at_time(table, _moment(value, node))


def _moment(value: Value, node: exp.Table) -> dt.datetime:
    """The instant that a constant expression names; a time without a zone is UTC."""
    if value.type.name not in (ZONED, "timestamp", "date") or value.reads:
        message = f"Unsupported type for temporal table version: {value.type}"
        raise failure("NOT_SUPPORTED", message, node)
    return dt.datetime.fromtimestamp(_micros(value) / 1_000_000, dt.UTC)


def _micros(value: Value) -> int:
    """DuckDB computes it: the expression may be an arithmetic one of the current time."""
    import duckdb

    from lab.engine import macros

    with duckdb.connect(":memory:", config={"enable_external_access": False}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        macros.install(connection)
        found: Any = connection.execute(f"SELECT epoch_us({value.sql})").fetchone()
        return int(found[0])
