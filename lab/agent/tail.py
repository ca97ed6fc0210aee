"""One file that is followed: whole records, the place of each, and what tells it from others."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lab.agent.checkpoints import Place

HEAD_BYTES = 256
CHUNK_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """``data`` with its line end; ``end`` is the byte after it in the file of ``tail``."""

    tail: "Tail"
    data: bytes
    end: int


def head_of(descriptor: int, length: int) -> str:
    return hashlib.sha256(os.pread(descriptor, length, 0)).hexdigest()[:32]


class Tail:
    """An open file. It stays readable when it is renamed or deleted."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        found = os.fstat(self._descriptor)
        self.key = (found.st_dev, found.st_ino)
        self.read_to = offset
        self.sent_to = offset
        self.is_rotated = False
        self.unfinished_since: tuple[int, float] | None = None
        """Size of the file, and when a record without an end was seen at that size"""
        self.quiet_since: float | None = None
        """Since when all of it has been sent, once it is rotated"""
        self._cut = False
        self._head = ""
        self._head_length = 0
        self._note_head(offset)

    @property
    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    @property
    def is_deleted(self) -> bool:
        return os.fstat(self._descriptor).st_nlink == 0

    @property
    def is_same(self) -> bool:
        """Still the file that was read: not shorter, and beginning as before."""
        if self.size < self.read_to:
            return False
        return head_of(self._descriptor, self._head_length) == self._head

    def begins_like(self, place: Place) -> bool:
        """Whether the bytes of ``place`` are in this file too."""
        if self.size < place.offset:
            return False
        return head_of(self._descriptor, place.head_length) == place.head

    @property
    def last_place(self) -> Place:
        """Up to where it was read, from before it was emptied."""
        device, inode = self.key
        return Place(device, inode, self.read_to, self._head_length, self._head, str(self.path))

    def become(self, copy: "Tail") -> None:
        """The file was emptied, and ``copy`` has what was in it: go on there."""
        self.close()
        self._descriptor, self.key, self.path = copy._descriptor, copy.key, copy.path
        self.is_rotated = True
        self.unfinished_since = None

    def place(self, offset: int) -> Place:
        self._note_head(self.read_to)
        return replace(self.last_place, offset=offset)

    def records(
        self, skip_lines: int, start: re.Pattern[str] | None, longest: int, *, to_the_end: bool
    ) -> Iterator[Record]:
        """What has come since the last call. An unfinished record stays for the next one, unless
        ``to_the_end``; of one longer than ``longest`` the rest is cut off.
        """
        while True:
            base = self.read_to
            chunk = os.pread(self._descriptor, CHUNK_BYTES, base)
            if not chunk:
                return
            at_end = len(chunk) < CHUNK_BYTES
            if base == 0 and skip_lines:
                chunk_start = _after_lines(chunk, skip_lines)
                if chunk_start is None and not to_the_end:
                    return
                self.read_to = base + (len(chunk) if chunk_start is None else chunk_start)
                skip_lines = 0
                continue
            ends = _record_ends(chunk, start)
            if at_end and to_the_end and (not ends or ends[-1] < len(chunk)):
                ends.append(len(chunk))
            if not ends and (at_end and len(chunk) <= longest):
                return
            yield from self._cut_out(chunk, base, ends, longest)
            if at_end:
                return

    def close(self) -> None:
        os.close(self._descriptor)

    def _cut_out(self, chunk: bytes, base: int, ends: list[int], longest: int) -> Iterator[Record]:
        begin = 0
        for end in ends:
            self.read_to = base + end
            was_cut, self._cut = self._cut, False
            if not was_cut:
                yield Record(self, chunk[begin:end], self.read_to)
            begin = end
        if not ends:
            # Longer than a record may be: send its beginning, and pass over the rest of it.
            self.read_to = base + len(chunk)
            was_cut, self._cut = self._cut, True
            if not was_cut:
                yield Record(self, chunk[: longest + 1], self.read_to)

    def _note_head(self, offset: int) -> None:
        length = min(HEAD_BYTES, max(offset, 0))
        if length != self._head_length or not self._head:
            self._head_length = length
            self._head = head_of(self._descriptor, length)


def _record_ends(chunk: bytes, start: re.Pattern[str] | None) -> list[int]:
    """Where records end in the chunk: after each line, or before each line that begins one."""
    ends = [match.end() for match in re.finditer(rb"\n", chunk)]
    if start is None:
        return ends
    return [
        end
        for end, following in zip(ends, [*ends[1:], None], strict=True)
        if following is not None and start.search(chunk[end:following].decode("utf-8", "replace"))
    ]


def _after_lines(chunk: bytes, count: int) -> int | None:
    position = 0
    for _ in range(count):
        position = chunk.find(b"\n", position) + 1
        if position == 0:
            return None
    return position
