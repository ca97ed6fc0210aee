"""The container of an Avro file, in which each block of records is compressed alone.

fastavro compresses with what Python has; Snappy and Zstandard are Arrow's, applied here to the
blocks of a file that is not compressed. Source: Apache Avro, "Specification", "Object container
files".
"""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

from lab.engine.compression import decompress

CODECS = ("snappy", "zstandard")
MAGIC = b"Obj\x01"
SYNC = 16
CODEC = "avro.codec"


def codec_of(file: IO[bytes]) -> str:
    """ValueError when it is no Avro file."""
    return _header(file).get(CODEC, b"null").decode()


def recode(source: Path, target: Path, codec: str, check: Callable[[], None]) -> None:
    """Copy an Avro file with each block packed by ``codec``, one of ``CODECS`` or ``null``."""
    with source.open("rb") as given, target.open("wb") as made:
        header = _header(given)
        old = header.get(CODEC, b"null").decode()
        sync = given.read(SYNC)
        header[CODEC] = codec.encode()
        made.write(MAGIC + _long(len(header)))
        for key, value in header.items():
            made.write(_long(len(key)) + key.encode() + _long(len(value)) + value)
        made.write(_long(0) + sync)
        while (first := given.read(1)) != b"":
            check()
            count = _read_long(given, first)
            data = given.read(_read_long(given, given.read(1)))
            data = _packed(_plain(data, old), codec)
            made.write(_long(count) + _long(len(data)) + data + given.read(SYNC))


def _plain(data: bytes, codec: str) -> bytes:
    if codec == "null":
        return data
    # Snappy's blocks end in a checksum.
    return decompress("snappy", data[:-4]) if codec == "snappy" else decompress("zstd", data)


def _packed(data: bytes, codec: str) -> bytes:
    import pyarrow as pa

    if codec == "null":
        return data
    if codec == "snappy":
        packed: bytes = pa.Codec("snappy").compress(data, asbytes=True)
        return packed + struct.pack(">I", zlib.crc32(data))
    framed: bytes = pa.Codec("zstd").compress(data, asbytes=True)
    return framed


def _header(file: IO[bytes]) -> dict[str, bytes]:
    if file.read(4) != MAGIC:
        raise ValueError("Not an Avro data file")
    found: dict[str, bytes] = {}
    while count := _read_long(file, file.read(1)):
        if count < 0:
            count = -count
            _read_long(file, file.read(1))
        for _ in range(count):
            key = file.read(_read_long(file, file.read(1))).decode()
            found[key] = file.read(_read_long(file, file.read(1)))
    return found


def _read_long(file: IO[bytes], byte: bytes) -> int:
    """A number in zigzag code whose first byte is read already. EOFError at the end."""
    value = shift = 0
    while True:
        if not byte:
            raise EOFError("Unexpected end of Avro file")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return (value >> 1) ^ -(value & 1)
        shift += 7
        byte = file.read(1)


def _long(number: int) -> bytes:
    left, made = number << 1 if number >= 0 else ~(number << 1), bytearray()
    while left > 0x7F:
        made.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*made, left])
