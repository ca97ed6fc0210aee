"""LocalStack's S3 with objects as plain files and durable state; the other modules say how.

LocalStack's provider is kept whole: every operation goes through :class:`Recorded`, which records
what a changing operation changed before the client is answered, and lets a reading one look again
when its object moved meanwhile.
"""

import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.skeleton import create_dispatch_table
from localstack.services.plugins import SERVICE_PLUGINS, Service
from localstack.services.s3.models import S3Object, s3_stores
from localstack.services.s3.provider import S3Provider
from localstack.services.s3.utils import (
    encode_user_metadata,
    extract_bucket_key_version_id_from_copy_source,
)
from localstack.state import StateVisitor

from lab.config import load
from lab.providers.s3.adoption import DEFAULT_CONTENT_TYPE, event_of, import_file, refresh
from lab.providers.s3.journal import Journal
from lab.providers.s3.listing import encoded, repair_continuation
from lab.providers.s3.metrics import install as install_metrics
from lab.providers.s3.metrics import measured
from lab.providers.s3.models import find_bucket, versions_of
from lab.providers.s3.recovery import adopt_new_files, recover
from lab.providers.s3.store import FileChangedError, Files, FileStore, ObjectMovedError
from lab.providers.s3.transaction import Transactions, Unit

LOG = logging.getLogger(__name__)

# An object replaced this often between two looks at it is not a race but an error.
LOOKS = 20
_READING = ("Get", "Head", "List", "Select")
# These name a key and do not change it, so that parts are uploaded side by side.
_ON_UPLOADS = frozenset(
    ("CreateMultipartUpload", "UploadPart", "UploadPartCopy", "AbortMultipartUpload")
)
_provider: "FileS3Provider | None" = None


class FileS3Provider(S3Provider):
    """LocalStack's provider over our store, its notifications sent once their cause is recorded."""

    def __init__(self, root: Path) -> None:
        files = Files(root)
        journal = Journal(root / ".state" / "s3.sqlite")
        self.transactions = Transactions(journal, files)
        super().__init__(storage_backend=FileStore(files, self.transactions.writing, journal.lock))
        repair_continuation()
        recover(self.transactions)

    def accept_state_visitor(self, visitor: StateVisitor) -> None:
        visitor.visit(s3_stores)

    def on_before_stop(self) -> None:
        super().on_before_stop()
        self.transactions.journal.close()

    def _notify(self, *args: Any, **kwargs: Any) -> None:
        notify = partial(super()._notify, *args, **kwargs)
        if unit := self.transactions.current:
            unit.events.append(notify)
        else:
            notify()

    def copy_object(self, context: RequestContext, request: Any) -> Any:
        return super().copy_object(context, _restoration(request))

    def list_objects(
        self, context: RequestContext, bucket: str, encoding_type: str | None = None, **options: Any
    ) -> Any:
        return encoded(super().list_objects(context, bucket, **options), encoding_type)

    def list_objects_v2(
        self, context: RequestContext, bucket: str, encoding_type: str | None = None, **options: Any
    ) -> Any:
        return encoded(super().list_objects_v2(context, bucket, **options), encoding_type)

    def list_object_versions(
        self, context: RequestContext, bucket: str, encoding_type: str | None = None, **options: Any
    ) -> Any:
        return encoded(super().list_object_versions(context, bucket, **options), encoding_type)

    def list_multipart_uploads(
        self, context: RequestContext, bucket: str, encoding_type: str | None = None, **options: Any
    ) -> Any:
        return encoded(super().list_multipart_uploads(context, bucket, **options), encoding_type)

    def adopt_file(self, bucket: str, key: str, path: Path, *, content_type: str) -> None:
        found, one = import_file(self.transactions, bucket, key, path, content_type)
        self._expiration_cache[bucket].pop(key, None)
        self._notify(None, s3_bucket=found, s3_notif_ctx=event_of(found, one))


