"""Where the code of functions is unpacked: under the lab's home, one folder per upload.

LocalStack unpacks into ``/tmp/lambda``, which two people on one machine cannot share, and where a
lab that was killed leaves it behind. And it removes the code of a version as soon as another has
taken its place, though an invocation of it may still run and import something.
"""

import io
import shutil
import threading
import zipfile
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from localstack import config as localstack_config
from localstack.aws.connect import connect_to
from localstack.constants import AWS_REGION_US_EAST_1
from localstack.services.lambda_.invocation.lambda_models import S3Code

from lab.config import load


def code_folder(home: Path) -> Path:
    return home / "lambda" / "code"


def install() -> None:
    """Make LocalStack's code archives unpack there, and go when nobody uses them."""
    S3Code.get_unzipped_code_location = _unzipped_location
    S3Code.destroy_cached = _destroy_cached


def unzipped_size(code: S3Code) -> int:
    """How many bytes an archive holds that has been uploaded; it is read once for that."""
    return _stored_size(code.s3_bucket, code.s3_key)


def requested_size(code: Mapping[str, Any]) -> int:
    """The same for an archive that a request brings or names; 0 for what is no archive."""
    content = code.get("ZipFile")
    try:
        if content is None:
            version = code.get("S3ObjectVersion")
            options = {"VersionId": version} if version else {}
            content = _read(connect_to().s3, code["S3Bucket"], code["S3Key"], **options)
        return _size(content)
    except (ClientError, KeyError, zipfile.BadZipFile):
        return 0


@cache
def _stored_size(bucket: str, key: str) -> int:
    s3 = connect_to(
        region_name=AWS_REGION_US_EAST_1,
        aws_access_key_id=localstack_config.INTERNAL_RESOURCE_ACCOUNT,
    ).s3
    return _size(_read(s3, bucket, key))


def _read(s3: Any, bucket: str, key: str, **options: Any) -> bytes:
    content: bytes = s3.get_object(Bucket=bucket, Key=key, **options)["Body"].read()
    return content


def _size(content: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(entry.file_size for entry in archive.infolist())


class CodeUse:
    """Which folders of code are in use by how many environments, and which are to go afterwards."""

    def __init__(self) -> None:
        self._users: Counter[Path] = Counter()
        self._unwanted: set[Path] = set()
        self._lock = threading.Lock()

    def hold(self, folder: Path) -> None:
        with self._lock:
            self._users[folder] += 1

    def release(self, folder: Path) -> None:
        with self._lock:
            self._users[folder] -= 1
            self._remove_unused(folder)

    def discard(self, folder: Path) -> None:
        """Remove the folder once nobody uses it; now, if nobody does."""
        with self._lock:
            self._unwanted.add(folder)
            self._remove_unused(folder)

    def _remove_unused(self, folder: Path) -> None:
        if self._users[folder] <= 0:
            del self._users[folder]
            if folder in self._unwanted:
                self._unwanted.remove(folder)
                shutil.rmtree(folder.parent, ignore_errors=True)


CODE_USE = CodeUse()


def _unzipped_location(code: Any) -> Path:
    """The folder of one upload; its parent belongs to it too."""
    return code_folder(load().home) / code.id / "code"


def _destroy_cached(code: Any) -> None:
    CODE_USE.discard(_unzipped_location(code))
