"""What there is to do besides exercises: lessons to read, and quizzes and open questions, once a
module's exercises are passed or when they have been begun.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lab.course.content import Course, Exercise, Module, OpenQuestion
from lab.course.progress import Attempts, OpenAnswer, Progress


@dataclass(frozen=True, slots=True)
class Item:
    """A quiz (``id`` is the module's) or an open question, its minutes, and until when an exam of
    it goes on, if one was begun.
    """

    kind: Literal["quiz", "answer"]
    id: str
    minutes: int
    begun: bool
    deadline: float | None


def waiting(course: Course, progress: Progress) -> Iterator[Item]:
    """In the course's order."""
    for module in course.modules:
        ready = module.present and all(_passed(one, progress) for one in module.exercises)
        found = [*_quiz(module, progress), *(_answer(q, progress) for q in module.open_questions)]
        yield from (item for item in found if item and (ready or item.begun))


def lesson_before(course: Course, exercise: Exercise, progress: Progress) -> Module | None:
    """The module whose lesson comes before an exercise: when none of its exercises has begun."""
    module = course.module(exercise.module)
    begun = any(progress.exercises.get(one.id, Attempts()).started for one in module.exercises)
    return None if begun or module.lesson() is None else module


def _passed(exercise: Exercise, progress: Progress) -> bool:
    return progress.exercises.get(exercise.id, Attempts()).passed is not None


def _quiz(module: Module, progress: Progress) -> Iterator[Item]:
    found = progress.quizzes.get(module.id)
    if module.questions and (found is None or found.finished is None):
        deadline = found.deadline if found else None
        yield Item("quiz", module.id, module.qcm_minutes, found is not None, deadline)


def _answer(question: OpenQuestion, progress: Progress) -> Item | None:
    found = progress.open.get(question.id, OpenAnswer())
    if found.submitted is not None:
        return None
    begun = found.started is not None
    return Item("answer", question.id, question.minutes, begun, found.deadline)
