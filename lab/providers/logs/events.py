"""The events of one log group, in one SQLite file: written before PutLogEvents is answered, read a
page at a time.

``Event.id`` counts events in the order in which they came in. The place of an event among those of
its stream is its timestamp, then its id.
"""

import sqlite3
import threading
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from lab.config import load
from lab.providers.clock import clock
from lab.providers.cloudwatch.database import open_file

OVERHEAD_BYTES = 26
MAX_CHUNK_BYTES = 64 << 20
MAX_OPEN = 32
"""How many groups' files are open at once."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, created INTEGER,
    first INTEGER, last INTEGER, ingested INTEGER, bytes INTEGER DEFAULT 0
);
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER, timestamp INTEGER, ingested INTEGER,
    message TEXT
);
CREATE INDEX IF NOT EXISTS events_of_stream ON events (stream, timestamp);
CREATE INDEX IF NOT EXISTS events_by_time ON events (timestamp);
"""
COLUMNS = (
    "SELECT events.id, events.timestamp, events.ingested, events.message, streams.name"
    " FROM events JOIN streams ON streams.id = events.stream"
)
TOLD = """
UPDATE streams SET first = min(coalesce(first, ?2), ?2), last = max(coalesce(last, ?3), ?3),
    ingested = ?4, bytes = bytes + ?5 WHERE id = ?1
"""
EXPIRED = """
UPDATE streams SET bytes = bytes - coalesce((SELECT sum(length(CAST(message AS BLOB)) + ?2)
    FROM events WHERE events.stream = streams.id AND timestamp < ?1), 0)
"""


class Event(NamedTuple):
    """Times in milliseconds."""

    id: int
    timestamp: int
    ingested: int
    message: str
    stream: str


class Place(NamedTuple):
    """Where an event is among others; its number is what AWS calls the event's id."""

    timestamp: int
    id: int

    @property
    def number(self) -> str:
        return f"{(self.timestamp << 144) | self.id:056d}"

    @classmethod
    def of(cls, number: str) -> "Place":
        value = int(number)
        return cls(value >> 144, value & ((1 << 63) - 1))


class Span(NamedTuple):
    """Timestamps from ``start`` to before ``end``."""

    start: int
    end: int


BEGINNING, END = Place(-1, 0), Place(1 << 62, 0)


class Columns(NamedTuple):
    """Events by column; messages are bytes of UTF-8."""

    ids: "array[int]"
    streams: "array[int]"
    timestamps: "array[int]"
    ingested: "array[int]"
    messages: list[bytes]


class Stream(NamedTuple):
    """One log stream; the times are None while it has no event."""

    id: int
    name: str
    created: int
    first: int | None
    last: int | None
    ingested: int | None
    bytes: int


