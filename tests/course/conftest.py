"""A small course in a temporary folder, and a desk at it whose lab is taken to answer."""

from pathlib import Path

import pytest

from lab.config import Config
from lab.course.desk import Desk
from lab.course.places import Places
from lab.course.progress import Store
from tests.course.support import load, make_course


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return make_course(tmp_path)


@pytest.fixture
def desk(places: Places, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(Desk, "need_lab", lambda _: None)
    config = Config(places.work.parent, places.work.parent)
    return Desk(load(places), places, config, Store(places.progress, clock))
