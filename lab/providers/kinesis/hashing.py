"""Where a record goes: the 128-bit hash of its key, and the ranges that shards divide among
themselves.

Source: "Kinesis Data Streams terminology and concepts" (partition key) and the API reference's
``HashKeyRange``.
"""

import hashlib
from typing import NamedTuple

HASH_SPACE = 1 << 128
MAX_HASH_KEY = HASH_SPACE - 1


class HashRange(NamedTuple):
    """A range of hash keys, both ends included, as AWS writes them."""

    start: int
    end: int


def hash_key(partition_key: bytes) -> int:
    """The MD5 digest of the key's UTF-8 bytes, read as an unsigned big-endian integer."""
    digest = hashlib.md5(partition_key, usedforsecurity=False).digest()
    return int.from_bytes(digest, "big")


def divide(count: int) -> list[HashRange]:
    """``count`` equal neighbouring ranges; the last takes the remainder, as on AWS."""
    width = HASH_SPACE // count
    ends = [width * (index + 1) - 1 for index in range(count - 1)] + [MAX_HASH_KEY]
    return [HashRange(width * index, end) for index, end in enumerate(ends)]
