"""What was acknowledged survives ``kill -9``; a crash leaves one object or the other."""

import hashlib
import os
import resource
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from lab.providers.s3.layout import Layout
from tests.providers.s3.conftest import OwnLab

PART = 5 * 1024 * 1024
OTHER_ACCOUNT = "111122223333"
POLICY = '{"Version":"2012-10-17","Statement":[]}'


def read(s3: Any, bucket: str, key: str, **options: Any) -> bytes:
    content: bytes = s3.get_object(Bucket=bucket, Key=key, **options)["Body"].read()
    return content


def keys(s3: Any, bucket: str) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def described(s3: Any, upload: dict[str, str]) -> dict[str, Any]:
    """Everything that S3 says about the bucket ``full``."""
    full = {"Bucket": "full"}
    answers = [
        *(
            s3.head_object(**full, Key=key, ChecksumMode="ENABLED")
            for key in ("k", "a", "a/b", "multi")
        ),
        s3.get_object_tagging(**full, Key="k"),
        s3.get_object_acl(**full, Key="a"),
        s3.get_object_attributes(**full, Key="multi", ObjectAttributes=["ObjectParts", "Checksum"]),
        s3.list_object_versions(**full),
        s3.list_objects_v2(**full, FetchOwner=True),
        s3.list_parts(**upload),
        s3.list_multipart_uploads(**full),
        s3.list_buckets(),
        *(getattr(s3, f"get_bucket_{noun}")(**full) for noun in CONFIGURATION),
        s3.get_public_access_block(**full),
    ]
    return {str(number): without_metadata(answer) for number, answer in enumerate(answers)}


CONFIGURATION = [
    "versioning",
    "policy",
    "tagging",
    "encryption",
    "cors",
    "lifecycle_configuration",
    "website",
    "ownership_controls",
    "notification_configuration",
    "acl",
    "location",
    "request_payment",
]


