"""The file that keeps a service's stores: what goes in comes out, and what cannot be read stays."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from localstack.services.stores import (
    AccountRegionBundle,
    BaseStore,
    CrossAccountAttribute,
    CrossRegionAttribute,
    LocalAttribute,
)

from lab.providers import snapshots
from lab.providers.snapshots import Snapshot


class Store(BaseStore):
    """A store with one attribute of each reach, and a lock in it."""

    things: dict[str, object] = LocalAttribute(default=dict)
    REGIONS: dict[str, int] = CrossRegionAttribute(default=dict)
    ACCOUNTS: dict[str, int] = CrossAccountAttribute(default=dict)


def bundle() -> AccountRegionBundle:
    return AccountRegionBundle("sqs", Store)


def one(stores: AccountRegionBundle) -> Store:
    found: Store = stores["000000000000"]["us-east-1"]
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that holds the thing ``a``."""
    path = tmp_path / "state" / "sqs.snapshot"
    stores = bundle()
    one(stores).things["a"] = 1
    Snapshot(stores, path).save()
    return path


def restored(path: Path) -> Store:
    stores = bundle()
    Snapshot(stores, path).restore()
    return one(stores)


def test_every_attribute_comes_back_and_locks_are_free(tmp_path: Path) -> None:
    stores, path = bundle(), tmp_path / "sqs.snapshot"
    lock = threading.RLock()
    with lock:
        one(stores).things.update(a=[1, 2], lock=lock)
        one(stores).REGIONS["r"] = 1
        one(stores).ACCOUNTS["x"] = 2
        Snapshot(stores, path).save()
    found = restored(path)
    taken = threading.Event()
    again = found.things["lock"]
    threading.Thread(target=lambda: again.acquire() and taken.set()).start()  # type: ignore[attr-defined]
    assert taken.wait(10)
    assert (found.things["a"], found.REGIONS, found.ACCOUNTS) == ([1, 2], {"r": 1}, {"x": 2})


def test_nothing_to_read_is_an_empty_store(tmp_path: Path) -> None:
    assert restored(tmp_path / "absent.snapshot").things == {}


def test_only_the_owner_may_read_it(path: Path) -> None:
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def with_header(**changes: object) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        line, _, body = content.partition(b"\n")
        return json.dumps({**json.loads(line), **changes}).encode() + b"\n" + body

    return change


UNREADABLE = [
    (lambda _: b"", "it is damaged at its beginning"),
    (lambda _: b"[]\n", "it is damaged at its beginning"),
    (lambda content: content[:-1], "it is damaged"),
    (with_header(format=99), '"format": 99'),
    (with_header(lab="99.0"), '"lab": "99.0"'),
    (with_header(localstack="5.0.0"), '"localstack": "5.0.0"'),
]


@pytest.mark.parametrize(("change", "reason"), UNREADABLE)
def test_what_cannot_be_read_is_set_aside(
    path: Path,
    change: Callable[[bytes], bytes],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    changed = change(path.read_bytes())
    path.write_bytes(changed)
    assert restored(path).things == {}
    (kept,) = path.parent.iterdir()
    assert kept.read_bytes() == changed
    assert reason in caplog.text
    assert f"It is kept as {kept}, and sqs starts empty: make its resources again" in caplog.text


def test_file_of_an_older_lab_is_read(path: Path) -> None:
    path.write_bytes(with_header(lab="0.0.1")(path.read_bytes()))
    assert restored(path).things == {"a": 1}


def test_stores_may_change_while_they_are_written(tmp_path: Path) -> None:
    stores, path = bundle(), tmp_path / "sqs.snapshot"
    snapshot, things = Snapshot(stores, path), one(stores).things
    finished = threading.Event()

    def change() -> None:
        for number in range(20_000):
            things[str(number)] = [number]
            if number % 100 == 99:
                things.pop(str(number - 50))
        finished.set()

    threading.Thread(target=change).start()
    while not finished.is_set():
        snapshot.save()
    snapshot.save()
    assert restored(path).things == things


def test_a_failed_writing_is_not_taken_for_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stores = bundle()
    snapshot = Snapshot(stores, path)
    monkeypatch.setattr(snapshots.os, "fsync", fail)
    with pytest.raises(OSError, match="full"):
        snapshot.save()
    assert restored(path).things == {"a": 1}
    monkeypatch.undo()
    snapshot.save()
    assert restored(path).things == {}


def fail(_: int) -> None:
    raise OSError("full")
