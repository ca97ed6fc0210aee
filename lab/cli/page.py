"""What the learner's verbs print: pages of the course and how a check ended. It decides nothing."""

import re
from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from lab import i18n
from lab.checks.programs import last_lines
from lab.checks.runner import Outcome, TaskResult
from lab.checks.text import Text
from lab.checks.vocabulary import Failed
from lab.config import ROOT
from lab.course import fidelity, paths, workspace
from lab.course.content import HINT_LEVELS, Course, Exercise, Module
from lab.course.places import Places
from lab.course.progress import Attempts, Progress
from lab.i18n import t
from lab.terminal import OUT, duration, show_next

DIAGRAM = re.compile(r"```mermaid(?: +(?P<name>\w+))?\n.*?```", re.DOTALL)
MARKS = {"pass": "[green]✓[/]", "fail": "[red]✗[/]", "error": "[yellow]![/]"}


def show_list(course: Course, progress: Progress) -> None:
    """Every module, with the exercises of those that are there."""
    for part in course.parts:
        OUT.print(f"[bold]{escape(str(part.title))}[/]")
        for module in course.modules:
            if module.part == part.id:
                _list_module(module, progress)


def _list_module(module: Module, progress: Progress) -> None:
    note = "" if module.present else f"  [dim]({t('course.absent')})[/]"
    OUT.print(f"  {module.id:<16} {escape(str(module.title))}{note}")
    table = Table.grid(padding=(0, 2, 0, 0))
    for exercise in module.exercises:
        record = progress.exercises.get(exercise.id, Attempts())
        begun = "[yellow]•[/]" if record.started else "[dim]·[/]"
        table.add_row(
            "   ",
            MARKS["pass"] if record.passed else begun,
            exercise.id,
            escape(str(exercise.title)),
            t("course.minutes", count=exercise.minutes),
            t("course.points", got=record.points, of=exercise.points),
        )
    if module.exercises:
        OUT.print(table)


def show_paths(course: Course, name: str | None) -> None:
    for way in paths.choose(course, name):
        minutes = paths.minutes(course, way)
        OUT.print(f"[bold]{way.id}[/]  {escape(str(way.title))}  ({duration(minutes * 60)})")
        OUT.print(Padding(escape(str(way.advice)), (0, 0, 0, 2)))
        for module_id in way.modules:
            module = course.module(module_id)
            note = "" if module.present else f"  [dim]({t('course.absent')})[/]"
            took = duration(module.all_minutes * 60)
            OUT.print(f"    {module.id:<16} {took:>11}  {escape(str(module.title))}{note}")


def show_module(module: Module) -> None:
    if not module.present:
        raise i18n.lab_error("module-absent", id=module.id)
    lesson = module.lesson()
    if lesson is None:
        OUT.print(f"[bold]{escape(str(module.title))}[/]\n{escape(str(module.summary))}")
        OUT.print(f"[dim]{t('course.no-lesson')}[/]")
    else:
        _markdown(lesson, module.folder)
    for exercise in module.exercises:
        OUT.print(f"  {exercise.id:<28} {escape(str(exercise.title))}")


def show_exercise(exercise: Exercise, places: Places) -> None:
    _markdown(exercise.statement(), exercise.folder.parent)
    for name in exercise.fidelity:
        kind, statement = fidelity.statement(name)
        OUT.print(f"[bold]{t(f'course.fidelity.{kind}')}[/]  {escape(str(statement))}")
    folder = places.folder(exercise.id)
    if folder.is_dir():
        show_next(t("course.work-there", folder=_short(folder)))
    else:
        show_next(t("course.start-it", id=exercise.id))


def show_where(
    course: Course, progress: Progress, following: Exercise | None, places: Places
) -> None:
    passed = sum(1 for record in progress.exercises.values() if record.passed)
    OUT.print(t("course.where", passed=passed, of=len(course.exercises)))
    if following is None:
        show_next(t("course.all-passed"))
        return
    show_title(following)
    took = t("course.minutes", count=following.minutes)
    OUT.print(f"  {escape(str(course.module(following.module).title))}, {took}")
    if places.folder(following.id).is_dir():
        show_next(t("course.work-there", folder=_short(places.folder(following.id))))
    else:
        show_next(t("course.start-it", id=following.id))


def show_title(exercise: Exercise) -> None:
    OUT.print(f"[bold]{exercise.id}[/]  {escape(str(exercise.title))}")


