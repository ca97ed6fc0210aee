"""The verbs of the grade: quiz, answer, grade, report, class merge."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab import terminal
from lab.cli.app import app
from lab.cli.learning import ERROR, confirm, desk
from lab.errors import LabError
from lab.i18n import lab_error, t

if TYPE_CHECKING:
    from lab.course.content import OpenQuestion
    from lab.course.desk import Desk
    from lab.course.quiz import Sheet

classes = typer.Typer(help=t("help.class"), no_args_is_help=True, rich_markup_mode=None)
app.add_typer(classes, name="class")

INTERRUPTED = 130
"""The exit code of what Ctrl-C ended, as shells have it."""

Key = Annotated[Path | None, typer.Option("--key", envvar="LAB_CLASS_KEY", help=t("help.key"))]


@app.command(help=t("help.quiz"))
def quiz(
    module: Annotated[str, typer.Argument(metavar="MODULE", help=t("help.module"))],
    exam: Annotated[bool, typer.Option("--exam", help=t("help.exam"))] = False,
) -> None:
    from lab.cli import marks
    from lab.course import quiz as quizzes

    at = desk()
    chosen = at.course.module(module)
    found = quizzes.begin(chosen, at.store, exam=exam)
    marks.show_quiz(chosen, found, at.store.clock())
    explained = found.finished is None and not found.exam
    of = len(chosen.questions)
    while waiting := quizzes.unanswered(chosen, at.store.read()):
        sheet = waiting[0]
        left = None if found.deadline is None else found.deadline - at.store.clock()
        marks.show_question(sheet, of - len(waiting) + 1, of, left)
        try:
            found = quizzes.answer(chosen, at.store, sheet, _ask(sheet))
        except typer.Abort:
            marks.show_interrupted(chosen, found, of - len(waiting), at.store.clock())
            raise typer.Exit(INTERRUPTED) from None
        if not found.exam:
            marks.show_explanations(sheet, found)
    marks.show_result(chosen, at.store.read(), explained=explained)


def _ask(sheet: "Sheet") -> list[int]:
    """Ask until the answer can be read."""
    while True:
        try:
            return sheet.read(typer.prompt(t("quiz.prompt"), prompt_suffix=" "))
        except LabError as error:
            terminal.show_error(error)


@app.command(help=t("help.answer"))
def answer(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help=t("help.question"))],
    exam: Annotated[bool, typer.Option("--exam", help=t("help.exam"))] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=t("help.yes"))] = False,
) -> None:
    """Lay the answer's files out the first time; hand them in from then on."""
    from lab.cli import marks

    at = desk()
    chosen = at.course.open_question(question)
    laid_out = at.begin_answer(chosen, exam=exam)
    found = at.store.read().open[chosen.id]
    if laid_out:
        marks.show_open_question(chosen)
        marks.show_begun(chosen, found, at.places, at.store.clock())
        return
    marks.show_open_title(chosen)
    if found.marked or (found.exam and found.submitted):
        marks.show_marks(chosen, found)
    else:
        if found.exam and not yes:
            marks.show_time_left(found.deadline, at.store.clock())
            confirm(t("answer.once"))
        _hand_in(at, chosen)


def _hand_in(at: "Desk", question: "OpenQuestion") -> None:
    from lab.cli import marks, page

    with terminal.waiting(t("course.checking")):
        handed, outcome = at.hand_in(question)
    if outcome and outcome.status == "error":
        page.show_trouble(outcome)
        raise typer.Exit(ERROR)
    marks.show_marks(question, handed)
    if outcome and outcome.failure:
        page.show_failure(outcome.failure)


@app.command(help=t("help.grade"))
def grade(
    mark: Annotated[list[str] | None, typer.Option("--mark", help=t("help.mark"))] = None,
) -> None:
    from lab.cli import marks
    from lab.course import answers
    from lab.course import grade as grades

    at = desk()
    for one in mark or []:
        left, _, points = one.partition("=")
        question, _, criterion = left.rpartition("/")
        if not re.fullmatch(r"\d+([.,]\d+)?", points, re.ASCII):
            raise lab_error("bad-mark", given=one)
        value = float(points.replace(",", "."))
        answers.mark(at.course.open_question(question), criterion, value, at.store)
    marks.show_grade(grades.compute(at.course, at.store.read()))


@app.command(help=t("help.report"))
def report(
    name: Annotated[str | None, typer.Option("--name", help=t("help.name"))] = None,
    json: Annotated[bool, typer.Option("--json", help=t("help.json"))] = False,
    html: Annotated[bool, typer.Option("--html", help=t("help.html"))] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help=t("help.pdf"))] = False,
    key: Key = None,
) -> None:
    """Written to the standard output, so that the learner says where it goes."""
    from lab.course import document, webpage
    from lab.course import report as reports

    if json + html + pdf != 1:
        raise lab_error("report-kind")
    if pdf and sys.stdout.isatty():
        raise lab_error("report-terminal")
    at = desk()
    with at.store.changing() as progress:
        if name is not None:
            progress.name = " ".join(name.encode(errors="replace").decode().split())
    made = reports.build(at.course, progress, at.store.clock())
    if json:
        typer.echo(reports.dumps(reports.sign(made, reports.read_key(key)) if key else made))
    elif html:
        typer.echo(webpage.render(document.write(at.course, made)), nl=False)
    else:
        from lab.course import pdf as paper  # loads what draws pages

        typer.echo(paper.render(document.write(at.course, made)), nl=False)


@classes.command("merge", help=t("help.merge"))
def merge(
    files: Annotated[list[Path], typer.Argument(metavar="REPORT...", help=t("help.reports"))],
    key: Key = None,
) -> None:
    from lab.course import report as reports
    from lab.course import roster

    secret = reports.read_key(key) if key else None
    entries = []
    for file in files:
        try:
            entries.append(roster.read(file))
        except LabError as error:
            terminal.show_error(error)
    typer.echo(roster.table(entries, secret), nl=False)
    if len(entries) < len(files):
        raise typer.Exit(1)
