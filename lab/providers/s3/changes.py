"""What one operation changed of a key, an upload or a bucket: memory less the journal.

Each change is made in three steps: plan (may fail, changes nothing but folders), write (in the
transaction) and settle (moves and removes files; can be repeated).
"""

import logging
import os
import shutil
from pathlib import Path

from localstack.services.s3.models import S3Bucket, S3DeleteMarker, S3Object

from lab.providers.s3.journal import Journal, Removal
from lab.providers.s3.models import (
    Place,
    Stored,
    Versions,
    bucket_tags,
    find_bucket,
    object_tags,
    versions_of,
)
from lab.providers.s3.records import (
    ObjectRow,
    PartRow,
    bucket_row,
    object_row,
    part_row,
    upload_row,
)
from lab.providers.s3.store import Files, remove_quietly

LOG = logging.getLogger(__name__)


class KeyChange:
    """The versions of one key."""

    def __init__(self, journal: Journal, files: Files, bucket: S3Bucket, key: str) -> None:
        self._files = files
        self._bucket = bucket.name
        self._key = key
        self._objects = versions_of(bucket, key)
        self._old = journal.objects(bucket.name, key)
        self._number()
        self._new = [
            object_row(bucket.name, one, object_tags(bucket, key, one.version_id))
            for one in self._objects
        ]
        self.kept = {row.file for row in self._new}
        self._target: Path | None = None
        if self._current and self._current.stored.place is not Place.CURRENT:
            self._target = files.layout.make_room(bucket.name, key)

    @property
    def changed(self) -> bool:
        """Whether rows differ or, at start, files are not where they belong."""
        return self._old != self._new or any(
            one.stored.place is not (Place.CURRENT if one is self._current else Place.VERSION)
            for one in self._objects
            if isinstance(one, S3Object)
        )

    @property
    def _current(self) -> S3Object | None:
        newest = self._objects[-1] if self._objects else None
        return newest if isinstance(newest, S3Object) else None

    def _number(self) -> None:
        """Number what is new after all versions that the key ever had at once."""
        last = max((row.seq for row in self._old), default=0)
        for one in self._objects:
            if isinstance(one, S3DeleteMarker) and not hasattr(one, "stored"):
                one.stored = Stored("", Place.VERSION)
            if not one.stored.seq:
                last += 1
                one.stored.seq = last

    def write(self, journal: Journal) -> None:
        new, old = set(self._new), set(self._old)
        for row in self._old:
            if row not in new:
                journal.delete_object(row)
        for row in self._new:
            if row not in old:
                journal.put(row)
        if removed := self._removed():
            journal.put(removed)

    def settle(self, journal: Journal) -> None:
        current = self._current
        for one in self._objects:
            if isinstance(one, S3Object) and one is not current:
                self._set_aside(one, replaced=current is not None)
        if current and self._target:
            self._move(self._path(current), self._target)
            current.stored.place = Place.CURRENT
        for row in self._old[:-1]:
            if row.file and row.file not in self.kept:
                remove_quietly(self._files.version_path(self._bucket, row.file))
        if removed := self._removed():
            self._remove_plain()
            journal.finish([removed])

    def _move(self, source: Path, target: Path) -> None:
        replaced = self._old[-1].file if self._old else ""
        spare = self._files.incoming / replaced
        # Freeing the replaced bytes costs more than the rest of a small write: another thread does.
        spared = replaced and replaced not in self.kept and _link(target, spare)
        try:
            source.replace(target)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            # Another key of the same operation made or removed folders meanwhile.
            source.replace(self._files.layout.make_room(self._bucket, self._key))
        if spared:
            self._files.remover.remove(spare)

    def _path(self, one: S3Object) -> Path:
        return self._files.path_of(self._bucket, self._key, one.stored)

    def _set_aside(self, one: S3Object, *, replaced: bool) -> None:
        """Move an older version out of the bucket's folder; a newer one replaces it at once."""
        if one.stored.place is Place.VERSION:
            return
        source = self._path(one)
        target = self._files.version_path(self._bucket, one.stored.file)
        target.parent.mkdir(exist_ok=True)
        if not (replaced and one.stored.place is Place.CURRENT and _link(source, target)):
            source.rename(target)
            self._files.layout.prune(self._bucket, source)
        one.stored.place = Place.VERSION

    def _removed(self) -> Removal | None:
        """The current object was deleted and no other took its place."""
        if self._current or not self._old or self._old[-1].file in {"", *self.kept}:
            return None
        last: ObjectRow = self._old[-1]
        return Removal(self._bucket, self._key, last.size, last.modified_ns)

    def _remove_plain(self) -> None:
        path = self._files.layout.object_path(self._bucket, self._key)
        remove_quietly(path)
        self._files.layout.prune(self._bucket, path)


class UploadChange:
    """A multipart upload in progress; with ``number`` only that part of it."""

    def __init__(
        self, journal: Journal, files: Files, bucket: S3Bucket, upload: str, number: int | None
    ) -> None:
        self._files = files
        self._name = (bucket.name, upload)
        found = bucket.multiparts.get(upload)
        self._old = journal.upload(bucket.name, upload)
        self._new = upload_row(bucket.name, found) if found else None
        self._old_parts = _part_rows(journal, bucket.name, upload, number)
        self._new_parts = [
            part_row(bucket.name, upload, part)
            for part in (found.parts.values() if found else ())
            if number in (None, part.part_number)
        ]
        self.kept = {row.file for row in self._new_parts}

    @property
    def changed(self) -> bool:
        return self._old != self._new or set(self._old_parts) != set(self._new_parts)

    def write(self, journal: Journal) -> None:
        if self._new is None:
            journal.delete_upload(*self._name)
            return
        if self._new != self._old:
            journal.put(self._new)
        for row in self._new_parts:
            journal.put(row)

    def settle(self, _: Journal) -> None:
        for row in self._old_parts:
            if row.file not in self.kept:
                remove_quietly(self._files.incoming / row.file)


class BucketChange:
    """A bucket's existence and configuration, not what is in it."""

    def __init__(self, journal: Journal, files: Files, name: str) -> None:
        self._files = files
        self._name = name
        self.kept: set[str] = set()
        bucket = find_bucket(name)
        if bucket:
            bucket.objects = Versions.of(bucket.objects)
            files.layout.bucket_path(name).mkdir(exist_ok=True)
        self._new = [bucket_row(bucket, bucket_tags(bucket))] if bucket else []
        self._old = journal.buckets(name)
        self._parts = [] if bucket else journal.parts(name)

    @property
    def changed(self) -> bool:
        return self._old != self._new

    def write(self, journal: Journal) -> None:
        for row in self._new:
            journal.put(row)
        if not self._new:
            journal.delete_bucket(self._name)

    def settle(self, _: Journal) -> None:
        if self._new:
            return
        for row in self._parts:
            remove_quietly(self._files.incoming / row.file)
        shutil.rmtree(self._files.versions / self._name, ignore_errors=True)
        try:
            self._files.layout.bucket_path(self._name).rmdir()
        except OSError as error:
            LOG.warning("the folder of the deleted bucket %s stays: %s", self._name, error)


Change = KeyChange | UploadChange | BucketChange


def _part_rows(journal: Journal, bucket: str, upload: str, number: int | None) -> list[PartRow]:
    if number is None:
        return journal.parts(bucket, upload)
    row = journal.part(bucket, upload, number)
    return [row] if row else []


def _link(source: Path, target: Path) -> bool:
    """Give the file a second name, where the file system can."""
    try:
        os.link(source, target)
    except FileExistsError:
        return True
    except OSError:
        return False
    return True
