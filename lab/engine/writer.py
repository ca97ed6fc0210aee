"""CREATE TABLE AS and INSERT INTO: runs a query and leaves its rows as files of a table.

Source: Amazon Athena User Guide, "CREATE TABLE AS", "CTAS table properties", "INSERT INTO".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.engine import types
from lab.engine.casts import cast
from lab.engine.catalog import Column, Objects, Partition, Table
from lab.engine.compiler import Compiled
from lab.engine.create_table import FORMATS
from lab.engine.errors import QueryError, unsupported
from lab.engine.hive_paths import HIVE_NULL, parse_partition_path, partition_name
from lab.engine.run import Job, execute, translated, with_sources
from lab.engine.scan import JSON_SERDES, PARQUET_SERDE, Source
from lab.engine.type_text import parse_type, to_hive
from lab.engine.types import quote
from lab.engine.values import Context, Env, Scope, Value

MAX_PARTITIONS = 100
ROWS = "rows_to_write"
KNOWN_PROPERTIES = {
    "format",
    "external_location",
    "partitioned_by",
    "write_compression",
    "parquet_compression",
    "is_external",
    "field_delimiter",
}
CODECS = {
    "PARQUET": {
        "GZIP": "gzip",
        "SNAPPY": "snappy",
        "ZSTD": "zstd",
        "LZ4": "lz4_raw",
        "NONE": "uncompressed",
    },
    "JSON": {"GZIP": "gzip", "ZSTD": "zstd", "NONE": "none"},
    "TEXTFILE": {"GZIP": "gzip", "ZSTD": "zstd", "NONE": "none"},
}
SUFFIXES = {"gzip": ".gz", "zstd": ".zst", "none": ""}


@dataclass(frozen=True, slots=True)
class Target:
    """The table to write to and how: format, codec of DuckDB."""

    table: Table
    format: str
    codec: str


def new_table(
    database: str, name: str, given: dict[str, Any], compiled: Compiled, default: str
) -> Target:
    """The table that a CTAS makes; ``default`` is where its files go when the statement does not
    say.
    """
    unknown = sorted(set(given) - KNOWN_PROPERTIES)
    if unknown:
        raise unsupported(f"the CTAS property {unknown[0]}")
    form = str(given.get("format", "PARQUET")).upper()
    form = {"TEXT": "TEXTFILE"}.get(form, form)
    if form not in CODECS:
        raise unsupported(f"format = '{form}'")
    codec = str(given.get("write_compression", given.get("parquet_compression", "GZIP"))).upper()
    if codec not in CODECS[form]:
        raise unsupported(f"write_compression = '{codec}' with {form}")
    partitioned_by = given.get("partitioned_by", ())
    keys = tuple(key.lower() for key in partitioned_by)
    columns = _columns(compiled, keys)
    location = str(given.get("external_location", default))
    serde, input_format, output_format = FORMATS[form]
    parameters = (
        {"field.delim": str(given["field_delimiter"])} if "field_delimiter" in given else {}
    )
    table = Table(
        database=database,
        name=name,
        columns=columns[: len(columns) - len(keys)],
        partition_keys=columns[len(columns) - len(keys) :],
        location=location.rstrip("/") + "/",
        serde=serde,
        serde_parameters={"serialization.format": "1", **parameters},
        input_format=input_format,
        output_format=output_format,
        parameters={"EXTERNAL": "TRUE", "has_encrypted_data": "false"},
    )
    return Target(table, form, CODECS[form][codec])


def _columns(compiled: Compiled, keys: tuple[str, ...]) -> tuple[Column, ...]:
    names = [column.name.lower() for column in compiled.columns]
    for place, name in enumerate(names):
        if name == f"_col{place}":
            raise QueryError(
                "MISSING_COLUMN_NAME",
                f"line 1:1: Column name not specified at position {place + 1}",
            )
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
        if column.type.name == "timestamp" and column.type.args[0] > 3:
            message = (
                f"Incorrect timestamp precision for {column.type}; the configured"
                f" precision is MILLISECONDS; column name: {column.name}"
            )
            raise QueryError("NOT_SUPPORTED", message)
        if column.type.name == "unknown":
            raise QueryError("NOT_SUPPORTED", f"Column type is unknown: {column.name}")
        found.append(Column(column.name.lower(), to_hive(column.type)))
    return tuple(found)


def existing_table(table: Table) -> Target:
    """Where INSERT INTO writes."""
    if table.view is not None:
        raise QueryError(
            "NOT_SUPPORTED", f"Inserting into views is not supported: {table.database}.{table.name}"
        )
    if table.serde == PARQUET_SERDE:
        return Target(table, "PARQUET", "gzip")
    if table.serde in JSON_SERDES:
        return Target(table, "JSON", "gzip")
    if table.serde == FORMATS["TEXTFILE"][0]:
        if "escape.delim" in table.serde_parameters or "skip.header.line.count" in table.parameters:
            raise unsupported("INSERT INTO a text table with a header or an escape character")
        return Target(table, "TEXTFILE", "gzip")
    raise unsupported(f"INSERT INTO a table of {table.serde}")


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
    env = Env(Context(None, "", now), Scope())  # type: ignore[arg-type]  # no name is looked up here
    parts = {}
    for place, (name, column) in enumerate(zip(given, compiled.columns, strict=True)):
        if not _assignable(column.type, kinds[name]):
            raise mismatch
        parts[name] = cast(Value(f'q."c{place}"', column.type), kinds[name], env).sql
    selected = ", ".join(
        f"{parts.get(name, f'CAST(NULL AS {types.duckdb(kinds[name])})')} AS {quote(name)}"
        for name in wanted
    )
    return f"SELECT {selected} FROM ({compiled.sql}) AS q"


def _assignable(source: types.Type, target: types.Type) -> bool:
    if types.can_coerce(source, target) or source.name == target.name:
        return True
    return source.is_integer and target.is_integer


def write(  # noqa: PLR0913, PLR0917  a clause each
    job: Job,
    target: Target,
    compiled: Compiled,
    sources: list[Source],
    sql: str,
    scratch: Path,
    objects: Objects,
) -> tuple[list[str], int]:
    """Write the rows that ``sql`` selects; the URIs of the new files and the number of rows.
    HIVE_TOO_MANY_OPEN_PARTITIONS beyond 100 partitions.
    """
    execute(job, f"CREATE OR REPLACE TEMP TABLE {ROWS} AS {with_sources(compiled, sources, sql)}")
    try:
        count = int(execute(job, f"SELECT count(*) FROM {ROWS}")[0][0])
        uris: list[str] = []
        for values in _partitions(job, target.table):
            uris += _write_partition(job, target, values, scratch, objects)
        return uris, count
    finally:
        with translated(job):
            job.cursor.execute(f"DROP TABLE IF EXISTS {ROWS}")


def _partitions(job: Job, table: Table) -> list[tuple[str | None, ...]]:
    """The values of the partition keys as text; without keys, one partition without values."""
    if not table.partition_keys:
        return [()]
    keys = ", ".join(map(_key_text, table.partition_keys))
    limit = MAX_PARTITIONS + 1
    found = execute(job, f"SELECT DISTINCT {keys} FROM {ROWS} ORDER BY ALL LIMIT {limit}")
    if len(found) > MAX_PARTITIONS:
        message = f"Exceeded limit of {MAX_PARTITIONS} open writers for partitions/buckets"
        raise QueryError("HIVE_TOO_MANY_OPEN_PARTITIONS", message)
    return found


def _key_text(key: Column) -> str:
    return f"CAST({quote(key.name.lower())} AS VARCHAR)"


def _write_partition(
    job: Job,
    target: Target,
    values: tuple[str | None, ...],
    scratch: Path,
    objects: Objects,
) -> list[str]:
    table = target.table
    columns = ", ".join(quote(column.name.lower()) for column in table.columns)
    tests = [
        f"{_key_text(key)} IS NOT DISTINCT FROM {'NULL' if value is None else types.text(value)}"
        for key, value in zip(table.partition_keys, values, strict=True)
    ]
    where = f" WHERE {' AND '.join(tests)}" if tests else ""
    suffix = "" if target.format == "PARQUET" else SUFFIXES[target.codec]
    path = scratch / f"{uuid.uuid4().hex}{suffix}"
    scratch.mkdir(parents=True, exist_ok=True)
    copied = execute(
        job,
        f"COPY (SELECT {columns} FROM {ROWS}{where}) TO {types.text(str(path))}"
        f" ({_options(target)})",
    )
    if copied[0][0] == 0:
        path.unlink(missing_ok=True)
        return []
    folder = table.location.rstrip("/") + "/"
    if values:
        folder += partition_name(table, tuple(HIVE_NULL if v is None else v for v in values)) + "/"
    objects.adopt(folder + path.name, path, "application/octet-stream")
    return [folder + path.name]


def _options(target: Target) -> str:
    if target.format == "PARQUET":
        return f"FORMAT PARQUET, COMPRESSION '{target.codec}'"
    if target.format == "JSON":
        return f"FORMAT JSON, COMPRESSION '{target.codec}'"
    for column in target.table.columns:
        if parse_type(column.type).name in ("array", "map", "row", "varbinary"):
            raise unsupported(f"a text column of type {column.type}")
    delimiter = target.table.serde_parameters.get("field.delim", "\x01")
    return (
        f"FORMAT CSV, HEADER false, DELIMITER {types.text(delimiter)}, QUOTE '',"
        f" ESCAPE '', NULLSTR '\\N',"
        f" COMPRESSION '{target.codec}'"
    )


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