class Recorded:
    """One operation's handler, with what it changes made durable.

    Errors of the disk are answered as S3 answers its own: InternalError, and nothing has changed.
    Source: "Error responses", List of error codes.
    """

    def __init__(
        self, operation: str, handler: Callable[..., Any], transactions: Transactions
    ) -> None:
        self._operation = operation
        self._handler = handler
        self._transactions = transactions
        self._reads = operation.startswith(_READING)

    def __call__(self, context: RequestContext, request: Any) -> Any:
        run = self._handler if self._reads or "Bucket" not in request else self._change
        try:
            for _ in range(LOOKS):
                try:
                    return run(context, request)
                except ObjectMovedError:
                    continue
                except FileChangedError as changed:
                    self._refresh(changed)
        except (OSError, sqlite3.Error):
            LOG.exception("%s failed, nothing was changed", self._operation)
        raise CommonServiceException(
            "InternalError", "We encountered an internal error. Please try again.", 500
        )

    def _change(self, context: RequestContext, request: Any) -> Any:
        upload = request.get("UploadId")
        keys = [] if self._operation in _ON_UPLOADS else _keys_of(request)
        # A form's key is known once LocalStack has read it; the store tells the unit then.
        whole_bucket = not (keys or self._operation in {*_ON_UPLOADS, "PostObject"})
        if self._operation == "DeleteBucket":
            adopt_new_files(self._transactions, request["Bucket"])
        with self._transactions.begin(request["Bucket"], keys, whole_bucket=whole_bucket) as unit:
            if upload:
                unit.touch_upload(upload, request.get("PartNumber"))
            response = self._handler(context, request)
            self._note_new_upload(unit, response)
        return response

    def _note_new_upload(self, unit: Unit, response: Any) -> None:
        if self._operation == "CreateMultipartUpload":
            unit.touch_upload(response["UploadId"])

    def _refresh(self, changed: FileChangedError) -> None:
        with self._transactions.begin(changed.bucket, [changed.key]):
            if bucket := find_bucket(changed.bucket):
                refresh(self._transactions.files, bucket, changed.key)


def create_service() -> Service:
    """The service that LocalStack loads: opens the lab's S3 folder and puts it right first."""
    global _provider  # noqa: PLW0603 - LocalStack loads one provider per process
    _provider = FileS3Provider(load().s3_dir)
    install_metrics()
    return Service.for_provider(_provider, dispatch_table_factory=_dispatch_table)


def adopt_file(
    bucket: str, key: str, path: Path, *, content_type: str = DEFAULT_CONTENT_TYPE
) -> None:
    """Move the local file ``path`` into S3 as an object, without HTTP.

    On the same file system it is renamed, not copied. It is as durable as a PutObject, and notified
    like one. For the other providers of this process. Raises NoSuchBucket; OSError or sqlite3.Error
    when the disk refuses, and then the file is still at ``path``.
    """
    # LocalStack loads S3 at its first use, which this may be.
    SERVICE_PLUGINS.require("s3")
    if _provider is None:
        raise RuntimeError("S3 is not provided by the lab (PROVIDER_OVERRIDE_S3 is not 'lab').")
    _provider.adopt_file(bucket, key, path, content_type=content_type)


def _dispatch_table(provider: FileS3Provider) -> dict[str, Callable[..., Any]]:
    return {
        operation: measured(operation, Recorded(operation, handler, provider.transactions))
        for operation, handler in create_dispatch_table(provider).items()
    }


def _keys_of(request: Any) -> list[str]:
    if delete := request.get("Delete"):
        return [one["Key"] for one in delete.get("Objects") or ()]
    return [request["Key"]] if request.get("Key") else []


def _restoration(request: Any) -> Any:
    """``request``, if it copies an older version over the object, made acceptable to LocalStack.

    That is how AWS has it ("Restoring previous versions"); LocalStack takes it for a copy that
    changes nothing, unless metadata are given: so give those of the version.
    """
    source, key, version = extract_bucket_key_version_id_from_copy_source(request["CopySource"])
    if not version or (source, key) != (request["Bucket"], request["Key"]):
        return request
    bucket = find_bucket(source)
    old = (
        next((one for one in versions_of(bucket, key) if one.version_id == version), None)
        if bucket
        else None
    )
    if (
        not isinstance(old, S3Object)
        or old.is_current
        or request.get("MetadataDirective") == "REPLACE"
    ):
        return request
    metadata = {"Metadata": encode_user_metadata(old.user_metadata), "Expires": old.expires}
    return {**request, **old.system_metadata, **metadata, "MetadataDirective": "REPLACE"}
