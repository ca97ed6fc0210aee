"""Reads ``exercises/`` into the classes of ``content``. Whatever is wrong in a file is refused with
the file, the key and what to do; nothing is guessed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from lab.checks.resources import KINDS
from lab.checks.text import Text
from lab.course import tables
from lab.course.content import (
    GENERAL,
    HINT_LEVELS,
    Course,
    Criterion,
    Domain,
    Exercise,
    Measure,
    Module,
    OpenQuestion,
    Option,
    Part,
    Question,
    Way,
)
from lab.course.tables import Table

ID = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*(\.[a-z0-9]+(_[a-z0-9]+)*)?")


class _Named(Protocol):
    @property
    def id(self) -> str: ...


def load(exercises: Path, solutions: Path) -> Course:
    """The course of ``exercises``. Raises LabError ``course-file``."""
    file = tables.read(exercises / "course.toml")
    grade = file.table("grade")
    parts = tuple(
        Part(_id(one), one.both("title"), one.integer("participation"))
        for one in _each(file, "parts")
    )
    modules = tuple(_module(one, exercises, solutions, parts) for one in _each(file, "modules"))
    course = Course(
        title=file.both("title"),
        scale=grade.integer("scale", least=1),
        pass_at=grade.integer("pass"),
        parts=parts,
        modules=modules,
        paths=tuple(_path(one, modules) for one in _each(file, "paths")),
        domains=tuple(
            Domain(_id(one), one.text("exam"), one.both("title")) for one in _each(file, "domains")
        ),
    )
    grade.close()
    file.close()
    _check_references(course)
    return course


def _module(table: Table, exercises: Path, solutions: Path, parts: Sequence[Part]) -> Module:
    name = _id(table)
    folder = exercises / name
    module = Module(
        id=name,
        part=_one_of(table, "part", parts),
        title=table.both("title"),
        folder=folder,
        minutes=table.integer("minutes"),
        qcm=table.integer("qcm"),
        qcm_minutes=table.integer("qcm_minutes"),
        open=table.integer("open"),
        open_minutes=table.integer("open_minutes"),
    )
    if not (folder / "module.toml").is_file():
        return module
    own = tables.read(folder / "module.toml")
    summary = own.both("summary")
    own.close()
    folders = sorted(file.parent for file in folder.glob("e*/exercise.toml"))
    found = tuple(_exercise(one, solutions / name / one.name, name) for one in folders)
    return replace(
        module,
        present=True,
        summary=summary,
        exercises=found,
        questions=_questions(folder / "quiz.toml"),
        open_questions=_open_questions(folder / "open.toml", name),
    )


def _exercise(folder: Path, solution: Path, module: str) -> Exercise:
    table = tables.read(folder / "exercise.toml")
    resources = table.table("resources") if table.has("resources") else None
    exercise = Exercise(
        id=_id(table),
        module=module,
        folder=folder,
        solution=solution,
        title=table.both("title"),
        minutes=table.integer("minutes", least=1),
        points=table.integer("points", least=1),
        needs=table.words("needs"),
        programs=table.words("programs"),
        services=table.words("services"),
        domains=table.words("domains"),
        fidelity=table.words("fidelity"),
        resources={kind: resources.words(kind) for kind in KINDS} if resources else {},
        wrong=table.text("wrong"),
        hints=_hints(folder / "hints.toml"),
    )
    if resources:
        resources.close()
    table.close()
    if exercise.wrong not in exercise.hints:
        raise table.error("wrong", "no-hints", code=exercise.wrong)
    return exercise


def _hints(file: Path) -> dict[str, tuple[Text, ...]]:
    table = tables.read(file)
    hints = {}
    for code, levels in table.named().items():
        hints[code] = tuple(levels.both(level) for level in HINT_LEVELS)
        levels.close()
    if GENERAL not in hints:
        raise table.error(GENERAL, "missing")
    return hints


def _questions(file: Path) -> tuple[Question, ...]:
    if not file.is_file():
        return ()
    table = tables.read(file)
    found = []
    for one in _each(table, "questions"):
        options = tuple(
            Option(option.both("text"), option.flag("right"), option.both("why"))
            for option in _each(one, "options")
        )
        question = Question(_id(one), one.both("prompt"), options, one.text("exercise"))
        if len(options) != 4 or not 1 <= len(question.right) <= 3:
            raise one.error("options", "options")
        found.append(question)
    table.close()
    _unique(table, "questions", found)
    return tuple(found)


def _open_questions(file: Path, module: str) -> tuple[OpenQuestion, ...]:
    if not file.is_file():
        return ()
    table = tables.read(file)
    found = tuple(
        OpenQuestion(
            id=_id(one),
            module=module,
            title=one.both("title"),
            context=one.both("context"),
            deliverables=tuple(each.both("text") for each in _each(one, "deliverables")),
            minutes=one.integer("minutes", least=1),
            criteria=tuple(_criterion(each) for each in _each(one, "criteria")),
        )
        for one in _each(table, "questions")
    )
    table.close()
    _unique(table, "questions", found)
    return found


def _criterion(table: Table) -> Criterion:
    measure = None
    if table.has("measure"):
        own = table.table("measure")
        measure = Measure(own.text("key"), own.number("value"), own.number("tolerance"))
        own.close()
    return Criterion(_id(table), table.integer("points", least=1), table.both("text"), measure)


def _path(table: Table, modules: Sequence[Module]) -> Way:
    path = Way(_id(table), table.both("title"), table.both("advice"), table.words("modules"))
    known = {module.id for module in modules}
    for name in path.modules:
        if name not in known:
            raise table.error("modules", "not-among", value=name, known=", ".join(sorted(known)))
    return path


def _check_references(course: Course) -> None:
    """An exercise needs only exercises before it, and names only domains that there are."""
    before: set[str] = set()
    domains = {domain.id for domain in course.domains}
    for exercise in course.exercises:
        table = Table(exercise.folder / "exercise.toml", {})
        for key, names, known in (
            ("needs", exercise.needs, before),
            ("domains", exercise.domains, domains),
        ):
            for name in names:
                if name not in known:
                    raise table.error(
                        key, "not-among", value=name, known=", ".join(sorted(known)) or "-"
                    )
        if exercise.id in before:
            raise table.error("id", "twice", value=exercise.id)
        before.add(exercise.id)
    for module in course.modules:
        for question in module.questions:
            if question.exercise not in before:
                table = Table(module.folder / "quiz.toml", {}, f"questions.{question.id}.")
                among = ", ".join(sorted(before)) or "-"
                raise table.error("exercise", "not-among", value=question.exercise, known=among)


def _each(table: Table, key: str) -> Iterable[Table]:
    """The tables of a list, each closed once it has been read."""
    for one in table.tables(key):
        yield one
        one.close()


def _id(table: Table) -> str:
    value = table.text("id")
    if not ID.fullmatch(value):
        raise table.error("id", "id", value=value)
    return value


def _one_of(table: Table, key: str, among: Sequence[_Named]) -> str:
    value = table.text(key)
    known = [one.id for one in among]
    if value not in known:
        raise table.error(key, "not-among", value=value, known=", ".join(known))
    return value


def _unique(table: Table, key: str, found: Sequence[_Named]) -> None:
    seen: set[str] = set()
    for one in found:
        if one.id in seen:
            raise table.error(key, "twice", value=one.id)
        seen.add(one.id)
