"""The beginning of a file, decompressed: what classifiers look at.

Source: AWS Glue User Guide, "Built-in classifiers" (formats of compression).
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from lab.engine.compression import READERS
from lab.engine.errors import QueryError

SAMPLE_BYTES = 1 << 20
MAGIC = (
    ("gzip", b"\x1f\x8b"),
    ("bzip2", b"BZh"),
    ("zip", b"PK\x03\x04"),
    ("lz4", b"\x04\x22\x4d\x18"),
)
SUFFIXES = {".snappy": "snappy", ".lz4": "lz4", ".bz2": "bzip2"}
UNREADABLE = (OSError, EOFError, IndexError, zlib.error, zipfile.BadZipFile, QueryError)


@dataclass
class Sample:
    """The first bytes of a file. ``share``: which part of the file, as it is stored, they are."""

    path: Path
    size: int
    compression: str
    data: bytes
    share: float

    @property
    def is_whole(self) -> bool:
        return self.share >= 1

    @cached_property
    def text(self) -> str:
        """As UTF-8; what is none of it is replaced."""
        return self.data.decode("utf-8", "replace").removeprefix("\ufeff")

    @cached_property
    def lines(self) -> list[str]:
        """Whole lines, without the empty ones and without the one that the sample cuts."""
        lines = self.text.split("\n")
        if not self.is_whole:
            lines.pop()
        return [line for line in (line.removesuffix("\r") for line in lines) if line.strip()]

    @property
    def is_text(self) -> bool:
        return b"\0" not in self.data


def read(path: Path, key: str, size: int) -> Sample | None:
    """None when the file is gone, or is not of the compression that it says."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(0)
            compression = _compression(head, key)
            if compression == "none":
                data = file.read(SAMPLE_BYTES)
                return Sample(path, size, "none", data, len(data) / size if size else 1)
            data, is_whole = _plain(file, compression)
            share = 1.0 if is_whole else min(0.999, file.tell() / size)
            return Sample(path, size, compression, data, share)
    except UNREADABLE:
        return None


def _compression(head: bytes, key: str) -> str:
    for name, magic in MAGIC:
        if head.startswith(magic):
            return name
    return SUFFIXES.get(Path(key).suffix.lower(), "none")


def _plain(file: IO[bytes], compression: str) -> tuple[bytes, bool]:
    """The first bytes, and whether they are all. An archive is read when it holds one file."""
    if compression == "gzip":
        data = gzip.GzipFile(fileobj=file).read(SAMPLE_BYTES + 1)
    elif compression == "zip":
        with zipfile.ZipFile(file) as archive:
            if len(archive.namelist()) != 1:
                raise zipfile.BadZipFile("an archive of one file is read")
            with archive.open(archive.namelist()[0]) as inside:
                data = inside.read(SAMPLE_BYTES + 1)
    else:
        data = _taken(READERS[{"bzip2": ".bz2"}.get(compression, f".{compression}")](file))
    return data[:SAMPLE_BYTES], len(data) <= SAMPLE_BYTES


def _taken(pieces: Iterator[bytes]) -> bytes:
    taken = io.BytesIO()
    for piece in pieces:
        taken.write(piece)
        if taken.tell() > SAMPLE_BYTES:
            break
    return taken.getvalue()
