"""Parquet files: how they are read by column name, and how many bytes of them a query needs.

What counts is what Athena counts: the compressed bytes of the column chunks that are read, in the
row groups that the statistics do not exclude. Footers are not counted, so ``SELECT count(*)``
scans 0 bytes. Source: Amazon Athena User Guide, "Handle schema updates".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from collections.abc import Sequence

from lab.engine import types
from lab.engine.catalog import StoredFile
from lab.engine.errors import QueryError
from lab.engine.footers import Chunk, Footer
from lab.engine.pruning import excluded
from lab.engine.type_text import parse_type
from lab.engine.types import quote
from lab.engine.values import Scan

# Physical type of a file: the types of a table as which Athena reads it.
READABLE = {
    "BOOLEAN": ("boolean",),
    "INT32": (*types.INTEGERS, "decimal", "date"),
    "INT64": (*types.INTEGERS, "decimal", "timestamp", "timestamp with time zone"),
    "INT96": ("timestamp",),
    "FLOAT": ("real", "double"),
    "DOUBLE": ("double",),
    "BYTE_ARRAY": ("varchar", "char", "varbinary", "decimal", "json"),
    "FIXED_LEN_BYTE_ARRAY": ("decimal", "varbinary", "varchar", "uuid"),
}
NESTED = ("array", "map", "row")


def source(
    scan: Scan, files: list[StoredFile], found: tuple[tuple[str, str], ...], file_column: str
) -> str:
    """SELECT of the scan's columns from files that all have the columns ``found``; a missing
    column is NULL.
    """
    parameters = {key.lower(): value for key, value in scan.table.serde_parameters.items()}
    by_place = parameters.get("parquet.column.index.access", "false").lower() == "true"
    actual = {name.lower(): (name, physical) for name, physical in found}
    columns = []
    for place, column in enumerate(scan.table.columns):
        name = column.name.lower()
        if name not in scan.mentioned:
            continue
        kind = parse_type(column.type)
        stored = found[place : place + 1] if by_place else [actual[name]] if name in actual else []
        for _, physical in stored:
            _check(physical, kind, column.name, files[0])
        value = quote(stored[0][0]) if stored else "NULL"
        columns.append(f"CAST({value} AS {types.duckdb(kind)}) AS {quote(name)}")
    listed = ", ".join(types.text(str(file.path)) for file in files)
    if file_column:
        columns.append(quote(file_column))
    option = f", filename={types.text(file_column)}" if file_column else ""
    return (
        f"SELECT {', '.join(columns) or '1 AS one'} FROM read_parquet([{listed}],"
        f" hive_partitioning=false, union_by_name=true{option})"
    )


def _check(physical: str, kind: types.Type, name: str, file: StoredFile) -> None:
    """Numbers widen; nothing else is read as another type."""
    if kind.name in NESTED if not physical else kind.name in READABLE[physical]:
        return
    shown = {"": "GROUP", "BYTE_ARRAY": "BINARY"}.get(physical, physical)
    message = (
        f"Field {name}'s type {shown} in parquet file {file.uri} is incompatible with type"
        f" {kind} defined in table schema"
    )
    raise QueryError("HIVE_BAD_DATA", message)


def bytes_needed(scan: Scan, footer: Footer) -> int:
    """Compressed bytes of the chunks that the scan reads in a file."""
    wanted = set(scan.columns)
    return sum(
        chunk.size
        for group in footer.groups
        if not _excluded(scan, group)
        for chunk in group
        if chunk.column in wanted
    )


def _excluded(scan: Scan, group: Sequence[Chunk]) -> bool:
    if not scan.filters:
        return False
    by_name = {chunk.column: chunk for chunk in group if chunk.low is not None}
    return any(
        excluded(by_name[name].low, by_name[name].high, symbol, value)
        for name, symbol, value in scan.filters
        if name in by_name
    )
