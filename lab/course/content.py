"""What the course consists of, as it was read from ``exercises/``. Nothing here changes while a
learner works; what they did is in ``progress``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab import i18n
from lab.checks.text import Text

HINT_LEVELS = ("nudge", "method", "nearly")
GENERAL = "general"


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise. ``id`` is stable words such as ``kinesis.hot_shard``; ``folder`` holds its
    files and ``solution`` the same files done. ``points`` is the sum of its tasks'; ``needs`` are
    the exercises whose AWS state it begins with; ``programs`` are run before the tasks; ``hints``
    are by the failing check's code, three levels each. ``wrong`` is the code with which the starter
    fails.
    """

    id: str
    module: str
    folder: Path
    solution: Path
    title: Text
    minutes: int
    points: int
    needs: tuple[str, ...]
    programs: tuple[str, ...]
    services: tuple[str, ...]
    domains: tuple[str, ...]
    fidelity: tuple[str, ...]
    resources: Mapping[str, tuple[str, ...]]
    wrong: str
    hints: Mapping[str, tuple[Text, ...]]

    @property
    def starter(self) -> Path:
        return self.folder / "starter"

    @property
    def check(self) -> Path:
        return self.folder / "check.py"

    def statement(self) -> str:
        """Markdown in the learner's language."""
        return (self.folder / f"statement.{i18n.language()}.md").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Option:
    """One of a question's four answers, and why it is right or wrong."""

    text: Text
    right: bool
    why: Text


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a module's quiz: four options, one or several right. ``exercise`` proves it."""

    id: str
    prompt: Text
    options: tuple[Option, ...]
    exercise: str

    @property
    def right(self) -> frozenset[int]:
        return frozenset(n for n, option in enumerate(self.options) if option.right)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a machine can check of an open answer: the number ``key`` of ``answer.toml``, right
    within a relative ``tolerance``.
    """

    key: str
    value: float
    tolerance: float

    def accepts(self, given: float) -> bool:
        return abs(given - self.value) <= abs(self.value) * self.tolerance


@dataclass(frozen=True, slots=True)
class Criterion:
    """A line of a rubric. With a ``measure`` the machine marks it, else the instructor does."""

    id: str
    points: int
    text: Text
    measure: Measure | None


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that is answered in writing and marked by its criteria."""

    id: str
    module: str
    title: Text
    context: Text
    deliverables: tuple[Text, ...]
    minutes: int
    criteria: tuple[Criterion, ...]

    @property
    def points(self) -> int:
        return sum(criterion.points for criterion in self.criteria)


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the syllabus. It is ``present`` when its folder is there. ``qcm`` and ``open``
    are the points that the syllabus gives to its quiz and its open questions.
    """

    id: str
    part: str
    title: Text
    folder: Path
    minutes: int
    qcm: int
    qcm_minutes: int
    open: int
    open_minutes: int
    present: bool = False
    summary: Text | None = None
    exercises: tuple[Exercise, ...] = ()
    questions: tuple[Question, ...] = ()
    open_questions: tuple[OpenQuestion, ...] = ()

    def lesson(self) -> str | None:
        """Markdown in the learner's language; None while it is not written."""
        file = self.folder / f"lesson.{i18n.language()}.md"
        return file.read_text(encoding="utf-8") if file.is_file() else None

    @property
    def all_minutes(self) -> int:
        """Lesson, exercises that are there, quiz and open questions."""
        work = sum(exercise.minutes for exercise in self.exercises)
        return self.minutes + work + self.qcm_minutes + self.open_minutes


@dataclass(frozen=True, slots=True)
class Part:
    """A half of the course, with the points of its participation."""

    id: str
    title: Text
    participation: int


@dataclass(frozen=True, slots=True)
class Way:
    """A way through the course: modules in order."""

    id: str
    title: Text
    advice: Text
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of a certification's guide, as the exercises name it."""

    id: str
    exam: str
    title: Text


@dataclass(frozen=True, slots=True)
class Course:
    """All of it. ``scale`` and ``pass_at`` are those of the grade: 20 and 12."""

    title: Text
    scale: int
    pass_at: int
    parts: tuple[Part, ...]
    modules: tuple[Module, ...]
    paths: tuple[Way, ...]
    domains: tuple[Domain, ...]

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        return tuple(one for module in self.modules for one in module.exercises)

    def exercise(self, wanted: str) -> Exercise:
        """The exercise ``wanted``, or the only one whose id ends so (``hot_shard``)."""
        found = [one for one in self.exercises if wanted in (one.id, one.id.split(".")[-1])]
        if len(found) != 1:
            known = ", ".join(one.id for one in self.exercises)
            raise i18n.lab_error("no-such-exercise", name=wanted, known=known or "-")
        return found[0]

    def module(self, wanted: str) -> Module:
        """The module ``wanted`` by its id, with or without what follows ``mNN``."""
        found = [one for one in self.modules if wanted in (one.id, one.id.split("_")[0])]
        if not found:
            known = ", ".join(one.id for one in self.modules)
            raise i18n.lab_error("no-such-module", name=wanted, known=known)
        return found[0]

    def open_question(self, wanted: str) -> OpenQuestion:
        found = [one for module in self.modules for one in module.open_questions]
        for question in found:
            if question.id == wanted:
                return question
        known = ", ".join(one.id for one in found)
        raise i18n.lab_error("no-such-question", name=wanted, known=known or "-")
