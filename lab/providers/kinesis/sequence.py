"""Sequence numbers: the 56-digit decimals that name a record and order the records of one shard.

AWS promises only that they increase within a shard. The layout below is the one that its numbers
show, from the highest bit to the lowest; it makes a number say by itself which shard of which
stream it belongs to:

====  =========================================================================
bits  meaning
====  =========================================================================
2     always 2, so that every number has 56 decimal digits
36    second of the Unix epoch at which the shard was created
4     lowest four bits of the shard's index
64    counter: 0 for the shard's start, 1 for its first record, 2**63-1 for its end
8     zero
36    second of the Unix epoch at which the record arrived
32    shard's index in the stream
4     version of the layout, 2
====  =========================================================================

Here the counter is dense, so that it is also the place of the record in its shard's log.
"""

import re
from dataclasses import dataclass

VERSION = 2
END_COUNTER = (1 << 63) - 1
COUNTER_SHIFT = 80
COUNTER_STEP = 1 << COUNTER_SHIFT
SECOND_SHIFT = 36
_PATTERN = re.compile(r"0|[1-9]\d{0,128}")


@dataclass(frozen=True, slots=True)
class ParsedSequence:
    """The fields of a sequence number that its shard can be checked against."""

    created_second: int
    counter: int
    shard_index: int


class SequenceSpace:
    """The sequence numbers of one shard."""

    __slots__ = ("base", "created_second", "shard_index")

    def __init__(self, shard_index: int, created_second: int) -> None:
        self.shard_index = shard_index
        self.created_second = created_second
        top = (VERSION << 184) | (created_second << 148) | ((shard_index & 0xF) << 144)
        self.base = top | (shard_index << 4) | VERSION

    def number(self, counter: int, second: int) -> int:
        return self.base + (counter << COUNTER_SHIFT) + (second << SECOND_SHIFT)

    def start(self) -> str:
        return str(self.number(0, self.created_second))

    def end(self, second: int) -> str:
        """The number that closes the shard; greater than that of any record in it."""
        return str(self.number(END_COUNTER, second))


def parse(text: str) -> ParsedSequence | None:
    """Read a number of this layout; None when it is not one."""
    if not _PATTERN.fullmatch(text):
        return None
    value = int(text)
    if value >> 184 != VERSION or value & 0xF != VERSION:
        return None
    shard_index = (value >> 4) & 0xFFFFFFFF
    if (value >> 144) & 0xF != shard_index & 0xF:
        return None
    return ParsedSequence(
        created_second=(value >> 148) & ((1 << 36) - 1),
        counter=(value >> COUNTER_SHIFT) & ((1 << 64) - 1),
        shard_index=shard_index,
    )
