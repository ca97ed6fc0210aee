"""LocalStack's S3 models as rows and JSON, and back.

JSON rather than pickle: what is on disk can be read by a person, and holds no code. What differs
from one object to the next has columns of its own; the rest, its *profile* (content type, owner,
ACL, storage class, ...), is one JSON text that thousands of objects share, so loading decodes
each distinct text once.

Rows are bound to the attributes that LocalStack's classes have. Rows of another LocalStack whose
attributes differ raise StateError that names them; nothing is guessed.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

from localstack.services.s3.constants import DEFAULT_BUCKET_ENCRYPTION
from localstack.services.s3.models import (
    KeyStore,
    S3Bucket,
    S3DeleteMarker,
    S3Multipart,
    S3Object,
    S3Part,
)

from lab.providers.s3.models import NULL_VERSION, Place, Stored, Versions

# NUL can stand in no header, tag or XML document, so no learner's data looks like a time.
TIME = "\0time"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class StateError(RuntimeError):
    """The recorded state cannot be read by this lab; the message says why and what to do."""


class ObjectRow(NamedTuple):
    """One version of one key; ``created`` is in microseconds since the epoch.

    ``profile`` is None for a delete marker.
    """

    bucket: str
    key: str
    seq: int
    version: str
    file: str
    size: int
    modified_ns: int
    etag: str
    created: int
    checksum: str | None
    profile: str | None
    tags: str | None


class BucketRow(NamedTuple):
    """One bucket with its configuration and tags."""

    name: str
    account: str
    region: str
    data: str
    tags: str | None


class UploadRow(NamedTuple):
    """A multipart upload in progress."""

    bucket: str
    upload: str
    data: str


class PartRow(NamedTuple):
    """One part of a multipart upload in progress."""

    bucket: str
    upload: str
    number: int
    file: str
    data: str


_OBJECT_COLUMNS = frozenset(
    [
        "key",
        "version_id",
        "size",
        "internal_last_modified",
        "etag",
        "last_modified",
        "checksum_value",
        "is_current",
        "stored",
    ]
)
_BUCKET_COLUMNS = frozenset(("name", "bucket_account_id", "bucket_region", "objects", "multiparts"))


def object_row(bucket: str, one: S3Object | S3DeleteMarker, tags: dict[str, str]) -> ObjectRow:
    stored: Stored = one.stored
    head = (bucket, one.key, stored.seq, one.version_id or NULL_VERSION, stored.file)
    created = (one.last_modified - _EPOCH) // _MICROSECOND
    if isinstance(one, S3DeleteMarker):
        return ObjectRow(*head, 0, 0, "", created, None, None, None)
    content = (one.size, one.internal_last_modified, one.etag, created, one.checksum_value)
    return ObjectRow(*head, *content, _profile(one), _dumps(tags) if tags else None)


def load_object(row: ObjectRow, *, versioned: bool, newest: bool) -> S3Object | S3DeleteMarker:
    """The object or delete marker of a row.

    Objects share what is equal in their profiles, so it must not be changed in place.
    """
    if row.profile is None:
        one = S3DeleteMarker.__new__(S3DeleteMarker)
    else:
        one = S3Object.__new__(S3Object)
        fields = one.__dict__
        fields.update(_load_profile(row.profile))
        fields["size"] = row.size
        fields["internal_last_modified"] = row.modified_ns
        fields["etag"] = row.etag
        fields["checksum_value"] = row.checksum
    one.key = row.key
    one.version_id = row.version if versioned else None
    one.last_modified = _EPOCH + timedelta(microseconds=row.created)
    one.is_current = newest
    one.stored = Stored(row.file, Place.CURRENT if newest else Place.VERSION, row.seq)
    return one


def bucket_row(bucket: S3Bucket, tags: dict[str, str]) -> BucketRow:
    fields = {name: value for name, value in vars(bucket).items() if name not in _BUCKET_COLUMNS}
    # LocalStack asks whether it *is* the default, so that must survive as more than equality.
    if bucket.encryption_rule is DEFAULT_BUCKET_ENCRYPTION:
        fields["encryption_rule"] = "default"
    return BucketRow(
        bucket.name,
        bucket.bucket_account_id,
        bucket.bucket_region,
        _dumps(fields),
        _dumps(tags) if tags else None,
    )


def load_bucket(row: BucketRow) -> S3Bucket:
    """The bucket of a row, without objects and uploads."""
    bucket = S3Bucket(row.name, row.account, row.region, owner={})
    fields = _loads(row.data)
    _expect("bucket", fields, set(vars(bucket)) - _BUCKET_COLUMNS)
    vars(bucket).update(fields)
    if bucket.encryption_rule == "default":
        bucket.encryption_rule = DEFAULT_BUCKET_ENCRYPTION
    bucket.objects = Versions() if bucket.versioning_status else KeyStore()
    return bucket


def upload_row(bucket: str, upload: S3Multipart) -> UploadRow:
    fields = {name: value for name, value in vars(upload).items() if name not in ("id", "parts")}
    fields["object"] = {
        name: value for name, value in vars(upload.object).items() if name != "stored"
    }
    return UploadRow(bucket, upload.id, _dumps(fields))


def load_upload(row: UploadRow) -> S3Multipart:
    """The upload of a row, without its parts."""
    upload = S3Multipart(key="")
    fields = _loads(row.data)
    _expect("multipart upload", fields, set(vars(upload)) - {"id", "parts"})
    _expect("object", fields["object"], set(vars(upload.object)))
    vars(upload.object).update(fields.pop("object"))
    vars(upload).update(fields, id=row.upload, parts={})
    return upload


def part_row(bucket: str, upload: str, part: S3Part) -> PartRow:
    fields = {name: value for name, value in vars(part).items() if name != "stored"}
    return PartRow(bucket, upload, part.part_number, part.stored.file, _dumps(fields))


def load_part(row: PartRow) -> S3Part:
    part = S3Part(part_number=row.number)
    vars(part).update(_loads(row.data), stored=Stored(row.file, Place.INCOMING))
    return part


def load_tags(text: str | None) -> dict[str, str]:
    return _loads(text) if text else {}


def _profile(one: S3Object) -> str:
    return _dumps({name: value for name, value in vars(one).items() if name not in _OBJECT_COLUMNS})


@lru_cache(maxsize=4096)
def _load_profile(text: str) -> dict[str, Any]:
    fields = _loads(text)
    _expect("object", fields, _object_attributes())
    return fields


@cache
def _object_attributes() -> frozenset[str]:
    return frozenset(vars(S3Object(key=""))) - _OBJECT_COLUMNS


def _expect(noun: str, fields: dict[str, Any], attributes: Iterable[str]) -> None:
    if odd := set(fields) ^ set(attributes):
        raise StateError(
            f"The recorded {noun} and this LocalStack's differ in {', '.join(sorted(odd))}: "
            "the state was written with another version. Start the lab with that version, "
            "or move the folder .state of the S3 folder away to keep the current objects only."
        )


def _encode(value: object) -> object:
    if isinstance(value, datetime):
        return {TIME: value.isoformat()}
    raise TypeError(f"A {type(value).__qualname__} in S3's state cannot be recorded.")


def _decode(value: dict[str, Any]) -> Any:
    return datetime.fromisoformat(value[TIME]) if TIME in value else value


_dumps = json.JSONEncoder(default=_encode, ensure_ascii=False, separators=(",", ":")).encode
_loads = json.JSONDecoder(object_hook=_decode).decode