def fill(s3: Any) -> dict[str, str]:
    """Make the bucket ``full``; returns the names of an upload that stays in progress."""
    full = {"Bucket": "full"}
    s3.create_bucket(**full)
    s3.put_bucket_versioning(**full, VersioningConfiguration={"Status": "Enabled"})
    for content in (b"one", b"two"):
        s3.put_object(
            **full,
            Key="k",
            Body=content,
            Metadata={"m": "1"},
            Tagging="t=1",
            ChecksumAlgorithm="SHA256",
        )
    s3.put_object(**full, Key="a", Body=b"A", ContentType="text/csv", ACL="public-read")
    s3.put_object(**full, Key="a/b", Body=b"B")
    s3.put_object(**full, Key="gone", Body=b"x")
    s3.delete_object(**full, Key="gone")
    configure(s3)
    multi = s3.create_multipart_upload(**full, Key="multi", ChecksumAlgorithm="CRC32")
    parts = []
    for number, content in enumerate((b"x" * PART, b"y"), 1):
        part = s3.upload_part(
            **full,
            Key="multi",
            UploadId=multi["UploadId"],
            PartNumber=number,
            Body=content,
            ChecksumAlgorithm="CRC32",
        )
        parts.append(
            {"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}
        )
    s3.complete_multipart_upload(
        **full, Key="multi", UploadId=multi["UploadId"], MultipartUpload={"Parts": parts}
    )
    upload = s3.create_multipart_upload(**full, Key="later", Metadata={"m": "2"})["UploadId"]
    s3.upload_part(**full, Key="later", UploadId=upload, PartNumber=1, Body=b"z" * PART)
    return {**full, "Key": "later", "UploadId": upload}


def configure(s3: Any) -> None:
    full = {"Bucket": "full"}
    s3.put_bucket_policy(**full, Policy=POLICY)
    s3.put_bucket_tagging(**full, Tagging={"TagSet": [{"Key": "team", "Value": "data"}]})
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BucketKeyEnabled": True,
    }
    s3.put_bucket_encryption(**full, ServerSideEncryptionConfiguration={"Rules": [rule]})
    cors = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}
    s3.put_bucket_cors(**full, CORSConfiguration={"CORSRules": [cors]})
    s3.put_bucket_lifecycle_configuration(
        **full,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "old",
                    "Status": "Enabled",
                    "Filter": {"Prefix": "a"},
                    "Expiration": {"Date": "2031-01-01T00:00:00Z"},
                }
            ]
        },
    )
    s3.put_bucket_website(**full, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.put_bucket_notification_configuration(
        **full, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    s3.delete_public_access_block(**full)
    s3.put_public_access_block(**full, PublicAccessBlockConfiguration={"BlockPublicAcls": True})


def test_everything_survives_kill_and_stop(own_lab: OwnLab) -> None:
    s3 = own_lab.start()
    upload = fill(s3)
    other = own_lab.client(OTHER_ACCOUNT)
    other.create_bucket(Bucket="of-another")
    other.put_object(Bucket="of-another", Key="k", Body=b"x")
    before = described(s3, upload)
    for end in (own_lab.kill, own_lab.stop):
        end()
        s3 = own_lab.start()
        assert described(s3, upload) == before
        old = before["7"]["Versions"][-1]["VersionId"]
        versions = [one for one in before["7"]["Versions"] if one["Key"] == "k"]
        assert read(s3, "full", "k", VersionId=versions[1]["VersionId"]) == b"one"
        assert old
    part = s3.list_parts(**upload)["Parts"][0]
    done = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(**upload, MultipartUpload=done)
    assert read(s3, "full", "later") == b"z" * PART
    assert s3.head_object(Bucket="full", Key="later")["Metadata"] == {"m": "2"}
    other = own_lab.client(OTHER_ACCOUNT)
    assert read(other, "of-another", "k") == b"x"
    assert [one["Name"] for one in other.list_buckets()["Buckets"]] == ["of-another"]
    with pytest.raises(ClientError, match="BucketAlreadyExists"):
        s3.create_bucket(Bucket="of-another")


def test_a_kill_in_the_middle_of_writes_loses_nothing_acknowledged(own_lab: OwnLab) -> None:
    s3 = own_lab.start()
    s3.create_bucket(Bucket="busy")
    acknowledged: dict[str, int] = {}
    enough = threading.Event()

    def write(name: str) -> None:
        client = own_lab.client()
        for number in range(100_000):
            content = f"{name} {number} ".encode() * 1000
            try:
                client.put_object(Bucket="busy", Key=name, Body=content)
            except (ClientError, HTTPClientError):
                return
            acknowledged[name] = number
            if number == 20:
                enough.set()

    threads = [threading.Thread(target=write, args=(f"k{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    own_lab.kill()
    for thread in threads:
        thread.join(60)
    s3 = own_lab.start()
    assert keys(s3, "busy") == sorted(acknowledged)
    for name, number in acknowledged.items():
        answer = s3.get_object(Bucket="busy", Key=name)
        content = answer["Body"].read()
        # The write that was under way may have happened; never a mixture.
        possible = [f"{name} {one} ".encode() * 1000 for one in (number, number + 1)]
        assert content in possible
        assert answer["ETag"] == f'"{hashlib.md5(content).hexdigest()}"'
    assert list((own_lab.root / ".uploads").iterdir()) == []


def copy_of(path: Path) -> Path:
    """A copy with the same time, beside the lab's folders."""
    copy = path.parents[3] / f"copy-{path.name}"
    shutil.copy2(path, copy)
    return copy


def file_id(path: Path, root: Path) -> str:
    """The name under which the journal knows the file of a current object."""
    import sqlite3

    bucket = path.relative_to(root).parts[0]
    key = Layout(root).key_of(bucket, path)
    with sqlite3.connect(root / ".state" / "s3.sqlite") as connection:
        row = connection.execute(
            "SELECT file FROM object WHERE bucket=? AND key=? ORDER BY seq DESC", (bucket, key)
        ).fetchone()
    connection.close()
    found: str = row[0]
    return found


def test_crashes_between_the_journal_and_the_files_are_put_right(own_lab: OwnLab) -> None:
    """The folder is put into the states that a crash can leave; one start repairs them all."""
    s3 = own_lab.start()
    folder, incoming = own_lab.root / "crash", own_lab.root / ".uploads"
    s3.create_bucket(Bucket="crash")
    s3.create_bucket(Bucket="versions")
    for key in ("replaced", "deleted"):
        s3.put_object(Bucket="crash", Key=key, Body=b"old")
    old_replaced, old_deleted = copy_of(folder / "replaced"), copy_of(folder / "deleted")
    s3.put_object(Bucket="crash", Key="replaced", Body=b"new", Metadata={"m": "new"})
    s3.put_object(Bucket="crash", Key="new/born", Body=b"born")
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    one = s3.put_object(Bucket="versions", Key="k", Body=b"one")["VersionId"]
    s3.put_object(Bucket="versions", Key="k", Body=b"two")
    marked = s3.put_object(Bucket="versions", Key="marked", Body=b"m")["VersionId"]
    s3.delete_object(Bucket="versions", Key="marked")
    s3.delete_object(Bucket="crash", Key="deleted")
    own_lab.kill()

    # Recorded, but the new file was not moved to its place yet.
    for path, old in ((folder / "replaced", old_replaced), (folder / "new/born", None)):
        path.rename(incoming / file_id(path, own_lab.root))
        if old:
            old.rename(path)
    (folder / "new").rmdir()
    # Recorded, but the older version was not set aside and the newer one not moved.
    aside = own_lab.root / ".versions" / "versions"
    current = own_lab.root / "versions" / "k"
    current.rename(incoming / file_id(current, own_lab.root))
    for path in aside.iterdir():
        path.rename(own_lab.root / "versions" / ("k" if path.read_bytes() == b"one" else "marked"))
    # Recorded, but the file of the deleted object is still there.
    old_deleted.rename(folder / "deleted")
    # Received, but not recorded.
    (incoming / ("f" * 32)).write_bytes(b"never acknowledged")
    (aside / ("e" * 32)).write_bytes(b"never acknowledged")

    s3 = own_lab.start()
    answer = s3.get_object(Bucket="crash", Key="replaced")
    assert (answer["Body"].read(), answer["Metadata"]) == (b"new", {"m": "new"})
    assert (folder / "replaced").read_bytes() == b"new"
    assert (folder / "new/born").read_bytes() == b"born"
    assert keys(s3, "crash") == ["new/born", "replaced"]
    assert not (folder / "deleted").exists()
    assert read(s3, "versions", "k") == b"two"
    assert read(s3, "versions", "k", VersionId=one) == b"one"
    assert keys(s3, "versions") == ["k"]
    assert read(s3, "versions", "marked", VersionId=marked) == b"m"
    assert list(incoming.iterdir()) == []
    assert sorted(path.read_bytes() for path in aside.iterdir()) == [b"m", b"one"]


def test_files_put_there_by_hand_become_objects(own_lab: OwnLab) -> None:
    s3 = own_lab.start()
    s3.create_bucket(Bucket="hand")
    for key in ("touched", "changed", "removed"):
        s3.put_object(Bucket="hand", Key=key, Body=b"old", Metadata={"m": "1"})
    own_lab.kill()
    folder = own_lab.root / "hand"
    (folder / "dt=1").mkdir()
    (folder / "dt=1" / "été.csv").write_bytes(b"a,b\n")
    (folder / "%{41}").write_bytes(b"no key has this name")
    os.utime(folder / "touched", (1, 1))
    (folder / "changed").write_bytes(b"new bytes")
    (folder / "removed").unlink()
    (own_lab.root / "new-bucket").mkdir()
    (own_lab.root / "new-bucket" / "k").write_bytes(b"x")
    (own_lab.root / "empty-folder").mkdir()

    s3 = own_lab.start()
    assert keys(s3, "hand") == ["changed", "dt=1/été.csv", "touched"]
    head = s3.head_object(Bucket="hand", Key="dt=1/été.csv")
    assert (head["ETag"], head["ContentLength"]) == (f'"{hashlib.md5(b"a,b\n").hexdigest()}"', 4)
    assert head["ContentType"] == "binary/octet-stream"
    assert read(s3, "hand", "changed") == b"new bytes"
    assert s3.head_object(Bucket="hand", Key="changed")["Metadata"] == {}
    assert s3.head_object(Bucket="hand", Key="touched")["Metadata"] == {"m": "1"}
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == ["hand", "new-bucket"]
    assert read(s3, "new-bucket", "k") == b"x"
    log = own_lab.log.read_text()
    assert f"adopted {folder}/dt=1/été.csv as s3://hand/dt=1/été.csv" in log
    assert f"{folder}/%{{41}} is not an object: no key has this file name" in log
    assert "the file of s3://hand/removed is gone, and the object with it" in log


def limit_files(own_lab: OwnLab, size: int) -> None:
    """No file of the process may grow beyond ``size`` bytes: writing fails as on a full disk."""
    assert own_lab.process
    resource.prlimit(own_lab.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux's prlimit")
def test_a_disk_that_refuses_leaves_the_old_object(own_lab: OwnLab) -> None:
    s3 = own_lab.start()
    s3.create_bucket(Bucket="full")
    s3.put_object(Bucket="full", Key="k", Body=b"old" * 10, Metadata={"m": "1"}, Tagging="t=1")
    # The first limit refuses the object's file, the second only the journal.
    for limit, size in ((20_000, 50_000), (30_000, 10)):
        limit_files(own_lab, limit)
        for refused in (
            lambda size=size: s3.put_object(Bucket="full", Key="k", Body=b"x" * size),
            lambda size=size: s3.put_object(Bucket="full", Key="new/k", Body=b"x" * size),
        ):
            with pytest.raises(ClientError) as raised:
                refused()
            error = raised.value.response["Error"]
            assert (error["Code"], error["Message"]) == (
                "InternalError",
                "We encountered an internal error. Please try again.",
            )
            assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert keys(s3, "full") == ["k"]
        assert read(s3, "full", "k") == b"old" * 10
        head = s3.head_object(Bucket="full", Key="k")
        assert (head["Metadata"], head["TagCount"]) == ({"m": "1"}, 1)
    with pytest.raises(ClientError):
        s3.create_bucket(Bucket="another")
    with pytest.raises(ClientError):
        s3.delete_object(Bucket="full", Key="k")
    with pytest.raises(ClientError):
        s3.put_bucket_versioning(Bucket="full", VersioningConfiguration={"Status": "Enabled"})
    assert read(s3, "full", "k") == b"old" * 10
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == ["full"]
    assert "Status" not in s3.get_bucket_versioning(Bucket="full")
    limit_files(own_lab, resource.RLIM_INFINITY)
    s3.put_object(Bucket="full", Key="k", Body=b"room again")
    assert read(s3, "full", "k") == b"room again"
    assert list((own_lab.root / ".uploads").iterdir()) == []


def test_a_second_lab_on_the_same_home_is_refused(own_lab: OwnLab) -> None:
    s3 = own_lab.start()
    s3.create_bucket(Bucket="mine")
    second = OwnLab(own_lab.config.home)
    try:
        with pytest.raises(pytest.fail.Exception, match="Is another lab running on the same home"):
            second.start()
    finally:
        second.kill()
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == ["mine"]
