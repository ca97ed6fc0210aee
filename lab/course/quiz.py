"""A module's quiz: ten questions, asked in an order that is the learner's own, once.

The first time counts. In training, each answer is explained at once; in an exam, at the end, and
the time of the syllabus holds. It may be interrupted and taken up again, but never reopened.
"""

import random
from dataclasses import dataclass

from lab.course.content import Module, Option, Question
from lab.course.progress import Progress, QuizAnswers, Store
from lab.i18n import lab_error

LETTERS = "ABCD"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A question as this learner sees it: ``order`` are the options' numbers in ``quiz.toml``."""

    question: Question
    order: tuple[int, ...]

    def options(self) -> list[tuple[str, Option]]:
        """The options with the letters under which they are shown."""
        return [
            (LETTERS[place], self.question.options[number])
            for place, number in enumerate(self.order)
        ]

    def read(self, answer: str) -> list[int]:
        """``"A C"`` as the options' numbers. Raises LabError ``quiz-answer``."""
        chosen = set(answer.upper().replace(",", " ").replace(" ", ""))
        if not chosen or chosen - set(LETTERS):
            raise lab_error("quiz-answer", answer=answer.strip() or "-")
        return sorted(self.order[LETTERS.index(letter)] for letter in chosen)

    def letters(self, numbers: list[int]) -> str:
        """The options' numbers as this learner's letters."""
        return "".join(sorted(LETTERS[self.order.index(number)] for number in numbers))


def sheets(module: Module, seed: str) -> list[Sheet]:
    """All questions, shuffled by the learner's seed, and so are the options of each."""
    draw = random.Random(f"{seed}/{module.id}")  # noqa: S311  # an order, not a secret
    questions = list(module.questions)
    draw.shuffle(questions)
    return [Sheet(one, tuple(draw.sample(range(4), 4))) for one in questions]


def begin(module: Module, store: Store, *, exam: bool) -> QuizAnswers:
    """Begin, or take up what was begun. An exam that was begun stays one.

    Raises LabError ``quiz-missing``, ``quiz-training`` (an exam after a training has begun).
    """
    if not module.questions:
        raise lab_error("quiz-missing", id=module.id)
    with store.changing() as progress:
        now = store.clock()
        found = progress.quizzes.get(module.id)
        if found is None:
            deadline = now + module.qcm_minutes * 60 if exam else None
            found = progress.quizzes[module.id] = QuizAnswers(started=now, deadline=deadline)
        elif exam and not found.exam:
            raise lab_error("quiz-training", id=module.id)
        _close_if_over(found, module, now)
        return found


def answer(module: Module, store: Store, sheet: Sheet, chosen: list[int]) -> QuizAnswers:
    """Record one answer, if there is time left and the question has none."""
    with store.changing() as progress:
        found = progress.quizzes[module.id]
        now = store.clock()
        _close_if_over(found, module, now)
        if found.finished is None:
            found.answers.setdefault(sheet.question.id, chosen)
            _close_if_over(found, module, now)
        return found


def unanswered(module: Module, progress: Progress) -> list[Sheet]:
    """What is still to be asked; nothing once it is finished."""
    found = progress.quizzes.get(module.id)
    if found is None:
        return sheets(module, progress.seed)
    if found.finished is not None:
        return []
    return [one for one in sheets(module, progress.seed) if one.question.id not in found.answers]


def is_right(question: Question, chosen: list[int] | None) -> bool:
    """All that is right was chosen, and nothing else."""
    return chosen is not None and frozenset(chosen) == question.right


def score(module: Module, found: QuizAnswers | None) -> float:
    """The points earned, of ``module.qcm``."""
    if found is None or not module.questions:
        return 0.0
    right = sum(is_right(one, found.answers.get(one.id)) for one in module.questions)
    return module.qcm * right / len(module.questions)


def _close_if_over(found: QuizAnswers, module: Module, now: float) -> None:
    if found.finished is not None:
        return
    if found.deadline is not None and now >= found.deadline:
        found.finished = found.deadline
    elif {one.id for one in module.questions} <= set(found.answers):
        found.finished = now
