"""The grade: quizzes, open questions and participation, as the syllabus divides 290 points.

While parts of the course are not in this lab, what is there is scaled to the whole: the grade is
over the points that can be had here, and says how many of the 290 those are.
"""

from dataclasses import dataclass

from lab.course import answers, quiz
from lab.course.content import Course, Module
from lab.course.progress import Attempts, Progress
from lab.i18n import decimal


@dataclass(frozen=True, slots=True)
class Score:
    """Points earned, of those that can be had here, of those that the syllabus gives. ``waiting``
    are those that the instructor has still to mark.
    """

    got: float = 0.0
    here: float = 0.0
    syllabus: float = 0.0
    waiting: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.got + other.got,
            self.here + other.here,
            self.syllabus + other.syllabus,
            self.waiting + other.waiting,
        )


@dataclass(frozen=True, slots=True)
class ModuleScore:
    """One module's three scores."""

    module: Module
    qcm: Score
    open: Score
    participation: Score

    @property
    def total(self) -> Score:
        return self.qcm + self.open + self.participation


@dataclass(frozen=True, slots=True)
class Grade:
    """The whole. ``scaled`` is out of the course's scale (20), None when nothing can be earned."""

    modules: tuple[ModuleScore, ...]
    total: Score
    scale: int
    pass_at: int

    @property
    def scaled(self) -> float | None:
        return self.scale * self.total.got / self.total.here if self.total.here else None

    @property
    def passed(self) -> bool:
        return self.scaled is not None and self.scaled >= self.pass_at

    @property
    def verdict(self) -> str:
        """``passed`` or ``not-passed`` once the whole course is here, ``provisional`` before."""
        if not self.complete:
            return "provisional"
        return "passed" if self.passed else "not-passed"

    @property
    def complete(self) -> bool:
        """Everything that the syllabus gives points for can be done here."""
        return abs(self.total.here - self.total.syllabus) < 0.005


def shortest(points: float) -> str:
    """Points as they are read, without a decimal that says nothing."""
    return decimal(points, 0 if float(points).is_integer() else 1)


def compute(course: Course, progress: Progress) -> Grade:
    modules = tuple(_module(course, one, progress) for one in course.modules)
    total = sum((one.total for one in modules), Score())
    return Grade(modules, total, course.scale, course.pass_at)


def _module(course: Course, module: Module, progress: Progress) -> ModuleScore:
    qcm = Score(
        got=quiz.score(module, progress.quizzes.get(module.id)),
        here=module.qcm if module.questions else 0,
        syllabus=module.qcm,
    )
    open_ = Score(syllabus=module.open)
    for question in module.open_questions:
        got, waiting = answers.points(question, progress.open.get(question.id))
        open_ += Score(got=got, here=question.points, waiting=waiting)
    return ModuleScore(module, qcm, open_, _participation(course, module, progress))


def _participation(course: Course, module: Module, progress: Progress) -> Score:
    """A part's points divided equally among its modules, and a module's among its exercises by
    their points.
    """
    part = next(one for one in course.parts if one.id == module.part)
    share = part.participation / sum(one.part == part.id for one in course.modules)
    of = sum(one.points for one in module.exercises)
    if not of:
        return Score(syllabus=share)
    earned = sum(
        min(progress.exercises.get(one.id, Attempts()).points, one.points)
        for one in module.exercises
    )
    return Score(got=share * earned / of, here=share, syllabus=share)
