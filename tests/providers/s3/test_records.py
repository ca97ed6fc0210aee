"""LocalStack's models as rows and back."""

from datetime import UTC, datetime
from typing import Any

import pytest
from localstack.services.s3.constants import DEFAULT_BUCKET_ENCRYPTION
from localstack.services.s3.models import S3Bucket, S3DeleteMarker, S3Multipart, S3Object, S3Part

from lab.providers.s3.models import Place, Stored, Versions
from lab.providers.s3.records import (
    StateError,
    bucket_row,
    load_bucket,
    load_object,
    load_part,
    load_upload,
    object_row,
    part_row,
    upload_row,
)


def some_object(**options: Any) -> S3Object:
    one = S3Object("k", etag="e", size=3, version_id="v1", **options)
    one.stored = Stored("f", Place.CURRENT, 7)
    one.internal_last_modified = 123
    return one


def test_an_object_and_its_row() -> None:
    one = some_object(
        user_metadata={"m": "é", "$time": "2024"},
        expires=datetime(2030, 1, 1, tzinfo=UTC),
        checksum_algorithm="SHA256",
        checksum_value="c",
        lock_until=datetime(2031, 1, 1, 12, tzinfo=UTC),
    )
    one.parts = {"1": {"_position": 0, "Size": 3, "ETag": "x", "PartNumber": 1}}
    row = object_row("bucket", one, {"t": "1"})
    again = load_object(row, versioned=True, newest=True)
    assert vars(again) == vars(one)
    assert object_row("bucket", again, {"t": "1"}) == row


def test_a_delete_marker_and_its_row() -> None:
    marker = S3DeleteMarker("k", "v2")
    marker.stored = Stored("", Place.CURRENT, 1)
    again = load_object(object_row("bucket", marker, {}), versioned=True, newest=True)
    assert isinstance(again, S3DeleteMarker)
    assert vars(again) == vars(marker)


def test_a_bucket_and_its_row() -> None:
    bucket = S3Bucket("b", "000000000000", "eu-west-1", owner={"ID": "1"}, acl={"Grants": []})
    bucket.versioning_status = "Enabled"
    bucket.lifecycle_rules = [{"Expiration": {"Date": datetime(2030, 1, 1, tzinfo=UTC)}}]
    again = load_bucket(bucket_row(bucket, {}))
    assert isinstance(again.objects, Versions)
    assert again.encryption_rule is DEFAULT_BUCKET_ENCRYPTION
    again.objects = bucket.objects
    assert vars(again) == vars(bucket)


def test_an_upload_and_its_part() -> None:
    upload = S3Multipart("k", user_metadata={"m": "1"}, checksum_algorithm="CRC32")
    part = S3Part(3, size=5, etag="e")
    part.stored = Stored("f", Place.INCOMING)
    again = load_upload(upload_row("b", upload))
    assert vars(again.object) == vars(upload.object)
    again.object = upload.object
    assert vars(again) == vars(upload)
    assert vars(load_part(part_row("b", upload.id, part))) == vars(part)


def test_what_cannot_be_recorded_is_refused() -> None:
    with pytest.raises(TypeError, match="A object in S3's state cannot be recorded"):
        object_row("b", some_object(expiration=object()), {})


def test_rows_of_another_localstack_are_refused_by_name() -> None:
    row = object_row("b", some_object(), {})
    assert row.profile
    other = row._replace(profile=row.profile.replace('"restore"', '"restored"'))
    with pytest.raises(StateError, match="differ in restore, restored: the state was written"):
        load_object(other, versioned=False, newest=True)
