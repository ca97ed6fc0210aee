"""What the learner's verbs print: pages of the course and how a check ended. It decides nothing."""

import re
from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from lab import i18n
from lab.checks.programs import Ran, last_lines
from lab.checks.runner import Outcome, TaskResult
from lab.checks.text import Text
from lab.checks.vocabulary import Failed
from lab.config import ROOT
from lab.course import (
    agenda,
    answers,
    coverage,
    diagrams,
    fidelity,
    paths,
    quiz,
    workspace,
)
from lab.course.content import HINT_LEVELS, Course, Exercise, Module
from lab.course.coverage import Coverage
from lab.course.grade import shortest
from lab.course.places import Places
from lab.course.progress import Attempts, Progress
from lab.i18n import t
from lab.terminal import OUT, duration, show_next

TEXT_WIDTH = 100  # columns at most: longer lines are hard to read
BEGUN, AHEAD = "[yellow]•[/]", "[dim]·[/]"
MARKS = {"pass": "[green]✓[/]", "fail": "[red]✗[/]", "error": "[yellow]![/]"}


def show_list(course: Course, progress: Progress) -> None:
    """Every module, with what there is to do in those that are here."""
    for part in course.parts:
        OUT.print(f"[bold]{escape(str(part.title))}[/]")
        for module in course.modules:
            if module.part == part.id:
                _list_module(module, progress)


def _list_module(module: Module, progress: Progress) -> None:
    _show_module_line(module)
    table = Table.grid(padding=(0, 2, 0, 0))
    for place in range(6):
        table.add_column(no_wrap=place != 3, justify="right" if place > 3 else "left")

    def add(mark: str, name: str, title: object, minutes: int, points: tuple[float, int]) -> None:
        took = t("course.minutes", count=minutes)
        earned = t("course.points", got=shortest(points[0]), of=points[1])
        table.add_row("   ", mark, name, escape(str(title)), took, earned)

    for one in module.exercises:
        record = progress.exercises.get(one.id, Attempts())
        mark = _mark(begun=bool(record.started), done=bool(record.passed))
        add(mark, one.id, one.title, one.minutes, (record.points, one.points))
    if module.questions:
        found = progress.quizzes.get(module.id)
        mark = _mark(begun=bool(found), done=bool(found and found.finished))
        points = (quiz.score(module, found), module.qcm)
        add(mark, f"lab quiz {module.id}", t("grade.qcm"), module.qcm_minutes, points)
    for question in module.open_questions:
        answer = progress.open.get(question.id)
        mark = _mark(begun=bool(answer), done=bool(answer and answer.submitted))
        got, _ = answers.points(question, answer)
        add(mark, question.id, question.title, question.minutes, (got, question.points))
    if table.row_count:
        OUT.print(table)


def _mark(*, begun: bool, done: bool) -> str:
    return MARKS["pass"] if done else BEGUN if begun else AHEAD


def _show_module_line(module: Module, *more: str) -> None:
    """Its id and title, which wraps below itself, and whether it is here."""
    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_column(no_wrap=True)
    note = "" if module.present else f"  [dim]({t('course.absent')})[/]"
    line.add_row(f"  {module.id:<17}", *more, f"{escape(str(module.title))}{note}")
    OUT.print(line)


def show_paths(course: Course, progress: Progress, name: str | None) -> None:
    ways = paths.choose(course, name)
    for way in ways:
        minutes = paths.minutes(course, way)
        OUT.print(f"[bold]{way.id}[/]  {escape(str(way.title))}  ({duration(minutes * 60)})")
        OUT.print(Padding(escape(str(way.advice)), (0, 0, 0, 2)))
        for module_id in way.modules:
            module = course.module(module_id)
            _show_module_line(module, f"{duration(module.all_minutes * 60):>11}")
    planned = {module.id for module in course.modules} if name is None else set(ways[0].modules)
    heading = t("coverage.course" if name is None else "coverage.path")
    show_coverage(coverage.compute(course, progress, planned), heading)


