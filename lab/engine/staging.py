"""What one statement keeps beside DuckDB while it runs: files unpacked or converted into a folder
of its own, and Arrow data sets that DuckDB scans by name. All of it is gone when the statement is.
"""

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from lab.engine.catalog import StoredFile
from lab.engine.compression import is_packed, unpack


@dataclass(frozen=True, slots=True)
class Staging:
    """``check`` raises when the statement was stopped; long work calls it now and then."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    check: Callable[[], None]

    def path(self, suffix: str = "") -> Path:
        """A name for a new file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f"{uuid.uuid4().hex}{suffix}"

    def plain(self, file: StoredFile) -> StoredFile:
        """The file itself, or a copy that DuckDB can read when its compression is another."""
        if not is_packed(file.key):
            return file
        path = self.path()
        unpack(file.path, Path(file.key).suffix.lower(), path, self.check)
        return replace(file, path=path)

    def register(self, data: Any) -> str:
        """The name by which this cursor's SQL reads an Arrow data set."""
        name = f"arrow_{uuid.uuid4().hex}"
        self.connection.register(name, data)
        return name

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
