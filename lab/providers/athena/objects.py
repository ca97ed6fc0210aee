"""The lab's S3 as the engine's object store: objects are files, listed by the layout, adopted
without a copy.
"""

from collections.abc import Iterator
from pathlib import Path

from lab.engine.catalog import StoredFile
from lab.engine.errors import QueryError
from lab.providers.s3.layout import Layout


def split_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/key`` -> bucket and key. QueryError when it is no such address."""
    scheme, separator, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if not separator or scheme not in ("s3", "s3a", "s3n") or not bucket:
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
        from lab.providers.s3.provider import adopt_file

        bucket, key = split_uri(uri)
        adopt_file(bucket, key, path, content_type=content_type)

    def path(self, uri: str) -> Path:
        bucket, key = split_uri(uri)
        return self._layout.object_path(bucket, key)
