"""Multipart uploads through boto3."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from lab.config import Config

pytestmark = pytest.mark.lab

PART = 5 * 1024 * 1024


@pytest.fixture
def upload(s3: Any, bucket: str) -> dict[str, str]:
    """An upload in progress, as the arguments that name it."""
    answer = s3.create_multipart_upload(
        Bucket=bucket, Key="d/k", Metadata={"m": "1"}, ContentType="text/plain", Tagging="t=1"
    )
    return {"Bucket": bucket, "Key": "d/k", "UploadId": answer["UploadId"]}


def send(s3: Any, upload: dict[str, str], number: int, content: bytes) -> dict[str, Any]:
    etag = s3.upload_part(**upload, PartNumber=number, Body=content)["ETag"]
    return {"PartNumber": number, "ETag": etag}


def incoming(lab: Config, content: bytes) -> list[Path]:
    """The received files that hold exactly ``content``."""
    return [path for path in (lab.s3_dir / ".uploads").iterdir() if path.read_bytes() == content]


def test_parts_become_an_object(
    s3: Any, bucket: str, upload: dict[str, str], folder: Path, lab: Config
) -> None:
    contents = [b"a" * PART, b"b" * PART, b"end"]
    send(s3, upload, 3, b"replaced")
    parts = [send(s3, upload, number, content) for number, content in enumerate(contents, 1)]
    assert [one["Size"] for one in s3.list_parts(**upload)["Parts"]] == [PART, PART, 3]
    assert incoming(lab, b"replaced") == []
    assert list(folder.iterdir()) == []
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    digests = b"".join(hashlib.md5(content).digest() for content in contents)
    assert done["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    assert (folder / "d/k").read_bytes() == b"".join(contents)
    head = s3.head_object(Bucket=bucket, Key="d/k", PartNumber=2)
    assert (head["ContentLength"], head["PartsCount"]) == (PART, 3)
    assert (head["Metadata"], head["ContentType"]) == ({"m": "1"}, "text/plain")
    assert s3.get_object_tagging(Bucket=bucket, Key="d/k")["TagSet"] == [{"Key": "t", "Value": "1"}]
    assert s3.get_object(Bucket=bucket, Key="d/k", PartNumber=3)["Body"].read() == b"end"
    assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
    assert incoming(lab, contents[0]) == []


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA256", "CRC64NVME"])
def test_checksums_of_parts(s3: Any, bucket: str, algorithm: str) -> None:
    name = f"Checksum{algorithm}"
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm=algorithm)
    ids = {"Bucket": bucket, "Key": "k", "UploadId": upload["UploadId"]}
    parts = []
    for number, content in enumerate((b"a" * PART, b"b"), 1):
        part = s3.upload_part(**ids, PartNumber=number, Body=content, ChecksumAlgorithm=algorithm)
        parts.append({"PartNumber": number, "ETag": part["ETag"], name: part[name]})
    done = s3.complete_multipart_upload(**ids, MultipartUpload={"Parts": parts})
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head[name] == done[name]
    assert head["ChecksumType"] == ("FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE")


def test_the_transfer_manager_uploads_parts_side_by_side(
    s3: Any, bucket: str, tmp_path: Path
) -> None:
    content = os.urandom(40 * 1024 * 1024)
    (tmp_path / "large").write_bytes(content)
    transfer = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
    s3.upload_file(str(tmp_path / "large"), bucket, "large", Config=transfer)
    s3.download_file(bucket, "large", str(tmp_path / "back"), Config=transfer)
    assert (tmp_path / "back").read_bytes() == content
    assert s3.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-8"')


def test_abort(s3: Any, upload: dict[str, str], lab: Config) -> None:
    send(s3, upload, 1, b"aborted bytes")
    assert len(incoming(lab, b"aborted bytes")) == 1
    s3.abort_multipart_upload(**upload)
    assert incoming(lab, b"aborted bytes") == []
    with pytest.raises(ClientError) as raised:
        send(s3, upload, 2, b"late")
    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "NoSuchUpload",
        "The specified upload does not exist. "
        "The upload ID may be invalid, or the upload may have been aborted or completed.",
    )
    assert incoming(lab, b"late") == []


def test_a_part_with_a_wrong_checksum_leaves_the_old_part(
    s3: Any, bucket: str, upload: dict[str, str]
) -> None:
    part = send(s3, upload, 1, b"good")
    with pytest.raises(ClientError) as raised:
        s3.upload_part(**upload, PartNumber=1, Body=b"bad", ChecksumCRC32="AAAAAA==")
    assert raised.value.response["Error"]["Code"] == "BadDigest"
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})
    assert s3.get_object(Bucket=bucket, Key="d/k")["Body"].read() == b"good"


def test_upload_part_copy(s3: Any, bucket: str, upload: dict[str, str]) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=b"0123456789")
    source = {"Bucket": bucket, "Key": "source"}
    copied = s3.upload_part_copy(
        **upload, PartNumber=1, CopySource=source, CopySourceRange="bytes=2-5"
    )
    part = {"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})
    assert s3.get_object(Bucket=bucket, Key="d/k")["Body"].read() == b"2345"


def test_a_bucket_with_an_upload_in_progress_can_be_deleted(
    s3: Any, bucket: str, upload: dict[str, str], lab: Config
) -> None:
    send(s3, upload, 1, b"left over")
    s3.delete_bucket(Bucket=bucket)
    assert incoming(lab, b"left over") == []
