"""A quiz is asked once, in the learner's own order, and an exam ends with its time."""

import pytest

from lab.course import quiz
from lab.course.content import Module
from lab.course.desk import Desk
from lab.errors import LabError
from tests.course.conftest import Clock


@pytest.fixture
def module(desk: Desk) -> Module:
    return desk.course.module("m01_files")


def take(desk: Desk, module: Module, *, right: int) -> None:
    """Answer all that waits, the first ``right`` of them rightly."""
    for number, sheet in enumerate(quiz.unanswered(module, desk.store.read())):
        chosen = sorted(sheet.question.right) if number < right else [2]
        quiz.answer(module, desk.store, sheet, chosen)


def test_the_order_is_the_learner_s_and_comes_again(module: Module) -> None:
    assert quiz.sheets(module, "a") == quiz.sheets(module, "a")
    orders = {tuple(one.order for one in quiz.sheets(module, str(seed))) for seed in range(20)}
    assert len(orders) > 15
    firsts = {quiz.sheets(module, str(seed))[0].question.id for seed in range(20)}
    assert firsts == {"color", "size"}


def test_letters_are_those_shown(module: Module) -> None:
    sheet = quiz.Sheet(module.questions[0], (2, 3, 0, 1))
    assert [(letter, option.text.en) for letter, option in sheet.options()] == [
        *(("A", "c"), ("B", "d"), ("C", "a"), ("D", "b"))
    ]
    assert sheet.read("b, d") == sheet.read("DB") == [1, 3]
    assert sheet.letters([1, 3]) == "BD"


@pytest.mark.parametrize("answer", ["", " ", "E", "A1"])
def test_what_is_no_letter_is_refused(module: Module, answer: str) -> None:
    with pytest.raises(LabError) as caught:
        quiz.sheets(module, "a")[0].read(answer)
    assert caught.value.code == "quiz-answer"


@pytest.mark.parametrize(("chosen", "right"), [([1, 3], True), ([1], False), ([0, 1, 3], False)])
def test_all_that_is_right_and_nothing_else(
    module: Module, chosen: list[int], *, right: bool
) -> None:
    assert quiz.is_right(module.questions[0], chosen) is right
    assert not quiz.is_right(module.questions[0], None)


def test_the_first_time_counts_and_there_is_no_second(desk: Desk, module: Module) -> None:
    quiz.begin(module, desk.store, exam=False)
    take(desk, module, right=1)
    found = desk.store.read().quizzes[module.id]
    assert found.finished is not None
    assert quiz.score(module, found) == 1.0
    quiz.begin(module, desk.store, exam=False)
    assert quiz.unanswered(module, desk.store.read()) == []
    sheet = quiz.sheets(module, "a")[0]
    again = quiz.answer(module, desk.store, sheet, sorted(sheet.question.right))
    assert again.answers == found.answers


def test_an_interrupted_exam_goes_on_and_its_clock_too(
    desk: Desk, module: Module, clock: Clock
) -> None:
    begun = quiz.begin(module, desk.store, exam=True)
    assert begun.deadline == clock.now + 300
    first = quiz.unanswered(module, desk.store.read())[0]
    quiz.answer(module, desk.store, first, sorted(first.question.right))
    clock.now += 200
    assert quiz.begin(module, desk.store, exam=False).exam
    (last,) = quiz.unanswered(module, desk.store.read())
    clock.now += 100
    found = quiz.answer(module, desk.store, last, sorted(last.question.right))
    assert last.question.id not in found.answers
    assert found.finished == begun.deadline
    assert quiz.score(module, found) == 1.0


def test_a_training_does_not_become_an_exam(desk: Desk, module: Module) -> None:
    quiz.begin(module, desk.store, exam=False)
    with pytest.raises(LabError) as caught:
        quiz.begin(module, desk.store, exam=True)
    assert caught.value.code == "quiz-training"


def test_a_module_without_questions_says_so(desk: Desk) -> None:
    with pytest.raises(LabError) as caught:
        quiz.begin(desk.course.module("m02"), desk.store, exam=False)
    assert caught.value.message == "Module m02_absent has no quiz in this lab yet."
