"""Compressed text files: unpacked before DuckDB reads them, packed after it wrote them.

DuckDB itself knows gzip and Zstandard; the others pass through here, a piece at a time. Snappy and
LZ4 are framed as Hadoop does it: blocks of a size, each of chunks of a size. LZO is refused.
Source: Amazon Athena User Guide, "Use Hive table compression"; Hadoop's BlockCompressorStream.
"""

import bz2
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from lab.engine.errors import QueryError, unsupported

NATIVE = (".gz", ".zst")
PIECE = 1 << 18
# What Hadoop's buffer leaves for the text of one block.
BLOCK = 1 << 17
LZ4_FRAME = b"\x04\x22\x4d\x18"
SIZE = struct.Struct(">I")
TRUNCATED = QueryError("HIVE_CURSOR_ERROR", "Unexpected end of input stream")

Check = Callable[[], None]
Packer = Callable[[IO[bytes], int | None], Iterator[bytes]]


def is_packed(key: str) -> bool:
    """Whether DuckDB cannot read this file until ``unpack`` has. The file's extension decides, as
    in Hive. NOT_SUPPORTED for LZO and for archives.
    """
    suffix = Path(key).suffix.lower()
    if suffix in (".lzo", ".zip", ".tar") or key.endswith(".tar.gz"):
        raise unsupported(f"the compression of {key}")
    return suffix in READERS


def unpack(source: Path, suffix: str, target: Path, check: Check) -> None:
    """Write what ``source`` holds to ``target``; ``check`` is called at times and may raise.
    HIVE_CURSOR_ERROR for a file that is not of this compression.
    """
    try:
        with source.open("rb") as packed, target.open("wb") as plain:
            for piece in READERS[suffix](packed):
                check()
                plain.write(piece)
    except (OSError, EOFError, IndexError, zlib.error) as error:
        message = f"Failed to read file: {source.name}: {error}"
        raise QueryError("HIVE_CURSOR_ERROR", message) from error


def pack(source: Path, codec: str, target: Path, check: Check, level: int | None = None) -> None:
    """Write ``source`` to ``target`` compressed with ``bzip2``, ``snappy``, ``lz4`` or ``zstd``;
    only the last has levels.
    """
    with source.open("rb") as plain, target.open("wb") as packed:
        for piece in WRITERS[codec](plain, level):
            check()
            packed.write(piece)


def _unpack_bzip2(packed: IO[bytes]) -> Iterator[bytes]:
    with bz2.open(packed) as plain:
        while piece := plain.read(PIECE):
            yield piece


def _unpack_deflate(packed: IO[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    while piece := packed.read(PIECE):
        yield unpacker.decompress(piece)
    yield unpacker.flush()


def _unpack_snappy(packed: IO[bytes]) -> Iterator[bytes]:
    return _unpack_blocks(packed, "snappy")


def _unpack_lz4(packed: IO[bytes]) -> Iterator[bytes]:
    head = packed.read(4)
    packed.seek(0)
    if head != LZ4_FRAME:
        yield from _unpack_blocks(packed, "lz4_raw")
        return
    import pyarrow as pa

    with pa.CompressedInputStream(pa.PythonFile(packed), "lz4") as plain:
        while piece := plain.read(PIECE):
            yield piece


def _unpack_blocks(packed: IO[bytes], codec: str) -> Iterator[bytes]:
    while head := packed.read(4):
        left = _size(head)
        while left > 0:
            chunk = packed.read(_size(packed.read(4)))
            plain = decompress(codec, chunk)
            left -= len(plain)
            yield plain


def _size(head: bytes) -> int:
    if len(head) < 4:
        raise TRUNCATED
    size: int = SIZE.unpack(head)[0]
    return size


def decompress(codec: str, data: bytes) -> bytes:
    """One block of ``snappy``, ``lz4_raw`` or ``zstd``."""
    import pyarrow as pa

    if codec == "zstd":
        return bytes(pa.CompressedInputStream(pa.BufferReader(data), "zstd").read())
    size = _snappy_size(data) if codec == "snappy" else _lz4_size(data)
    plain: bytes = pa.Codec(codec).decompress(data, decompressed_size=size, asbytes=True)
    return plain


def _snappy_size(data: bytes) -> int:
    size = shift = 0
    for byte in data:
        size |= (byte & 0x7F) << shift
        if byte < 0x80:
            return size
        shift += 7
    raise TRUNCATED


def _lz4_size(data: bytes) -> int:
    """What an LZ4 block holds, which no header tells: literals and copies, counted."""
    size = place = 0
    end = len(data)
    while place < end:
        token = data[place]
        length, place = _lz4_length(data, place + 1, token >> 4)
        size, place = size + length, place + length
        if place >= end:
            break
        length, place = _lz4_length(data, place + 2, token & 15)
        size += length + 4
    return size


def _lz4_length(data: bytes, place: int, length: int) -> tuple[int, int]:
    if length == 15:
        while data[place] == 255:
            length, place = length + 255, place + 1
        length, place = length + data[place], place + 1
    return length, place


def _pack_bzip2(plain: IO[bytes], _level: int | None) -> Iterator[bytes]:
    packer = bz2.BZ2Compressor()
    while piece := plain.read(PIECE):
        yield packer.compress(piece)
    yield packer.flush()


def _pack_zstd(plain: IO[bytes], level: int | None) -> Iterator[bytes]:
    """Frames one after the other, which readers take for one stream."""
    import pyarrow as pa

    maker: Any = pa.Codec("zstd", compression_level=level)
    while piece := plain.read(8 * BLOCK):
        yield maker.compress(piece, asbytes=True)


def _pack_blocks(codec: str) -> Packer:
    def packed(plain: IO[bytes], _level: int | None) -> Iterator[bytes]:
        import pyarrow as pa

        maker: Any = pa.Codec(codec)
        while piece := plain.read(BLOCK):
            chunk = maker.compress(piece, asbytes=True)
            yield SIZE.pack(len(piece)) + SIZE.pack(len(chunk)) + chunk

    return packed


READERS: dict[str, Callable[[IO[bytes]], Iterator[bytes]]] = {
    ".bz2": _unpack_bzip2,
    ".deflate": _unpack_deflate,
    ".snappy": _unpack_snappy,
    ".lz4": _unpack_lz4,
}
WRITERS: dict[str, Packer] = {
    "zstd": _pack_zstd,
    "bzip2": _pack_bzip2,
    "snappy": _pack_blocks("snappy"),
    "lz4": _pack_blocks("lz4_raw"),
}
