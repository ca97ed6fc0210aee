"""``adopt_file``: how another provider of the same process stores a large file. No server."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from localstack.aws.api.s3 import NoSuchBucket
from localstack.services.s3.models import S3Bucket, s3_stores
from localstack.services.s3.utils import get_owner_for_account_id

from lab.config import ACCOUNT_ID, REGION
from lab.providers.s3.models import add_bucket, find_bucket, versions_of
from lab.providers.s3.provider import FileS3Provider


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[FileS3Provider]:
    """A provider with an empty bucket ``tables``."""
    s3_stores.reset()
    provider = FileS3Provider(tmp_path / "s3")
    with provider.transactions.begin("tables", whole_bucket=True):
        owner = get_owner_for_account_id(ACCOUNT_ID)
        add_bucket(S3Bucket("tables", ACCOUNT_ID, REGION, owner, acl={}))
    yield provider
    provider.on_before_stop()
    s3_stores.reset()


def adopt(provider: FileS3Provider, path: Path, key: str = "t/part-0.parquet") -> None:
    provider.adopt_file("tables", key, path, content_type="application/vnd.apache.parquet")


def test_a_file_becomes_an_object_by_rename(provider: FileS3Provider, tmp_path: Path) -> None:
    path = tmp_path / "result.parquet"
    path.write_bytes(b"PAR1" * 100_000)
    inode = path.stat().st_ino
    adopt(provider, path)
    assert not path.exists()
    assert (tmp_path / "s3/tables/t/part-0.parquet").stat().st_ino == inode
    bucket = find_bucket("tables")
    assert bucket
    [one] = versions_of(bucket, "t/part-0.parquet")
    assert (one.size, one.etag) == (400_000, hashlib.md5(b"PAR1" * 100_000).hexdigest())
    assert one.system_metadata == {"ContentType": "application/vnd.apache.parquet"}
    assert (one.encryption, one.version_id) == ("AES256", None)
    [row] = provider.transactions.journal.objects("tables")
    assert (row.key, row.size, row.etag) == (one.key, one.size, one.etag)


def test_it_is_notified_once_it_is_there(
    provider: FileS3Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    dispatcher = provider._notification_dispatcher
    monkeypatch.setattr(dispatcher, "send_notifications", lambda *args: sent.append(args))
    bucket = find_bucket("tables")
    assert bucket
    bucket.notification_configuration = {"EventBridgeConfiguration": {}}
    (tmp_path / "f").write_bytes(b"x")
    adopt(provider, tmp_path / "f", "a b")
    [(event, configuration)] = sent
    assert (event.event_type, event.bucket_name, event.key_name, event.key_size) == (
        "s3:ObjectCreated:Put",
        "tables",
        "a%20b",
        1,
    )
    assert configuration == {"EventBridgeConfiguration": {}}


def test_an_unknown_bucket_leaves_the_file(provider: FileS3Provider, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x")
    with pytest.raises(NoSuchBucket, match="The specified bucket does not exist"):
        provider.adopt_file("nothing", "k", path, content_type="text/csv")
    assert path.read_bytes() == b"x"
    assert list((tmp_path / "s3/.uploads").iterdir()) == []


def test_an_error_of_the_disk_leaves_the_file_and_the_old_object(
    provider: FileS3Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in (b"old", b"new"):
        path = tmp_path / "f"
        path.write_bytes(content)
        if content == b"old":
            adopt(provider, path)

    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(provider.transactions.journal, "put", refuse)
    with pytest.raises(OSError, match="No space left on device"):
        adopt(provider, path)
    assert path.read_bytes() == b"new"
    assert (tmp_path / "s3/tables/t/part-0.parquet").read_bytes() == b"old"
    bucket = find_bucket("tables")
    assert bucket
    [one] = versions_of(bucket, "t/part-0.parquet")
    assert one.etag == hashlib.md5(b"old").hexdigest()
    assert list((tmp_path / "s3/.uploads").iterdir()) == []


def test_a_file_that_cannot_be_linked_is_copied(
    provider: FileS3Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(18, "Invalid cross-device link")

    path = tmp_path / "f"
    path.write_bytes(b"x")
    monkeypatch.setattr(os, "link", refuse)
    adopt(provider, path)
    assert not path.exists()
    assert (tmp_path / "s3/tables/t/part-0.parquet").read_bytes() == b"x"
