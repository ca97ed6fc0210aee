"""Checkpoints on disk: what a restart finds, and what a damaged file costs."""

import json
from pathlib import Path
from typing import Any

import pytest

from lab.providers.lambda_.stream_files import CheckpointFiles
from lab.providers.lambda_.stream_window import Window
from tests.providers.lambda_.streams import eventually
from tests.providers.lambda_.test_stream_checkpoints import make_stream, settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


@pytest.fixture
def stream(tmp_path: Path) -> Any:
    return make_stream(tmp_path / "kinesis")


@pytest.mark.fidelity("event_source_mapping.restart")
def test_a_restart_finds_every_place_and_window(folder: Path, stream: Any) -> None:
    files = CheckpointFiles(folder)
    first, second = stream.shards
    window = Window(0, 10, {"count": 1})
    checkpoints = files.of("u")
    checkpoints.begin(stream, settings(StartingPosition="LATEST"))
    checkpoints.advance(first, 0, 2, window)
    checkpoints.finish(second, 0)
    files.flush()
    found = CheckpointFiles(folder).of("u")
    assert found.has_begun
    found.begin(stream, settings(StartingPosition="LATEST"))
    assert (found.position(first, 0), found.window(first, 0)) == (2, window)
    assert [shard.id for shard, _ in found.ready(stream)] == [first.id]


@pytest.mark.fidelity("event_source_mapping.restart")
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version":2}', b"\xff", b'{"version":1}'])
def test_a_damaged_file_means_to_read_everything_again(
    folder: Path, stream: Any, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir()
    (folder / "u.json").write_bytes(content)
    checkpoints = CheckpointFiles(folder).of("u")
    assert "u.json cannot be read" in caplog.text
    checkpoints.begin(stream, settings(StartingPosition="LATEST"))
    assert [checkpoints.position(shard, 0) for shard in stream.shards] == [0, 0]


def test_a_deleted_mapping_leaves_no_file(folder: Path, stream: Any) -> None:
    files = CheckpointFiles(folder)
    checkpoints = files.of("u")
    checkpoints.begin(stream, settings())
    files.flush()
    assert list(folder.iterdir())
    files.forget("u")
    checkpoints.advance(stream.shards[0], 0, 1)
    files.flush()
    assert not list(folder.iterdir())


def test_a_change_is_written_by_itself(folder: Path, stream: Any) -> None:
    files = CheckpointFiles(folder)
    checkpoints = files.of("u")
    checkpoints.begin(stream, settings())
    checkpoints.advance(stream.shards[0], 0, 2)

    file = folder / "u.json"

    def written() -> bool:
        return file.exists() and 2 in [
            place["position"] for place in json.loads(file.read_text())["places"]
        ]

    eventually(written)


def test_a_place_behind_the_end_is_the_end(folder: Path, stream: Any) -> None:
    """A loss of power may take records that had been processed."""
    checkpoints = CheckpointFiles(folder).of("u")
    checkpoints.begin(stream, settings())
    checkpoints.advance(stream.shards[0], 0, 99)
    assert checkpoints.position(stream.shards[0], 0) == 3
