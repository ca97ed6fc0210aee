"""The verbs of the grade: quiz, answer, grade, report, class merge."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab import terminal
from lab.cli.app import app
from lab.cli.learning import desk
from lab.errors import LabError
from lab.i18n import lab_error, t

if TYPE_CHECKING:
    from lab.course.quiz import Sheet

classes = typer.Typer(help=t("help.class"), no_args_is_help=True, rich_markup_mode=None)
app.add_typer(classes, name="class")

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
    while waiting := quizzes.unanswered(chosen, at.store.read()):
        sheet = waiting[0]
        marks.show_question(sheet, len(chosen.questions) - len(waiting) + 1, len(chosen.questions))
        found = quizzes.answer(chosen, at.store, sheet, _ask(sheet))
        if not found.exam:
            marks.show_explanations(sheet, found)
    marks.show_result(chosen, at.store.read(), explained=explained)


def _ask(sheet: "Sheet") -> list[int]:
    """Ask until the answer can be read."""
    while True:
        try:
            return sheet.read(typer.prompt(t("quiz.prompt")))
        except LabError as error:
            terminal.show_error(error)


@app.command(help=t("help.answer"))
def answer(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help=t("help.question"))],
) -> None:
    """Lay the answer's files out the first time; hand them in from then on."""
    from lab.cli import marks
    from lab.course import answers

    at = desk()
    chosen = at.course.open_question(question)
    folder = at.places.folder(chosen.id)
    marks.show_open_question(chosen)
    if answers.lay_out(chosen, folder):
        terminal.show_next(t("answer.laid-out", folder=folder, id=chosen.id))
    else:
        marks.show_handed_in(chosen, answers.hand_in(chosen, folder, at.store))


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
        if not points.replace(".", "", 1).isdigit():
            raise lab_error("bad-mark", given=one)
        answers.mark(at.course.open_question(question), criterion, float(points), at.store)
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
    from lab.course import report as reports
    from lab.course import webpage

    if pdf:
        raise lab_error("report-no-pdf")
    if json == html:
        raise lab_error("report-kind")
    at = desk()
    with at.store.changing() as progress:
        progress.name = progress.name if name is None else name
    made = reports.build(at.course, progress, at.store.clock())
    if html:
        typer.echo(webpage.render(at.course, made), nl=False)
        return
    typer.echo(reports.dumps(reports.sign(made, reports.read_key(key)) if key else made))


@classes.command("merge", help=t("help.merge"))
def merge(
    files: Annotated[list[Path], typer.Argument(metavar="REPORT...", help=t("help.reports"))],
    key: Key = None,
) -> None:
    from lab.course import report as reports
    from lab.course import roster

    secret = reports.read_key(key) if key else None
    typer.echo(roster.table(roster.read(files), secret), nl=False)
