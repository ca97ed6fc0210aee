"""What the verbs of the grade print. It decides nothing."""

import re

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from lab.checks.text import Text
from lab.cli.page import show_markdown
from lab.course import answers, quiz
from lab.course.content import Module, OpenQuestion
from lab.course.grade import Grade, Score
from lab.course.progress import OpenAnswer, Progress, QuizAnswers
from lab.course.quiz import Sheet
from lab.i18n import decimal, t
from lab.terminal import OUT, duration, show_next


def show_quiz(module: Module, found: QuizAnswers, now: float) -> None:
    OUT.print(f"[bold]{escape(str(module.title))}[/]")
    if found.finished is None:
        OUT.print(t("quiz.rules"))
        if found.deadline is not None:
            OUT.print(t("quiz.time", left=duration(found.deadline - now)))


def show_question(sheet: Sheet, number: int, of: int) -> None:
    OUT.print()
    OUT.print(f"[bold]{number}/{of}[/]  {_inline(sheet.question.prompt)}")
    for letter, option in sheet.options():
        OUT.print(Padding(f"[bold]{letter}[/]  {_inline(option.text)}", (0, 0, 0, 2)))


def show_explanations(sheet: Sheet, found: QuizAnswers) -> None:
    chosen = found.answers.get(sheet.question.id)
    right = quiz.is_right(sheet.question, chosen)
    said = t("quiz.right") if right else t("quiz.wrong", right=sheet.letters(_right(sheet)))
    OUT.print(f"{'[green]✓[/]' if right else '[red]✗[/]'} {said}")
    for letter, option in sheet.options():
        mark = "[green]✓[/]" if option.right else "[red]✗[/]"
        OUT.print(Padding(f"{mark} {letter}  {_inline(option.why)}", (0, 0, 0, 2)))
    show_next(t("quiz.proof", id=sheet.question.exercise))


def show_result(module: Module, progress: Progress, *, explained: bool) -> None:
    """The score, and every explanation unless each was ``explained`` when it was answered."""
    found = progress.quizzes[module.id]
    if not explained:
        for sheet in quiz.sheets(module, progress.seed):
            OUT.print()
            OUT.print(f"[bold]{_inline(sheet.question.prompt)}[/]")
            show_explanations(sheet, found)
    got = decimal(quiz.score(module, found))
    OUT.print()
    OUT.print(t("quiz.score", got=got, of=module.qcm))


def show_open_question(question: OpenQuestion) -> None:
    OUT.print(f"[bold]{escape(str(question.title))}[/]")
    took = t("course.minutes", count=question.minutes)
    OUT.print(f"[dim]{question.id}, {took}, {t('answer.worth', points=question.points)}[/]")
    show_markdown(str(question.context))
    show_markdown("".join(f"- {text}\n" for text in question.deliverables))


def show_handed_in(question: OpenQuestion, handed: OpenAnswer) -> None:
    for one in question.criteria:
        if one.measure:
            got = f"{handed.measured[one.id]:g}/{one.points}"
            mark = "[green]✓[/]" if handed.measured[one.id] else "[red]✗[/]"
            OUT.print(f"{mark} {escape(str(one.text))}  [dim]{got}[/]")
        else:
            OUT.print(f"[yellow]•[/] {escape(str(one.text))}  [dim]?/{one.points}[/]")
    _, waiting = answers.points(question, handed)
    if waiting:
        OUT.print(t("grade.waiting", points=waiting))


def show_grade(grade: Grade) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("module", "qcm", "open", "participation"):
        table.add_column(t(f"grade.{name}"), justify="left" if name == "module" else "right")
    for one in grade.modules:
        cells = (_points(score) for score in (one.qcm, one.open, one.participation))
        table.add_row(escape(str(one.module.title)), *cells)
    OUT.print(table)
    total = grade.total
    figures = {
        "got": decimal(total.got),
        "here": decimal(total.here),
        "syllabus": decimal(total.syllabus),
    }
    if grade.scaled is None:
        OUT.print(t("grade.nothing"))
        return
    verdict = t(f"grade.{grade.verdict}", at=grade.pass_at)
    OUT.print(f"[bold]{decimal(grade.scaled, 2)}/{grade.scale}[/]  {verdict}")
    OUT.print(t("grade.whole" if grade.complete else "grade.scaled", **figures))
    if total.waiting:
        OUT.print(t("grade.waiting", points=total.waiting))


def _points(score: Score) -> str:
    return f"{decimal(score.got)}/{decimal(score.here)}" if score.here else "-"


def _inline(text: Text) -> str:
    """Markup of one line, what stands between backticks set off."""
    return re.sub(r"`([^`]+)`", r"[cyan]\1[/]", escape(str(text)))


def _right(sheet: Sheet) -> list[int]:
    return sorted(sheet.question.right)
