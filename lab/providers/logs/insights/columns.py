"""Copies of a group's events by column: Parquet files, made when a query comes, of events that are
in the group's file already. Those of which too few have come since for a file are read from there.

They hold nothing of their own: a folder that is deleted is made again.
"""

import threading
from array import array
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lab.providers.logs.events import OVERHEAD_BYTES, EventStore

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LEAST, MOST = 50_000, 100_000
"""How many events a file holds."""

COLUMNS = """
SELECT id, CAST(stream AS INTEGER) AS stream, timestamp, ingested, message,
    CAST(strlen(message) + $overhead AS INTEGER) AS size,
    CAST(CASE WHEN place > 0 AND json_valid(substr(message, place)) THEN place ELSE 0 END
        AS INTEGER) AS body
FROM (SELECT *, CASE WHEN message LIKE '{%' THEN 1 WHEN $inside THEN strpos(message, '{')
    ELSE 0 END AS place FROM new_events)
"""
_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


class Part(NamedTuple):
    """One file: the last event that is in it, and the latest moment."""

    path: Path
    last: int
    latest: int


def parts_of(folder: Path) -> list[Part]:
    found = []
    for path in sorted((folder / "columns").glob("*.parquet")):
        last, latest = path.stem.split("-")
        found.append(Part(path, int(last), int(latest)))
    return found


def read(
    connection: "DuckDBPyConnection", store: EventStore, name: str, *, inside: bool
) -> list[str]:
    """Relations that have all events of a group; ``name`` is what new views may be called.

    ``inside``: JSON is found behind other text as well, as in the log groups of Lambda.
    """
    with _locks[str(store.folder)]:
        parts = parts_of(store.folder)
        last = max((part.last for part in parts), default=0)
        select = COLUMNS.replace("$inside", str(inside)).replace("$overhead", str(OVERHEAD_BYTES))
        tail: Any = None
        for events, *names in _chunks(store, last):
            connection.register("new_events", events)
            if len(events) < LEAST:
                tail = connection.sql(select).to_arrow_table()
            else:
                parts.append(_write(connection, store.folder, select, *names))
            connection.unregister("new_events")
    files = [part.path for part in parts]
    found = [f"read_parquet([{', '.join(map(_quoted, files))}])"] if files else []
    if tail is not None:
        connection.register(name, tail)
        found.append(name)
    return found


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _chunks(store: EventStore, last: int) -> Iterator[tuple[Any, int, int]]:
    """New events as tables of Arrow, each with its last event and its latest moment.

    The arrays are made of their bytes, which takes neither conversions nor memory.
    """
    import pyarrow as pa

    names = ("id", "stream", "timestamp", "ingested", "message")
    while (columns := store.columns_since(last, MOST)).ids:
        last, latest = columns.ids[-1], max(columns.timestamps)
        size = len(columns.ids)
        arrays = [
            pa.Array.from_buffers(pa.int64(), size, [None, pa.py_buffer(column)])
            for column in columns[:4]
        ]
        ends = array("q", accumulate(map(len, columns.messages), initial=0))
        texts = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(columns.messages))]
        arrays.append(pa.Array.from_buffers(pa.large_string(), size, texts))
        del columns, texts
        yield pa.Table.from_arrays(arrays, names), last, latest


def _write(
    connection: "DuckDBPyConnection", folder: Path, select: str, last: int, latest: int
) -> Part:
    target = folder / "columns" / f"{last:015d}-{latest}.parquet"
    target.parent.mkdir(exist_ok=True)
    written = target.with_suffix(".new")
    connection.sql(select).write_parquet(str(written), compression="zstd", row_group_size=65_536)
    written.rename(target)
    return Part(target, last, latest)


def forget_before(store: EventStore, moment: int) -> None:
    """Delete the files of which all events are older (milliseconds)."""
    with _locks[str(store.folder)]:
        for part in parts_of(store.folder):
            if part.latest < moment:
                part.path.unlink(missing_ok=True)
