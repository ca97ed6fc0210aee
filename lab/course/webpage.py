"""The report as one page of HTML that needs nothing else: to read, to print, to keep."""

from html import escape
from typing import Any

from lab import i18n
from lab.course.content import Course
from lab.i18n import decimal, t

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; width: 100%; margin: 1em 0; }
th, td { text-align: left; padding: .3em .6em; border-bottom: 1px solid #ccc; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.note { color: #555; } @media print { body { margin: 0; max-width: none; } }
"""


def render(course: Course, report: dict[str, Any]) -> str:
    grade = report["grade"]
    title = f"{course.title}: {report['name']}" if report["name"] else str(course.title)
    scaled = "-" if grade["scaled"] is None else decimal(grade["scaled"], 2)
    verdict = t(f"grade.{grade['verdict']}", at=course.pass_at)
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p><strong>{scaled} / {grade['scale']}</strong> ({escape(verdict)})</p>",
        f"<p class='note'>{escape(scaling(grade))}</p>",
        _modules(course, report),
        _exercises(course, report),
        _domains(course, report),
        f"<p class='note'>{escape(report['made'])}</p>",
    ]
    head = f"<meta charset='utf-8'><title>{escape(title)}</title><style>{STYLE}</style>"
    opening = f"<!doctype html><html lang='{i18n.language()}'><head>{head}</head>"
    return f"{opening}<body>{''.join(body)}</body></html>\n"


def scaling(grade: dict[str, Any]) -> str:
    """How the grade was made, in a sentence or two."""
    figures = {name: decimal(grade[name]) for name in ("got", "here", "syllabus")}
    said = t("grade.whole" if grade["complete"] else "grade.scaled", **figures)
    if grade["waiting"]:
        said += " " + t("grade.waiting", points=grade["waiting"])
    return said


def _modules(course: Course, report: dict[str, Any]) -> str:
    rows = []
    for module, one in zip(course.modules, report["modules"], strict=True):
        cells = [_points(one[key]) for key in ("qcm", "open", "participation")]
        rows.append([str(module.title), *cells])
    names = ("grade.module", "grade.qcm", "grade.open", "grade.participation")
    return _table([t(name) for name in names], rows)


def _exercises(course: Course, report: dict[str, Any]) -> str:
    rows = [
        [
            str(exercise.title),
            f"{one['points']}/{one['of']}",
            str(one["attempts"]),
            str(one["hints"]),
            t("class.yes") if one["solution_seen"] else t("class.no"),
            t("course.minutes", count=round(one["seconds"] / 60)),
        ]
        for exercise, one in zip(course.exercises, report["exercises"], strict=True)
    ]
    names = ("exercise", "points", "attempts", "hints", "solution", "time")
    return _table([t(f"grade.{name}") for name in names], rows)


def _domains(course: Course, report: dict[str, Any]) -> str:
    rows = [
        [domain.exam, str(domain.title), f"{one['passed']}/{one['exercises']}"]
        for domain, one in zip(course.domains, report["domains"], strict=True)
    ]
    return _table([t("grade.exam"), t("grade.domain"), t("grade.exercises")], rows)


def _points(score: dict[str, float]) -> str:
    return f"{decimal(score['got'])}/{decimal(score['here'])}" if score["here"] else "-"


def _table(names: list[str], rows: list[list[str]]) -> str:
    """Words to the left in the first column, figures to the right in the others."""

    def line(tag: str, cells: list[str]) -> str:
        made = (
            f"<{tag}{' class=n' if place else ''}>{escape(cell)}</{tag}>"
            for place, cell in enumerate(cells)
        )
        return f"<tr>{''.join(made)}</tr>"

    return f"<table>{line('th', names)}{''.join(line('td', row) for row in rows)}</table>"
