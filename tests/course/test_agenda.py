"""What comes next, and how much of the certifications is prepared."""

import pytest

from lab.course import agenda, coverage
from lab.course.desk import Desk
from lab.course.progress import Attempts, OpenAnswer, QuizAnswers


def test_the_quiz_and_the_questions_come_after_the_exercises(desk: Desk) -> None:
    progress = desk.store.read()
    assert list(agenda.waiting(desk.course, progress)) == []
    for exercise in desk.course.exercises:
        progress.exercises[exercise.id] = Attempts(passed=1.0)
    items = list(agenda.waiting(desk.course, progress))
    assert [(one.kind, one.id, one.minutes) for one in items] == [
        ("quiz", "m01_files", 5),
        ("answer", "files.sizing", 10),
    ]
    progress.quizzes["m01_files"] = QuizAnswers(started=1.0, finished=2.0)
    progress.open["files.sizing"] = OpenAnswer(started=1.0, submitted=2.0)
    assert list(agenda.waiting(desk.course, progress)) == []


def test_what_was_begun_is_waiting_whatever_else(desk: Desk) -> None:
    progress = desk.store.read()
    progress.quizzes["m01_files"] = QuizAnswers(started=1.0, deadline=301.0)
    (item,) = agenda.waiting(desk.course, progress)
    assert (item.kind, item.begun, item.deadline) == ("quiz", True, 301.0)


def test_a_lesson_comes_before_the_first_exercise_only(desk: Desk) -> None:
    first, second = desk.course.exercises
    progress = desk.store.read()
    assert agenda.lesson_before(desk.course, first, progress) is None
    for lang in ("fr", "en"):
        (desk.places.exercises / "m01_files" / f"lesson.{lang}.md").write_text("# Lesson\n")
    module = agenda.lesson_before(desk.course, first, progress)
    assert module is not None
    assert module.id == "m01_files"
    progress.exercise(first.id).started = 1.0
    assert agenda.lesson_before(desk.course, second, progress) is None


@pytest.mark.parametrize(
    ("modules", "passed", "expected"),
    [
        (["m01_files", "m02_absent"], [], (80.0, 0.0)),
        (["m02_absent"], [], (40.0, 0.0)),
        (["m01_files"], ["files.first"], (40.0, 20.0)),
        ([], ["files.first", "files.second"], (0.0, 40.0)),
    ],
)
def test_a_domain_is_shared_by_the_modules_that_serve_it(
    desk: Desk, modules: list[str], passed: list[str], expected: tuple[float, float]
) -> None:
    progress = desk.store.read()
    for name in passed:
        progress.exercises[name] = Attempts(passed=1.0)
    (found,) = coverage.compute(desk.course, progress, modules)
    assert (found.planned, found.passed) == expected
