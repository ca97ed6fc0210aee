"""Runs one compiled query over log groups."""

# ruff: noqa: S608 - what is put into statements is quoted, or a number

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lab.config import load
from lab.providers.logs.events import EventStore
from lab.providers.logs.insights.addresses import register
from lab.providers.logs.insights.columns import read
from lab.providers.logs.insights.compiler import Compiled
from lab.providers.logs.insights.functions import NUMBER, TRUTH, quoted
from lab.providers.logs.pointers import pointer

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "256MB"
DECIMALS = 4

Row = list[dict[str, str]]


class Source(NamedTuple):
    """A group to be read: from when on its events are kept, and how @log calls it."""

    id: str
    store: EventStore
    oldest: int
    log: str
    is_lambda: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rows, and what was matched and scanned."""

    rows: list[Row]
    matched: int
    scanned: int
    bytes: int


def connect() -> "DuckDBPyConnection":
    import duckdb

    folder: Path = load().home / "cloudwatch-logs" / "spill"
    return duckdb.connect(config={
        "memory_limit": MEMORY,
        "temp_directory": str(folder),
        "enable_external_file_cache": False,
    })  # fmt: skip


def run(
    connection: "DuckDBPyConnection",
    compiled: Compiled,
    sources: Sequence[Source],
    span: tuple[int, int],
) -> Outcome:
    """Events of ``span[0] <= timestamp < span[1]`` (milliseconds) of these groups."""
    if compiled.uses_addresses:
        register(connection)
    events = _events(connection, sources, span, streams=compiled.uses_streams)
    connection.execute(f"CREATE VIEW events AS {events}")
    scanned, size = connection.execute("SELECT count(*), sum(size) FROM events").fetchone() or (
        0,
        0,
    )
    found = connection.execute(compiled.sql).fetchall()
    if compiled.is_grouped:
        matched = int(found[0][-1]) if found else 0
    elif compiled.count and len(found) < compiled.limit and not compiled.deduplicated:
        matched = len(found)
    elif compiled.count:
        matched = int((connection.execute(compiled.count).fetchone() or (0,))[0])
    else:
        matched = scanned
    rows = [_row(compiled, values, sources) for values in found]
    return Outcome(rows, matched, int(scanned), int(size))


def _events(
    connection: "DuckDBPyConnection",
    sources: Sequence[Source],
    span: tuple[int, int],
    *,
    streams: bool,
) -> str:
    selects = []
    for number, source in enumerate(sources):
        names, joined = _streams(connection, source, number, wanted=streams)
        start = max(span[0], source.oldest)
        for relation in read(connection, source.store, f"tail_{number}", inside=source.is_lambda):
            selects.append(
                f"SELECT id * {len(sources)} + {number} AS id, timestamp, ingested, message, body,"
                f" size, {names} AS stream_name, {quoted(source.log)} AS log"
                f" FROM {relation} {joined}"
                f" WHERE timestamp >= {start} AND timestamp < {span[1]}"
            )
    return " UNION ALL ".join(selects) or EMPTY


def _streams(
    connection: "DuckDBPyConnection", source: Source, number: int, *, wanted: bool
) -> tuple[str, str]:
    """The name of an event's stream, and the join that it takes: none when no stream was deleted
    and no name is wanted.
    """
    streams = source.store.streams()
    if not wanted and len(streams) == max((each.id for each in streams), default=0):
        return "''", ""
    table = f"streams_{number}"
    connection.execute(f"CREATE TEMP TABLE {table} (stream INTEGER, stream_name VARCHAR)")
    if streams:
        rows = [(each.id, each.name) for each in streams]
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)
    return "stream_name", f"JOIN {table} USING (stream)"


EMPTY = """
SELECT 0 AS id, 0 AS timestamp, 0 AS ingested, '' AS message, 0 AS body, 0 AS size,
    '' AS stream_name, '' AS log WHERE false
"""


def _row(compiled: Compiled, values: Sequence[Any], sources: Sequence[Source]) -> Row:
    """What an event has not got is left out of its row."""
    row = [
        {"field": name, "value": shown(value, kind)}
        for (name, kind), value in zip(compiled.columns, values, strict=False)
        if value is not None
    ]
    if not compiled.is_grouped:
        event, number = divmod(int(values[-1]), len(sources))
        row.append({"field": "@ptr", "value": pointer(sources[number].id, event)})
    return row


def shown(value: Any, kind: str) -> str:
    """Numbers have at most four decimals."""
    if kind == TRUTH:
        return "1" if value else "0"
    if kind == NUMBER:
        number = round(float(value), DECIMALS)
        return str(int(number)) if number.is_integer() else f"{number:.{DECIMALS}f}".rstrip("0")
    return str(value)
