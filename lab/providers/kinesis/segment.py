"""One file of a shard's log: records one after the other, found through a sparse index.

A record is a frame: a header of 18 bytes, its key, its data. The index knows one frame in about
every 32 KiB, so that memory does not grow with the number of records: 2 GB of them cost some
1.5 MB. What lies between two known frames is found by reading their headers.

A segment is written until it is full, then sealed: its index is kept in a file beside it, and a
later process does not read the segment to know what is in it. A segment that was not sealed is
read when it is opened, and what an interrupted write has left at its end is cut off.

Not safe to use from several threads: the log calls it under its own lock.
"""

import logging
import os
import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

LOG = logging.getLogger(__name__)

INDEX_BYTES = 32 << 10
# Length of data, length of key, arrival in milliseconds of the Unix epoch, checksum of key and
# data.
HEADER = struct.Struct("<IHQI")
# Version, number of records, bytes, last arrival, checksum of the three arrays that follow.
SEAL = struct.Struct("<IQQQI")
SEAL_VERSION = 1


class Entry(NamedTuple):
    """What a producer sends: the UTF-8 bytes of its partition key, never empty, and its data."""

    key: bytes
    data: bytes


class Record(NamedTuple):
    """What a consumer gets."""

    position: int
    arrival: int
    """Milliseconds of the Unix epoch; never decreases within a shard."""
    key: bytes
    data: bytes


class Index:
    """Places of a few frames, with their offsets and arrivals; the first frame is one of them."""

    __slots__ = ("arrivals", "offsets", "places", "threshold")

    def __init__(self) -> None:
        self.places = array("Q")
        self.offsets = array("Q")
        self.arrivals = array("Q")
        self.threshold = 0
        """The next frame at this offset or behind it is to be known."""

    def add(self, place: int, offset: int, arrival: int) -> None:
        self.places.append(place)
        self.offsets.append(offset)
        self.arrivals.append(arrival)
        self.threshold = offset + INDEX_BYTES

    def arrays(self) -> tuple["array[int]", "array[int]", "array[int]"]:
        return self.places, self.offsets, self.arrivals


