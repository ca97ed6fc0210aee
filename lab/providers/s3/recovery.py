"""The start: load the journal and make files and metadata agree again.

What may disagree, and who is right:

- a file still in ``.uploads`` that a row names: its operation was recorded, so the move is made
  now;
- a file in ``.uploads`` or ``.versions`` that no row names: its operation was not recorded, so it
  goes;
- a file that was to be removed is still there: it is removed;
- a file in a bucket's folder that is not the recorded one (other size or time), or has no row: a
  person put it there, so it becomes an object; with equal bytes the recorded object stays as it
  is;
- a row without any file: a person removed it, so the object is gone.
"""

import logging
import os
import time
from pathlib import Path

from localstack.aws.api.s3 import BucketCannedACL
from localstack.services.s3.models import S3Bucket, S3Object
from localstack.services.s3.utils import (
    get_canned_acl,
    get_owner_for_account_id,
    is_bucket_name_valid,
)

from lab.config import ACCOUNT_ID, REGION
from lab.providers.s3.adoption import refresh
from lab.providers.s3.journal import Journal
from lab.providers.s3.layout import Entry
from lab.providers.s3.memory import fill_bucket
from lab.providers.s3.models import Place, add_bucket, all_buckets, find_bucket, versions_of
from lab.providers.s3.store import Files, remove_quietly
from lab.providers.s3.transaction import Transactions

LOG = logging.getLogger(__name__)


def recover(transactions: Transactions) -> None:
    """Load all buckets and objects; afterwards memory, journal and files agree."""
    started = time.monotonic()
    journal, files = transactions.journal, transactions.files
    if (files.layout.root / ".UPLOADS").exists():
        LOG.warning(
            "the file system of %s takes a and A for the same: "
            "objects whose keys differ in case only overwrite each other",
            files.layout.root,
        )
    _finish_removals(journal, files)
    for row in journal.buckets():
        bucket = fill_bucket(journal, row)
        _reconcile(transactions, bucket, _Folders(files, bucket.name))
    for name in _unknown_folders(files):
        _adopt_bucket(transactions, name)
    _remove_orphans(files)
    objects = sum(len(bucket.objects._store) for bucket in all_buckets())
    LOG.info("loaded %d S3 objects in %.2f s", objects, time.monotonic() - started)


def adopt_new_files(transactions: Transactions, name: str) -> None:
    """Make objects of the files that were put into a bucket's folder since the start."""
    bucket = find_bucket(name)
    if bucket is None:
        return
    found = [entry.key for entry in transactions.files.layout.walk(name)]
    new = [key for key in found if not bucket.objects._store.get(key)]
    if new:
        with transactions.begin(name, new):
            for key in new:
                refresh(transactions.files, bucket, key)


class _Folders:
    """What is on disk of one bucket, read once."""

    def __init__(self, files: Files, bucket: str) -> None:
        strangers: list[str] = []
        self.plain: dict[str, Entry] = {
            entry.key: entry for entry in files.layout.walk(bucket, strangers=strangers)
        }
        self.incoming = _names_in(files.incoming)
        self.versions = _names_in(files.versions / bucket)
        for path in strangers:
            LOG.warning("%s is not an object: no key has this file name", path)

    def holds(self, one: S3Object) -> bool:
        """Whether the file at the key's path is that of ``one``."""
        entry = self.plain.get(one.key)
        return entry is not None and (entry.size, entry.modified_ns) == (
            one.size,
            one.internal_last_modified,
        )


def _finish_removals(journal: Journal, files: Files) -> None:
    removals = journal.removals()
    for removal in removals:
        path = files.layout.object_path(removal.bucket, removal.key)
        if path.is_file():
            status = path.stat()
            if (status.st_size, status.st_mtime_ns) == (removal.size, removal.modified_ns):
                path.unlink()
                files.layout.prune(removal.bucket, path)
    journal.finish(removals)


def _reconcile(transactions: Transactions, bucket: S3Bucket, folders: _Folders) -> None:
    unsettled = {
        key for key in list(bucket.objects._store) if not _find_versions(bucket, key, folders)
    }
    unsettled |= folders.plain.keys() - bucket.objects._store.keys()
    if unsettled:
        with transactions.begin(bucket.name, unsettled):
            for key in unsettled:
                if _is_strange(bucket, key, folders):
                    refresh(transactions.files, bucket, key)


def _find_versions(bucket: S3Bucket, key: str, folders: _Folders) -> bool:
    """Note where the files of a key's versions are; False when that is not where they belong."""
    versions = versions_of(bucket, key)
    newest = versions[-1]
    settled = isinstance(newest, S3Object) or key not in folders.plain
    for one in versions:
        if isinstance(one, S3Object):
            found = _find(one, folders)
            settled &= found is (Place.CURRENT if one is newest else Place.VERSION)
            if found:
                one.stored.place = found
            elif one is not newest:
                LOG.warning("the file of version %s of %s is gone", one.version_id, key)
                bucket.objects.pop(key, one.version_id)
    return settled


def _find(one: S3Object, folders: _Folders) -> Place | None:
    if folders.incoming and one.stored.file in folders.incoming:
        return Place.INCOMING
    if folders.versions and one.stored.file in folders.versions:
        return Place.VERSION
    return Place.CURRENT if folders.holds(one) else None


def _is_strange(bucket: S3Bucket, key: str, folders: _Folders) -> bool:
    """Whether the key's path lacks the newest version or has a file that is no version."""
    versions = versions_of(bucket, key)
    if versions and isinstance(versions[-1], S3Object):
        return _find(versions[-1], folders) is None
    return key in folders.plain and not any(
        folders.holds(one) for one in versions if isinstance(one, S3Object)
    )


def _unknown_folders(files: Files) -> list[str]:
    """Folders with files in them whose name a bucket could have and none has."""
    names = [path.name for path in files.layout.root.iterdir() if path.is_dir()]
    return [
        name
        for name in sorted(names)
        if is_bucket_name_valid(name)
        and not find_bucket(name)
        and next(files.layout.walk(name), None)
    ]


def _adopt_bucket(transactions: Transactions, name: str) -> None:
    """Make a bucket of a folder that a person made, and objects of its files."""
    owner = get_owner_for_account_id(ACCOUNT_ID)
    acl = get_canned_acl(BucketCannedACL.private, owner=owner)
    with transactions.begin(name, whole_bucket=True):
        add_bucket(S3Bucket(name, ACCOUNT_ID, REGION, owner, acl))
    LOG.info("adopted the folder of %s as a bucket", name)
    adopt_new_files(transactions, name)


def _remove_orphans(files: Files) -> None:
    """Remove the files that no row names: what wrote them was never acknowledged."""
    used = {
        part.stored.file
        for bucket in all_buckets()
        for upload in bucket.multiparts.values()
        for part in upload.parts.values()
    }
    for folder in [files.incoming, *files.versions.iterdir()]:
        names = _names_in(folder)
        if names:
            for name in names - used - _version_files(folder.name):
                remove_quietly(folder / name)


def _version_files(name: str) -> set[str]:
    """The files of all versions of a bucket (of none, when there is no such bucket)."""
    bucket = find_bucket(name)
    objects = bucket.objects.values(with_versions=True) if bucket else []
    return {one.stored.file for one in objects if isinstance(one, S3Object)}


def _names_in(folder: Path) -> set[str]:
    return set(os.listdir(folder)) if folder.is_dir() else set()  # noqa: PTH208 - names, not paths
