"""Open questions: what the machine can mark it marks, the rest waits for the instructor."""

import os
from pathlib import Path

import pytest

from lab.course import answers
from lab.course.content import Measure, OpenQuestion
from lab.course.desk import Desk
from lab.errors import LabError
from tests.course.conftest import Clock
from tests.course.support import load, write


@pytest.fixture
def question(desk: Desk) -> OpenQuestion:
    return desk.course.open_question("files.sizing")


@pytest.fixture
def folder(desk: Desk, question: OpenQuestion) -> Path:
    assert desk.begin_answer(question, exam=False)
    return desk.places.folder(question.id)


def test_the_answer_s_files_are_laid_out_once(
    desk: Desk, question: OpenQuestion, folder: Path
) -> None:
    assert "## The number of shards" in (folder / "answer.md").read_text()
    assert "# shards = " in (folder / "answer.toml").read_text()
    (folder / "answer.md").write_text("mine")
    assert not desk.begin_answer(question, exam=False)
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
    ("figures", "said"),
    [
        ('shards = "4"', "shards is no number"),
        ("shards = nan", "shards is no number"),
        ("shards = [4]", "shards is no number"),
        ("shards =", "Invalid value"),
    ],
)
def test_a_figure_that_cannot_be_read_is_named(
    desk: Desk, question: OpenQuestion, folder: Path, figures: str, said: str
) -> None:
    (folder / "answer.toml").write_text(figures)
    with pytest.raises(LabError) as caught:
        answers.hand_in(question, folder, desk.store)
    assert caught.value.code == "answer-figures"
    assert said in caught.value.message
    assert desk.store.read().open[question.id].submitted is None


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
        desk.hand_in(question)
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


RUNS = """
work = "o01_sizing"
"""
TASK = """
[[questions.criteria]]
id = "runs"
points = 2
text = {fr = "Le fichier", en = "The file"}
task = 1
"""
CHECK = """
from lab.checks import expect, prepare, task

@prepare
def lay(bench):
    (bench.work / "given.txt").write_text(bench.seed)

@task(1, points=2, fr="Le fichier", en="The file")
def right(bench):
    said = (bench.work / "answer.txt").read_text()
    if said == "break":
        raise RuntimeError("ours")
    expect(said, equals="right", code="text", fr="juste", en="it is right")
"""


@pytest.fixture
def running(desk: Desk) -> OpenQuestion:
    """The question with a criterion whose file is run."""
    module = desk.places.exercises / "m01_files"
    text = (module / "open.toml").read_text()
    (module / "open.toml").write_text(text.replace("minutes = 10", f"minutes = 10{RUNS}") + TASK)
    write(module / "o01_sizing" / "check.py", CHECK)
    write(module / "o01_sizing" / "starter" / "answer.txt", "wrong")
    desk.course = load(desk.places)
    return desk.course.open_question("files.sizing")


def test_what_runs_is_laid_out_prepared_run_and_marked(desk: Desk, running: OpenQuestion) -> None:
    folder = desk.places.folder(running.id)
    assert desk.begin_answer(running, exam=False)
    assert (folder / "given.txt").read_text().endswith("/files.sizing")
    assert (folder / "answer.md").is_file()
    handed, outcome = desk.hand_in(running)
    assert outcome is not None
    assert outcome.failure is not None
    assert (outcome.failure.code, handed.measured) == ("text", {"shards": 0.0, "runs": 0.0})
    (folder / "answer.txt").write_text("right")
    handed, _ = desk.hand_in(running)
    assert handed.measured == {"shards": 0.0, "runs": 2.0}
    with pytest.raises(LabError) as caught:
        answers.mark(running, "runs", 2, desk.store)
    assert caught.value.code == "no-such-criterion"


def test_an_error_of_ours_hands_nothing_in(desk: Desk, running: OpenQuestion) -> None:
    desk.begin_answer(running, exam=False)
    (desk.places.folder(running.id) / "answer.txt").write_text("break")
    handed, outcome = desk.hand_in(running)
    assert outcome is not None
    assert (outcome.status, handed.submitted) == ("error", None)


def test_an_exam_s_answer_is_handed_in_once(desk: Desk, clock: Clock) -> None:
    question = desk.course.open_question("files.sizing")
    assert desk.begin_answer(question, exam=True)
    stand_still(desk, at=clock.now)
    clock.now += 9 * 60
    handed, _ = desk.hand_in(question)
    assert (handed.exam, handed.deadline) == (True, 1_000_600.0)
    with pytest.raises(LabError) as caught:
        desk.hand_in(question)
    assert caught.value.code == "answer-closed"


def test_what_stands_at_the_deadline_counts_and_nothing_later(desk: Desk, clock: Clock) -> None:
    question = desk.course.open_question("files.sizing")
    desk.begin_answer(question, exam=True)
    deadline = clock.now + 600
    clock.now += 3600
    stand_still(desk, at=deadline + 1)
    with pytest.raises(LabError, match=r"answer.md was changed after it") as caught:
        desk.hand_in(question)
    assert caught.value.code == "answer-late"
    stand_still(desk, at=deadline)
    assert desk.hand_in(question)[0].submitted == clock.now


def test_a_training_does_not_become_an_exam(desk: Desk, question: OpenQuestion) -> None:
    desk.begin_answer(question, exam=False)
    with pytest.raises(LabError) as caught:
        desk.begin_answer(question, exam=True)
    assert caught.value.code == "answer-training"


def stand_still(desk: Desk, at: float) -> None:
    """The answer's files were last changed ``at``."""
    for file in desk.places.folder("files.sizing").iterdir():
        os.utime(file, (at, at))
