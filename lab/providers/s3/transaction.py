"""One operation that changes S3, from the locks that it takes to the files that it leaves.

LocalStack changes its models in memory; a *unit* notes which buckets, keys and uploads an operation
names. When the operation returns, and before the client hears of it:

1. what changed of these in memory is written to the journal in one transaction;
2. the files move to their places. From step 1 on the operation has happened: if the process dies
   here, ``recovery`` makes the same moves at the next start.

When step 1 fails (say, the disk is full) memory is read back from the journal and the new files are
removed: nothing has happened.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from lab.providers.s3.changes import BucketChange, Change, KeyChange, UploadChange
from lab.providers.s3.journal import Journal
from lab.providers.s3.locks import BucketLocks, Held, Key, KeyLocks
from lab.providers.s3.memory import restore_bucket, restore_key, restore_upload
from lab.providers.s3.models import Place, Stored, find_bucket
from lab.providers.s3.store import Files, new_file_name, remove_quietly

LOG = logging.getLogger(__name__)


class Unit:
    """What one operation touches, and what is to be done once it is recorded."""

    def __init__(self, bucket: str, held: Held, *, whole_bucket: bool) -> None:
        self.bucket = bucket
        self.whole_bucket = whole_bucket
        self.keys: set[Key] = set()
        self.uploads: set[tuple[str, int | None]] = set()
        self.received: list[Stored] = []
        self.events: list[Callable[[], None]] = []
        self._held = held

    def touch(self, bucket: str, *keys: str) -> None:
        """The operation is about to change these keys: wait until nobody else does."""
        named = [(bucket, key) for key in keys]
        self._held.take(named)
        self.keys.update(named)

    def touch_upload(self, upload: str, number: int | None = None) -> None:
        """``number``: only this part of the upload changes."""
        self.uploads.add((upload, number))

    def receive(self) -> Stored:
        """A new incoming file, which is removed again if nothing recorded names it."""
        stored = Stored(new_file_name(), Place.INCOMING)
        self.received.append(stored)
        return stored


class Transactions:
    """Runs units; the current one of each thread is what the store writes for."""

    def __init__(self, journal: Journal, files: Files) -> None:
        self.journal = journal
        self.files = files
        self._keys = KeyLocks()
        self._buckets = BucketLocks()
        self._local = threading.local()

    @property
    def current(self) -> Unit | None:
        """The unit of the operation that this thread runs."""
        unit: Unit | None = getattr(self._local, "unit", None)
        return unit

    def writing(self) -> Unit:
        """The same where there must be one."""
        unit = self.current
        if unit is None:
            raise RuntimeError("S3 is changed outside of an operation.")
        return unit

    @contextmanager
    def begin(
        self, bucket: str, keys: Iterable[str] = (), *, whole_bucket: bool = False
    ) -> Iterator[Unit]:
        """Run an operation on ``keys`` or, alone in it, on the bucket.

        OSError or sqlite3.Error: it did not happen.
        """
        held = Held(self._keys, self._buckets, bucket, exclusive=whole_bucket)
        try:
            unit = self._local.unit = Unit(bucket, held, whole_bucket=whole_bucket)
            unit.touch(bucket, *keys)
            try:
                yield unit
            finally:
                # Also after an error: memory must not say what the journal does not.
                self._record(unit)
        finally:
            self._local.unit = None
            held.release()
        for event in unit.events:
            event()

    def _record(self, unit: Unit) -> None:
        with self.journal.lock:
            kept: set[str] = set()
            try:
                planned = self._plan(unit)
                changes = [change for change in planned if change.changed]
                if changes:
                    self._write(changes)
                kept.update(*(change.kept for change in planned))
            except BaseException:
                self._undo(unit)
                raise
            finally:
                for stored in unit.received:
                    if stored.file not in kept:
                        remove_quietly(self.files.incoming / stored.file)
            for change in changes:
                self._settle(change)

    def _plan(self, unit: Unit) -> list[Change]:
        planned: list[Change] = []
        if unit.whole_bucket:
            planned.append(BucketChange(self.journal, self.files, unit.bucket))
        if bucket := find_bucket(unit.bucket):
            planned += [
                UploadChange(self.journal, self.files, bucket, upload, number)
                for upload, number in unit.uploads
            ]
            planned += [
                KeyChange(self.journal, self.files, bucket, key) for _, key in sorted(unit.keys)
            ]
        return planned

    def _write(self, changes: list[Change]) -> None:
        with self.journal.transaction():
            for change in changes:
                change.write(self.journal)

    def _settle(self, change: Change) -> None:
        try:
            change.settle(self.journal)
        except OSError:
            # It is recorded and readable where it is; the next start moves it.
            LOG.exception("a stored object could not be moved to its place")

    def _undo(self, unit: Unit) -> None:
        if unit.whole_bucket:
            restore_bucket(self.journal, self.files, unit.bucket)
        elif bucket := find_bucket(unit.bucket):
            for _, key in unit.keys:
                restore_key(self.journal, self.files, bucket, key)
            for upload, _ in unit.uploads:
                restore_upload(self.journal, bucket, upload)