class Segment:
    """The records from position ``base`` on; a place is a position less ``base``."""

    __slots__ = ("base", "count", "fd", "index", "last_arrival", "path", "size")

    def __init__(self, folder: Path, base: int) -> None:
        """Open the file, or create it. Raises OSError when the system has no room for it."""
        self.base = base
        self.path = folder / f"{base:020d}.log"
        self.index = Index()
        self.count = 0
        self.size = 0
        self.last_arrival = 0
        self.fd: int | None = None
        if not self._load_seal():
            self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self._recover()

    def append(self, entries: Iterable[Entry], arrival: int) -> None:
        """Write all entries with one call, then let readers see them; on OSError, none."""
        parts: list[bytes] = []
        known: list[tuple[int, int]] = []
        place, size, threshold = self.count, self.size, self.index.threshold
        for key, data in entries:
            if size >= threshold:
                known.append((place, size))
                threshold = size + INDEX_BYTES
            parts += (HEADER.pack(len(data), len(key), arrival, crc32(data, crc32(key))), key, data)
            size += HEADER.size + len(key) + len(data)
            place += 1
        self._write(b"".join(parts))
        for known_place, offset in known:
            self.index.add(known_place, offset, arrival)
        self.count, self.size, self.last_arrival = place, size, arrival

    def _write(self, frames: bytes) -> None:
        assert self.fd is not None
        left, offset = memoryview(frames), self.size
        try:
            while left:
                written = os.pwrite(self.fd, left, offset)
                left, offset = left[written:], offset + written
        except OSError:
            with suppress(OSError):  # else the next write covers it
                os.ftruncate(self.fd, self.size)
            raise

    def read(self, first: int, last: int, max_bytes: int) -> list[Record]:
        """The records at places ``first`` to ``last``, the latter excluded, of which keys and data
        fit into ``max_bytes``; the first is returned even if it alone is larger.
        """
        start = self._known(first)
        places, offsets = self.index.places, self.index.offsets
        after = bisect_left(places, last)
        begin, end = offsets[start], offsets[after] if after < len(offsets) else self.size
        # A known frame is less than INDEX_BYTES away, so this holds all that may be returned but
        # for a first record that is too large.
        end = min(end, begin + INDEX_BYTES + HEADER.size * (last - first) + max_bytes)
        frames = self._pread(begin, end)
        offset = self._skip(frames, first - places[start])
        records: list[Record] = []
        unpack, base, header_size = HEADER.unpack_from, self.base, HEADER.size
        for place in range(first, last):
            data_size, key_size, arrival, _ = unpack(frames, offset)
            max_bytes -= key_size + data_size
            if max_bytes < 0:
                if records:
                    break
                begin += offset
                frames, offset = self._pread(begin, begin + header_size + key_size + data_size), 0
            key_start = offset + header_size
            data_start = key_start + key_size
            offset = data_start + data_size
            key, data = frames[key_start:data_start], frames[data_start:offset]
            records.append(Record(base + place, arrival, key, data))
            if max_bytes < 0:
                break
        return records

    def payload_from(self, place: int) -> int:
        """The bytes of all keys and data from ``place`` on."""
        return self.size - self._locate(place)[0] - HEADER.size * (self.count - place)

    def arrival(self, place: int) -> int:
        return self._locate(place)[1]

    def place_at(self, arrival: int) -> int:
        """The first record that arrived at ``arrival`` or later; ``count`` when none did."""
        if arrival > self.last_arrival:
            return self.count
        known = bisect_left(self.index.arrivals, arrival)
        if known == 0:
            return 0
        for place, _, found in self._walk(known - 1):
            if found >= arrival:
                return place
        return self.index.places[known] if known < len(self.index.places) else self.count

    def seal(self) -> None:
        """Keep the index in a file and give the descriptor back: nothing will be appended."""
        packed = b"".join(part.tobytes() for part in self.index.arrays())
        facts = SEAL.pack(SEAL_VERSION, self.count, self.size, self.last_arrival, crc32(packed))
        try:
            self._seal_path.write_bytes(facts + packed)
        except OSError as error:
            LOG.warning("%s not written: %s", self._seal_path, error)
        self.close()

    def remove(self) -> None:
        self.path.unlink()
        self._seal_path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    @property
    def _seal_path(self) -> Path:
        return self.path.with_suffix(".index")

    def _known(self, place: int) -> int:
        return bisect_right(self.index.places, place) - 1

    def _locate(self, place: int) -> tuple[int, int]:
        """Offset and arrival of the frame at ``place``, which must exist."""
        for found, offset, arrival in self._walk(self._known(place)):
            if found == place:
                return offset, arrival
        raise IndexError(f"{self.path} has no record {place}.")

    def _walk(self, known: int) -> Iterator[tuple[int, int, int]]:
        """(place, offset, arrival) of the frames from a known one to the next."""
        places, offsets = self.index.places, self.index.offsets
        begin, place = offsets[known], places[known]
        is_last = known + 1 == len(places)
        last = self.count if is_last else places[known + 1]
        headers = self._pread(begin, min(self.size, begin + INDEX_BYTES + HEADER.size))
        offset = 0
        while place < last:
            data_size, key_size, arrival, _ = HEADER.unpack_from(headers, offset)
            yield place, begin + offset, arrival
            offset += HEADER.size + key_size + data_size
            place += 1

    @staticmethod
    def _skip(frames: bytes, count: int) -> int:
        offset = 0
        for _ in range(count):
            data_size, key_size, _, _ = HEADER.unpack_from(frames, offset)
            offset += HEADER.size + key_size + data_size
        return offset

    def _pread(self, begin: int, end: int) -> bytes:
        if self.fd is not None:
            return os.pread(self.fd, end - begin, begin)
        with self.path.open("rb", buffering=0) as file:
            return os.pread(file.fileno(), end - begin, begin)

    def _load_seal(self) -> bool:
        """Take the index from its file; False when there is none for what the segment holds."""
        try:
            content, size = self._seal_path.read_bytes(), self.path.stat().st_size
        except OSError:
            return False
        facts, packed = content[: SEAL.size], content[SEAL.size :]
        if len(facts) < SEAL.size:
            return False
        version, count, sealed_size, last_arrival, checksum = SEAL.unpack(facts)
        if (version, sealed_size, checksum) != (SEAL_VERSION, size, crc32(packed)):
            return False
        self.count, self.size, self.last_arrival = count, size, last_arrival
        third = len(packed) // 3
        for number, part in enumerate(self.index.arrays()):
            part.frombytes(packed[third * number : third * (number + 1)])
        return True

    def _recover(self) -> None:
        """Index what the file holds; cut off what an interrupted write has left behind."""
        total = self.path.stat().st_size
        for offset, arrival, end in _intact_frames(self.path, total):
            if offset >= self.index.threshold:
                self.index.add(self.count, offset, arrival)
            self.count += 1
            self.size, self.last_arrival = end, arrival
        if self.size < total:
            LOG.warning("%s: %d bytes cut off after a crash", self.path, total - self.size)
            assert self.fd is not None
            os.ftruncate(self.fd, self.size)


def _intact_frames(path: Path, total: int) -> Iterator[tuple[int, int, int]]:
    """(offset, arrival, end) of every frame up to the first that is incomplete or damaged."""
    offset = 0
    with path.open("rb", buffering=1 << 20) as file:
        while len(header := file.read(HEADER.size)) == HEADER.size:
            data_size, key_size, arrival, checksum = HEADER.unpack(header)
            end = offset + HEADER.size + key_size + data_size
            # After a loss of power a file may end in zeros, whose checksum would be right.
            if not key_size or end > total:
                return
            if crc32(file.read(key_size + data_size)) != checksum:
                return
            yield offset, arrival, end
            offset = end
