"""A new exercise is whole from the start."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from lab.config import ROOT
from lab.course.desk import Desk
from lab.course.places import Places
from tests.course.support import load
from tests.course.test_desk import solve


@pytest.fixture
def script(places: Places, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("new", ROOT / "scripts" / "new_exercise.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", places.exercises.parent)
    course = places.exercises / "course.toml"
    domains = [
        f'{{id = "{name}", exam = "E", coverage = 50, title = {{fr = "D", en = "D"}}}}'
        for name in ("das.storage", "das.collection", "dea.ingestion")
    ]
    text = course.read_text()
    begin = text.index("domains = [{")
    end = text.index("\n", begin)
    course.write_text(f"{text[:begin]}domains = [{', '.join(domains)}]{text[end:]}")
    return module


def test_its_starter_fails_and_its_solution_passes(
    script: ModuleType, desk: Desk, places: Places
) -> None:
    script.main(["m01_files", "files.third", "Le troisième", "The third"])
    desk.course = load(places)
    exercise = desk.course.exercise("third")
    assert exercise.folder.name == "e03_third"
    desk.start(exercise)
    outcome = desk.check(exercise)
    assert outcome.failure is not None
    assert outcome.failure.code == exercise.wrong
    solve(desk, "files.third")
    assert desk.check(exercise).points == exercise.points


@pytest.mark.parametrize("arguments", [["m09", "a.b"], ["m01_files", "third"]])
def test_a_module_or_an_id_that_is_none_is_refused(
    script: ModuleType, arguments: list[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit):
        script.main([*arguments, "T", "T"])
    assert not (tmp_path / "exercises" / "m09").exists()
