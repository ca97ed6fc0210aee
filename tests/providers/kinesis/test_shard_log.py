"""The log of a shard: reading, retention, segments, memory, and what a crash leaves."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.providers.kinesis import segment, shard_log
from lab.providers.kinesis.shard_log import Entry, ShardLog
from lab.providers.kinesis.syncer import Syncer

BIG = 1 << 30


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ShardLog]:
    log = ShardLog(tmp_path / "log", segment_bytes=1000)
    yield log
    log.close()


def entries(*texts: str) -> list[Entry]:
    return [Entry(b"key", text.encode()) for text in texts]


def data(log: ShardLog, position: int = 0, records: int = 100, size: int = BIG) -> list[str]:
    return [record.data.decode() for record in log.read(position, records, size)]


def test_records_come_back_whole_from_any_position(log: ShardLog) -> None:
    assert log.append(entries("a", "b"), 5) == (0, 5)
    assert log.append([Entry("clé".encode(), b"\x00\xff")], 6) == (2, 6)
    (record,) = log.read(2, 10, BIG)
    assert (record.position, record.arrival, record.key.decode(), record.data) == (
        2,
        6,
        "clé",
        b"\x00\xff",
    )
    assert data(log, records=2) == ["a", "b"]
    assert data(log, position=3) == []


def test_arrivals_never_decrease(log: ShardLog) -> None:
    log.append(entries("a"), 100)
    assert log.append(entries("b"), 90) == (1, 100)


def test_a_read_stops_at_its_size_but_never_before_the_first_record(log: ShardLog) -> None:
    log.append(entries("a" * 10, "b" * 10, "c" * 10), 1)
    assert data(log, size=26) == ["a" * 10, "b" * 10]
    assert data(log, size=25) == ["a" * 10]
    assert data(log, size=1) == ["a" * 10]


@pytest.mark.parametrize("segment_bytes", [1000, 10 << 20])
def test_a_first_record_of_any_size_is_returned(tmp_path: Path, segment_bytes: int) -> None:
    log = ShardLog(tmp_path, segment_bytes)
    log.append(entries("small", "b" * (1 << 20), "last"), 1)
    assert [len(text) for text in data(log, position=1, size=1)] == [1 << 20]
    assert data(log, position=2, size=1) == ["last"]
    assert [len(text) for text in data(log, size=20)] == [5]
    log.close()


@pytest.mark.fidelity("kinesis_storage.memory")
def test_memory_grows_with_bytes_not_with_records(tmp_path: Path) -> None:
    """What the index does not know is found all the same: every record, by position and by time."""
    log, count = ShardLog(tmp_path, segment_bytes=200_000), 10_000
    for first in range(0, count, 100):
        texts = [f"{number:040}" for number in range(first, first + 100)]
        log.append(entries(*texts), first)
    known = sum(len(each.index.places) for each in log._segments)
    stored = sum(each.size for each in log._segments)
    assert known <= stored / segment.INDEX_BYTES + len(log._segments)
    for number in (0, 1, 99, 537, 538, 5_000, count - 1):
        assert [int(text) for text in data(log, number, records=3)] == [
            *range(number, min(number + 3, count))
        ]
        arrived = number // 100 * 100
        assert (log.arrival(number), log.position_at(arrived)) == (arrived, arrived)
        assert log.pending(number) == (count - number, (count - number) * 43)
    assert log.position_at(arrived + 1) == count
    log.close()


def test_a_read_goes_on_over_segments(log: ShardLog, tmp_path: Path) -> None:
    for number in range(20):
        log.append(entries(str(number) * 100), number)
    assert len(list((tmp_path / "log").glob("*.log"))) > 1
    assert [record.position for record in log.read(0, 100, BIG)] == list(range(20))
    assert [record.position for record in log.read(7, 5, BIG)] == [7, 8, 9, 10, 11]
    read = log.read(0, 100, 1500)
    assert sum(len(record.key + record.data) for record in read) <= 1500


def test_position_by_time(log: ShardLog) -> None:
    for moment in (10, 20, 20, 30):
        log.append(entries("x"), moment)
    assert [log.position_at(moment) for moment in (0, 10, 11, 20, 30, 31)] == [0, 0, 1, 1, 3, 4]


def test_pending_counts_records_and_their_bytes(log: ShardLog) -> None:
    for number in range(20):
        log.append(entries("x" * 100), number)
    assert log.pending(0) == (20, 20 * 103)
    assert log.pending(15) == (5, 5 * 103)
    assert log.pending(20) == (0, 0)


def test_retention_forgets_records_and_removes_whole_segments(
    log: ShardLog, tmp_path: Path
) -> None:
    for moment in range(20):
        log.append(entries(f"{moment:0100}"), moment)
    before = len(list((tmp_path / "log").glob("*.log")))
    log.trim(15)
    assert log.first == 15
    assert [record.position for record in log.read(0, 100, BIG)] == list(range(15, 20))
    assert len(list((tmp_path / "log").glob("*.log"))) < before
    log.trim(99)
    assert (log.first, log.next) == (20, 20)


def test_a_closed_log_has_no_records(log: ShardLog) -> None:
    log.append(entries("a"), 1)
    log.close()
    assert data(log) == []
    with pytest.raises(ValueError, match="is closed"):
        log.append(entries("b"), 1)


@pytest.mark.fidelity("kinesis_storage.disk_full")
def test_without_room_nothing_of_an_append_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = ShardLog(tmp_path)
    log.append(entries("first"), 1)
    write = os.pwrite

    def write_half(fd: int, frames: bytes, offset: int) -> int:
        if offset > 26:
            raise OSError(28, "No space left on device")
        return write(fd, frames[: len(frames) // 2], offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", write_half)
        with pytest.raises(OSError, match="No space left"):
            log.append(entries("second" * 100, "third"), 2)
    assert data(log) == ["first"]
    log.append(entries("fourth"), 3)
    log.close()
    log = ShardLog(tmp_path)
    assert data(log) == ["first", "fourth"]
    log.close()


def test_a_full_segment_is_sealed_once_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = ShardLog(tmp_path, segment_bytes=1000)
    for number in range(30):
        log.append(entries(f"{number:0100}"), number)
    log.sync()
    assert [each.fd is None for each in log._segments] == [True] * (len(log._segments) - 1) + [
        False
    ]
    expected = data(log)
    log.close()
    read: list[Path] = []
    frames = segment._intact_frames
    monkeypatch.setattr(
        segment, "_intact_frames", lambda path, size: read.append(path) or frames(path, size)
    )
    log = ShardLog(tmp_path, segment_bytes=1000)
    assert data(log) == expected
    assert read == [max(tmp_path.glob("*.log"))]
    log.append(entries("more"), 99)
    assert data(log) == [*expected, "more"]
    log.trim(99)
    assert len(list(tmp_path.glob("*.index"))) == 0
    log.close()


def test_a_seal_that_does_not_fit_is_not_believed(tmp_path: Path) -> None:
    log = ShardLog(tmp_path, segment_bytes=1000)
    for number in range(30):
        log.append(entries(f"{number:0100}"), number)
    log.sync()
    expected = data(log)
    log.close()
    for number, seal in enumerate(sorted(tmp_path.glob("*.index"))):
        seal.write_bytes(seal.read_bytes()[:-1] if number % 2 else b"")
    log = ShardLog(tmp_path, segment_bytes=1000)
    assert data(log) == expected
    log.close()


@pytest.mark.fidelity("kinesis_storage.power_loss")
def test_only_what_was_written_is_brought_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncer = Syncer()
    monkeypatch.setattr(syncer, "_run", lambda: None)
    monkeypatch.setattr(shard_log, "syncer", lambda: syncer)
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.fstat(fd).st_ino))
    idle, busy = ShardLog(tmp_path / "idle"), ShardLog(tmp_path / "busy")
    busy.append(entries("a"), 1)
    busy.append(entries("b"), 1)
    syncer.sync()
    (file,) = (tmp_path / "busy").iterdir()
    assert synced == [file.stat().st_ino, file.parent.stat().st_ino]
    syncer.sync()
    assert len(synced) == 2
    busy.append(entries("c"), 1)
    syncer.sync()
    assert len(synced) == 4
    busy.append(entries("d"), 1)
    busy.close()
    syncer.sync()
    assert len(synced) == 4
    idle.close()


WRITER = """
import sys
from pathlib import Path
from lab.providers.kinesis.shard_log import Entry, ShardLog
log = ShardLog(Path(sys.argv[1]), segment_bytes=1000)
number = 0
while True:
    log.append([Entry(b"key", str(number + each).encode()) for each in range(7)], number)
    number += 7
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    with writer, writer.stdout:
        lines = [writer.stdout.readline() for _ in range(50)]
        os.kill(writer.pid, signal.SIGKILL)
        lines += writer.stdout.readlines()
    acknowledged = int([line for line in lines if line.endswith("\n")][-1])
    log = ShardLog(tmp_path)
    found = data(log, records=acknowledged + 100)
    assert found[:acknowledged] == [str(number) for number in range(acknowledged)]
    log.close()


