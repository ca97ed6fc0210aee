"""The learner's verbs: list, path, show, next, start, check, watch, hint, solution, goto."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from lab import config as settings
from lab import terminal
from lab.cli.app import app
from lab.errors import LabError
from lab.i18n import lab_error, t

if TYPE_CHECKING:
    from lab.course.content import Course
    from lab.course.desk import Desk

PASS, FAIL, ERROR = 0, 1, 2
"""The exit codes of ``lab check``."""

POLL = 0.5  # seconds between two looks of ``lab watch``

Id = Annotated[str | None, typer.Argument(metavar="ID", help=t("help.id"))]


def confirm(question: str) -> None:
    """Ask in the learner's language; anything but a yes ends the command."""
    answer = typer.prompt(f"{question} {t('course.yes-no')}", default="", show_default=False)
    if answer.strip().lower() not in t("course.yes-words").split():
        raise typer.Abort


def read_course() -> "Course":
    from lab.course import loader, places  # loads clients that other verbs do not need

    here = places.load()
    return loader.load(here.exercises, here.solutions)


def desk() -> "Desk":
    from lab.course import places
    from lab.course.desk import Desk
    from lab.course.progress import Store

    here = places.load()
    return Desk(read_course(), here, settings.load(), Store(here.progress))


@app.command("list", help=t("help.list"))
def list_exercises() -> None:
    from lab.cli import page

    at = desk()
    page.show_list(at.course, at.store.read())


@app.command("path", help=t("help.path"))
def show_paths(
    name: Annotated[str | None, typer.Argument(metavar="PATH", help=t("help.path-name"))] = None,
) -> None:
    from lab.cli import page

    at = desk()
    page.show_paths(at.course, at.store.read(), name)


@app.command(help=t("help.show"))
def show(exercise: Id = None) -> None:
    """An exercise's statement, a module's lesson or an open question, by whose id it is."""
    from lab.cli import marks, page

    at = desk()
    if exercise in {one.id for module in at.course.modules for one in module.open_questions}:
        marks.show_open_question(at.course.open_question(exercise))
    elif exercise and exercise.split("_")[0] in {one.id.split("_")[0] for one in at.course.modules}:
        page.show_module(at.course.module(exercise))
    else:
        page.show_exercise(at.chosen(exercise), at.places)


@app.command("next", help=t("help.next"))
def show_next() -> None:
    from lab.cli import page

    at = desk()
    progress = at.store.read()
    page.show_where(at.course, progress, at.ahead(progress), at.places)


@app.command(help=t("help.start"))
def start(
    exercise: Id = None,
    force: Annotated[bool, typer.Option("--force", help=t("help.force"))] = False,
) -> None:
    from lab.cli import page

    at = desk()
    if exercise:
        chosen = at.course.exercise(exercise)
    else:
        following = at.following(at.store.read())
        if following is None:
            raise lab_error("nothing-started")
        chosen = following
    with terminal.waiting(t("course.preparing")):
        backup = at.start(chosen, force=force)
    page.show_started(chosen, at.places, backup)
    page.show_needed(chosen, at.needed_by(chosen), at.store.read())


@app.command(help=t("help.check"))
def check(exercise: Id = None) -> None:
    try:
        at = desk()
        raise typer.Exit(_check(at, exercise))
    except LabError as error:
        terminal.show_error(error)
        raise typer.Exit(ERROR) from error


@app.command(help=t("help.watch"))
def watch(exercise: Id = None) -> None:
    """Check at each save until the exercise is passed or Ctrl-C."""
    from lab.course import workspace

    at = desk()
    chosen = at.chosen(exercise)
    folder = at.places.folder(chosen.id)
    if not folder.is_dir():
        raise lab_error("not-started", id=chosen.id)
    seen = None
    try:
        while True:
            found = workspace.stamp(folder)
            if found == seen:
                time.sleep(POLL)
                continue
            if _check_or_say_why_not(at, chosen.id) == PASS:
                return
            # What the programs themselves wrote into the folder is no save of the learner's.
            seen = workspace.stamp(folder)
            terminal.show_next(t("course.watching", folder=folder))
    except KeyboardInterrupt:
        return


def _check_or_say_why_not(at: "Desk", exercise: str) -> int:
    """A lab that is stopped, or a file that cannot be read, is no reason to stop watching."""
    try:
        return _check(at, exercise)
    except LabError as error:
        terminal.show_error(error)
        return ERROR


def _check(at: "Desk", exercise: str | None) -> int:
    from lab.cli import page

    chosen = at.chosen(exercise)
    page.show_title(chosen)
    with terminal.waiting(t("course.checking")):
        outcome = at.check(chosen, page.show_result)
    page.show_outcome(chosen, outcome, at.places, at.following(at.store.read()))
    return {"pass": PASS, "fail": FAIL, "error": ERROR}[outcome.status]


@app.command(help=t("help.hint"))
def hint(exercise: Id = None) -> None:
    from lab.cli import page

    at = desk()
    chosen = at.chosen(exercise)
    page.show_hint(*at.hint(chosen))


@app.command(help=t("help.solution"))
def solution(
    exercise: Id = None,
    diff: Annotated[bool, typer.Option("--diff", help=t("help.diff"))] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=t("help.yes"))] = False,
) -> None:
    from lab.cli import page
    from lab.course.progress import Attempts

    at = desk()
    chosen = at.chosen(exercise)
    passed = at.store.read().exercises.get(chosen.id, Attempts()).passed
    if passed is None and not yes:
        confirm(t("course.solution-early"))
    at.see_solution(chosen)
    page.show_solution(chosen, at.places, diff=diff)


@app.command(help=t("help.goto"))
def goto(exercise: Id = None) -> None:
    from lab.cli import page

    at = desk()
    chosen = at.chosen(exercise)
    with terminal.waiting(t("course.preparing")):
        at.go_to(chosen, page.show_solving)
    page.show_started(chosen, at.places, None)


def reset_exercise(exercise: str) -> None:
    """``lab reset ID``."""
    from lab.cli import page

    at = desk()
    chosen = at.course.exercise(exercise)
    deleted, backup = at.reset(chosen)
    page.show_deleted(deleted)
    page.show_started(chosen, at.places, backup)
