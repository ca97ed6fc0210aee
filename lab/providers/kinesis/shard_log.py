"""The records of one shard: an append-only log in segment files, with an index in memory.

A record costs a frame on disk (18 bytes, its key and its data) and 16 bytes of memory: its offset
and its arrival time. It has a position, counted from 0 since the shard was created, which never
changes. What has been appended survives the end of the process however it ends; a loss of power
may take what the system had not yet written.

It knows nothing of streams, hash keys or sequence numbers.
"""

import logging
import os
import struct
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

LOG = logging.getLogger(__name__)

SEGMENT_BYTES = 64 << 20
# Length of data, length of key, arrival in milliseconds of the Unix epoch, checksum of key and
# data.
HEADER = struct.Struct("<IHQI")


class Entry(NamedTuple):
    """What a producer sends: the UTF-8 bytes of its partition key, and its data."""

    key: bytes
    data: bytes


class Record(NamedTuple):
    """What a consumer gets."""

    position: int
    arrival: int
    """Milliseconds of the Unix epoch; never decreases within a shard."""
    key: bytes
    data: bytes


class Segment:
    """One file of the log: the records from ``base`` on."""

    __slots__ = ("arrivals", "base", "fd", "offsets", "path", "size")

    def __init__(self, folder: Path, base: int) -> None:
        self.base = base
        self.path = folder / f"{base:020d}.log"
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self.offsets = array("Q")
        self.arrivals = array("Q")
        self.size = 0
        self._recover()

    def __len__(self) -> int:
        return len(self.arrivals)

    def append(self, entries: Iterable[Entry], arrival: int) -> None:
        """Write all entries with one call, then let readers see them; on OSError, none."""
        offsets = array("Q")
        parts: list[bytes] = []
        size = self.size
        for key, data in entries:
            offsets.append(size)
            parts += (HEADER.pack(len(data), len(key), arrival, crc32(data, crc32(key))), key, data)
            size += HEADER.size + len(key) + len(data)
        self._write(b"".join(parts))
        self.offsets.extend(offsets)
        self.size = size
        self.arrivals.extend(array("Q", [arrival]) * len(offsets))

    def _write(self, frames: bytes) -> None:
        left = memoryview(frames)
        try:
            while left:
                left = left[os.write(self.fd, left) :]
        except OSError:
            os.ftruncate(self.fd, self.size)
            raise

    def read(self, first: int, last: int) -> list[Record]:
        """The records at places ``first`` to ``last``, the latter excluded, in this segment."""
        start, end = self.offsets[first], self._offset(last)
        frames = os.pread(self.fd, end - start, start)
        records = []
        offset = 0
        for position in range(self.base + first, self.base + last):
            data_size, key_size, arrival, _ = HEADER.unpack_from(frames, offset)
            key_start = offset + HEADER.size
            data_start = key_start + key_size
            offset = data_start + data_size
            key, data = frames[key_start:data_start], frames[data_start:offset]
            records.append(Record(position, arrival, key, data))
        return records

    def fitting(self, first: int, last: int, max_bytes: int) -> int:
        """The greatest place up to ``last`` up to which keys and data fit; one always does."""
        start = self.offsets[first]

        def payload(place: int) -> int:
            return self._offset(place) - start - HEADER.size * (place - first)

        if payload(last) <= max_bytes:
            return last
        places = range(first + 1, last + 1)
        return max(first + bisect_right(places, max_bytes, key=payload), first + 1)

    def close(self) -> None:
        os.close(self.fd)

    def _offset(self, place: int) -> int:
        return self.offsets[place] if place < len(self.offsets) else self.size

    def _recover(self) -> None:
        """Index what the file holds; cut off what an interrupted write has left behind."""
        frames = self.path.read_bytes()
        for offset, arrival, end in _intact_frames(frames):
            self.offsets.append(offset)
            self.arrivals.append(arrival)
            self.size = end
        if self.size < len(frames):
            LOG.warning("%s: %d bytes cut off after a crash", self.path, len(frames) - self.size)
            os.ftruncate(self.fd, self.size)


