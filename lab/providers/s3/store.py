"""The bytes of objects, versions and parts, in the form that LocalStack's S3 provider asks for.

Writing always makes a new file in ``<root>/.uploads``; it moves to its place when the operation
that wrote it is recorded (``transaction``), or disappears with a failed one. So a reader, of S3
or of the plain file, sees the old bytes or the new ones, and one that is streaming keeps the file
that it opened.
"""

import base64
import contextlib
import hashlib
import logging
import os
import queue
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from io import UnsupportedOperation
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from localstack.services.s3.constants import S3_CHUNK_SIZE
from localstack.services.s3.models import S3Multipart, S3Object, S3Part
from localstack.services.s3.storage.core import (
    LimitedStream,
    S3ObjectStore,
    S3StoredMultipart,
    S3StoredObject,
    should_copy_in_place,
)
from localstack.services.s3.utils import ObjectRange, get_s3_checksum

from lab.providers.s3.layout import Layout
from lab.providers.s3.models import Place, Stored

if TYPE_CHECKING:
    from lab.providers.s3.transaction import Unit

LOG = logging.getLogger(__name__)

_COPY_CHUNK = 1 << 20
_clock = threading.Lock()
_last_time = 0


class ObjectMovedError(Exception):
    """The object was replaced or deleted since its metadata were looked at: look again."""


class FileChangedError(Exception):
    """Somebody changed or removed the file of a current object by hand."""

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__(f"The file of s3://{bucket}/{key} is not the one that was stored.")
        self.bucket = bucket
        self.key = key


class Remover:
    """Removes files in a thread of its own. The next start removes what it left."""

    def __init__(self) -> None:
        self._paths: queue.SimpleQueue[Path] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="s3-remover", daemon=True).start()

    def remove(self, path: Path) -> None:
        self._paths.put(path)

    def _run(self) -> None:
        while True:
            try:
                remove_quietly(self._paths.get())
            except OSError:
                LOG.exception("a file that is no longer used could not be removed")


class Files:
    """The folders of the store and where in them the bytes of one model are."""

    def __init__(self, root: Path) -> None:
        self.layout = Layout(root)
        self.incoming = root / ".uploads"
        self.versions = root / ".versions"
        self.remover = Remover()
        self.incoming.mkdir(parents=True, exist_ok=True)
        self.versions.mkdir(exist_ok=True)

    def path_of(self, bucket: str, key: str, stored: Stored) -> Path:
        if stored.place is Place.INCOMING:
            return self.incoming / stored.file
        if stored.place is Place.VERSION:
            return self.version_path(bucket, stored.file)
        return self.layout.object_path(bucket, key)

    def version_path(self, bucket: str, file: str) -> Path:
        return self.versions / bucket / file


class _Stored(S3StoredObject):
    """What readers and writers share: each lacks a half of the interface that nobody calls."""

    def _refuse(self, *_: Any) -> Any:
        raise UnsupportedOperation(f"{type(self).__name__} cannot do this.")

    append = read = write = seek = truncate = __iter__ = _refuse

    def close(self) -> None:
        self.closed = True

    @property
    def last_modified(self) -> int:
        return self.s3_object.internal_last_modified


class Writer(_Stored):
    """Receives the bytes of one object or part, computing its MD5 and its checksum on the way."""

    def __init__(self, one: S3Object | S3Part, files: Files, unit: "Unit") -> None:
        super().__init__(one, mode="w")
        self._files = files
        self._unit = unit
        self._hash: Any = None
        self._etag = ""

    def write(self, stream: IO[bytes] | S3StoredObject | None) -> int:
        """Store all of ``stream`` (None: no bytes); returns their number."""
        algorithm = self.s3_object.checksum_algorithm
        self._hash = get_s3_checksum(algorithm) if algorithm else None
        digest = hashlib.md5(usedforsecurity=False)
        stored = self._unit.receive()
        with (self._files.incoming / stored.file).open("xb") as file:
            while stream is not None and (chunk := stream.read(S3_CHUNK_SIZE)):
                file.write(chunk)
                digest.update(chunk)
                if self._hash:
                    self._hash.update(chunk)
            size, modified_ns = seal(file)
        self._etag = digest.hexdigest()
        self.s3_object.size = size
        self.s3_object.etag = self._etag
        self.s3_object.internal_last_modified = modified_ns
        self.s3_object.stored = stored
        return size

    @property
    def checksum(self) -> str | None:
        return base64.b64encode(self._hash.digest()).decode() if self._hash else None

    @property
    def etag(self) -> str:
        return self._etag


class Reader(_Stored):
    """The bytes of one object, in a file held open: replacing the object does not disturb it."""

    def __init__(self, one: S3Object, file: IO[bytes]) -> None:
        super().__init__(one, mode="r")
        self._file = file

    def read(self, s: int = -1) -> bytes:
        return self._file.read(s)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._file.read(S3_CHUNK_SIZE):
            yield chunk

    def close(self) -> None:
        self._file.close()
        super().close()

    @property
    def checksum(self) -> str | None:
        algorithm = self.s3_object.checksum_algorithm
        if not algorithm:
            return None
        return base64.b64encode(self._digest(get_s3_checksum(algorithm)).digest()).decode()

    @property
    def etag(self) -> str:
        digest: str = self._digest(hashlib.md5(usedforsecurity=False)).hexdigest()
        return digest

    def _digest(self, digest: Any) -> Any:
        position = self._file.tell()
        self._file.seek(0)
        for chunk in self:
            digest.update(chunk)
        self._file.seek(position)
        return digest