def show_started(exercise: Exercise, places: Places, backup: Path | None) -> None:
    if backup:
        OUT.print(t("course.kept", folder=_short(backup)))
    folder = places.folder(exercise.id)
    OUT.print(f"[green]✓[/] {t('course.copied', folder=_short(folder))}")
    for name in workspace.files(folder):
        OUT.print(f"    {name}")
    show_next(t("course.read-it", id=exercise.id))


def show_result(result: TaskResult) -> None:
    task = result.task
    got = task.points if result.status == "pass" else 0
    points = t("course.points", got=got, of=task.points)
    OUT.print(f"{MARKS[result.status]} {task.number}  {escape(str(task.title))}  [dim]{points}[/]")


def show_outcome(
    exercise: Exercise, outcome: Outcome, places: Places, following: Exercise | None
) -> None:
    """The first failure whole; the others are the lines above. Then what to do."""
    # What a program prints is for finding a mistake; a program run twice is shown once.
    latest = {ran.name: last_lines(ran.stdout + ran.stderr) for ran in outcome.ran}
    for name, printed in latest.items():
        if printed and outcome.status != "pass":
            OUT.print(f"[dim]{t('course.printed', name=name)}[/]")
            OUT.print(Padding(escape(printed), (0, 0, 0, 4)))
    if outcome.status == "error":
        _show_trouble(outcome)
    elif outcome.failure:
        _show_failure(outcome.failure)
        show_next(t("course.again", folder=_short(places.folder(exercise.id))))
    else:
        OUT.print(f"[green]{t('course.passed', points=outcome.points)}[/]")
        show_next(t("course.compare", id=exercise.id))
        if following:
            show_next(t("course.start-it", id=following.id))
        else:
            show_next(t("course.all-passed"))


def _show_failure(failure: Failed) -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("", t("course.expected"), escape(failure.must()))
    table.add_row("", t("course.there"), escape(failure.there()))
    if failure.look:
        table.add_row("", t("course.look"), escape(failure.look))
    OUT.print(table)


def _show_trouble(outcome: Outcome) -> None:
    trouble = next(result.trouble for result in outcome.results if result.trouble)
    OUT.print(f"[yellow]{t('course.trouble')}[/]")
    OUT.print(Padding(escape(last_lines(trouble)), (0, 0, 0, 4)))
    show_next(t("course.trouble-next"))


def show_hint(code: str, level: int, text: Text) -> None:
    name = t(f"course.level.{HINT_LEVELS[level - 1]}")
    OUT.print(
        f"[bold]{t('course.hint', level=level, of=len(HINT_LEVELS), name=name)}[/]  [dim]{code}[/]"
    )
    show_markdown(str(text))
    if level < len(HINT_LEVELS):
        show_next(t("course.more-hints"))


def show_solution(exercise: Exercise, places: Places, *, diff: bool) -> None:
    from rich.syntax import Syntax  # heavy, and only here

    if diff:
        lines = "\n".join(workspace.difference(exercise, places.folder(exercise.id)))
        OUT.print(Syntax(lines, "diff", background_color="default") if lines else t("course.same"))
        return
    for name in workspace.files(exercise.solution):
        file = exercise.solution / name
        OUT.print(f"[bold]{_short(file)}[/]")
        lexer = Syntax.guess_lexer(str(file))
        OUT.print(Syntax(file.read_text(encoding="utf-8"), lexer, background_color="default"))
    notes = exercise.solution / f"notes.{i18n.language()}.md"
    _markdown(notes.read_text(encoding="utf-8"), exercise.folder.parent)


def show_solving(exercise: Exercise) -> None:
    OUT.print(t("course.solving", id=exercise.id))


def show_deleted(names: Sequence[str]) -> None:
    for name in names:
        OUT.print(f"[green]✓[/] {t('course.deleted', name=name)}")


def _markdown(text: str, module: Path) -> None:
    """Markdown as a terminal shows it. A terminal draws no diagrams: where one stands, its name
    and, if it has been drawn, the file of its picture are shown.
    """

    def note(found: re.Match[str]) -> str:
        name = found["name"] or "-"
        picture = module / "pictures" / f"{name}.{i18n.language()}.svg"
        if picture.is_file():
            return t("course.picture", name=name, link=picture.as_uri())
        return t("course.no-picture", name=name)

    show_markdown(DIAGRAM.sub(note, text))


def show_markdown(text: str) -> None:
    from rich.markdown import Markdown  # heavy, and most verbs show none

    OUT.print(Markdown(text))


def _short(file: Path) -> str:
    """A path as it is typed in this clone."""
    return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else str(file)
