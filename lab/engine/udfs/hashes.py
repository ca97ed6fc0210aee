"""Digests and encodings of binary data, bit by bit as Trino's. Source: Trino documentation, "Binary
functions and operators"; xxHash64, MurmurHash3 x64 128 and SpookyHash V2 by their specifications.
"""

import base64
import hashlib
import hmac
import struct
import zlib

MASK = 2**64 - 1
P1, P2, P3, P4, P5 = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)


def digest(data: bytes, name: str) -> bytes:
    return hashlib.new(name, data, usedforsecurity=False).digest()


def hmac_digest(data: bytes, key: bytes, name: str) -> bytes:
    return hmac.new(key, data, name).digest()


def crc32(data: bytes) -> int:
    return zlib.crc32(data)


def to_base32(data: bytes) -> str:
    return base64.b32encode(data).decode()


def from_base32(text: str) -> bytes | None:
    """None when it is no base 32."""
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        return None


def to_ieee64(number: float) -> bytes:
    return struct.pack(">d", number)


def to_ieee32(number: float) -> bytes:
    return struct.pack(">f", number)


def from_ieee64(data: bytes) -> float | None:
    return struct.unpack(">d", data)[0] if len(data) == 8 else None


def from_ieee32(data: bytes) -> float | None:
    return struct.unpack(">f", data)[0] if len(data) == 4 else None


def _left(value: int, count: int) -> int:
    return ((value << count) | (value >> (64 - count))) & MASK


def _round(accumulator: int, lane: int) -> int:
    return _left((accumulator + lane * P2) & MASK, 31) * P1 & MASK


def xxhash_number(data: bytes) -> int:
    """xxHash64 with seed 0, unsigned."""
    size, place = len(data), 0
    if size >= 32:
        lanes = [(P1 + P2) & MASK, P2, 0, -P1 & MASK]
        while place + 32 <= size:
            words = struct.unpack_from("<4Q", data, place)
            lanes = [_round(lane, word) for lane, word in zip(lanes, words, strict=True)]
            place += 32
        value = sum(_left(lane, n) for lane, n in zip(lanes, (1, 7, 12, 18), strict=True)) & MASK
        for lane in lanes:
            value = ((value ^ _round(0, lane)) * P1 + P4) & MASK
    else:
        value = P5
    value = (value + size) & MASK
    while place + 8 <= size:
        word = struct.unpack_from("<Q", data, place)[0]
        value = (_left(value ^ _round(0, word), 27) * P1 + P4) & MASK
        place += 8
    if place + 4 <= size:
        word = struct.unpack_from("<I", data, place)[0]
        value = (_left(value ^ (word * P1 & MASK), 23) * P2 + P3) & MASK
        place += 4
    for byte in data[place:]:
        value = _left(value ^ (byte * P5 & MASK), 11) * P1 & MASK
    value = (value ^ (value >> 33)) * P2 & MASK
    value = (value ^ (value >> 29)) * P3 & MASK
    return value ^ (value >> 32)


def xxhash64(data: bytes) -> bytes:
    return struct.pack(">Q", xxhash_number(data))


def checksum(data: bytes) -> int:
    """What a value adds to checksum()."""
    return xxhash_number(data) * P1 & MASK


