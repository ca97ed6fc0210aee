"""Files that become objects without the S3 API: put there by hand, or handed over by a provider."""

import base64
import hashlib
import logging
import os
import shutil
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from localstack.aws.api.s3 import BucketCannedACL, ChecksumAlgorithm, NoSuchBucket
from localstack.services.s3.constants import S3_CHUNK_SIZE
from localstack.services.s3.models import S3Bucket, S3Object, s3_stores
from localstack.services.s3.notifications import S3EventNotificationContext
from localstack.services.s3.provider import (
    generate_version_id,
    get_encryption_parameters_from_request_and_bucket,
    get_object_lock_parameters_from_bucket_and_request,
)
from localstack.services.s3.utils import get_canned_acl, get_s3_checksum
from localstack.utils.strings import long_uid

from lab.providers.s3.models import Place, Stored, find_bucket, set_object_tags, versions_of
from lab.providers.s3.store import Files, new_file_name, seal
from lab.providers.s3.transaction import Transactions

LOG = logging.getLogger(__name__)
DEFAULT_CONTENT_TYPE = "binary/octet-stream"


def import_file(
    transactions: Transactions, bucket: str, key: str, path: Path, content_type: str
) -> tuple[S3Bucket, S3Object]:
    """Move a local file into S3 as the current object of ``key``; on an error it stays.

    Raises NoSuchBucket, and OSError or sqlite3.Error when the disk refuses.
    """
    with transactions.begin(bucket, [key]) as unit:
        found = find_bucket(bucket)
        if found is None:
            raise NoSuchBucket("The specified bucket does not exist", BucketName=bucket)
        stored = unit.receive()
        received = transactions.files.incoming / stored.file
        _link_or_copy(path, received)
        with received.open("rb") as file:
            seal(file)
        one = describe(found, key, received, stored, content_type)
        found.objects.set(key, one)
        set_object_tags(found, key, one.version_id, {})
    path.unlink()
    return found, one


def describe(bucket: S3Bucket, key: str, path: Path, stored: Stored, content_type: str) -> S3Object:
    """The object that PutObject without options would have made of the file."""
    store = s3_stores[bucket.bucket_account_id][bucket.bucket_region]
    encryption = get_encryption_parameters_from_request_and_bucket({}, bucket, store)
    lock = get_object_lock_parameters_from_bucket_and_request({}, bucket)
    one = S3Object(
        key=key,
        version_id=generate_version_id(bucket.versioning_status),
        system_metadata={"ContentType": content_type},
        checksum_algorithm=ChecksumAlgorithm.CRC64NVME,
        encryption=encryption.encryption,
        kms_key_id=encryption.kms_key_id,
        bucket_key_enabled=encryption.bucket_key_enabled,
        lock_mode=lock.lock_mode,
        lock_legal_status=lock.lock_legal_status,
        lock_until=lock.lock_until,
        acl=get_canned_acl(BucketCannedACL.private, owner=bucket.owner),
        owner=bucket.owner,
    )
    _measure(one, path)
    one.stored = stored
    return one


def refresh(files: Files, bucket: S3Bucket, key: str) -> None:
    """Make the current object of ``key``, which the current unit names, what its file is now."""
    versions = versions_of(bucket, key)
    old = versions[-1] if versions and isinstance(versions[-1], S3Object) else None
    path = files.layout.object_path(bucket.name, key)
    if old and not path.is_file():
        LOG.warning("the file of s3://%s/%s is gone, and the object with it", bucket.name, key)
        bucket.objects.pop(key, old.version_id)
    elif old and old.size == path.stat().st_size and _etag(path, old) == old.etag:
        old.internal_last_modified = path.stat().st_mtime_ns
    elif path.is_file():
        if old:
            LOG.info("the file of s3://%s/%s was changed by hand: a new object", bucket.name, key)
            bucket.objects.pop(key, old.version_id)
        else:
            LOG.info("adopted %s as s3://%s/%s", path, bucket.name, key)
        stored = Stored(new_file_name(), Place.CURRENT)
        one = describe(bucket, key, path, stored, DEFAULT_CONTENT_TYPE)
        bucket.objects.set(key, one)
        set_object_tags(bucket, key, one.version_id, {})


def event_of(bucket: S3Bucket, one: S3Object) -> S3EventNotificationContext:
    """The notification of an object that came without a request: a PutObject by the owner."""
    return S3EventNotificationContext(
        request_id=long_uid(),
        event_type="s3:ObjectCreated:Put",
        event_time=datetime.now(),
        account_id=bucket.bucket_account_id,
        region=bucket.bucket_region,
        caller=bucket.bucket_account_id,
        bucket_name=bucket.name,
        bucket_location=bucket.bucket_region,
        bucket_account_id=bucket.bucket_account_id,
        key_name=quote(one.key),
        key_etag=one.etag,
        key_size=one.size,
        key_expiry=one.expires,
        key_storage_class=one.storage_class,
        key_version_id=one.version_id if bucket.versioning_status else None,
        xray=None,
    )


def _measure(one: S3Object, path: Path) -> None:
    """Set the size, time, ETag and checksum of the file at ``path``."""
    digest = hashlib.md5(usedforsecurity=False)
    checksum = get_s3_checksum(one.checksum_algorithm)
    with path.open("rb") as file:
        while chunk := file.read(S3_CHUNK_SIZE):
            digest.update(chunk)
            checksum.update(chunk)
        status = os.fstat(file.fileno())
    one.size = status.st_size
    one.internal_last_modified = status.st_mtime_ns
    one.etag = digest.hexdigest()
    one.checksum_value = base64.b64encode(checksum.digest()).decode()


def _etag(path: Path, one: S3Object) -> str:
    """The ETag that the bytes at ``path`` have, uploaded in the same parts as ``one``."""
    with path.open("rb") as file:
        if not one.parts:
            return hashlib.file_digest(file, _md5).hexdigest()
        parts = [_md5(file.read(part["Size"])).digest() for part in one.parts.values()]
    return f"{_md5(b''.join(parts)).hexdigest()}-{len(parts)}"


def _md5(data: bytes = b"") -> "hashlib._Hash":
    return hashlib.md5(data, usedforsecurity=False)


def _link_or_copy(source: Path, target: Path) -> None:
    """Both names exist afterwards, so that nothing is lost whatever happens next."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
