"""The content's files, and what is said about those that are wrong."""

from pathlib import Path

import pytest

from lab.course.places import Places
from lab.errors import LabError
from tests.course.support import load


def test_the_course_is_read_whole(places: Places) -> None:
    course = load(places)
    assert [module.present for module in course.modules] == [True, False]
    first, second = course.exercises
    assert (first.id, first.points, second.needs) == ("files.first", 3, ("files.first",))
    assert first.hints["text"][2].en == "t3"
    assert first.starter.is_dir()
    (color, _) = course.modules[0].questions
    assert color.right == {1, 3}
    (sizing,) = course.modules[0].open_questions
    assert sizing.points == 4
    assert sizing.criteria[0].measure is not None


EXERCISE = "m01_files/e01_first/exercise.toml"
SECOND = "m01_files/e02_second/exercise.toml"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (EXERCISE, 'wrong = "text"', "", "wrong: is missing."),
        (EXERCISE, 'wrong = "text"', 'wrong = "nothing"', "wrong: no hints in hints.toml"),
        (EXERCISE, "minutes = 10", 'minutes = "ten"', "minutes: must be a whole number of at"),
        (EXERCISE, "minutes = 10", "minutes = 0", "minutes: must be a whole number of at least 1."),
        (EXERCISE, "minutes", "minuts", "minutes: is missing."),
        (EXERCISE, 'en = "The file first"', 'en = " "', "title.en: must be a text"),
        (EXERCISE, "needs = []", 'needs = ["files.second"]', "needs: files.second is none of: -."),
        (EXERCISE, '["das.storage"]', '["das.cooking"]', "domains: das.cooking is none of"),
        (EXERCISE, "files.first", "Files 1", "id: Files 1 is no id"),
        (
            EXERCISE.replace("e01_first", "e02_second"),
            "files.second",
            "files.first",
            "id: files.first is there twice.",
        ),
        (EXERCISE, "needs = []", "needs = []\ncolour = 1", "colour: is not a key that is read"),
        (EXERCISE, "needs = []", "needs = [", "-: the file is not valid TOML (Invalid value"),
        ("m01_files/e01_first/hints.toml", "method", "methods", "general.method: is missing."),
        ("m01_files/quiz.toml", "right = true", "right = false", "options: must be four, of"),
        ("m01_files/quiz.toml", "files.second", "files.third", "files.third is none of"),
        ("m01_files/open.toml", "value = 4", 'value = "4"', "measure.value: must be a number."),
        (
            *("m01_files/open.toml", "minutes = 10", 'minutes = 10\nwork = "o01"'),
            "questions[1].work: there is no ",
        ),
        (
            *("m01_files/open.toml", "measure =", "task = 1\nmeasure ="),
            "criteria: shards: a task needs work, and goes without a measure.",
        ),
        ("m01_files/open.toml", "points = 1", "points = 0", "criteria[2].points: must be a whole"),
        ("course.toml", "coverage = 80", "coverage = -1", "domains[1].coverage: must be a whole"),
        ("course.toml", 'domains = ["das', 'domains = ["dea', "modules[1].domains: dea.storage is"),
        ("course.toml", '"m02_absent"]', '"m09"]', "paths[1].modules: m09 is none of"),
        ("course.toml", 'part = "one"', 'part = "two"', "modules[1].part: two is none of: one."),
    ],
)
def test_a_wrong_file_is_named_with_its_key(
    file: str, old: str, new: str, said: str, places: Places
) -> None:
    path = places.exercises / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(LabError) as caught:
        load(places)
    assert caught.value.code == "course-file"
    assert caught.value.message.startswith(f"{path}: ")
    assert said in caught.value.message


def test_a_missing_file_is_named(places: Places) -> None:
    (places.exercises / "m01_files/e01_first/hints.toml").unlink()
    with pytest.raises(LabError, match=r"hints\.toml: -: the file is missing\."):
        load(places)


def test_an_exercise_is_found_by_its_last_word_and_otherwise_the_known_are_named(
    places: Places,
) -> None:
    course = load(places)
    assert course.exercise("second").id == "files.second"
    assert course.module("m01").id == "m01_files"
    with pytest.raises(LabError) as caught:
        course.exercise("third")
    assert caught.value.next_step == "Name one of: files.first, files.second."


def test_the_language_is_chosen_when_it_is_shown(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    exercise = load(places).exercise("first")
    assert (str(exercise.title), exercise.statement()) == ("The file first", "# first en\n")
    monkeypatch.setenv("LAB_LANG", "fr")
    assert (str(exercise.title), exercise.statement()) == ("Le fichier first", "# first fr\n")


def test_the_places_are_those_of_this_clone_unless_said_otherwise(tmp_path: Path) -> None:
    from lab.config import ROOT
    from lab.course import places

    assert places.load({}).work == ROOT / "work"
    chosen = places.load({"LAB_WORK": str(tmp_path), "LAB_COURSE": str(tmp_path / "c")})
    assert (chosen.work, chosen.exercises) == (tmp_path, tmp_path / "c" / "exercises")
