"""pyiceberg's files over the engine's object store: s3:// addresses are local files, a new one
appears whole or not at all.
"""

import uuid
from pathlib import Path
from typing import IO, Any

from pyiceberg.io import FileIO, InputFile, OutputFile

from lab.engine.catalog import Objects

CONTENT_TYPE = "application/octet-stream"


def s3_uri(location: str) -> str:
    """``s3a://`` and ``s3n://`` are other clients' names for ``s3://``."""
    scheme, separator, rest = location.partition("://")
    return f"s3://{rest}" if separator and scheme in ("s3a", "s3n") else location


class StoreFiles(FileIO):  # type: ignore[misc]  # pyiceberg is untyped here
    """All files of all tables; ``scratch`` holds those that are being written."""

    def __init__(self, objects: Objects, scratch: Path) -> None:
        super().__init__({})
        self.objects = objects
        self.scratch = scratch

    def path(self, location: str) -> Path:
        return self.objects.path(s3_uri(location))

    def new_input(self, location: str) -> "StoredInput":
        return StoredInput(location, self.path(location))

    def new_output(self, location: str) -> "StoredOutput":
        return StoredOutput(location, self)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        uri = location if isinstance(location, str) else location.location
        self.objects.remove([s3_uri(uri)])


class StoredInput(InputFile):  # type: ignore[misc]  # likewise
    """An object to read."""

    def __init__(self, location: str, path: Path) -> None:
        super().__init__(location)
        self._path = path

    def __len__(self) -> int:
        return self._path.stat().st_size

    def exists(self) -> bool:
        return self._path.is_file()

    def open(self, seekable: bool = True) -> IO[bytes]:  # noqa: ARG002  the interface
        return self._path.open("rb")


class StoredOutput(OutputFile):  # type: ignore[misc]  # likewise
    """An object to write."""

    def __init__(self, location: str, files: StoreFiles) -> None:
        super().__init__(location)
        self._files = files

    def __len__(self) -> int:
        return self._files.path(self.location).stat().st_size

    def exists(self) -> bool:
        return self._files.path(self.location).is_file()

    def to_input_file(self) -> StoredInput:
        return self._files.new_input(self.location)

    def create(self, overwrite: bool = False) -> "NewObject":
        if not overwrite and self.exists():
            raise FileExistsError(self.location)
        return NewObject(s3_uri(self.location), self._files)


class NewObject:
    """A stream whose bytes become the object when it is closed without an error."""

    def __init__(self, uri: str, files: StoreFiles) -> None:
        files.scratch.mkdir(parents=True, exist_ok=True)
        self._path = files.scratch / f"{uuid.uuid4().hex}.new"
        self._file = self._path.open("wb")
        self._uri = uri
        self._objects = files.objects

    def write(self, content: bytes) -> int:
        return self._file.write(content)

    def tell(self) -> int:
        return self._file.tell()

    def flush(self) -> None:
        self._file.flush()

    @property
    def closed(self) -> bool:
        return self._file.closed

    def close(self) -> None:
        if not self._file.closed:
            self._file.close()
            self._objects.adopt(self._uri, self._path, CONTENT_TYPE)

    def __enter__(self) -> "NewObject":
        return self

    def __exit__(self, kind: Any, _error: Any, _trace: Any) -> None:
        if kind is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)
        self.close()
