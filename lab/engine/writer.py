"""CREATE TABLE AS, INSERT INTO and UNLOAD: which table their rows go to, and the rows in its types.

Source: Amazon Athena User Guide, "CREATE TABLE AS", "CTAS table properties", "INSERT INTO",
"UNLOAD".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from dataclasses import replace
from typing import Any

from lab.engine import types
from lab.engine.casts import cast
from lab.engine.catalog import Column, Partition, Table
from lab.engine.compiler import Compiled
from lab.engine.copying import Target
from lab.engine.create_table import FORMATS
from lab.engine.errors import QueryError, unsupported
from lab.engine.hive_paths import parse_partition_path
from lab.engine.output_format import OutputFormat, of_table, output_format
from lab.engine.type_text import parse_type, to_hive
from lab.engine.types import Type, quote
from lab.engine.values import Context, Env, Scope, Value

# What Hive's timestamps hold.
MILLIS = 3
CTAS_PROPERTIES = {
    "format", "external_location", "partitioned_by", "bucketed_by", "bucket_count",
    "write_compression", "parquet_compression", "orc_compression", "compression_level",
    "field_delimiter", "is_external", "table_type",
}  # fmt: skip
UNLOAD_PROPERTIES = {
    "format", "compression", "compression_level", "partitioned_by", "field_delimiter",
}  # fmt: skip


def new_table(
    database: str, name: str, given: dict[str, Any], compiled: Compiled, default: str
) -> Target:
    """The table that a CTAS makes; ``default`` is where its files go when the statement does not
    say.
    """
    _check_known(given, CTAS_PROPERTIES, "table")
    output = output_format(given, ("write_compression", "parquet_compression", "orc_compression"))
    location = str(given.get("external_location", default))
    if not location.startswith("s3://"):
        raise QueryError(
            "INVALID_TABLE_PROPERTY",
            f"External location is not a valid file system URI: {location}",
        )
    table = _table(given, compiled, output, location)
    for place, column in enumerate(table.all_columns):
        if column.name == f"_col{place}":
            raise QueryError(
                "MISSING_COLUMN_NAME",
                f"line 1:1: Column name not specified at position {place + 1}",
            )
    buckets, count = _buckets(given, table)
    parameters = {"EXTERNAL": "TRUE", "has_encrypted_data": "false"}
    if any(word.endswith("_compression") for word in given):
        parameters["write.compression"] = output.compression
    if output.level is not None:
        parameters["compression_level"] = str(output.level)
    table = replace(
        table, database=database, name=name, parameters=parameters, bucketed_by=buckets,
        bucket_count=count,
    )  # fmt: skip
    return Target(table, output)


def unloaded(location: str, given: dict[str, Any], compiled: Compiled) -> Target:
    """The files that an UNLOAD makes, as a table that no catalogue holds."""
    _check_known(given, UNLOAD_PROPERTIES, "unload")
    if "format" not in given:
        raise QueryError("INVALID_TABLE_PROPERTY", "UNLOAD needs the property 'format'")
    output = output_format(given, ("compression",))
    return Target(_table(given, compiled, output, location), output)


def _check_known(given: dict[str, Any], known: set[str], what: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise QueryError(
            "INVALID_TABLE_PROPERTY",
            f"line 1:1: Catalog 'awsdatacatalog' {what} property '{unknown[0]}' does not exist",
        )


def _table(given: dict[str, Any], compiled: Compiled, output: OutputFormat, location: str) -> Table:
    keys = tuple(key.lower() for key in given.get("partitioned_by", ()))
    columns = _columns(compiled, keys)
    serde, input_format, output_format_ = FORMATS[output.form]
    parameters = {"serialization.format": "1"}
    if "field_delimiter" in given:
        if output.form != "TEXTFILE":
            raise QueryError(
                "INVALID_TABLE_PROPERTY",
                f"Cannot specify field_delimiter table property for storage format: {output.form}",
            )
        parameters |= {"field.delim": str(given["field_delimiter"])}
        parameters["serialization.format"] = parameters["field.delim"]
    return Table(
        database="",
        name="",
        columns=columns[: len(columns) - len(keys)],
        partition_keys=columns[len(columns) - len(keys) :],
        location=location.rstrip("/") + "/",
        serde=serde,
        serde_parameters=parameters,
        input_format=input_format,
        output_format=output_format_,
    )


def _buckets(given: dict[str, Any], table: Table) -> tuple[tuple[str, ...], int]:
    by = tuple(name.lower() for name in given.get("bucketed_by", ()))
    count = str(given.get("bucket_count", "0"))
    if not count.isdecimal() or (bool(by) != (int(count) > 0)):
        raise QueryError(
            "INVALID_TABLE_PROPERTY", "bucketed_by and bucket_count must be specified together"
        )
    names = [column.name for column in table.columns]
    missing = [name for name in by if name not in names]
    if missing:
        raise QueryError(
            "INVALID_TABLE_PROPERTY",
            f"Bucketing columns [{', '.join(missing)}] not present in schema",
        )
    return by, int(count)


def _columns(compiled: Compiled, keys: tuple[str, ...]) -> tuple[Column, ...]:
    names = [column.name.lower() for column in compiled.columns]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise QueryError(
                "DUPLICATE_COLUMN_NAME", f"line 1:1: Column name '{name}' specified more than once"
            )
    if keys and tuple(names[len(names) - len(keys) :]) != keys:
        message = (
            f"Partition keys must be the last columns in the table and in the same order"
            f" as the table properties: [{', '.join(keys)}]"
        )
        raise QueryError("HIVE_COLUMN_ORDER_MISMATCH", message)
    if len(keys) == len(names):
        raise QueryError("INVALID_TABLE_PROPERTY", "Table contains only partition columns")
    found = []
    for column in compiled.columns:
        if (finer := _finer_than_millis(column.type)) is not None:
            message = (
                f"Incorrect timestamp precision for {finer}; the configured"
                f" precision is MILLISECONDS; column name: {column.name}"
            )
            raise QueryError("NOT_SUPPORTED", message)
        if column.type.name == "unknown":
            raise QueryError("NOT_SUPPORTED", f"Column type is unknown: {column.name}")
        found.append(Column(column.name.lower(), to_hive(column.type)))
    return tuple(found)


def _finer_than_millis(kind: Type) -> Type | None:
    """A timestamp in a type that Hive does not write."""
    if kind.name == "timestamp":
        return kind if kind.args[0] > MILLIS else None
    parts = [of for _, of in kind.args] if kind.name == "row" else kind.args
    inner = (_finer_than_millis(part) for part in parts if isinstance(part, Type))
    return next((found for found in inner if found is not None), None)


def existing_table(table: Table, known: list[Partition]) -> Target:
    """Where INSERT INTO writes: into the places of the partitions that are ``known``."""
    if table.view is not None:
        raise QueryError(
            "NOT_SUPPORTED", f"Inserting into views is not supported: {table.database}.{table.name}"
        )
    if table.bucket_count:
        raise unsupported("INSERT INTO a bucketed table")
    places = {partition.values: partition.location for partition in known}
    return Target(table, of_table(table), places)


def converted(compiled: Compiled, table: Table, names: tuple[str, ...], now: str) -> str:
    """The query's rows in the table's columns and types. MISMATCH errors as Trino says them."""
    wanted = [column.name.lower() for column in table.all_columns]
    given = [name.lower() for name in names] or wanted
    for name in given:
        if name not in wanted:
            raise QueryError(
                "COLUMN_NOT_FOUND",
                f"line 1:1: Insert column name does not exist in target table: {name}",
            )
    kinds = {column.name.lower(): parse_type(column.type) for column in table.all_columns}
    shown = [str(kinds[name]) for name in given]
    mine = [str(column.type) for column in compiled.columns]
    mismatch = QueryError(
        "TYPE_MISMATCH",
        f"line 1:1: Insert query has mismatched column types: Table:"
        f" [{', '.join(shown)}], Query: [{', '.join(mine)}]",
    )
    if len(given) != len(compiled.columns):
        raise mismatch
    parts = {}
    for place, (name, column) in enumerate(zip(given, compiled.columns, strict=True)):
        value = assigned(Value(f'q."c{place}"', column.type), kinds[name], now)
        if value is None:
            raise mismatch
        parts[name] = value
    selected = ", ".join(
        f"{parts.get(name, f'CAST(NULL AS {types.duckdb(kinds[name])})')} AS {quote(name)}"
        for name in wanted
    )
    return f"SELECT {selected} FROM ({compiled.sql}) AS q"


def assigned(value: Value, kind: types.Type, now: str) -> str | None:
    """SQL of the value in a column's type; None when it cannot be stored there."""
    if not _assignable(value.type, kind):
        return None
    env = Env(Context(None, "", now), Scope())  # type: ignore[arg-type]  # no name is looked up here
    return cast(value, kind, env).sql


def _assignable(source: types.Type, target: types.Type) -> bool:
    if types.can_coerce(source, target) or source.name == target.name:
        return True
    return source.is_integer and target.is_integer


def new_partitions(table: Table, uris: list[str], known: list[Partition]) -> list[Partition]:
    """The partitions that the files at ``uris`` lie in and the catalogue does not have."""
    have = {part.values for part in known}
    found: dict[tuple[str, ...], Partition] = {}
    for uri in uris:
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        values, folder = parse_partition_path(table, key)
        if values is not None and values not in have:
            found[values] = Partition(values, f"s3://{bucket}/{folder.rstrip('/')}")
    return list(found.values())