def _intact_frames(frames: bytes) -> Iterator[tuple[int, int, int]]:
    """(offset, arrival, end) of every frame up to the first that is incomplete or damaged."""
    offset = 0
    while offset + HEADER.size <= len(frames):
        data_size, key_size, arrival, checksum = HEADER.unpack_from(frames, offset)
        start = offset + HEADER.size
        end = start + key_size + data_size
        if end > len(frames) or crc32(frames[start:end]) != checksum:
            return
        yield offset, arrival, end
        offset = end


class ShardLog:
    """The log of one shard. All methods may be called from any thread."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        bases = sorted(int(path.stem) for path in folder.glob("*.log")) or [0]
        self._segments = [Segment(folder, base) for base in bases]
        self._first = bases[0]
        self._closed = False

    @property
    def first(self) -> int:
        """Position of the oldest record that is left; equals ``next`` when none is."""
        return self._first

    @property
    def next(self) -> int:
        """Position that the next record will get."""
        last = self._segments[-1]
        return last.base + len(last)

    def append(self, entries: Sequence[Entry], now: int) -> tuple[int, int]:
        """Add records; returns the position of the first, and the arrival (ms) given to all."""
        with self._lock:
            if self._closed:
                raise ValueError(f"The log in {self._folder} is closed.")
            segment = self._segments[-1]
            arrival = max(now, self._last_arrival())
            if segment.size >= self._segment_bytes:
                segment = Segment(self._folder, self.next)
                self._segments.append(segment)
            position = self.next
            segment.append(entries, arrival)
            return position, arrival

    def read(self, position: int, max_records: int, max_bytes: int) -> list[Record]:
        """Records from ``position`` on, or from the oldest left if that one is gone.

        ``max_bytes`` bounds keys and data together; the first record is returned even if it alone
        is larger. A closed log has no records.
        """
        with self._lock:
            position = max(position, self._first)
            records: list[Record] = []
            while not self._closed and len(records) < max_records and position < self.next:
                segment = self._segment_of(position)
                first = position - segment.base
                last = min(first + max_records - len(records), len(segment))
                end = segment.fitting(first, last, max_bytes)
                part = segment.read(first, end)
                max_bytes -= sum(len(record.key) + len(record.data) for record in part)
                if records and max_bytes < 0:
                    break
                records += part
                position += len(part)
                if end < last:
                    break
            return records

    def pending(self, position: int) -> tuple[int, int]:
        """How many records there are from ``position`` on, and the bytes of their keys and data."""
        with self._lock:
            size = 0
            for segment in self._segments:
                first = max(position - segment.base, 0)
                if first < len(segment):
                    frames = segment.size - segment.offsets[first]
                    size += frames - HEADER.size * (len(segment) - first)
            return max(self.next - max(position, self._first), 0), size

    def arrival(self, position: int) -> int:
        """When the record at ``position`` arrived, in milliseconds. It must exist."""
        with self._lock:
            segment = self._segment_of(position)
            return segment.arrivals[position - segment.base]

    def position_at(self, arrival: int) -> int:
        """Position of the first record that arrived at ``arrival`` (ms) or later."""
        with self._lock:
            return max(self._position_at(arrival), self._first)

    def trim(self, arrival: int) -> None:
        """Forget what arrived before ``arrival`` (ms); a wholly forgotten segment is removed."""
        with self._lock:
            self._first = max(self._first, self._position_at(arrival))
            while len(self._segments) > 1 and self._segments[1].base <= self._first:
                segment = self._segments.pop(0)
                segment.path.unlink()
                segment.close()

    def close(self) -> None:
        """Give the files back; late readers find no records, not another file's."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            for segment in self._segments:
                segment.close()

    def _position_at(self, arrival: int) -> int:
        for segment in self._segments:
            if segment.arrivals and segment.arrivals[-1] >= arrival:
                return segment.base + bisect_left(segment.arrivals, arrival)
        return self.next

    def _segment_of(self, position: int) -> Segment:
        index = bisect_right(self._segments, position, key=lambda segment: segment.base)
        return self._segments[index - 1]

    def _last_arrival(self) -> int:
        for segment in reversed(self._segments):
            if segment.arrivals:
                return segment.arrivals[-1]
        return 0