def _murmur_mix(value: int) -> int:
    value = (value ^ (value >> 33)) * 0xFF51AFD7ED558CCD & MASK
    value = (value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53 & MASK
    return value ^ (value >> 33)


def murmur3(data: bytes) -> bytes:
    """MurmurHash3 x64 128 with seed 0, little-endian words."""
    c1, c2 = 0x87C37B91114253D5, 0x4CF5AD432745937F
    h1 = h2 = 0
    whole = len(data) // 16 * 16
    for k1, k2 in struct.iter_unpack("<2Q", data[:whole]):
        h1 ^= _left(k1 * c1 & MASK, 31) * c2 & MASK
        h1 = (((_left(h1, 27) + h2) & MASK) * 5 + 0x52DCE729) & MASK
        h2 ^= _left(k2 * c2 & MASK, 33) * c1 & MASK
        h2 = (((_left(h2, 31) + h1) & MASK) * 5 + 0x38495AB5) & MASK
    k1, k2 = struct.unpack("<2Q", data[whole:].ljust(16, b"\0"))
    h2 ^= _left(k2 * c2 & MASK, 33) * c1 & MASK
    h1 ^= _left(k1 * c1 & MASK, 31) * c2 & MASK
    h1, h2 = h1 ^ len(data), h2 ^ len(data)
    h1 = (h1 + h2) & MASK
    h2 = (h2 + h1) & MASK
    h1, h2 = _murmur_mix(h1), _murmur_mix(h2)
    h1 = (h1 + h2) & MASK
    h2 = (h2 + h1) & MASK
    return struct.pack("<2Q", h1, h2)


def spooky32(data: bytes) -> bytes:
    return struct.pack(">I", _spooky(data)[0] & 0xFFFFFFFF)


def spooky64(data: bytes) -> bytes:
    return struct.pack(">Q", _spooky(data)[0])


SPOOKY = 0xDEADBEEFDEADBEEF
SHORT_TURNS = (50, 52, 30, 41, 54, 48, 38, 37, 62, 34, 5, 36)
SHORT_ENDS = (15, 52, 26, 51, 28, 9, 47, 54, 32, 25, 63)
MIX_TURNS = (11, 32, 43, 31, 17, 28, 39, 57, 55, 54, 22, 46)
END_TURNS = (44, 15, 34, 21, 38, 33, 10, 13, 38, 53, 42, 54)


def _spooky(data: bytes) -> tuple[int, int]:
    """SpookyHash V2 with seeds 0."""
    return _spooky_short(data) if len(data) < 192 else _spooky_long(data)


def _spooky_short(data: bytes) -> tuple[int, int]:
    h = [0, 0, SPOOKY, SPOOKY]
    place, size = 0, len(data)
    while place + 32 <= size:
        words = struct.unpack_from("<4Q", data, place)
        h[2], h[3] = (h[2] + words[0]) & MASK, (h[3] + words[1]) & MASK
        _short_mix(h)
        h[0], h[1] = (h[0] + words[2]) & MASK, (h[1] + words[3]) & MASK
        place += 32
    if size - place >= 16:
        words2 = struct.unpack_from("<2Q", data, place)
        h[2], h[3] = (h[2] + words2[0]) & MASK, (h[3] + words2[1]) & MASK
        _short_mix(h)
        place += 16
    h[3] = (h[3] + (size << 56)) & MASK
    if place < size:
        low, high = struct.unpack("<2Q", data[place:].ljust(16, b"\0"))
        h[2], h[3] = (h[2] + low) & MASK, (h[3] + high) & MASK
    else:
        h[2], h[3] = (h[2] + SPOOKY) & MASK, (h[3] + SPOOKY) & MASK
    for step, turn in enumerate(SHORT_ENDS):
        a, b = (3 + step) % 4, (2 + step) % 4
        h[a] ^= h[b]
        h[b] = _left(h[b], turn)
        h[a] = (h[a] + h[b]) & MASK
    return h[0], h[1]


def _short_mix(h: list[int]) -> None:
    for step, turn in enumerate(SHORT_TURNS):
        a, b, c = (2 + step) % 4, (3 + step) % 4, step % 4
        h[a] = _left(h[a], turn)
        h[a] = (h[a] + h[b]) & MASK
        h[c] ^= h[a]


def _spooky_long(data: bytes) -> tuple[int, int]:
    h = [0, 0, SPOOKY] * 4
    whole = len(data) // 96 * 96
    for words in struct.iter_unpack("<12Q", data[:whole]):
        for i, turn in enumerate(MIX_TURNS):
            h[i] = (h[i] + words[i]) & MASK
            h[(i + 2) % 12] ^= h[(i + 10) % 12]
            h[(i + 11) % 12] ^= h[i]
            h[i] = _left(h[i], turn)
            h[(i + 11) % 12] = (h[(i + 11) % 12] + h[(i + 1) % 12]) & MASK
    rest = data[whole:].ljust(95, b"\0") + bytes([len(data) - whole])
    for i, word in enumerate(struct.unpack("<12Q", rest)):
        h[i] = (h[i] + word) & MASK
    for _ in range(3):
        for i, turn in enumerate(END_TURNS):
            a, b, c = (i + 11) % 12, (i + 1) % 12, (i + 2) % 12
            h[a] = (h[a] + h[b]) & MASK
            h[c] ^= h[a]
            h[b] = _left(h[b], turn)
    return h[0], h[1]
