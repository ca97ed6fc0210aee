"""Open questions: what is laid out earns nothing, and the solution all that a machine can give."""

import shutil

import pytest

from lab.checks import runner
from lab.course import workspace
from lab.course.content import OpenQuestion
from lab.course.desk import Desk
from tests.content.support import COURSE, name

QUESTIONS = COURSE.open_questions
RUNNING = [question for question in QUESTIONS if question.check]


@pytest.mark.parametrize("question", RUNNING, ids=name)
def test_a_criterion_has_the_points_of_its_task(question: OpenQuestion) -> None:
    assert question.check
    tasks = {task.number: task.points for task in runner.tasks(question.check)}
    assert {one.task: one.points for one in question.criteria if one.task} == tasks
    assert question.starter
    assert workspace.files(question.starter)
    assert set(workspace.files(question.starter)) <= set(workspace.files(question.solution))


@pytest.mark.parametrize("question", QUESTIONS, ids=name)
def test_each_deliverable_has_criteria_and_the_guide_its_answer(question: OpenQuestion) -> None:
    assert question.criteria
    for lang in ("fr", "en"):
        guide = question.folder.parents[1] / "solutions" / question.module / f"open.{lang}.md"
        assert question.id in guide.read_text(encoding="utf-8")


@pytest.mark.lab
@pytest.mark.parametrize("question", RUNNING, ids=name)
def test_the_starter_earns_nothing_and_the_solution_everything(
    question: OpenQuestion, desk: Desk
) -> None:
    assert desk.begin_answer(question, exam=False)
    handed, outcome = desk.hand_in(question)
    assert outcome is not None
    assert [result.trouble for result in outcome.results if result.trouble] == []
    assert set(handed.measured.values()) == {0.0}

    folder = desk.places.folder(question.id)
    for file in workspace.files(question.solution):
        shutil.copy(question.solution / file, folder / file)
    handed, outcome = desk.hand_in(question)
    assert outcome is not None
    assert outcome.failure is None
    assert handed.measured == {one.id: one.points for one in question.criteria if one.by_machine}
