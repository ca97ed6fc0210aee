"""What the footers of Parquet files say: columns, and for each chunk its size and its least and
greatest value.

DuckDB reads them, many files at once, in a database of its own that holds nothing; they are kept as
long as their files do not change.
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import datetime as dt
import struct
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb

from lab.engine import types
from lab.engine.catalog import StoredFile
from lab.engine.errors import QueryError

KEPT = 8192
Key = tuple[Path, int, float]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A column, or one leaf of it, in a row group: its name in lower case, its compressed size, and
    its bounds where the footer has some that can be compared.
    """

    column: str
    size: int
    low: Any = None
    high: Any = None


@dataclass(frozen=True, slots=True)
class Footer:
    """``columns`` are names as the file spells them, with physical types, empty when nested."""

    columns: tuple[tuple[str, str], ...]
    groups: tuple[tuple[Chunk, ...], ...]


def _real(text: str) -> float:
    value: float = struct.unpack("f", struct.pack("f", float(text)))[0]
    return value


# By DuckDB's type, without its arguments.
BOUNDS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), int),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"), int),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), dt.datetime.fromisoformat),
    "DECIMAL": Decimal, "DOUBLE": float, "FLOAT": _real, "VARCHAR": str,
    "DATE": dt.date.fromisoformat,
}  # fmt: skip


class _Cache:
    """The footers that were used last."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, Footer] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Key) -> Footer | None:
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)

    def keep(self, key: Key, footer: Footer) -> None:
        with self._lock:
            self._known[key] = footer
            if len(self._known) > KEPT:
                self._known.popitem(last=False)


_CACHE = _Cache()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "64MB"})


def footers(files: Sequence[StoredFile]) -> list[Footer]:
    """Of each file. HIVE_BAD_DATA when one is no Parquet file, HIVE_CANNOT_OPEN_SPLIT when it is
    gone.
    """
    found = {key: footer for file in files if (footer := _CACHE.find(key := _key(file)))}
    unknown = {file.path: file for file in files if _key(file) not in found}
    for path, footer in _read(list(unknown.values())):
        key = _key(unknown[path])
        found[key] = footer
        _CACHE.keep(key, footer)
    return [found[_key(file)] for file in files]


def footer_of(file: StoredFile) -> Footer:
    return footers([file])[0]


def _key(file: StoredFile) -> Key:
    return file.path, file.size, file.modified


def _read(files: list[StoredFile]) -> Iterator[tuple[Path, Footer]]:
    if not files:
        return
    listed = ", ".join(types.text(str(file.path)) for file in files)
    cursor = _database().cursor()
    try:
        schemas = cursor.execute(
            "SELECT file_name, name, type, repetition_type, num_children, duckdb_type"
            f" FROM parquet_schema([{listed}])"
        ).fetchall()
        chunks = cursor.execute(
            "SELECT file_name, row_group_id, column_id, total_compressed_size, stats_min_value,"
            f" stats_max_value FROM parquet_metadata([{listed}]) ORDER BY ALL"
        ).fetchall()
    except duckdb.Error as error:
        if len(files) > 1:
            for file in files:
                yield from _read([file])
            return
        raise _failure(files[0], error) from error
    finally:
        cursor.close()
    by_file = {name: list(rows) for name, rows in groupby(chunks, itemgetter(0))}
    for name, rows in groupby(schemas, itemgetter(0)):
        yield Path(name), _footer([row[1:] for row in rows], by_file.get(name, []))


def _failure(file: StoredFile, error: duckdb.Error) -> Exception:
    if not file.path.is_file():
        return gone(file)
    with file.path.open("rb") as content:
        content.seek(max(0, file.size - 4))
        found = content.read(4).decode("latin-1")
    if found == "PAR1":
        return error
    message = f"Malformed Parquet file. Expected magic number: PAR1 got: {found} [{file.uri}]"
    return QueryError("HIVE_BAD_DATA", message)


def gone(file: StoredFile) -> QueryError:
    """What Athena says when a file was deleted between its listing and its reading."""
    return QueryError(
        "HIVE_CANNOT_OPEN_SPLIT",
        f"Error opening Hive split {file.uri} (offset=0, length={file.size}):"
        " The specified key does not exist.",
    )


def _footer(schema: list[Any], chunks: Iterable[Any]) -> Footer:
    columns, leaves = _columns(iter(schema))
    groups = []
    for _, rows in groupby(chunks, itemgetter(1)):
        groups.append(tuple(_chunk(*leaves[row[2]], *row[3:]) for row in rows))
    return Footer(tuple(columns), tuple(groups))


def _columns(rows: Iterator[Any]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The columns; and for each leaf its column's name in lower case and its type, empty when it
    is a part of a column.
    """
    columns, leaves = [], []
    _, _, _, count, _ = next(rows)
    for _ in range(count or 0):
        name, physical, repetition, children, kind = next(rows)
        plain = children is None and repetition != "REPEATED"
        columns.append((name, physical if plain else ""))
        pending = 1 if children is None else 0
        inner = children or 0
        while inner:
            inner -= 1
            below = next(rows)[3]
            inner += below or 0
            pending += below is None
        usable = kind.split("(")[0] if plain and physical != "INT96" else ""
        leaves += [(name.lower(), usable)] * pending
    return columns, leaves


def _chunk(column: str, kind: str, size: int, low: str | None, high: str | None) -> Chunk:
    read = BOUNDS.get(kind)
    if read is None or low is None or high is None:
        return Chunk(column, size)
    try:
        bounds = read(low), read(high)
    except ValueError:  # a year or an infinity that Python has not
        return Chunk(column, size)
    # NaN is no bound.
    return Chunk(column, size, *bounds) if bounds[0] == bounds[0] else Chunk(column, size)
