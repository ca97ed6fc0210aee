"""Versioning through boto3: enabled, suspended, delete markers, and where the files are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.config import Config

pytestmark = pytest.mark.lab


@pytest.fixture
def version(s3: Any, bucket: str) -> Callable[[str], None]:
    def set_status(status: str) -> None:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})

    return set_status


def read(s3: Any, bucket: str, **options: Any) -> bytes:
    content: bytes = s3.get_object(Bucket=bucket, Key="k", **options)["Body"].read()
    return content


def put(s3: Any, bucket: str, content: bytes) -> str:
    version: str = s3.put_object(Bucket=bucket, Key="k", Body=content).get("VersionId", "null")
    return version


def history(s3: Any, bucket: str) -> list[tuple[str, bool]]:
    """(version id, is latest) of objects and markers, the latest first."""
    answer = s3.list_object_versions(Bucket=bucket)
    found = answer.get("Versions", []) + answer.get("DeleteMarkers", [])
    found.sort(key=lambda one: not one["IsLatest"])
    return [(one["VersionId"], one["IsLatest"]) for one in found]


def test_versions_are_kept_outside_of_the_bucket_folder(
    s3: Any, bucket: str, version: Callable[[str], None], folder: Path, lab: Config
) -> None:
    put(s3, bucket, b"before")
    version("Enabled")
    first, second = put(s3, bucket, b"first"), put(s3, bucket, b"second")
    assert read(s3, bucket) == b"second"
    assert read(s3, bucket, VersionId=first) == b"first"
    assert read(s3, bucket, VersionId="null") == b"before"
    assert [path.read_bytes() for path in folder.iterdir()] == [b"second"]
    aside = lab.s3_dir / ".versions" / bucket
    assert sorted(path.read_bytes() for path in aside.iterdir()) == [b"before", b"first"]
    assert [one for one, _ in history(s3, bucket)] == [second, first, "null"]


def test_a_delete_marker_hides_and_its_deletion_brings_back(
    s3: Any, bucket: str, version: Callable[[str], None], folder: Path
) -> None:
    version("Enabled")
    put(s3, bucket, b"one")
    two = put(s3, bucket, b"two")
    marker = s3.delete_object(Bucket=bucket, Key="k")
    assert marker["DeleteMarker"]
    assert list(folder.iterdir()) == []
    with pytest.raises(ClientError) as raised:
        read(s3, bucket)
    assert raised.value.response["Error"]["Code"] == "NoSuchKey"
    assert raised.value.response["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker["VersionId"])
    assert read(s3, bucket) == b"two"
    assert (folder / "k").read_bytes() == b"two"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=two)
    assert read(s3, bucket) == b"one"
    assert (folder / "k").read_bytes() == b"one"


def test_suspended_versioning_replaces_the_null_version_and_makes_it_current(
    s3: Any, bucket: str, version: Callable[[str], None], folder: Path, lab: Config
) -> None:
    put(s3, bucket, b"null 1")
    version("Enabled")
    kept = put(s3, bucket, b"kept")
    version("Suspended")
    put(s3, bucket, b"null 2")
    assert read(s3, bucket) == b"null 2"
    assert (folder / "k").read_bytes() == b"null 2"
    assert history(s3, bucket) == [("null", True), (kept, False)]
    put(s3, bucket, b"null 3")
    assert read(s3, bucket) == b"null 3"
    assert read(s3, bucket, VersionId=kept) == b"kept"
    aside = lab.s3_dir / ".versions" / bucket
    assert [path.read_bytes() for path in aside.iterdir()] == [b"kept"]
    s3.delete_object(Bucket=bucket, Key="k")
    assert history(s3, bucket) == [("null", True), (kept, False)]
    s3.delete_object(Bucket=bucket, Key="k", VersionId="null")
    assert read(s3, bucket) == b"kept"


def test_tags_belong_to_a_version(s3: Any, bucket: str, version: Callable[[str], None]) -> None:
    version("Enabled")
    one = s3.put_object(Bucket=bucket, Key="k", Body=b"1", Tagging="n=1")["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", Tagging="n=2")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "n", "Value": "2"}]
    old = s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=one)
    assert old["TagSet"] == [{"Key": "n", "Value": "1"}]


def test_copying_an_old_version_makes_it_current(
    s3: Any, bucket: str, version: Callable[[str], None]
) -> None:
    version("Enabled")
    one = s3.put_object(
        Bucket=bucket, Key="k", Body=b"one", Metadata={"m": "1"}, ContentType="text/csv"
    )["VersionId"]
    two = put(s3, bucket, b"two")
    source = {"Bucket": bucket, "Key": "k", "VersionId": one}
    s3.copy_object(Bucket=bucket, Key="k", CopySource=source)
    assert read(s3, bucket) == b"one"
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["Metadata"], head["ContentType"]) == ({"m": "1"}, "text/csv")
    assert [version_id for version_id, _ in history(s3, bucket)] == [head["VersionId"], two, one]


def test_a_bucket_goes_when_all_versions_are_deleted(
    s3: Any, bucket: str, version: Callable[[str], None], folder: Path, lab: Config
) -> None:
    version("Enabled")
    for content in (b"1", b"2"):
        put(s3, bucket, content)
    s3.delete_object(Bucket=bucket, Key="k")
    with pytest.raises(ClientError) as raised:
        s3.delete_bucket(Bucket=bucket)
    assert raised.value.response["Error"]["Message"] == (
        "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
    )
    objects = [{"Key": "k", "VersionId": one} for one, _ in history(s3, bucket)]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    s3.delete_bucket(Bucket=bucket)
    assert not folder.exists()
    assert not (lab.s3_dir / ".versions" / bucket).exists()


def test_an_object_lock_bucket_has_versions(s3: Any, bucket: str) -> None:
    name = f"{bucket}-lock"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    one = s3.put_object(Bucket=name, Key="k", Body=b"1", ObjectLockLegalHoldStatus="ON")
    with pytest.raises(ClientError) as raised:
        s3.delete_object(Bucket=name, Key="k", VersionId=one["VersionId"])
    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "AccessDenied",
        "Access Denied because object protected by object lock.",
    )
    assert read(s3, name, VersionId=one["VersionId"]) == b"1"
