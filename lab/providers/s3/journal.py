"""The durable state of S3: one SQLite database, ``<root>/.state/s3.sqlite``.

Why SQLite in WAL mode: a transaction is one append to a file, so it is quick (tens of
microseconds) and all or nothing; after a crash or ``kill -9`` the log is replayed.
``synchronous=NORMAL`` does not wait for the disk: what was acknowledged survives the end of the
process, however abrupt. When the machine itself loses power the last moments may be missing, yet
the state is consistent, and files that arrived later are adopted at the next start.

The database is locked as long as the process runs: two labs on one home would destroy each
other's objects.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from lab.providers.s3.records import BucketRow, ObjectRow, PartRow, StateError, UploadRow

FORMAT = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS bucket (
    name TEXT PRIMARY KEY, account TEXT, region TEXT, data TEXT, tags TEXT
);
CREATE TABLE IF NOT EXISTS object (
    bucket TEXT, key TEXT, seq INTEGER, version TEXT, file TEXT, size INTEGER,
    modified_ns INTEGER, etag TEXT, created INTEGER, checksum TEXT, profile TEXT, tags TEXT,
    PRIMARY KEY (bucket, key, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS upload (
    bucket TEXT, upload TEXT, data TEXT, PRIMARY KEY (bucket, upload)
);
CREATE TABLE IF NOT EXISTS part (
    bucket TEXT, upload TEXT, number INTEGER, file TEXT, data TEXT,
    PRIMARY KEY (bucket, upload, number)
);
CREATE TABLE IF NOT EXISTS removal (
    bucket TEXT, key TEXT, size INTEGER, modified_ns INTEGER, PRIMARY KEY (bucket, key)
);
"""


class Removal(NamedTuple):
    """The file of a deleted object that may still be there, and would be adopted after a crash."""

    bucket: str
    key: str
    size: int
    modified_ns: int


class Journal:
    """Reads and writes rows. The caller holds ``lock`` around what belongs together."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()
        self._finished: list[Removal] = []
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._prepare()
        except sqlite3.OperationalError as error:
            raise StateError(
                f"The state of S3 in {path} cannot be opened ({error}). "
                "Is another lab running on the same home?"
            ) from error

    def _prepare(self) -> None:
        run = self._run
        run("PRAGMA locking_mode=EXCLUSIVE")
        run("PRAGMA journal_mode=WAL")
        run("PRAGMA synchronous=NORMAL")
        run("PRAGMA journal_size_limit=16777216")
        (version,) = run("PRAGMA user_version").fetchone()
        if version not in (0, FORMAT):
            raise StateError(
                f"The state of S3 has format {version} and this lab knows {FORMAT}: "
                "it was written by another version of the lab."
            )
        self._connection.executescript(_SCHEMA)
        run(f"PRAGMA user_version={FORMAT}")

    def close(self) -> None:
        with self.lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the changes within, or none. Errors of the disk arrive as sqlite3.Error."""
        with self.lock:
            self._run("BEGIN IMMEDIATE")
            finished, self._finished = self._finished, []
            try:
                self._connection.executemany(
                    "DELETE FROM removal WHERE bucket=? AND key=? AND size=? AND modified_ns=?",
                    finished,
                )
                yield
                self._run("COMMIT")
            except BaseException:
                self._finished += finished
                if self._connection.in_transaction:
                    self._run("ROLLBACK")
                raise

    def buckets(self, name: str | None = None) -> list[BucketRow]:
        where, values = ("", ()) if name is None else (" WHERE name=?", (name,))
        return [BucketRow(*row) for row in self._rows("bucket", where, values)]

    def objects(self, bucket: str, key: str | None = None) -> list[ObjectRow]:
        """Of one key or of all keys of a bucket, by key and then oldest version first."""
        where = " WHERE bucket=?" + ("" if key is None else " AND key=?") + " ORDER BY key, seq"
        values = (bucket,) if key is None else (bucket, key)
        return [ObjectRow(*row) for row in self._rows("object", where, values)]

    def uploads(self, bucket: str) -> list[UploadRow]:
        return [UploadRow(*row) for row in self._rows("upload", " WHERE bucket=?", (bucket,))]

    def upload(self, bucket: str, upload: str) -> UploadRow | None:
        rows = self._rows("upload", " WHERE bucket=? AND upload=?", (bucket, upload))
        return UploadRow(*rows[0]) if rows else None

    def parts(self, bucket: str, upload: str | None = None) -> list[PartRow]:
        where = " WHERE bucket=?" + ("" if upload is None else " AND upload=?")
        values = (bucket,) if upload is None else (bucket, upload)
        return [PartRow(*row) for row in self._rows("part", where, values)]

    def part(self, bucket: str, upload: str, number: int) -> PartRow | None:
        where = " WHERE bucket=? AND upload=? AND number=?"
        rows = self._rows("part", where, (bucket, upload, number))
        return PartRow(*rows[0]) if rows else None

    def removals(self) -> list[Removal]:
        return [Removal(*row) for row in self._rows("removal", "", ())]

    def put(self, row: BucketRow | ObjectRow | UploadRow | PartRow | Removal) -> None:
        table = type(row).__name__.removesuffix("Row").lower()
        marks = ",".join("?" * len(row))
        self._run(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", row)  # noqa: S608 - our own names

    def delete_object(self, row: ObjectRow) -> None:
        self._run(
            "DELETE FROM object WHERE bucket=? AND key=? AND seq=?", (row.bucket, row.key, row.seq)
        )

    def delete_part(self, row: PartRow) -> None:
        self._run(
            "DELETE FROM part WHERE bucket=? AND upload=? AND number=?",
            (row.bucket, row.upload, row.number),
        )

    def delete_upload(self, bucket: str, upload: str) -> None:
        for table in ("upload", "part"):
            self._run(
                f"DELETE FROM {table} WHERE bucket=? AND upload=?",  # noqa: S608 - our own names
                (bucket, upload),
            )

    def delete_bucket(self, name: str) -> None:
        self._run("DELETE FROM bucket WHERE name=?", (name,))
        for table in ("object", "upload", "part"):
            self._run(f"DELETE FROM {table} WHERE bucket=?", (name,))  # noqa: S608 - our own names

    def finish(self, removals: Iterable[Removal]) -> None:
        """The files of these are gone: forget them with the next transaction."""
        with self.lock:
            self._finished += removals

    def _rows(self, table: str, where: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with self.lock:
            return self._run(f"SELECT * FROM {table}{where}", values).fetchall()  # noqa: S608 - our own names

    def _run(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)