class EventStore:
    """One group's file. Every method may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = open_file(self.folder / "events.sqlite", SCHEMA)
        return self._connection

    def close(self) -> None:
        with self._lock:
            if self._connection:
                self._connection.close()
                self._connection = None

    def _read(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._open().execute(statement, arguments).fetchall()

    def create_stream(self, name: str, moment: int) -> bool:
        """Whether it was created; it is not when there is one already."""
        with self._lock:
            statement = "INSERT OR IGNORE INTO streams (name, created) VALUES (?, ?)"
            return self._open().execute(statement, (name, moment)).rowcount > 0

    def delete_stream(self, name: str) -> bool:
        with self._lock, self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            found = connection.execute("SELECT id FROM streams WHERE name = ?", (name,)).fetchone()
            if found:
                connection.execute("DELETE FROM events WHERE stream = ?", found)
                connection.execute("DELETE FROM streams WHERE id = ?", found)
            return found is not None

    def stream(self, name: str) -> Stream | None:
        found = self._read("SELECT * FROM streams WHERE name = ?", name)
        return Stream(*found[0]) if found else None

    def streams(self) -> list[Stream]:
        return [Stream(*row) for row in self._read("SELECT * FROM streams ORDER BY name")]

    def add(self, stream: Stream, events: Sequence[tuple[int, str]], moment: int) -> int:
        """Keep (timestamp, message) of one stream, all or none; the id of the first."""
        size = sum(len(message.encode()) + OVERHEAD_BYTES for _, message in events)
        times = [timestamp for timestamp, _ in events]
        with self._lock, self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            first = self._last_id() + 1
            connection.executemany(
                "INSERT INTO events (id, stream, timestamp, ingested, message)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    (first + n, stream.id, timestamp, moment, message)
                    for n, (timestamp, message) in enumerate(events)
                ),
            )
            connection.execute(TOLD, (stream.id, min(times), max(times), moment, size))
            return first

    def _last_id(self) -> int:
        found = self._read("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
        return int(found[0][0]) if found else 0

    @property
    def last_id(self) -> int:
        return self._last_id()

    def of_stream(
        self, stream: Stream, span: Span, beyond: Place, limit: int, *, forward: bool
    ) -> list[Event]:
        """Events within the span after a place, or the last before it; in order."""
        sign, order = (">", "ASC") if forward else ("<", "DESC")
        rows = self._read(
            f"{COLUMNS} WHERE events.stream = ? AND timestamp >= ? AND timestamp < ?"
            f" AND (timestamp, events.id) {sign} (?, ?)"
            f" ORDER BY timestamp {order}, events.id {order} LIMIT ?",
            *(stream.id, *span, *beyond, limit),
        )
        return [Event(*row) for row in (rows if forward else reversed(rows))]

    def of_group(
        self, streams: Iterable[int] | None, span: Span, beyond: Place, limit: int
    ) -> list[Event]:
        """Events within the span of all streams or some, after a place."""
        chosen = ""
        if streams is not None:
            chosen = f" AND events.stream IN ({','.join(str(int(each)) for each in streams)})"
        rows = self._read(
            f"{COLUMNS} WHERE timestamp >= ? AND timestamp < ? AND (timestamp, events.id) > (?, ?)"
            f"{chosen} ORDER BY timestamp, events.id LIMIT ?",
            *(max(span.start, beyond.timestamp), span.end, *beyond, limit),
        )
        return [Event(*row) for row in rows]

    def since(self, id: int, limit: int) -> list[Event]:
        """What came in after the event with this id, in that order."""
        rows = self._read(f"{COLUMNS} WHERE events.id > ? ORDER BY events.id LIMIT ?", id, limit)
        return [Event(*row) for row in rows]

    def columns_since(self, id: int, limit: int) -> Columns:
        """What came in after the event with this id, ``limit`` events or 64 MB at most.

        Rows are taken one by one: many at once would have Python look for garbage among them.
        """
        statement = (
            "SELECT id, stream, timestamp, ingested, CAST(message AS BLOB) FROM events"
            " WHERE id > ? ORDER BY id LIMIT ?"
        )
        columns = Columns(array("q"), array("q"), array("q"), array("q"), [])
        ids, streams, timestamps, ingested, messages = (column.append for column in columns)
        left = MAX_CHUNK_BYTES
        with self._lock:
            for row in self._open().execute(statement, (id, limit)):
                ids(row[0])
                streams(row[1])
                timestamps(row[2])
                ingested(row[3])
                messages(row[4])
                left -= len(row[4])
                if left < 0:
                    break
        return columns

    def event(self, id: int) -> Event | None:
        found = self._read(f"{COLUMNS} WHERE events.id = ?", id)
        return Event(*found[0]) if found else None

    def forget_before(self, moment: int) -> bool:
        """Delete events older than this; whether there were any."""
        with self._lock, self._open() as connection:
            found = connection.execute(
                "SELECT 1 FROM events WHERE timestamp < ? LIMIT 1", (moment,)
            ).fetchone()
            if found:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(EXPIRED, (moment, OVERHEAD_BYTES))
                connection.execute("DELETE FROM events WHERE timestamp < ?", (moment,))
            return found is not None


class Stores:
    """The files of all groups, of which those that were used last are open."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._stores: OrderedDict[str, EventStore] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, id: str) -> EventStore:
        with self._lock:
            store = self._stores.get(id)
            if store is None:
                store = self._stores[id] = EventStore(self.root / id)
            self._stores.move_to_end(id)
            aside = list(self._stores.values())[:-MAX_OPEN]
        for each in aside:
            each.close()
        return store

    def drop(self, id: str) -> Path:
        """The folder of a group that is no more, which its caller deletes."""
        with self._lock:
            store = self._stores.pop(id, None)
        if store:
            store.close()
        return self.root / id

    def folders(self) -> Iterator[Path]:
        if self.root.exists():
            yield from (each for each in self.root.iterdir() if each.is_dir())


def milliseconds() -> int:
    """Now, by the lab's clock."""
    return int(clock().now() * 1000)


@cache
def stores() -> Stores:
    return Stores(load().home / "cloudwatch-logs" / "groups")
