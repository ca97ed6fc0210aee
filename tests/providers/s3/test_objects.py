"""Objects through boto3: content, headers, conditions, checksums, tags, copies, listings."""

import base64
import gzip
import hashlib
import threading
import urllib.error
import urllib.request
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lab.config import Config

pytestmark = pytest.mark.lab


def error(raised: "pytest.ExceptionInfo[ClientError]") -> tuple[str, str]:
    found = raised.value.response["Error"]
    return found["Code"], found["Message"]


def body(s3: Any, bucket: str, key: str, **options: Any) -> bytes:
    content: bytes = s3.get_object(Bucket=bucket, Key=key, **options)["Body"].read()
    return content


def test_put_get_head_delete(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="a/b.txt", Body=b"hello")["ETag"]
    assert etag == f'"{hashlib.md5(b"hello").hexdigest()}"'
    assert body(s3, bucket, "a/b.txt") == b"hello"
    head = s3.head_object(Bucket=bucket, Key="a/b.txt")
    assert (head["ContentLength"], head["ETag"], head["ContentType"]) == (
        5,
        etag,
        "binary/octet-stream",
    )
    s3.delete_object(Bucket=bucket, Key="a/b.txt")
    with pytest.raises(ClientError) as raised:
        s3.get_object(Bucket=bucket, Key="a/b.txt")
    assert error(raised) == ("NoSuchKey", "The specified key does not exist.")


def test_an_empty_object_and_one_of_several_chunks(s3: Any, bucket: str, folder: Path) -> None:
    large = bytes(range(256)) * 4096 * 3
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    s3.put_object(Bucket=bucket, Key="large", Body=large)
    assert body(s3, bucket, "empty") == b""
    assert body(s3, bucket, "large") == large
    assert (folder / "large").read_bytes() == large


def test_metadata_and_headers(s3: Any, bucket: str) -> None:
    expires = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    s3.put_object(
        Bucket=bucket,
        Key="k",
        Body=gzip.compress(b"text"),
        Metadata={"owner": "me", "run": "42"},
        ContentType="text/csv",
        ContentEncoding="gzip",
        ContentLanguage="fr",
        ContentDisposition="attachment",
        CacheControl="no-cache",
        Expires=expires,
        StorageClass="STANDARD_IA",
    )
    head = s3.head_object(Bucket=bucket, Key="k")
    assert head["Metadata"] == {"owner": "me", "run": "42"}
    assert head["ContentType"] == "text/csv"
    assert head["ContentEncoding"] == "gzip"
    assert head["ContentLanguage"] == "fr"
    assert head["ContentDisposition"] == "attachment"
    assert head["CacheControl"] == "no-cache"
    assert head["StorageClass"] == "STANDARD_IA"
    assert head["ExpiresString"] == "Wed, 02 Jan 2030 03:04:05 GMT"


@pytest.mark.parametrize(
    ("wanted", "content", "content_range"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=4-", b"456789", "bytes 4-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ],
)
def test_ranges(s3: Any, bucket: str, wanted: str, content: bytes, content_range: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    answer = s3.get_object(Bucket=bucket, Key="k", Range=wanted)
    assert answer["Body"].read() == content
    assert answer["ContentRange"] == content_range
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_a_range_beyond_the_end(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    with pytest.raises(ClientError) as raised:
        s3.get_object(Bucket=bucket, Key="k", Range="bytes=10-")
    assert error(raised) == ("InvalidRange", "The requested range is not satisfiable")


def test_conditional_writes(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    refused = (
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
    )
    with pytest.raises(ClientError) as raised:
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    assert error(raised) == refused
    with pytest.raises(ClientError) as raised:
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch='"0"')
    assert error(raised) == refused
    assert body(s3, bucket, "k") == b"1"
    s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfMatch=etag)
    assert body(s3, bucket, "k") == b"3"


@pytest.mark.parametrize("versioned", [False, True])
def test_of_many_conditional_writes_one_wins(s3: Any, bucket: str, versioned: bool) -> None:
    if versioned:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def write(number: int) -> int | None:
        try:
            s3.put_object(Bucket=bucket, Key="lock", Body=b"%d" % number, IfNoneMatch="*")
        except ClientError as failure:
            assert failure.response["Error"]["Code"] == "PreconditionFailed"
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number in pool.map(write, range(16)) if number is not None]
    assert len(winners) == 1
    assert body(s3, bucket, "lock") == b"%d" % winners[0]


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"])
def test_checksums(s3: Any, bucket: str, algorithm: str) -> None:
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ChecksumAlgorithm=algorithm)
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
    assert len(base64.b64decode(head[f"Checksum{algorithm}"])) in (4, 8, 20, 32)
    if algorithm == "CRC32":
        assert (
            head["ChecksumCRC32"]
            == base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode()
        )
    assert body(s3, bucket, "k", ChecksumMode="ENABLED") == b"hello"


