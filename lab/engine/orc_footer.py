"""The footers of ORC files: names and types of the columns, and what each stripe holds of them.

A reader of the few Protocol Buffers fields that this needs, because no library tells the sizes of
streams. Values are not read here. Source: Apache ORC, "ORC Specification v1".
"""

import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lab.engine.compression import decompress

KINDS = (
    "BOOLEAN", "BYTE", "SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "STRING", "BINARY", "TIMESTAMP",
    "LIST", "MAP", "STRUCT", "UNION", "DECIMAL", "DATE", "VARCHAR", "CHAR", "TIMESTAMP_INSTANT",
)  # fmt: skip
CODECS = {0: "none", 1: "zlib", 2: "snappy", 4: "lz4_raw", 5: "zstd"}
TAIL = 16 * 1024
# Kinds of streams that hold no values: row indexes and Bloom filters.
INDEXES = (6, 7, 8)

Fields = dict[int, list[Any]]


@dataclass(frozen=True, slots=True)
class Stripe:
    """``sizes``: bytes of each column's streams. ``ranges``: least and greatest value of a column,
    when known.
    """

    sizes: dict[int, int]
    ranges: dict[int, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Footer:
    """``columns``: the top-level ones as (name, kind, first number, last number), numbers counting
    nested columns too.
    """

    rows: int
    columns: tuple[tuple[str, str, int, int], ...]
    stripes: tuple[Stripe, ...]


class NotOrcError(Exception):
    """The file is no ORC file; the text says why, in Trino's words."""


@lru_cache(maxsize=4096)
def read(path: Path, size: int, _modified: float) -> Footer:
    """Raises NotOrcError."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, size - TAIL))
            return _parse(file, file.read(), size)
    except (IndexError, KeyError, struct.error, zlib.error, OSError) as error:
        raise NotOrcError("Malformed ORC file. Invalid postscript") from error


def _parse(file: Any, tail: bytes, size: int) -> Footer:
    length = tail[-1]
    script = _fields(tail[-1 - length : -1])
    if script.get(8000, [b""])[-1] != b"ORC":
        raise NotOrcError("Malformed ORC file. Invalid postscript")
    footer_size, codec = script[1][-1], CODECS[_one(script, 2, 0)]
    statistics_size = _one(script, 5, 0)
    whole = footer_size + statistics_size + length + 1
    if whole > len(tail):
        file.seek(size - whole)
        tail = file.read()
    end = len(tail) - length - 1
    footer = _fields(_unpacked(tail[end - footer_size : end], codec))
    kinds = [_fields(one) for one in footer[4]]
    packed = tail[end - footer_size - statistics_size : end - footer_size]
    statistics = _fields(_unpacked(packed, codec)).get(1, [])
    stripes = tuple(
        _stripe(file, _fields(one), codec, _fields(statistics[place]) if statistics else {})
        for place, one in enumerate(footer.get(3, []))
    )
    return Footer(_one(footer, 6, 0), _columns(kinds), stripes)


def _columns(kinds: list[Fields]) -> tuple[tuple[str, str, int, int], ...]:
    root = kinds[0]
    firsts = [number for given in root.get(2, []) for number in _numbers(given)]
    ends = [*firsts[1:], len(kinds)]
    return tuple(
        (name.decode(), KINDS[_one(kinds[first], 1, 0)], first, end - 1)
        for name, first, end in zip(root.get(3, []), firsts, ends, strict=True)
    )


def _stripe(file: Any, stripe: Fields, codec: str, statistics: Fields) -> Stripe:
    start = _one(stripe, 1, 0) + _one(stripe, 2, 0) + _one(stripe, 3, 0)
    file.seek(start)
    footer = _fields(_unpacked(file.read(_one(stripe, 4, 0)), codec))
    sizes: dict[int, int] = {}
    for stream in map(_fields, footer.get(1, [])):
        if _one(stream, 1, 0) not in INDEXES:
            column = _one(stream, 2, 0)
            sizes[column] = sizes.get(column, 0) + _one(stream, 3, 0)
    ranges = {}
    for column, one in enumerate(statistics.get(1, [])):
        found = _range(_fields(one))
        if found is not None:
            ranges[column] = found
    return Stripe(sizes, ranges)


def _range(statistics: Fields) -> tuple[Any, Any] | None:
    """The bounds of integers, doubles and texts; a stripe without values has none."""
    for number, convert in ((2, _signed), (3, _double), (4, bytes.decode)):
        if number in statistics:
            inner = _fields(statistics[number][-1])
            if 1 in inner and 2 in inner:
                return convert(inner[1][-1]), convert(inner[2][-1])
    return None


def _signed(value: int) -> int:
    return (value >> 1) ^ -(value & 1)


def _double(value: bytes) -> float:
    found: float = struct.unpack("<d", value)[0]
    return found


def _unpacked(data: bytes, codec: str) -> bytes:
    """The chunks of a compressed region, each of which says its length and whether it is
    compressed.
    """
    if codec == "none":
        return data
    plain, place = b"", 0
    while place + 3 <= len(data):
        head = int.from_bytes(data[place : place + 3], "little")
        chunk = data[place + 3 : place + 3 + (head >> 1)]
        plain += chunk if head & 1 else _chunk(chunk, codec)
        place += 3 + (head >> 1)
    return plain


def _chunk(chunk: bytes, codec: str) -> bytes:
    if codec == "zlib":
        return zlib.decompress(chunk, -15)
    return decompress(codec, chunk)


def _fields(data: bytes) -> Fields:
    """A Protocol Buffers message: for each field number, its values in their order."""
    found: Fields = {}
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        value: Any
        match tag & 7:
            case 0:
                value, place = _varint(data, place)
            case 1:
                value, place = data[place : place + 8], place + 8
            case 2:
                length, place = _varint(data, place)
                value, place = data[place : place + length], place + length
            case _:
                value, place = data[place : place + 4], place + 4
        found.setdefault(tag >> 3, []).append(value)
    return found


def _numbers(given: Any) -> list[int]:
    """A repeated number, packed or alone."""
    if isinstance(given, int):
        return [given]
    numbers, place = [], 0
    while place < len(given):
        number, place = _varint(given, place)
        numbers.append(number)
    return numbers


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def _one(fields: Fields, number: int, default: int) -> int:
    value: int = fields.get(number, [default])[-1]
    return value
