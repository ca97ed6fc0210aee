"""What the course consists of, as it was read from ``exercises/``. Nothing here changes while a
learner works; what they did is in ``progress``.

The types of the fields are also the form of the files: ``tables.make`` reads a class from a table
by them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab import i18n
from lab.checks.text import Text
from lab.course.tables import Id, Positive

HINT_LEVELS = ("nudge", "method", "nearly")
GENERAL = "general"


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise. ``id`` is stable words such as ``kinesis.hot_shard``; ``folder`` holds its
    files and ``solution`` the same files done. ``points`` is the sum of its tasks'; ``needs`` are
    the exercises whose AWS state it begins with; ``programs`` are run before the tasks;
    ``resources`` is what ``lab reset`` deletes; ``hints`` are by the failing check's code, three
    levels each. ``wrong`` is the code with which the starter fails.
    """

    id: Id
    title: Text
    minutes: Positive
    points: Positive
    needs: tuple[str, ...]
    programs: tuple[str, ...]
    services: tuple[str, ...]
    domains: tuple[str, ...]
    fidelity: tuple[str, ...]
    wrong: str
    module: str
    folder: Path
    solution: Path
    resources: Mapping[str, tuple[str, ...]]
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

    id: Id
    exercise: str
    prompt: Text
    options: tuple[Option, ...]

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
    """A line of a rubric. With a ``measure`` or a ``task`` (its number in the question's
    ``check.py``) the machine marks it, else the instructor does.
    """

    id: Id
    points: Positive
    text: Text
    measure: Measure | None = None
    task: int = 0

    @property
    def by_machine(self) -> bool:
        return self.measure is not None or self.task > 0


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that is answered in writing, in figures or in files that run, and marked by its
    criteria. ``work`` names the folder of the module, if there is one, that holds ``check.py`` and
    ``starter/``; ``solution`` is where the same files stand done.
    """

    id: Id
    title: Text
    minutes: Positive
    context: Text
    deliverables: tuple[Text, ...]
    criteria: tuple[Criterion, ...]
    module: str
    folder: Path
    solution: Path
    work: str = ""

    @property
    def check(self) -> Path | None:
        """What marks the files that run; None when there are none."""
        return self.folder / self.work / "check.py" if self.work else None

    @property
    def starter(self) -> Path | None:
        return self.folder / self.work / "starter" if self.work else None

    @property
    def points(self) -> int:
        return sum(criterion.points for criterion in self.criteria)


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the syllabus. It is ``present`` when its folder is there. ``qcm`` and ``open``
    are the points that the syllabus gives to its quiz and its open questions; ``domains`` are those
    that its exercises serve, or will.
    """

    id: Id
    part: str
    title: Text
    minutes: int
    qcm: int
    qcm_minutes: int
    open: int
    open_minutes: int
    domains: tuple[str, ...]
    folder: Path
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

    id: Id
    title: Text
    participation: int


@dataclass(frozen=True, slots=True)
class Way:
    """A way through the course: modules in order."""

    id: Id
    title: Text
    advice: Text
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of a certification's guide, as the exercises name it. ``coverage`` is the share of
    the domain, in percent, that the whole course prepares for.
    """

    id: Id
    exam: str
    title: Text
    coverage: int


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

    @property
    def open_questions(self) -> tuple[OpenQuestion, ...]:
        return tuple(one for module in self.modules for one in module.open_questions)

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
        """The question ``wanted``, or the only one whose id ends so."""
        found = [one for one in self.open_questions if wanted in (one.id, one.id.split(".")[-1])]
        if len(found) != 1:
            known = ", ".join(one.id for one in self.open_questions)
            raise i18n.lab_error("no-such-question", name=wanted, known=known or "-")
        return found[0]