def test_a_wrong_checksum_or_md5_leaves_the_old_object(s3: Any, bucket: str, lab: Config) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    with pytest.raises(ClientError) as raised:
        s3.put_object(Bucket=bucket, Key="k", Body=b"new", ChecksumSHA256="0" * 43 + "=")
    assert error(raised) == (
        "BadDigest",
        "The SHA256 you specified did not match the calculated checksum.",
    )
    with pytest.raises(ClientError) as raised:
        s3.put_object(
            Bucket=bucket,
            Key="k",
            Body=b"new",
            ContentMD5=base64.b64encode(hashlib.md5(b"other").digest()).decode(),
        )
    assert error(raised) == (
        "BadDigest",
        "The Content-MD5 you specified did not match what we received.",
    )
    assert body(s3, bucket, "k") == b"old"
    assert (lab.s3_dir / bucket / "k").read_bytes() == b"old"


def test_tags(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Tagging="a=1&b=2")
    assert s3.head_object(Bucket=bucket, Key="k")["TagCount"] == 2
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": "3"}]})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "c", "Value": "3"}]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []


def test_copy(s3: Any, bucket: str, folder: Path) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x", Metadata={"m": "1"}, Tagging="t=1")
    s3.copy_object(Bucket=bucket, Key="b/c", CopySource={"Bucket": bucket, "Key": "a"})
    head = s3.head_object(Bucket=bucket, Key="b/c")
    assert (head["Metadata"], head["TagCount"]) == ({"m": "1"}, 1)
    assert (folder / "b/c").read_bytes() == b"x"
    s3.put_object(Bucket=bucket, Key="a", Body=b"changed")
    assert body(s3, bucket, "b/c") == b"x"


def test_copy_onto_itself_changes_the_metadata_only(s3: Any, bucket: str, folder: Path) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    inode = (folder / "a").stat().st_ino
    for number in "12":
        s3.copy_object(
            Bucket=bucket,
            Key="a",
            CopySource={"Bucket": bucket, "Key": "a"},
            Metadata={"n": number},
            MetadataDirective="REPLACE",
        )
        assert s3.head_object(Bucket=bucket, Key="a")["Metadata"] == {"n": number}
        assert body(s3, bucket, "a") == b"x"
    assert (folder / "a").stat().st_ino == inode


def test_delete_objects(s3: Any, bucket: str, folder: Path) -> None:
    for key in ("a/1", "a/2", "b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    answer = s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": "a/1"}, {"Key": "a/2"}, {"Key": "none"}]}
    )
    assert {one["Key"] for one in answer["Deleted"]} == {"a/1", "a/2", "none"}
    assert [path.name for path in folder.iterdir()] == ["b"]


def test_presigned_urls(s3: Any, bucket: str) -> None:
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "p"})
    request = urllib.request.Request(put, data=b"by url", method="PUT")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    get = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "p"})
    with urllib.request.urlopen(get) as answer:
        assert answer.read() == b"by url"
    post = s3.generate_presigned_post(bucket, "form/${filename}")
    assert _post_form(post, "name.txt", b"by form") == 204
    assert body(s3, bucket, "form/name.txt") == b"by form"


def _post_form(post: dict[str, Any], filename: str, content: bytes) -> int:
    mark = "boundary"
    lines = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in post["fields"].items()
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'
    data = "".join(lines).encode() + head.encode() + content + f"\r\n--{mark}--\r\n".encode()
    request = urllib.request.Request(post["url"], data=data, method="POST")
    request.add_header("Content-Type", f"multipart/form-data; boundary={mark}")
    with urllib.request.urlopen(request) as answer:
        status: int = answer.status
    return status


