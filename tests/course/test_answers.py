"""Open questions: figures are measured, the rest waits for the instructor."""

from pathlib import Path

import pytest

from lab.course import answers
from lab.course.content import Measure, OpenQuestion
from lab.course.desk import Desk
from lab.errors import LabError


@pytest.fixture
def question(desk: Desk) -> OpenQuestion:
    return desk.course.open_question("files.sizing")


@pytest.fixture
def folder(desk: Desk, question: OpenQuestion) -> Path:
    folder = desk.places.folder(question.id)
    assert answers.lay_out(question, folder)
    return folder


def test_the_answer_s_files_are_laid_out_once(question: OpenQuestion, folder: Path) -> None:
    assert "## The number of shards" in (folder / "answer.md").read_text()
    assert "# shards = " in (folder / "answer.toml").read_text()
    (folder / "answer.md").write_text("mine")
    assert not answers.lay_out(question, folder)
    assert (folder / "answer.md").read_text() == "mine"


@pytest.mark.parametrize(
    ("figures", "earned"), [("shards = 4", 3.0), ("shards = 5", 0.0), ("# shards = 4", 0.0)]
)
def test_a_figure_is_measured_when_it_is_handed_in(
    desk: Desk, question: OpenQuestion, folder: Path, figures: str, earned: float
) -> None:
    (folder / "answer.toml").write_text(figures)
    handed = answers.hand_in(question, folder, desk.store)
    assert answers.points(question, handed) == (earned, 1)
    assert desk.store.read().open["files.sizing"] == handed


@pytest.mark.parametrize(
    ("figures", "said"), [('shards = "4"', "shards is no number"), ("shards =", "Invalid value")]
)
def test_a_figure_that_cannot_be_read_is_named(
    desk: Desk, question: OpenQuestion, folder: Path, figures: str, said: str
) -> None:
    (folder / "answer.toml").write_text(figures)
    with pytest.raises(LabError) as caught:
        answers.hand_in(question, folder, desk.store)
    assert caught.value.code == "answer-figures"
    assert said in caught.value.message
    assert desk.store.read().open == {}


def test_tolerance_is_relative() -> None:
    measure = Measure("cost", 200.0, 0.05)
    assert all(measure.accepts(value) for value in (190, 200, 210))
    assert not any(measure.accepts(value) for value in (189.9, 211))


def test_the_digest_follows_what_is_handed_in(
    desk: Desk, question: OpenQuestion, folder: Path
) -> None:
    first = answers.hand_in(question, folder, desk.store).digest
    (folder / "answer.md").write_text("more")
    assert answers.hand_in(question, folder, desk.store).digest != first


def test_what_is_marked_is_not_handed_in_again(
    desk: Desk, question: OpenQuestion, folder: Path
) -> None:
    answers.hand_in(question, folder, desk.store)
    answers.mark(question, "reasons", 0.5, desk.store)
    assert answers.points(question, desk.store.read().open[question.id]) == (0.5, 0)
    with pytest.raises(LabError) as caught:
        answers.hand_in(question, folder, desk.store)
    assert caught.value.code == "answer-marked"


@pytest.mark.parametrize(
    ("criterion", "points", "code"),
    [
        ("shards", 3, "no-such-criterion"),
        ("reasons", 2, "mark-out-of-range"),
        ("reasons", 1, "not-handed-in"),
    ],
)
def test_a_mark_that_cannot_be_given_is_refused(
    desk: Desk, question: OpenQuestion, criterion: str, points: float, code: str
) -> None:
    with pytest.raises(LabError) as caught:
        answers.mark(question, criterion, points, desk.store)
    assert caught.value.code == code
