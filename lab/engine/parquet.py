"""Parquet files: how they are read by column name, and how many bytes of them a query needs.

What counts is what Athena counts: the compressed bytes of the column chunks that are read, in the
row groups that the statistics do not exclude. Footers are not counted, so ``SELECT count(*)``
scans 0 bytes.
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import datetime as dt
import operator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet

from lab.engine import types
from lab.engine.catalog import StoredFile
from lab.engine.errors import QueryError
from lab.engine.type_text import parse_type
from lab.engine.types import quote
from lab.engine.values import Scan

OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@lru_cache(maxsize=4096)
def _metadata(path: Path, _size: int, _modified: float) -> Any:
    return pyarrow.parquet.read_metadata(path)


def metadata(file: StoredFile) -> Any:
    """The footer, kept as long as the file does not change. HIVE_BAD_DATA when it is no Parquet
    file.
    """
    try:
        return _metadata(file.path, file.size, file.modified)
    except pyarrow.ArrowInvalid as error:
        message = f"Not valid Parquet file: {file.key} Expected magic number: PAR1"
        raise QueryError("HIVE_BAD_DATA", message) from error


def spellings(file: StoredFile) -> tuple[str, ...]:
    """The names of a file's columns as it writes them."""
    return tuple(metadata(file).schema.to_arrow_schema().names)


def source(scan: Scan, files: list[StoredFile], names: tuple[str, ...], file_column: str) -> str:
    """SELECT of the scan's columns from files that all have the columns ``names``; a missing
    column is NULL.
    """
    actual = {name.lower(): name for name in names}
    schema = metadata(files[0]).schema.to_arrow_schema()
    columns = []
    for column in scan.table.columns:
        name = column.name.lower()
        if name not in scan.mentioned:
            continue
        kind = parse_type(column.type)
        if name in actual:
            _check(schema.field(actual[name]).type, kind, column.name, files[0])
        value = quote(actual[name]) if name in actual else "NULL"
        columns.append(f"CAST({value} AS {types.duckdb(kind)}) AS {quote(name)}")
    listed = ", ".join(types.text(str(file.path)) for file in files)
    if file_column:
        columns.append(quote(file_column))
    option = f", filename={types.text(file_column)}" if file_column else ""
    return (
        f"SELECT {', '.join(columns) or '1 AS one'} FROM read_parquet([{listed}],"
        f" hive_partitioning=false, union_by_name=true{option})"
    )


def _check(stored: Any, kind: types.Type, name: str, file: StoredFile) -> None:
    """Text is not read as numbers, nor numbers as text: Athena refuses the file."""
    is_text = pyarrow.types.is_string(stored) or pyarrow.types.is_large_string(stored)
    is_number = pyarrow.types.is_integer(stored) or pyarrow.types.is_floating(stored)
    wrong = (is_text and not kind.is_text and kind.name != "varbinary") or (
        is_number and not kind.is_numeric
    )
    wrong = wrong or (pyarrow.types.is_floating(stored) and kind.is_integer)
    if wrong:
        message = (
            f"Field {name}'s type {str(stored).upper()} in parquet file {file.key} is"
            f" incompatible with type {kind} defined in table schema"
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
    """Whether no value between the minimum and the maximum can satisfy ``column symbol value``."""
    if not statistics.has_min_max:
        return False
    low, high = statistics.min, statistics.max
    value = _comparable(value, low)
    if value is None:
        return False
    if symbol == "=":
        return bool(value < low or value > high)
    extreme = low if symbol in ("<", "<=") else high
    return not OPERATORS[symbol](extreme, value)


def _comparable(value: Any, example: Any) -> Any:  # noqa: PLR0911  one return per kind
    """The constant in the type of the statistics, or None when they cannot be compared for
    certain.
    """
    if isinstance(example, bool) or isinstance(value, bool):
        return None
    if isinstance(example, int | float | Decimal):
        if isinstance(value, str):
            return Decimal(value) if _is_decimal(value) else None
        return value if isinstance(value, int | float | Decimal) else None
    if isinstance(example, dt.datetime):
        if isinstance(value, dt.datetime):
            return value.replace(tzinfo=example.tzinfo)
        is_date = isinstance(value, dt.date)
        return dt.datetime.combine(value, dt.time(), example.tzinfo) if is_date else None
    if isinstance(example, dt.date):
        return value if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else None
    return value if type(value) is type(example) else None


def _is_decimal(value: str) -> bool:
    return value.lstrip("+-").replace(".", "", 1).isdigit()
