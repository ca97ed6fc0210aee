"""Reads ``exercises/`` into the classes of ``content``. Whatever is wrong in a file is refused with
the file, the key and what to do; nothing is guessed.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from lab.checks.resources import KINDS
from lab.checks.text import Text
from lab.course import tables
from lab.course.content import (
    GENERAL,
    HINT_LEVELS,
    Course,
    Domain,
    Exercise,
    Module,
    OpenQuestion,
    Part,
    Question,
    Way,
)
from lab.course.tables import Table, make


class _Named(Protocol):
    @property
    def id(self) -> str: ...


def load(exercises: Path, solutions: Path) -> Course:
    """The course of ``exercises``. Raises LabError ``course-file``."""
    file = tables.read(exercises / "course.toml")
    grade = file.table("grade")
    course = Course(
        title=file.both("title"),
        scale=grade.positive("scale"),
        pass_at=grade.integer("pass"),
        parts=tuple(make(Part, one) for one in file.tables("parts")),
        modules=tuple(_module(one, exercises, solutions) for one in file.tables("modules")),
        paths=tuple(make(Way, one) for one in file.tables("paths")),
        domains=tuple(make(Domain, one) for one in file.tables("domains")),
    )
    grade.close()
    file.close()
    _check_references(course, file)
    return course


def _module(table: Table, exercises: Path, solutions: Path) -> Module:
    name = table.id("id")
    folder, solution = exercises / name, solutions / name
    found: dict[str, Any] = {"folder": folder, "present": (folder / "module.toml").is_file()}
    own: dict[str, Any] = {"summary": None, "exercises": (), "questions": (), "open_questions": ()}
    if found["present"]:
        file = tables.read(folder / "module.toml")
        folders = sorted(one.parent for one in folder.glob("e*/exercise.toml"))
        own = {
            "summary": file.both("summary"),
            "exercises": tuple(_exercise(one, solution / one.name, name) for one in folders),
            "questions": tuple(_questions(folder / "quiz.toml")),
            "open_questions": tuple(_open_questions(folder / "open.toml", solution)),
        }
        file.close()
    return make(Module, table, **found, **own)


def _exercise(folder: Path, solution: Path, module: str) -> Exercise:
    table = tables.read(folder / "exercise.toml")
    exercise = make(
        Exercise,
        table,
        module=module,
        folder=folder,
        solution=solution,
        resources=_resources(table),
        hints=_hints(folder / "hints.toml"),
    )
    if exercise.wrong not in exercise.hints:
        raise table.error("wrong", "no-hints", code=exercise.wrong)
    return exercise


def _resources(table: Table) -> dict[str, tuple[str, ...]]:
    if not table.has("resources"):
        return {}
    own = table.table("resources")
    found = {kind: own.words(kind) for kind in KINDS}
    own.close()
    return found


def _hints(file: Path) -> dict[str, tuple[Text, ...]]:
    table = tables.read(file)
    hints = {}
    for code, levels in table.named().items():
        hints[code] = tuple(levels.both(level) for level in HINT_LEVELS)
        levels.close()
    if GENERAL not in hints:
        raise table.error(GENERAL, "missing")
    return hints


def _questions(file: Path) -> Iterable[Question]:
    for table in _each(file):
        question = make(Question, table)
        if len(question.options) != 4 or not 1 <= len(question.right) <= 3:
            raise table.error("options", "options")
        yield question


def _open_questions(file: Path, solution: Path) -> Iterable[OpenQuestion]:
    folder = file.parent
    for table in _each(file):
        place = solution / table.text("work") if table.has("work") else solution
        question = make(OpenQuestion, table, module=folder.name, folder=folder, solution=place)
        if question.check and not question.check.is_file():
            raise table.error("work", "no-check", file=question.check)
        for one in question.criteria:
            if one.task and (one.measure or not question.work):
                raise table.error("criteria", "task", id=one.id)
        yield question


def _each(file: Path) -> Iterable[Table]:
    """The questions of a file, if it is there, each id once."""
    if not file.is_file():
        return
    table = tables.read(file)
    seen: set[str] = set()
    for one in table.tables("questions"):
        name = one.id("id")
        if name in seen:
            raise table.error("questions", "twice", value=name)
        seen.add(name)
        yield one
    table.close()


def _check_references(course: Course, file: Table) -> None:
    """A module is of a part that there is, a path goes through modules that there are, an exercise
    needs only exercises before it and names domains that there are, and one proves each answer.
    """
    for number, module in enumerate(course.modules, start=1):
        _among(file, f"modules[{number}].part", [module.part], course.parts)
        _among(file, f"modules[{number}].domains", module.domains, course.domains)
    for number, path in enumerate(course.paths, start=1):
        _among(file, f"paths[{number}].modules", path.modules, course.modules)
    before: list[Exercise] = []
    for exercise in course.exercises:
        table = Table(exercise.folder / "exercise.toml", {})
        _among(table, "needs", exercise.needs, before)
        _among(table, "domains", exercise.domains, course.domains)
        if exercise.id in {one.id for one in before}:
            raise table.error("id", "twice", value=exercise.id)
        before.append(exercise)
    for module in course.modules:
        table = Table(module.folder / "quiz.toml", {})
        for question in module.questions:
            _among(table, f"questions.{question.id}.exercise", [question.exercise], before)


def _among(table: Table, key: str, names: Iterable[str], among: Sequence[_Named]) -> None:
    known = [one.id for one in among]
    for name in names:
        if name not in known:
            raise table.error(key, "not-among", value=name, known=", ".join(known) or "-")