def test_listing_with_delimiter_and_pages(s3: Any, bucket: str) -> None:
    keys = [f"d{day}/f{number}" for day in range(3) for number in range(4)] + ["top", "été"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    for version in ("list_objects", "list_objects_v2"):
        pages = s3.get_paginator(version).paginate(Bucket=bucket, PaginationConfig={"PageSize": 5})
        found = [one["Key"] for page in pages for one in page.get("Contents", [])]
        assert found == sorted(keys)
        top = getattr(s3, version)(Bucket=bucket, Delimiter="/")
        assert [one["Prefix"] for one in top["CommonPrefixes"]] == ["d0/", "d1/", "d2/"]
        assert [one["Key"] for one in top["Contents"]] == ["top", "été"]
    inside = s3.list_objects_v2(Bucket=bucket, Prefix="d1/", StartAfter="d1/f1")
    assert [one["Key"] for one in inside["Contents"]] == ["d1/f2", "d1/f3"]


def test_pages_of_keys_whose_order_changes_when_encoded(s3: Any, bucket: str) -> None:
    keys = ["dt-1", "dt.2", "dt=2024/a", "dt=2024/b", "dt_3", "dtx", "été", "日本"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    for operation, items in [
        ("list_objects", "Contents"),
        ("list_objects_v2", "Contents"),
        ("list_object_versions", "Versions"),
    ]:
        for size in (1, 3):
            pages = s3.get_paginator(operation).paginate(
                Bucket=bucket, PaginationConfig={"PageSize": size}
            )
            assert [one["Key"] for page in pages for one in page.get(items, [])] == keys


@pytest.mark.parametrize(
    "key",
    ["a//b", "/a", "a/", "../../x", "a/../b", "x" * 1024, "é" * 512, "%{x}", "a%2Fb", "a b+c"],
)
def test_odd_keys(s3: Any, bucket: str, lab: Config, key: str) -> None:
    before = {path.name for path in lab.s3_dir.parent.iterdir()}
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert body(s3, bucket, key) == key.encode()
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    assert {path.name for path in lab.s3_dir.parent.iterdir()} == before
    s3.delete_object(Bucket=bucket, Key=key)
    assert list((lab.s3_dir / bucket).iterdir()) == []
    s3.delete_bucket(Bucket=bucket)


def test_a_key_and_its_own_folder(s3: Any, bucket: str) -> None:
    for key in ("a", "a/b", "a/b/c"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    s3.delete_object(Bucket=bucket, Key="a/b")
    assert body(s3, bucket, "a") == b"a"
    assert body(s3, bucket, "a/b/c") == b"a/b/c"
    s3.delete_object(Bucket=bucket, Key="a/b/c")
    assert body(s3, bucket, "a") == b"a"


def test_a_download_in_progress_keeps_the_old_bytes(s3: Any, bucket: str) -> None:
    old, new = b"o" * 8_000_000, b"n" * 8_000_000
    s3.put_object(Bucket=bucket, Key="k", Body=old)
    stream = s3.get_object(Bucket=bucket, Key="k")["Body"]
    start = stream.read(1000)
    s3.put_object(Bucket=bucket, Key="k", Body=new)
    assert body(s3, bucket, "k") == new
    assert start + stream.read() == old
    stream = s3.get_object(Bucket=bucket, Key="k")["Body"]
    start = stream.read(1000)
    s3.delete_object(Bucket=bucket, Key="k")
    assert start + stream.read() == new


def test_readers_see_one_object_or_the_other_while_it_is_replaced(s3: Any, bucket: str) -> None:
    contents = [bytes([65 + number]) * (1000 + 500 * number) for number in range(4)]
    etags = {f'"{hashlib.md5(content).hexdigest()}"': content for content in contents}
    s3.put_object(Bucket=bucket, Key="k", Body=contents[0])
    finished = threading.Event()

    def read() -> int:
        reads = 0
        while not finished.is_set():
            answer = s3.get_object(Bucket=bucket, Key="k")
            content = answer["Body"].read()
            assert content == etags[answer["ETag"]]
            part = s3.get_object(Bucket=bucket, Key="k", Range="bytes=0-0")
            assert part["Body"].read() == etags[part["ETag"]][:1]
            reads += 1
        return reads

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        for number in range(100):
            s3.put_object(Bucket=bucket, Key="k", Body=contents[number % 4])
        finished.set()
        assert all(reader.result() > 0 for reader in readers)


def test_buckets_are_global_and_belong_to_an_account(s3: Any, bucket: str, lab: Config) -> None:
    other = boto3.client(
        "s3",
        endpoint_url=lab.endpoint_url,
        region_name="eu-west-1",
        aws_access_key_id="111122223333",
        aws_secret_access_key="test",
    )
    with pytest.raises(ClientError) as raised:
        other.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
    assert error(raised)[0] == "BucketAlreadyExists"
    mine = f"{bucket}-other"
    other.create_bucket(Bucket=mine, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    other.put_object(Bucket=mine, Key="k", Body=b"x", Tagging="a=1")
    assert body(other, mine, "k") == b"x"
    assert mine not in [one["Name"] for one in s3.list_buckets()["Buckets"]]
    assert (lab.s3_dir / mine / "k").read_bytes() == b"x"


def test_a_bucket_that_is_not_empty_stays(s3: Any, bucket: str, folder: Path) -> None:
    (folder / "by-hand.txt").write_bytes(b"x")
    with pytest.raises(ClientError) as raised:
        s3.delete_bucket(Bucket=bucket)
    assert error(raised) == ("BucketNotEmpty", "The bucket you tried to delete is not empty")
    assert body(s3, bucket, "by-hand.txt") == b"x"
    s3.delete_object(Bucket=bucket, Key="by-hand.txt")
    s3.delete_bucket(Bucket=bucket)
    assert not folder.exists()


def test_a_file_that_was_changed_by_hand(s3: Any, bucket: str, folder: Path) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"old", Metadata={"m": "1"})
    (folder / "k").write_bytes(b"by hand")
    answer = s3.get_object(Bucket=bucket, Key="k")
    assert answer["Body"].read() == b"by hand"
    assert answer["ETag"] == f'"{hashlib.md5(b"by hand").hexdigest()}"'
    (folder / "k").unlink()
    with pytest.raises(ClientError) as raised:
        s3.get_object(Bucket=bucket, Key="k")
    assert error(raised) == ("NoSuchKey", "The specified key does not exist.")