def show_coverage(found: Sequence[Coverage], planned: str) -> None:
    """The domains of both certifications, in percent."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(t("grade.domain"))
    for name in (planned, t("coverage.passed")):
        table.add_column(name, justify="right")
    exam = ""
    for one in found:
        if one.domain.exam != exam:
            exam = one.domain.exam
            table.add_row(f"[dim]{escape(exam)}[/]")
        table.add_row(
            f"  {escape(str(one.domain.title))}", percent(one.planned), percent(one.passed)
        )
    OUT.print()
    OUT.print(table)


def show_module(module: Module) -> None:
    if not module.present:
        raise i18n.lab_error("module-absent", id=module.id)
    lesson = module.lesson()
    if lesson is None:
        OUT.print(f"[bold]{escape(str(module.title))}[/]\n{escape(str(module.summary))}")
        OUT.print(f"[dim]{t('course.no-lesson')}[/]")
    else:
        _markdown(lesson, module.folder)
    titles = {one.id: one.title for one in module.exercises}
    titles |= {one.id: one.title for one in module.open_questions}
    for name, title in titles.items():
        OUT.print(f"  {name:<28} {escape(str(title))}")


def show_exercise(exercise: Exercise, places: Places) -> None:
    _markdown(exercise.statement(), exercise.folder.parent)
    for name in exercise.fidelity:
        kind, statement = fidelity.statement(name)
        said = f"[bold]{t(f'course.fidelity.{kind}')}[/] {inline(statement)}"
        OUT.print(said, width=min(OUT.width, TEXT_WIDTH))
    show_way(exercise, places)


def show_way(exercise: Exercise, places: Places) -> None:
    """Where to work at it, or how to begin."""
    folder = places.folder(exercise.id)
    if folder.is_dir():
        show_next(t("course.work-there", folder=short(folder)))
    else:
        show_next(t("course.start-it", id=exercise.id))


def show_where(
    course: Course, progress: Progress, following: Exercise | None, places: Places
) -> None:
    """How far the learner is, and what comes."""
    records = (progress.exercises.get(one.id, Attempts()) for one in course.exercises)
    passed = sum(1 for record in records if record.passed)
    OUT.print(t("course.where", passed=passed, of=len(course.exercises)))
    for item in agenda.waiting(course, progress):
        key = f"course.{'goes-on' if item.begun else 'waits'}-{item.kind}"
        show_next(t(key, id=item.id, minutes=item.minutes))
    if following is None:
        show_next(t("course.all-passed"))
        return
    show_title(following)
    took = t("course.minutes", count=following.minutes)
    OUT.print(f"  {escape(str(course.module(following.module).title))}, {took}")
    if module := agenda.lesson_before(course, following, progress):
        show_next(t("course.read-first", id=module.id, count=module.minutes))
    show_way(following, places)


def show_title(exercise: Exercise) -> None:
    OUT.print(f"[bold]{exercise.id}[/]  {escape(str(exercise.title))}")


def show_started(exercise: Exercise, places: Places, backup: Path | None) -> None:
    if backup:
        OUT.print(t("course.kept", folder=short(backup)))
    folder = places.folder(exercise.id)
    OUT.print(f"[green]✓[/] {t('course.copied', folder=short(folder))}")
    for name in workspace.files(folder):
        OUT.print(f"    {name}")
    show_next(t("course.read-it", id=exercise.id))


def show_needed(exercise: Exercise, needed: Sequence[Exercise], progress: Progress) -> None:
    """What must be in the lab and may not be, since the learner has not passed what makes it."""
    records = {one.id: progress.exercises.get(one.id, Attempts()) for one in needed}
    missing = [name for name, record in records.items() if record.passed is None]
    if missing:
        show_next(t("course.needs", needed=", ".join(missing), id=exercise.id))


def show_result(result: TaskResult) -> None:
    task = result.task
    got = task.points if result.status == "pass" else 0
    points = t("course.points", got=got, of=task.points)
    line = Table.grid(padding=(0, 2, 0, 0))
    for wraps in (False, True, False):
        line.add_column(no_wrap=not wraps)
    number = f"{MARKS[result.status]} {task.number}"
    line.add_row(number, escape(str(task.title)), f"[dim]{points}[/]")
    OUT.print(line)


def show_outcome(
    exercise: Exercise, outcome: Outcome, places: Places, following: Exercise | None
) -> None:
    """The first failure whole; the others are the lines above. Then what to do."""
    if outcome.failure and not outcome.failure.code.startswith("program-"):  # it shows that itself
        show_printed(outcome.ran)
    if outcome.status == "error":
        show_trouble(outcome)
    elif outcome.failure:
        show_failure(outcome.failure)
        show_next(t("course.again", folder=short(places.folder(exercise.id))))
    else:
        OUT.print(f"[green]{t('course.passed', points=outcome.points)}[/]")
        show_next(t("course.compare", id=exercise.id))
        if following and following.module == exercise.module:
            show_way(following, places)
        else:
            show_next(t("course.module-done" if following else "course.all-passed"))


def show_printed(programs: Sequence[Ran]) -> None:
    """What programs printed, which is for finding a mistake: a program run twice is shown once, a
    line as far as the terminal is wide, what one that ended well wrote to stderr not at all.
    """
    said = {ran.name: ran.stdout + (ran.stderr if ran.exit_code else "") for ran in programs}
    latest = {name: last_lines(text) for name, text in said.items()}
    for name, printed in latest.items():
        if printed:
            OUT.print(f"[dim]{t('course.printed', name=name)}[/]")
            OUT.print(
                Padding(escape(printed), (0, 0, 0, 4)), no_wrap=OUT.is_terminal, overflow="ellipsis"
            )


def show_failure(failure: Failed) -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("", t("course.expected"), escape(failure.must()))
    table.add_row("", t("course.there"), escape(failure.there()))
    OUT.print(table)
    if failure.look:  # unbroken, to be copied
        OUT.print(f"  [bold]{t('course.look')}[/]  {escape(failure.look)}", soft_wrap=True)


def show_trouble(outcome: Outcome) -> None:
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
    if diff:
        lines = "\n".join(workspace.difference(exercise, places.folder(exercise.id)))
        if lines:
            _show_code(lines, "diff")
        else:
            OUT.print(t("course.same"))
        return
    for name in workspace.files(exercise.solution):
        file = exercise.solution / name
        OUT.print(f"[bold]{short(file)}[/]")
        _show_code(file.read_text(encoding="utf-8"), file.suffix.removeprefix("."))
    notes = exercise.solution / f"notes.{i18n.language()}.md"
    _markdown(notes.read_text(encoding="utf-8"), exercise.folder.parent)


def _show_code(text: str, language: str) -> None:
    """In colours on a terminal; elsewhere as it is, whatever the width, to be kept or applied."""
    from rich.syntax import Syntax  # heavy, and only here

    if OUT.is_terminal:
        OUT.print(Syntax(text, language, background_color="default", word_wrap=True))
    else:
        OUT.out(text.rstrip("\n"), highlight=False)


def show_solving(exercise: Exercise) -> None:
    OUT.print(t("course.solving", id=exercise.id))


def show_deleted(names: Sequence[str]) -> None:
    for name in names:
        OUT.print(f"[green]✓[/] {t('course.deleted', name=name)}")


def _markdown(text: str, module: Path) -> None:
    """Markdown as a terminal shows it. A terminal draws no diagrams: where one stands, its name
    and, if it has been drawn, the file of its picture are shown, which many terminals open.
    """
    place = 0
    for found in diagrams.FENCE.finditer(text):
        show_markdown(text[place : found.start()])
        _show_picture(found["name"] or "-", module)
        place = found.end()
    show_markdown(text[place:])


def _show_picture(name: str, module: Path) -> None:
    picture = module / "pictures" / f"{name}.{i18n.language()}.svg"
    if picture.is_file():
        said = f"[link={picture.as_uri()}]{escape(short(picture))}[/link]"
        OUT.print(f"\n[dim]{t('course.picture', name=name)}[/] {said}\n", soft_wrap=True)
    else:
        OUT.print(f"\n[dim]{t('course.no-picture', name=name)}[/]\n")


def show_markdown(text: str) -> None:
    from rich.markdown import Markdown  # heavy, and most verbs show none

    if text.strip():
        OUT.print(Markdown(text, hyperlinks=OUT.is_terminal), width=min(OUT.width, TEXT_WIDTH))


def percent(share: float) -> str:
    return t("coverage.percent", share=f"{share:.0f}")


def inline(text: Text) -> str:
    """Markup of one line, what stands between backticks set off."""
    return re.sub(r"`([^`]+)`", r"[cyan]\1[/]", escape(str(text)))


def short(file: Path) -> str:
    """A path as it is typed in this clone."""
    return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else str(file)
