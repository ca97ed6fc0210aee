"""The file that a service is kept in: records by kind and key, in one SQLite database.

Keys are tuples of text, in the order of which records are listed; what belongs to a table has the
table's key as its beginning. A change is in the file before the call that made it is answered. It
survives the end of the process at any moment; as with any write-ahead log that is not flushed at
each commit, a power cut may take the last changes with it, and nothing else.

A file that is damaged is set aside and never a reason not to start.
"""

import base64
import datetime as dt
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LOG = logging.getLogger(__name__)

Record = dict[str, Any]
Key = tuple[str, ...]

FORMAT = 1
CHUNK = 4096
"""How many keys are read at once: other calls are answered in between."""

SEPARATOR = "\x1f"
AFTER = "\x20"
"""The character after the separator, where the keys that begin with a key end."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, key)
) STRICT
"""


class InUseError(RuntimeError):
    """Another process has the file."""


class Storage:
    """Records by kind and key. Every method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self.lock = threading.RLock()
        self._depth = 0
        self._connection = _open(path)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes inside are made together, or none when an exception leaves it."""
        with self.lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._connection.execute("COMMIT")
            except BaseException:
                # Some errors, such as a full disk, have undone it already.
                if self._depth == 1 and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def get(self, kind: str, key: Key) -> Record | None:
        found = self._read("SELECT body FROM records WHERE kind = ? AND key = ?", kind, _text(key))
        return _decode(found[0][0]) if found else None

    def has(self, kind: str, key: Key) -> bool:
        return bool(
            self._read("SELECT 1 FROM records WHERE kind = ? AND key = ?", kind, _text(key))
        )

    def add(self, kind: str, key: Key, record: Record) -> bool:
        """Whether the record was added; it is not when there is one already."""
        return self._write("INSERT OR IGNORE INTO records VALUES (?, ?, ?)", kind, key, record) > 0

    def put(self, kind: str, key: Key, record: Record) -> None:
        """Add the record or replace the one that is there."""
        self._write("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", kind, key, record)

    def delete(self, kind: str, key: Key) -> bool:
        """Whether there was one."""
        with self.transaction():
            statement = "DELETE FROM records WHERE kind = ? AND key = ?"
            return self._connection.execute(statement, (kind, _text(key))).rowcount > 0

    def delete_under(self, prefix: Key, *kinds: str) -> None:
        """Delete what has this key, or one that begins with it."""
        with self.transaction():
            for kind in kinds:
                self.delete(kind, prefix)
                statement = "DELETE FROM records WHERE kind = ? AND key > ? AND key < ?"
                self._connection.execute(statement, (kind, *_range(prefix)))

    def keys(self, kind: str, prefix: Key = (), after: Key = ()) -> Iterator[Key]:
        """The keys that begin with the prefix, in order and without it, read in chunks."""
        low, high = _range(prefix)
        cut, low = len(low), low + _text(after)
        statement = (
            "SELECT key FROM records WHERE kind = ? AND key > ? AND key < ? ORDER BY key LIMIT ?"
        )
        while chunk := self._read(statement, kind, low, high, CHUNK):
            for (key,) in chunk:
                yield tuple(key[cut:].split(SEPARATOR))
            low = chunk[-1][0]

    def records(self, kind: str, prefix: Key = ()) -> list[Record]:
        """All whose key begins with the prefix, in the order of their keys."""
        statement = "SELECT body FROM records WHERE kind = ? AND key > ? AND key < ? ORDER BY key"
        return [_decode(body) for (body,) in self._read(statement, kind, *_range(prefix))]

    def fields(self, kind: str, prefix: Key, *paths: str) -> Iterator[tuple[Any, ...]]:
        """Some fields of each record after its key: far cheaper than whole records. Paths are
        JSON's; what is no text or number is given as JSON.
        """
        chosen = "".join(", json_extract(body, ?)" for _ in paths)
        statement = (
            f"SELECT key{chosen} FROM records"  # noqa: S608 - only question marks are put in
            " WHERE kind = ? AND key > ? AND key < ? ORDER BY key"
        )
        low, high = _range(prefix)
        for key, *values in self._read(statement, *paths, kind, low, high):
            yield tuple(key[len(low) :].split(SEPARATOR)), *values

    def close(self) -> None:
        with self.lock:
            self._connection.close()

    def _read(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with self.lock:
            return self._connection.execute(statement, arguments).fetchall()

    def _write(self, statement: str, kind: str, key: Key, record: Record) -> int:
        with self.transaction():
            values = (kind, _text(key), _encode(record))
            return self._connection.execute(statement, values).rowcount


def _text(key: Key) -> str:
    return SEPARATOR.join(key)


def _range(prefix: Key) -> tuple[str, str]:
    """Between which texts the keys lie that begin with the prefix and go on."""
    if not prefix:
        return "", "\U0010ffff"
    text = _text(prefix)
    return text + SEPARATOR, text + AFTER


def _encode(record: Record) -> str:
    return json.dumps(record, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """Timestamps and bytes as objects of one field, which no record of Glue's has: its maps hold
    text.
    """
    if isinstance(value, dt.datetime):
        return {"$time": value.timestamp()}
    if isinstance(value, bytes):
        return {"$bytes": [base64.b64encode(value).decode()]}
    raise TypeError(f"{type(value).__name__} is nothing that Glue keeps")


def _decode(text: str) -> Record:
    return json.loads(text, object_hook=_revived)


def _revived(value: dict[str, Any]) -> Any:
    if len(value) == 1:
        if isinstance(seconds := value.get("$time"), float | int):
            return dt.datetime.fromtimestamp(seconds, dt.UTC)
        if isinstance(parts := value.get("$bytes"), list):
            return base64.b64decode(parts[0])
    return value


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # it may hold passwords
    try:
        return _connected(path)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            reason = f"{path} cannot be opened ({error}). Is another lab running on the same home?"
            raise InUseError(reason) from error
        if error.sqlite_errorcode not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise
        _set_aside(path, str(error))
        return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        # One process has the file: no memory is shared with others, which not every volume of a
        # container permits.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        problems = connection.execute("PRAGMA quick_check(1)").fetchall()
        if problems != [("ok",)]:
            _damaged(str(problems[0][0]))
        written = connection.execute("PRAGMA user_version").fetchone()[0]
        if written not in (0, FORMAT):
            _damaged(f"its format {written} is that of another version of the lab")
        connection.execute(SCHEMA)
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    except BaseException:
        connection.close()
        raise
    return connection


def _damaged(reason: str) -> None:
    error = sqlite3.DatabaseError(reason)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    raise error


def _set_aside(path: Path, reason: str) -> None:
    kept = path.with_name(f"{path.name}.unreadable-{time.time_ns()}")
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(kept.with_name(kept.name + ending))
    LOG.error(
        "the state in %s is not used: %s. It is kept as %s, and its service starts empty: make its "
        "resources again (the data in S3 is untouched), or run 'make down', put a sound copy of "
        "the file there and start the lab.",
        path,
        reason,
        kept,
    )
