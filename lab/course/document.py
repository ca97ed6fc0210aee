"""The report as it is read: a title, sentences and tables, in the learner's language. ``webpage``
and ``pdf`` give it a form.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lab.course.content import Course
from lab.course.grade import shortest
from lab.i18n import decimal, t


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: the first column holds words, the others figures or short words."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """``grade`` is the sentence to be seen first; ``notes`` explain it."""

    title: str
    grade: str
    notes: tuple[str, ...]
    sheets: tuple[Sheet, ...]
    made: str


def write(course: Course, report: dict[str, Any]) -> Document:
    grade = report["grade"]
    scaled = "-" if grade["scaled"] is None else decimal(grade["scaled"], 2)
    verdict = t(f"grade.{grade['verdict']}", at=course.pass_at)
    seconds = sum(one["seconds"] for one in report["exercises"])
    return Document(
        title=f"{course.title}, {report['name']}" if report["name"] else str(course.title),
        grade=f"{scaled} / {grade['scale']} ({verdict})",
        notes=(*scaling(grade), t("report.worked", minutes=round(seconds / 60))),
        sheets=tuple(_sheets(course, report)),
        made=t("report.made", at=report["made"].replace("T", " ").replace("Z", " UTC")),
    )


def scaling(grade: dict[str, Any]) -> Iterator[str]:
    """How the grade was made, in a sentence or two."""
    figures = {name: shortest(grade[name]) for name in ("got", "here", "syllabus")}
    yield t("grade.whole" if grade["complete"] else "grade.scaled", **figures)
    if grade["waiting"]:
        yield t("grade.waiting", points=grade["waiting"])


def _sheets(course: Course, report: dict[str, Any]) -> Iterator[Sheet]:
    yield _sheet("modules", ("module", "qcm", "open", "participation"), _modules(course, report))
    names = ("exercise", "points", "attempts", "hints", "solution", "time")
    yield _sheet("exercises", names, _exercises(course, report))
    if questions := list(_questions(course, report)):
        yield _sheet("questions", ("question", "points", "to-mark", "kind", "time"), questions)
    for exam in dict.fromkeys(domain.exam for domain in course.domains):
        columns = tuple(t(f"report.{name}") for name in ("domain", "passed", "covered", "course"))
        yield Sheet(exam, columns, tuple(_domains(course, report, exam)))


def _sheet(title: str, names: Sequence[str], rows: Iterator[tuple[str, ...]] | list[Any]) -> Sheet:
    columns = tuple(t(f"grade.{name}") for name in names)
    return Sheet(t(f"report.{title}"), columns, tuple(rows))


def _modules(course: Course, report: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for module, one in zip(course.modules, report["modules"], strict=True):
        note = "" if one["present"] else f" ({t('course.absent')})"
        qcm = f"{_points(one['qcm'])} ({t('grade.exam')})" if one["exam"] else _points(one["qcm"])
        yield f"{module.title}{note}", qcm, _points(one["open"]), _points(one["participation"])


def _exercises(course: Course, report: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for exercise, one in zip(course.exercises, report["exercises"], strict=True):
        seen = t("class.yes") if one["solution_seen"] else t("class.no")
        took = t("course.minutes", count=round(one["seconds"] / 60))
        points = f"{one['points']}/{one['of']}"
        yield str(exercise.title), points, str(one["attempts"]), str(one["hints"]), seen, took


def _questions(course: Course, report: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for question, one in zip(course.open_questions, report["questions"], strict=True):
        kind = t("grade.exam") if one["exam"] else t("grade.training")
        took = "-"
        if one["seconds"] is not None:
            took = t("course.minutes", count=round(one["seconds"] / 60))
        points = f"{shortest(one['points'])}/{one['of']}"
        waiting = str(one["waiting"]) if one["submitted"] else "-"
        yield str(question.title), points, waiting, kind if one["started"] else "-", took


def _domains(course: Course, report: dict[str, Any], exam: str) -> Iterator[tuple[str, ...]]:
    for domain, one in zip(course.domains, report["domains"], strict=True):
        if domain.exam == exam:
            percents = (
                t("coverage.percent", share=round(one[name])) for name in ("covered", "coverage")
            )
            yield str(domain.title), f"{one['passed']}/{one['exercises']}", *percents


def _points(score: dict[str, float]) -> str:
    return f"{shortest(score['got'])}/{shortest(score['here'])}" if score["here"] else "-"
