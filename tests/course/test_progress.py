"""The progress file is whole or refused, and what a learner did is never lost."""

import json
import threading
from pathlib import Path

import pytest

from lab.course.progress import Store
from lab.errors import LabError


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "work" / "progress.json")


def test_what_is_changed_is_there_for_the_next_command(store: Store) -> None:
    with store.changing() as progress:
        progress.exercise("files.first").hints["text"] = 2
        progress.name = "Chloé"
    again = Store(store.file).read()
    assert (again.name, again.exercises["files.first"].hints) == ("Chloé", {"text": 2})
    assert again.seed == progress.seed
    assert json.loads(store.file.read_text())["schema"] == 2


def test_a_change_that_fails_leaves_the_file_as_it_was(store: Store) -> None:
    with store.changing() as progress:
        progress.name = "before"
    with pytest.raises(RuntimeError), store.changing() as progress:
        progress.name = "after"
        raise RuntimeError
    assert store.read().name == "before"


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"schema": 1, "seed": "a", "exer',
        "[]",
        '{"seed": "a"}',
        '{"schema": 1, "seed": "a", "exercises": {"x": {"points": 3}}, "quizzes": {}, "open": {}}',
        '{"schema": 1, "seed": "a", "exercises": {"x": {"hints": []}}, "quizzes": {}, "open": {}}',
        '{"schema": 1, "seed": "a", "exercises": {}, "quizzes": {"m": {}}, "open": {}}',
        '{"schema": 1, "seed": 7, "exercises": {}, "quizzes": {}, "open": {}}',
        '{"schema": "new", "seed": "a", "exercises": {}, "quizzes": {}, "open": {}}',
        b"\xff\xfe\x00",
    ],
)
def test_a_torn_file_is_refused_and_kept(store: Store, text: str | bytes) -> None:
    store.file.parent.mkdir()
    content = text if isinstance(text, bytes) else text.encode()
    store.file.write_bytes(content)
    with pytest.raises(LabError) as caught, store.changing():
        pass
    assert caught.value.code == "progress-torn"
    assert f"mv {store.file} {store.file}.torn" in caught.value.next_step
    assert store.file.read_bytes() == content


def test_a_newer_file_is_refused_and_kept(store: Store) -> None:
    store.file.parent.mkdir()
    store.file.write_text('{"schema": 3, "more": true}')
    with pytest.raises(LabError) as caught, store.changing():
        pass
    assert caught.value.code == "progress-newer"
    assert "schema 3; this one knows 2" in caught.value.message
    assert json.loads(store.file.read_text()) == {"schema": 3, "more": True}


def test_changes_at_the_same_time_are_all_kept(store: Store) -> None:
    def add(name: str) -> None:
        with store.changing() as progress:
            progress.exercise(name).attempts += 1

    threads = [threading.Thread(target=add, args=(f"e{number}",)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.read().exercises) == 12


def test_what_an_older_lab_wrote_is_read(store: Store) -> None:
    store.file.parent.mkdir()
    answer = {"submitted": 5.0, "digest": "d", "measured": {"a": 1.0}, "marked": {}}
    before = {"schema": 1, "seed": "a", "exercises": {}, "quizzes": {}, "open": {"q": answer}}
    store.file.write_text(json.dumps(before))
    assert store.read().open["q"].submitted == 5.0
    assert store.read().open["q"].deadline is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("a file where the folder should be")
    with pytest.raises(LabError) as caught, Store(tmp_path / "work" / "progress.json").changing():
        pass
    assert caught.value.code == "work-closed"
    assert caught.value.message.startswith(f"{tmp_path / 'work'} cannot be used: ")


def test_a_full_disk_leaves_the_file_as_it_was(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.changing() as progress:
        progress.name = "before"

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lab.course.progress.os.fsync", full)
    with pytest.raises(LabError, match="No space left on device"), store.changing() as progress:
        progress.name = "after"
    assert store.read().name == "before"
