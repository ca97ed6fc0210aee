"""What we add to LocalStack's S3 models, and the way to find a bucket whatever account owns it.

LocalStack's own classes (``S3Bucket``, ``S3Object``, ...) stay the state in memory; each object,
delete marker and part carries one more attribute, ``stored``, which says where its bytes are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from localstack.constants import AWS_REGION_US_EAST_1
from localstack.services.s3.models import (
    KeyStore,
    S3Bucket,
    S3DeleteMarker,
    S3Object,
    VersionedKeyStore,
    s3_stores,
)
from localstack.services.s3.utils import get_unique_key_id
from localstack.utils.tagging import Tags

NULL_VERSION = "null"


class Place(Enum):
    """Where the bytes are: just received, at the key's path, or set aside as an older version."""

    INCOMING = "incoming"
    CURRENT = "current"
    VERSION = "version"


@dataclass(slots=True)
class Stored:
    """The file of one object, version or part.

    ``file`` is its name in the folders of incoming files and of versions, "" for a delete marker.
    ``seq`` orders the versions of one key from 1, oldest first; 0 is not yet recorded.
    """

    file: str
    place: Place
    seq: int = 0


class Versions(VersionedKeyStore):
    """The versions of a bucket's keys, the newest last.

    LocalStack overwrites the version ``null`` where it stands, so that in a bucket whose
    versioning was suspended an older version stays the current one. Here what is set is always
    the newest. Source: "Adding objects to versioning-suspended buckets".
    """

    def set(self, object_key: str, s3_object: S3Object | S3DeleteMarker) -> None:
        self._store.get(object_key, {}).pop(s3_object.version_id, None)
        super().set(object_key, s3_object)

    @classmethod
    def of(cls, objects: "KeyStore | VersionedKeyStore") -> "KeyStore | VersionedKeyStore":
        """``objects`` as one of ours if it holds versions, else unchanged."""
        if isinstance(objects, Versions) or not isinstance(objects, VersionedKeyStore):
            return objects
        ours = cls()
        ours._store = objects._store
        return ours


def find_bucket(name: str) -> S3Bucket | None:
    """The bucket of this name; names are global, so there is one at most."""
    account = s3_stores["000000000000"][AWS_REGION_US_EAST_1].global_bucket_map.get(name)
    if account is None:
        return None
    return s3_stores[account][AWS_REGION_US_EAST_1].buckets.get(name)


def add_bucket(bucket: S3Bucket) -> None:
    """Make a bucket known to LocalStack, in place of one of the same name."""
    store = s3_stores[bucket.bucket_account_id][bucket.bucket_region]
    store.buckets[bucket.name] = bucket
    store.global_bucket_map[bucket.name] = bucket.bucket_account_id


def remove_bucket(bucket: S3Bucket) -> None:
    store = s3_stores[bucket.bucket_account_id][bucket.bucket_region]
    store.buckets.pop(bucket.name, None)
    store.global_bucket_map.pop(bucket.name, None)
    store.tags.delete_all_tags(bucket.bucket_arn)


def all_buckets() -> Iterator[S3Bucket]:
    for account in list(s3_stores.values()):
        yield from list(account[AWS_REGION_US_EAST_1].buckets.values())


def versions_of(bucket: S3Bucket, key: str) -> list[S3Object | S3DeleteMarker]:
    """All versions of a key, oldest first; one at most in a bucket without versioning."""
    found = bucket.objects._store.get(key)
    if found is None:
        return []
    return list(found.values()) if isinstance(bucket.objects, VersionedKeyStore) else [found]


def set_versions(bucket: S3Bucket, key: str, versions: list[S3Object | S3DeleteMarker]) -> None:
    """Replace all versions of a key in memory."""
    if not versions:
        bucket.objects._store.pop(key, None)
    elif isinstance(bucket.objects, VersionedKeyStore):
        bucket.objects._store[key] = {one.version_id: one for one in versions}
        for one in versions:
            one.is_current = one is versions[-1]
    else:
        bucket.objects._store[key] = versions[-1]


def bucket_tags(bucket: S3Bucket) -> dict[str, str]:
    tags: dict[str, str] = _tags(bucket).get_tags(bucket.bucket_arn)
    return tags


def object_tags(bucket: S3Bucket, key: str, version: str | None) -> dict[str, str]:
    tags: dict[str, str] = _tags(bucket).get_tags(get_unique_key_id(bucket.name, key, version))
    return tags


def set_bucket_tags(bucket: S3Bucket, tags: dict[str, str]) -> None:
    _tags(bucket).delete_all_tags(bucket.bucket_arn)
    if tags:
        _tags(bucket).update_tags(bucket.bucket_arn, tags)


def set_object_tags(bucket: S3Bucket, key: str, version: str | None, tags: dict[str, str]) -> None:
    resource = get_unique_key_id(bucket.name, key, version)
    _tags(bucket).delete_all_tags(resource)
    if tags:
        _tags(bucket).update_tags(resource, tags)


def _tags(bucket: S3Bucket) -> Tags:
    return s3_stores[bucket.bucket_account_id][bucket.bucket_region].tags
