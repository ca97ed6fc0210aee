"""The records of one shard: an append-only log in segment files (see ``segment``).

A record has a position, counted from 0 since the shard was created, which never changes. What has
been appended survives the end of the process however it ends; a loss of power may take what was
appended in the last second (see ``syncer``). When the disk is full, nothing of an append is kept
and the log stays as it was.

It knows nothing of streams, hash keys or sequence numbers.
"""

import os
import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path

from lab.providers.kinesis.segment import Entry, Record, Segment
from lab.providers.kinesis.syncer import syncer

__all__ = ["Entry", "Record", "ShardLog"]

SEGMENT_BYTES = 16 << 20


class ShardLog:
    """The log of one shard. All methods may be called from any thread."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        bases = sorted(int(path.stem) for path in folder.glob("*.log")) or [0]
        self._segments = [Segment(folder, base) for base in bases]
        if self._segments[-1].fd is None:  # sealed: the next one was not created any more
            self._add_segment()
        self._first = bases[0]
        self._oldest = 0  # no record that is left arrived before
        self._closed = False
        self._is_dirty = False

    @property
    def first(self) -> int:
        """Position of the oldest record that is left; equals ``next`` when none is."""
        return self._first

    @property
    def next(self) -> int:
        """Position that the next record will get."""
        last = self._segments[-1]
        return last.base + last.count

    def append(self, entries: Sequence[Entry], now: int) -> tuple[int, int]:
        """Add records; returns the position of the first, and the arrival (ms) given to all.

        Raises OSError, and adds none, when the system has no room for them.
        """
        with self._lock:
            if self._closed:
                raise ValueError(f"The log in {self._folder} is closed.")
            arrival = max(now, self._last_arrival())
            if self._segments[-1].size >= self._segment_bytes:
                self._add_segment()
            position = self.next
            self._segments[-1].append(entries, arrival)
            if not self._is_dirty:
                self._is_dirty = True
                syncer().add(self)
            return position, arrival

    def read(self, position: int, max_records: int, max_bytes: int) -> list[Record]:
        """Records from ``position`` on, or from the oldest left if that one is gone.

        ``max_bytes`` bounds keys and data together; the first record is returned even if it alone
        is larger. A closed log has no records.
        """
        with self._lock:
            records: list[Record] = []
            for segment, first in self._from(max(position, self._first)):
                wanted = min(max_records - len(records), segment.count - first)
                part = segment.read(first, first + wanted, max_bytes)
                if records and len(part[0].key) + len(part[0].data) > max_bytes:
                    break
                records += part
                if len(part) < wanted or len(records) == max_records:
                    break
                max_bytes -= sum(len(record.key) + len(record.data) for record in part)
                if max_bytes <= 0:
                    break
            return records

    def pending(self, position: int) -> tuple[int, int]:
        """How many records there are from ``position`` on, and the bytes of their keys and data."""
        with self._lock:
            count = size = 0
            for segment, first in self._from(max(position, self._first)):
                count += segment.count - first
                size += segment.payload_from(first)
            return count, size

    def arrival(self, position: int) -> int:
        """When the record at ``position`` arrived, in milliseconds, or the next one that is left.
        There must be one.
        """
        with self._lock:
            segment, first = next(self._from(position))
            return segment.arrival(first)

    def position_at(self, arrival: int) -> int:
        """Position of the first record that arrived at ``arrival`` (ms) or later."""
        with self._lock:
            return max(self._position_at(arrival), self._first)

    def trim(self, arrival: int) -> None:
        """Forget what arrived before ``arrival`` (ms); a wholly forgotten segment is removed."""
        with self._lock:
            if self._closed or arrival <= self._oldest:
                return
            self._first = max(self._first, self._position_at(arrival))
            while len(self._segments) > 1 and self._segments[1].base <= self._first:
                self._segments.pop(0).remove()
            left = next(self._from(self._first), None)
            self._oldest = left[0].arrival(left[1]) if left else arrival

    def sync(self) -> None:
        """Bring all that has been appended so far to the disk, and seal what is full."""
        with self._lock:
            self._is_dirty = False
            if self._closed:
                return
            written = [segment for segment in self._segments if segment.fd is not None]
            copies = [os.dup(segment.fd) for segment in written if segment.fd is not None]
            copies.append(os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC))
        # Not under the lock: producers need not wait for the disk.
        try:
            for copy in copies:
                os.fsync(copy)
        finally:
            for copy in copies:
                os.close(copy)
        with self._lock:
            for segment in written[:-1]:
                if segment.fd is not None and not self._closed:
                    segment.seal()

    def close(self) -> None:
        """Give the files back; late readers find no records, not another file's."""
        with self._lock:
            self._closed = True
            for segment in self._segments:
                segment.close()

    def _add_segment(self) -> None:
        self._segments.append(Segment(self._folder, self.next))

    def _from(self, position: int) -> Iterator[tuple[Segment, int]]:
        """The segments with records from ``position`` on, with the place of the first of these."""
        if self._closed:
            return
        start = bisect_right(self._segments, position, key=lambda segment: segment.base) - 1
        for segment in self._segments[max(start, 0) :]:
            first = max(position - segment.base, 0)
            if first < segment.count:
                yield segment, first

    def _position_at(self, arrival: int) -> int:
        for segment in self._segments:
            if segment.count and segment.last_arrival >= arrival:
                return segment.base + segment.place_at(arrival)
        return self.next

    def _last_arrival(self) -> int:
        return next((each.last_arrival for each in reversed(self._segments) if each.count), 0)
