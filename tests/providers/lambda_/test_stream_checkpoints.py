"""Where a mapping begins in each shard, and what may be read when."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab.providers.kinesis import resharding
from lab.providers.kinesis.models import Registry, Stream, StreamIdentity, StreamSettings, Timing
from lab.providers.kinesis.segment import Entry
from lab.providers.lambda_.stream_checkpoints import Checkpoints
from lab.providers.lambda_.stream_settings import StreamSettings as MappingSettings

NOW = 1_700_000_000.0
FIRST, SECOND, THIRD = (f"shardId-{number:012d}" for number in range(3))


@pytest.fixture
def stream(tmp_path: Path) -> Stream:
    """Two shards with three records each."""
    return make_stream(tmp_path)


def make_stream(home: Path, now: float = NOW) -> Stream:
    timing = Timing(lambda: now, lambda: now, lambda: 0.0)
    registry = Registry(home, timing)
    identity = StreamIdentity("000000000000", "us-east-1", "s", NOW)
    stream = Stream(identity, StreamSettings(), registry.new_folder(identity), timing)
    resharding.create(stream, 2)
    for shard in stream.shards:
        for second in range(3):
            shard.log.append([Entry(b"k", b"d")], int((NOW + second) * 1000))
    return stream


def settings(**changes: Any) -> MappingSettings:
    config = {
        "UUID": "u",
        "FunctionArn": "f",
        "EventSourceArn": "s",
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 1,
        **changes,
    }
    return MappingSettings.of(config)


@pytest.mark.parametrize(
    ("start", "position"),
    [
        ({"StartingPosition": "TRIM_HORIZON"}, 0),
        ({"StartingPosition": "LATEST"}, 3),
        (
            {
                "StartingPosition": "AT_TIMESTAMP",
                "StartingPositionTimestamp": datetime.fromtimestamp(NOW + 1, UTC),
            },
            1,
        ),
    ],
)
def test_a_mapping_begins_at_its_starting_position(
    stream: Stream, start: dict[str, Any], position: int
) -> None:
    checkpoints = Checkpoints()
    checkpoints.begin(stream, settings(**start))
    assert [checkpoints.position(shard, 0) for shard in stream.shards] == [position, position]


def test_a_mapping_begins_only_once(stream: Stream) -> None:
    checkpoints = Checkpoints()
    checkpoints.begin(stream, settings())
    checkpoints.advance(stream.shards[0], 0, 2)
    checkpoints.begin(stream, settings(StartingPosition="LATEST"))
    assert checkpoints.position(stream.shards[0], 0) == 2


def test_a_shard_of_later_is_read_from_its_beginning(stream: Stream) -> None:
    checkpoints = Checkpoints()
    checkpoints.begin(stream, settings(StartingPosition="LATEST"))
    resharding.split(stream, stream.shards[0], 1000)
    assert checkpoints.position(stream.shards[2], 0) == 0


def test_children_wait_for_all_lanes_of_all_parents(stream: Stream) -> None:
    checkpoints = Checkpoints()
    checkpoints.begin(stream, settings(ParallelizationFactor=2))
    first, second = stream.shards
    resharding.merge(stream, first, second)

    def ready() -> list[tuple[str, int]]:
        return [(shard.id, lane) for shard, lane in checkpoints.ready(stream)]

    assert ready() == [(FIRST, 0), (FIRST, 1), (SECOND, 0), (SECOND, 1)]
    checkpoints.finish(first, 0)
    checkpoints.finish(second, 1)
    assert ready() == [(FIRST, 1), (SECOND, 0)]
    checkpoints.finish(first, 1)
    assert ready() == [(SECOND, 0)]
    checkpoints.finish(second, 0)
    assert ready() == [(THIRD, 0), (THIRD, 1)]


def test_other_lanes_go_on_where_the_slowest_was(stream: Stream) -> None:
    checkpoints = Checkpoints()
    checkpoints.begin(stream, settings(ParallelizationFactor=2))
    shard = stream.shards[0]
    checkpoints.advance(shard, 0, 3)
    checkpoints.advance(shard, 1, 1)
    checkpoints.begin(stream, settings(ParallelizationFactor=3))
    assert [checkpoints.position(shard, lane) for lane in range(3)] == [1, 1, 1]


def test_another_stream_of_the_same_name_is_read_from_its_beginning(
    stream: Stream, tmp_path: Path
) -> None:
    checkpoints = Checkpoints()
    checkpoints.begin(stream, settings(StartingPosition="LATEST"))
    checkpoints.finish(stream.shards[0], 0)
    other = make_stream(tmp_path / "other")
    checkpoints.begin(other, settings(StartingPosition="LATEST"))
    assert [checkpoints.position(shard, 0) for shard in other.shards] == [0, 0]
    assert len(checkpoints.ready(other)) == 2
