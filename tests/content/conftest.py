"""A desk for each test: a learner of its own at the session's lab."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.config import ROOT, Config
from lab.course import workspace
from lab.course.content import Exercise
from lab.course.desk import Desk
from lab.course.places import Places
from lab.course.progress import Store
from tests.content.support import COURSE


@pytest.fixture
def desk(lab: Config, tmp_path: Path) -> Desk:
    places = Places(ROOT / "exercises", ROOT / "solutions", tmp_path / "work")
    return Desk(COURSE, places, lab, Store(places.progress))


@pytest.fixture
def solve(desk: Desk) -> Callable[[Exercise], Path]:
    """``solve(exercise)`` puts the solution's files into the learner's folder, and returns it."""

    def put(exercise: Exercise) -> Path:
        folder = desk.places.folder(exercise.id)
        for name in workspace.files(exercise.solution):
            (folder / name).write_bytes((exercise.solution / name).read_bytes())
        return folder

    return put
