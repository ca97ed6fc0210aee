"""Parquet files: how they are read by column name, and how many bytes of them a query needs.

What counts is what Athena counts: the compressed bytes of the column chunks that are read, in the
row groups that the statistics do not exclude. Footers are not counted, so ``SELECT count(*)``
scans 0 bytes. Source: Amazon Athena User Guide, "Handle schema updates".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from functools import lru_cache
from pathlib import Path
from typing import Any

from lab.engine import types
from lab.engine.catalog import StoredFile
from lab.engine.errors import QueryError
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


@lru_cache(maxsize=4096)
def _metadata(path: Path, _size: int, _modified: float) -> Any:
    import pyarrow.parquet

    return pyarrow.parquet.read_metadata(path)


def metadata(file: StoredFile) -> Any:
    """The footer, kept as long as the file does not change. HIVE_BAD_DATA when it is no Parquet
    file, HIVE_CANNOT_OPEN_SPLIT when it is gone.
    """
    import pyarrow as pa

    try:
        return _metadata(file.path, file.size, file.modified)
    except FileNotFoundError as error:
        raise gone(file) from error
    except pa.ArrowInvalid as error:
        with file.path.open("rb") as content:
            content.seek(max(0, file.size - 4))
            found = content.read(4).decode("latin-1")
        message = f"Malformed Parquet file. Expected magic number: PAR1 got: {found} [{file.uri}]"
        raise QueryError("HIVE_BAD_DATA", message) from error


def gone(file: StoredFile) -> QueryError:
    """What Athena says when a file was deleted between its listing and its reading."""
    return QueryError(
        "HIVE_CANNOT_OPEN_SPLIT",
        f"Error opening Hive split {file.uri} (offset=0, length={file.size}):"
        " The specified key does not exist.",
    )


@lru_cache(maxsize=4096)
def _physical(path: Path, size: int, modified: float) -> tuple[tuple[str, str], ...]:
    schema = _metadata(path, size, modified).schema
    found: dict[str, str] = {}
    for place in range(len(schema)):
        column = schema.column(place)
        nested = column.path != column.name or column.max_repetition_level > 0
        name = column.path.split(".")[0] if nested else column.name
        found[name] = "" if nested else column.physical_type
    return tuple(found.items())


def spellings(file: StoredFile) -> tuple[tuple[str, str], ...]:
    """A file's columns: the name as it writes it and the physical type, empty when nested."""
    metadata(file)
    return _physical(file.path, file.size, file.modified)


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


def bytes_needed(scan: Scan, file: StoredFile) -> int:
    """Compressed bytes of the chunks that the scan reads in this file."""
    footer = metadata(file)
    wanted = set(scan.columns)
    total = 0
    for index in range(footer.num_row_groups):
        group = footer.row_group(index)
        chunks = [group.column(place) for place in range(group.num_columns)]
        if _excluded(scan, chunks):
            continue
        total += sum(
            chunk.total_compressed_size
            for chunk in chunks
            if chunk.path_in_schema.split(".")[0].lower() in wanted
        )
    return total


def _excluded(scan: Scan, chunks: list[Any]) -> bool:
    by_name = {chunk.path_in_schema.lower(): chunk for chunk in chunks}
    return any(
        _never(by_name[name].statistics, symbol, value)
        for name, symbol, value in scan.filters
        if name in by_name and by_name[name].is_stats_set
    )


def _never(statistics: Any, symbol: str, value: Any) -> bool:
    return statistics.has_min_max and excluded(statistics.min, statistics.max, symbol, value)
