"""LocalStack's models filled from the journal: at start, and when an operation is undone."""

from itertools import groupby
from operator import attrgetter

from localstack.services.s3.models import S3Bucket, VersionedKeyStore

from lab.providers.s3.journal import Journal
from lab.providers.s3.models import (
    Place,
    add_bucket,
    find_bucket,
    remove_bucket,
    set_bucket_tags,
    set_object_tags,
    set_versions,
    versions_of,
)
from lab.providers.s3.records import (
    BucketRow,
    ObjectRow,
    UploadRow,
    load_bucket,
    load_object,
    load_part,
    load_tags,
    load_upload,
)
from lab.providers.s3.store import Files


def restore_bucket(journal: Journal, files: Files, name: str) -> None:
    """Make the bucket in memory, with all that is in it, what its rows say."""
    if bucket := find_bucket(name):
        remove_bucket(bucket)
    for row in journal.buckets(name):
        bucket = fill_bucket(journal, row)
        for key in list(bucket.objects._store):
            _find_places(files, bucket, key)


def restore_key(journal: Journal, files: Files, bucket: S3Bucket, key: str) -> None:
    """Make the versions of one key in memory what their rows say."""
    for one in versions_of(bucket, key):
        set_object_tags(bucket, key, one.version_id, {})
    _fill_key(bucket, key, journal.objects(bucket.name, key))
    _find_places(files, bucket, key)


def restore_upload(journal: Journal, bucket: S3Bucket, upload: str) -> None:
    bucket.multiparts.pop(upload, None)
    if row := journal.upload(bucket.name, upload):
        _fill_upload(journal, bucket, row)


def fill_bucket(journal: Journal, row: BucketRow) -> S3Bucket:
    """Add a bucket that is not in memory, with its objects and uploads, and return it."""
    bucket = load_bucket(row)
    add_bucket(bucket)
    set_bucket_tags(bucket, load_tags(row.tags))
    for upload in journal.uploads(row.name):
        _fill_upload(journal, bucket, upload)
    for key, rows in groupby(journal.objects(row.name), attrgetter("key")):
        _fill_key(bucket, key, list(rows))
    return bucket


def _fill_key(bucket: S3Bucket, key: str, rows: list[ObjectRow]) -> None:
    versioned = isinstance(bucket.objects, VersionedKeyStore)
    set_versions(
        bucket,
        key,
        [load_object(row, versioned=versioned, newest=row is rows[-1]) for row in rows],
    )
    for row in rows:
        if row.tags:
            set_object_tags(bucket, key, row.version, load_tags(row.tags))


def _fill_upload(journal: Journal, bucket: S3Bucket, row: UploadRow) -> None:
    upload = load_upload(row)
    for part in journal.parts(row.bucket, row.upload):
        upload.parts[str(part.number)] = load_part(part)
    bucket.multiparts[row.upload] = upload


def _find_places(files: Files, bucket: S3Bucket, key: str) -> None:
    """Rows do not say where a file is: the newest at its key's path unless it is still incoming."""
    for one in versions_of(bucket, key):
        if one.stored.file and (files.incoming / one.stored.file).exists():
            one.stored.place = Place.INCOMING
