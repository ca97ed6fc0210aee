"""Text files as lines, each one a VARCHAR, for the SerDes that take a line apart by themselves.

Athena ends a line at LF, CR or both, reads an empty line as a row, and replaces what is no UTF-8.
DuckDB does none of the three, so a file that needs one of them is copied first.
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import codecs
import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from lab.engine import types
from lab.engine.catalog import StoredFile, Table
from lab.engine.errors import QueryError, unsupported
from lab.engine.staging import Staging

# What no text holds, so that a line is one field.
NEVER = "\x02\x01\x02\x01"
NEVER_NULL = "\x03\x04\x03\x04"
# Stands for an empty line in a copy.
EMPTY = "\x04\x03\x02\x05"
COPIED = ".lines"
EMPTY_LINE = re.compile(rb"\n[\r\n]")
LONE_CR = re.compile(rb"\r[^\n]")
PIECE = 1 << 20
PAIR = 0x0A0A


def source(table: Table, files: list[StoredFile], file_column: str) -> str:
    """SELECT of ``line``, and of the file's path when ``file_column`` names a column for it."""
    listed = ", ".join(types.text(str(file.path)) for file in files)
    option = f", filename={types.text(file_column)}" if file_column else ""
    return (
        f"SELECT * REPLACE (CASE line WHEN '{EMPTY}' THEN '' ELSE line END AS line)"
        f" FROM read_csv([{listed}], columns={{'line': 'VARCHAR'}}, auto_detect=false,"
        f" header=false, delim='{NEVER}', quote='', escape='', nullstr='{NEVER_NULL}',"
        f" strict_mode=false, hive_partitioning=false, skip={skipped(table)}{option})"
    )


def skipped(table: Table) -> int:
    """The number of lines at the top of each file that are no rows."""
    found = {key.lower(): value for key, value in table.parameters.items()}
    if found.get("skip.footer.line.count", "0") != "0":
        raise unsupported("skip.footer.line.count")
    given = found.get("skip.header.line.count", "0").strip()
    if not given.isdecimal():
        raise QueryError(
            "HIVE_INVALID_METADATA", f"Invalid value for skip.header.line.count property: {given}"
        )
    return int(given)


def readable(file: StoredFile, staging: Staging) -> StoredFile:
    """The file itself when DuckDB reads it as Athena does, or a copy; see ``is_copy``."""
    file = staging.plain(file)
    if _is_clean(file.path, file.size, file.modified):
        return file
    path = staging.path(COPIED)
    _copy(file.path, path, staging.check)
    return replace(file, path=path)


def is_copy(file: StoredFile) -> bool:
    """Whether the file may hold ``EMPTY``."""
    return file.path.suffix == COPIED


@lru_cache(maxsize=65536)
def _is_clean(path: Path, _size: int, _modified: float) -> bool:
    """Whether a file is UTF-8, has no empty line, and no CR but before LF."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    last = b"\n"
    with opened(path) as file:
        while piece := file.read(PIECE):
            if b"\r" in piece or last == b"\r":
                joined = last + piece
                if EMPTY_LINE.search(joined) or LONE_CR.search(joined):
                    return False
            elif last + piece[:1] == b"\n\n" or _holds_empty_line(piece):
                return False
            # Pure ASCII, which is almost all text, needs no decoding.
            if not (piece.isascii() and decoder.getstate()[0] == b"") and not _decodes(
                decoder, piece
            ):
                return False
            last = piece[-1:]
    return last != b"\r" and decoder.getstate()[0] == b""


def _holds_empty_line(piece: bytes) -> bool:
    """Whether LF follows LF. Numpy sees all pairs at once; it is loaded for long files only."""
    if len(piece) < PIECE:
        return b"\n\n" in piece
    import numpy as np

    even = np.frombuffer(piece, np.uint16)
    odd = np.frombuffer(piece[1:-1], np.uint16)
    return bool((even == PAIR).any() or (odd == PAIR).any())


def _decodes(decoder: Any, piece: bytes) -> bool:
    try:
        decoder.decode(piece)
    except UnicodeDecodeError:
        return False
    return True


def opened(path: Path) -> IO[bytes]:
    """The bytes of a file that DuckDB reads, decompressed."""
    if path.suffix == ".gz":
        return gzip.open(path)  # type: ignore[return-value]  # a file in all that matters here
    if path.suffix == ".zst":
        import pyarrow as pa

        opened: IO[bytes] = pa.input_stream(str(path), compression="zstd")
        return opened
    return path.open("rb")


def _copy(source_path: Path, target: Path, check: Callable[[], None]) -> None:
    with opened(source_path) as file, target.open("w", encoding="utf-8", newline="") as copy:
        rest = ""
        for text in _decoded(file):
            check()
            # A CR at the end waits for the LF that may follow.
            text = rest + text  # noqa: PLW2901
            held = text.endswith("\r")
            text = text.replace("\r\n", "\n") if not held else text[:-1].replace("\r\n", "\n")  # noqa: PLW2901
            lines = text.replace("\r", "\n").split("\n")
            rest = lines.pop() + ("\r" if held else "")
            copy.writelines(f"{line or EMPTY}\n" for line in lines)
        if rest:
            copy.write(f"{rest.removesuffix(chr(13)) or EMPTY}\n")


def _decoded(file: IO[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while piece := file.read(PIECE):
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)
