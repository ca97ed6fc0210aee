"""Records that the Kinesis Producer Library has put into one: taken apart again.

Source: "KPL aggregated record format" of the Kinesis Producer Library: a magic number, a protobuf
message whose field 3 holds the records, and the MD5 of the message.
"""

import hashlib
from collections.abc import Iterator

MAGIC = b"\xf3\x89\x9a\xc2"
DIGEST_BYTES = 16
RECORDS_FIELD, DATA_FIELD = 3, 3


def user_records(data: bytes) -> list[bytes]:
    """The data of the records inside; the record itself when it is not an aggregated one."""
    if not data.startswith(MAGIC):
        return [data]
    message = data[len(MAGIC) : -DIGEST_BYTES]
    digest = hashlib.md5(message, usedforsecurity=False).digest()
    if digest != data[-DIGEST_BYTES:]:
        return [data]
    try:
        return [
            value
            for field, record in _fields(message)
            if field == RECORDS_FIELD
            for inner, value in _fields(record)
            if inner == DATA_FIELD
        ]
    except (IndexError, ValueError):  # some other format that begins the same
        return [data]


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, bytes) of each field that has a length; those that are numbers are passed over."""
    offset = 0
    while offset < len(message):
        tag, offset = _varint(message, offset)
        value, offset = _varint(message, offset)
        match tag & 7:
            case 2:
                yield tag >> 3, message[offset : offset + value]
                offset += value
            case 0:
                continue
            case kind:
                raise ValueError(f"wire type {kind}")


def _varint(message: bytes, offset: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, offset
        shift += 7
