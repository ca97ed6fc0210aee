"""The log of a shard: reading, retention, segments, and what a crash leaves."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.providers.kinesis.shard_log import Entry, ShardLog

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


@pytest.mark.parametrize("damage", ["cut", "flip"])
def test_a_damaged_end_is_cut_off_and_writing_goes_on(tmp_path: Path, damage: str) -> None:
    log = ShardLog(tmp_path)
    log.append(entries("first", "second"), 1)
    log.close()
    (path,) = tmp_path.glob("*.log")
    content = path.read_bytes()
    path.write_bytes(content[:-3] if damage == "cut" else content[:-1] + b"?")
    log = ShardLog(tmp_path)
    assert data(log) == ["first"]
    log.append(entries("third"), 2)
    log.close()
    log = ShardLog(tmp_path)
    assert data(log) == ["first", "third"]
    log.close()