class Multipart(S3StoredMultipart):
    """The parts of one upload, each a file in ``.uploads``; the models say which."""

    _s3_store: "FileStore"

    def open(self, s3_part: S3Part, mode: Literal["r", "w"] = "r") -> S3StoredObject:
        if mode == "w":
            return Writer(s3_part, self._s3_store.files, self._s3_store.unit())
        path = self._s3_store.files.incoming / s3_part.stored.file
        return Reader(s3_part, path.open("rb"))

    def remove_part(self, s3_part: S3Part) -> None:
        """Nothing to do: a part that is not recorded loses its file when the operation ends."""

    def complete_multipart(self, parts: list[S3Part]) -> None:
        """Put the parts together as the bytes of the upload's object."""
        unit = self._s3_store.unit()
        whole: S3Object = self.s3_multipart.object
        unit.touch(self.bucket, whole.key)
        stored = unit.receive()
        with (self._s3_store.files.incoming / stored.file).open("xb") as file:
            for part in parts:
                with (self._s3_store.files.incoming / part.stored.file).open("rb") as source:
                    shutil.copyfileobj(source, file, _COPY_CHUNK)
            whole.size, whole.internal_last_modified = seal(file)
        whole.stored = stored

    def close(self) -> None:
        """Nothing is held open."""

    def copy_from_object(
        self,
        s3_part: S3Part,
        src_bucket: str,
        src_s3_object: S3Object,
        range_data: ObjectRange | None,
    ) -> None:
        with (
            self._s3_store.open(src_bucket, src_s3_object) as source,
            self.open(s3_part, mode="w") as part,
        ):
            part.write(LimitedStream(source, range_data=range_data) if range_data else source)
            if s3_part.checksum_algorithm:
                s3_part.checksum_value = part.checksum


class FileStore(S3ObjectStore):
    """Objects as files. The transaction removes what no longer is named; nothing here does."""

    def __init__(self, files: Files, unit: "Callable[[], Unit]", lock: threading.RLock) -> None:
        self.files = files
        self.unit = unit
        self._lock = lock

    def open(
        self, bucket: str, s3_object: S3Object, mode: Literal["r", "w"] = "r"
    ) -> S3StoredObject:
        """Raises ObjectMovedError or FileChangedError if the file is not that of the object."""
        if mode == "w":
            unit = self.unit()
            unit.touch(bucket, s3_object.key)
            return Writer(s3_object, self.files, unit)
        if file := self._open(bucket, s3_object):
            return Reader(s3_object, file)
        # Files move only under this lock: if it is not there now, it is not on its way either.
        with self._lock:
            if file := self._open(bucket, s3_object):
                return Reader(s3_object, file)
            if s3_object.is_current and s3_object.stored.place is Place.CURRENT:
                raise FileChangedError(bucket, s3_object.key)
        raise ObjectMovedError

    def _open(self, bucket: str, s3_object: S3Object) -> IO[bytes] | None:
        """The opened file, if it has the size and time that were recorded."""
        try:
            file = self.files.path_of(bucket, s3_object.key, s3_object.stored).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        status = os.fstat(file.fileno())
        if (status.st_size, status.st_mtime_ns) == (
            s3_object.size,
            s3_object.internal_last_modified,
        ):
            return file
        file.close()
        return None

    def copy(
        self, src_bucket: str, src_object: S3Object, dest_bucket: str, dest_object: S3Object
    ) -> S3StoredObject:
        if should_copy_in_place(src_bucket, src_object, dest_bucket, dest_object):
            source = src_object.stored
            dest_object.stored = Stored(source.file, source.place)
            dest_object.internal_last_modified = src_object.internal_last_modified
            return self.open(dest_bucket, dest_object)
        with self.open(src_bucket, src_object) as source:
            destination = self.open(dest_bucket, dest_object, mode="w")
            destination.write(source)
        return destination

    def remove(self, bucket: str, s3_object: S3Object | list[S3Object]) -> None:
        """Nothing to do, see the class."""

    def get_multipart(self, bucket: str, upload_id: S3Multipart) -> Multipart:
        return Multipart(self, bucket, upload_id)

    def remove_multipart(self, bucket: str, s3_multipart: S3Multipart) -> None:
        """Nothing to do, see the class."""


def new_file_name() -> str:
    return secrets.token_hex(16)


def seal(file: IO[bytes]) -> tuple[int, int]:
    """Give a written file a time that no other has; returns its size and that time."""
    global _last_time  # noqa: PLW0603 - one clock for the process
    file.flush()
    with _clock:
        _last_time = max(time.time_ns(), _last_time + 1)
        now = _last_time
    os.utime(file.fileno(), ns=(now, now))
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def remove_quietly(path: Path) -> None:
    """Remove a file that may be gone already."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
