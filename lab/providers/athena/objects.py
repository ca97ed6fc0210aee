"""The lab's S3 as the engine's object store: objects are files, listed by the layout, adopted
without a copy.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lab.engine.catalog import StoredFile
from lab.engine.errors import QueryError
from lab.providers.s3.layout import Layout

DELETED_AT_ONCE = 1000
# As buckets may be called, old ones included. No name leads out of the store's folder.
BUCKET = re.compile("[a-zA-Z0-9][a-zA-Z0-9._-]{1,254}")


def split_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/key`` -> bucket and key. QueryError when it is no such address."""
    scheme, separator, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if not separator or scheme not in ("s3", "s3a", "s3n") or not BUCKET.fullmatch(bucket):
        raise QueryError("INVALID_TABLE_PROPERTY", f"{uri} is not an S3 location")
    return bucket, key


class S3Objects:
    """Objects by their ``s3://`` URI."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def list(self, uri: str) -> Iterator[StoredFile]:
        bucket, prefix = split_uri(uri)
        for found in self._layout.list(bucket, prefix):
            yield StoredFile(found.key, found.path, found.size, found.modified)

    def adopt(self, uri: str, path: Path, content_type: str) -> None:
        """Make the local file an object. HIVE_WRITER_CLOSE_ERROR when the bucket is not there."""
        from localstack.aws.api.s3 import NoSuchBucket

        from lab.providers.s3.provider import adopt_file

        bucket, key = split_uri(uri)
        try:
            adopt_file(bucket, key, path, content_type=content_type)
        except NoSuchBucket as error:
            raise QueryError(
                "HIVE_WRITER_CLOSE_ERROR",
                f"Error committing write to Hive: The specified bucket does not exist: {bucket}",
            ) from error

    def remove(self, uris: Sequence[str]) -> None:
        """Delete objects, as their owner; those that are not there are no error."""
        from localstack.aws.connect import connect_to

        by_bucket: dict[str, list[str]] = {}
        for uri in uris:
            bucket, key = split_uri(uri)
            by_bucket.setdefault(bucket, []).append(key)
        for bucket, keys in by_bucket.items():
            s3 = connect_to(aws_access_key_id=self.owner(bucket)).s3
            for first in range(0, len(keys), DELETED_AT_ONCE):
                part = [{"Key": key} for key in keys[first : first + DELETED_AT_ONCE]]
                s3.delete_objects(Bucket=bucket, Delete={"Objects": part, "Quiet": True})

    def owner(self, bucket: str) -> str | None:
        """The account that the bucket belongs to; None when there is no such bucket."""
        from lab.providers.s3.models import find_bucket

        found = find_bucket(bucket)
        return None if found is None else str(found.bucket_account_id)

    def path(self, uri: str) -> Path:
        bucket, key = split_uri(uri)
        return self._layout.object_path(bucket, key)