@pytest.mark.fidelity("kinesis_storage.power_loss")
@pytest.mark.parametrize("damage", ["cut", "flip", "zeros"])
def test_a_damaged_end_is_cut_off_and_writing_goes_on(tmp_path: Path, damage: str) -> None:
    log = ShardLog(tmp_path)
    log.append(entries("first", "second"), 1)
    log.close()
    (path,) = tmp_path.glob("*.log")
    content = path.read_bytes()
    frame = len(content) - segment.HEADER.size - len(b"keysecond")
    damaged = {
        "cut": content[:-3],
        "flip": content[:-1] + b"?",
        "zeros": content[:frame] + bytes(90),
    }
    path.write_bytes(damaged[damage])
    log = ShardLog(tmp_path)
    assert data(log) == ["first"]
    log.append(entries("third"), 2)
    log.close()
    log = ShardLog(tmp_path)
    assert data(log) == ["first", "third"]
    log.close()


@pytest.mark.fidelity("kinesis_storage.power_loss")
def test_a_lost_end_in_the_middle_is_skipped(tmp_path: Path) -> None:
    """A loss of power may take the end of a segment whose successor is whole."""
    log = ShardLog(tmp_path, segment_bytes=250)
    for number in range(9):
        log.append(entries(f"{number:0100}"), number)
    log.close()
    first = min(tmp_path.glob("*.log"))
    first.write_bytes(first.read_bytes()[:-1])
    log = ShardLog(tmp_path, segment_bytes=250)
    assert [record.position for record in log.read(0, 100, BIG)] == [0, 1, 3, 4, 5, 6, 7, 8]
    assert [record.position for record in log.read(2, 2, BIG)] == [3, 4]
    assert (log.arrival(2), log.position_at(2), log.pending(2)) == (3, 3, (6, 6 * 103))
    log.close()
