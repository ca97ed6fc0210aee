"""What the verbs of the grade print. It decides nothing."""

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from lab.cli.page import inline, short, show_markdown
from lab.course import answers, quiz, workspace
from lab.course.content import Module, OpenQuestion
from lab.course.grade import Grade, Score, shortest
from lab.course.places import Places
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


def show_question(sheet: Sheet, number: int, of: int, left: float | None) -> None:
    """``left`` are the seconds of an exam."""
    OUT.print()
    if left is not None:
        OUT.print(f"[dim]{t('quiz.left', left=duration(left))}[/]")
    OUT.print(f"[bold]{number}/{of}[/]  {inline(sheet.question.prompt)}")
    for letter, option in sheet.options():
        OUT.print(Padding(f"[bold]{letter}[/]  {inline(option.text)}", (0, 0, 0, 2)))


def show_interrupted(module: Module, found: QuizAnswers, answered: int, now: float) -> None:
    OUT.print(f"\n{t('quiz.interrupted', answered=answered)}")
    if found.deadline is not None:
        OUT.print(t("quiz.time", left=duration(max(0, found.deadline - now))))
    show_next(t("quiz.resume", id=module.id))


def show_explanations(sheet: Sheet, found: QuizAnswers) -> None:
    chosen = found.answers.get(sheet.question.id)
    right = quiz.is_right(sheet.question, chosen)
    said = t("quiz.right") if right else t("quiz.wrong", right=sheet.letters(_right(sheet)))
    OUT.print(f"{'[green]✓[/]' if right else '[red]✗[/]'} {said}")
    for letter, option in sheet.options():
        mark = "[green]✓[/]" if option.right else "[red]✗[/]"
        OUT.print(Padding(f"{mark} {letter}  {inline(option.why)}", (0, 0, 0, 2)))
    show_next(t("quiz.proof", id=sheet.question.exercise))


def show_result(module: Module, progress: Progress, *, explained: bool) -> None:
    """The score, and every explanation unless each was ``explained`` when it was answered."""
    found = progress.quizzes[module.id]
    if not explained:
        for sheet in quiz.sheets(module, progress.seed):
            OUT.print()
            OUT.print(f"[bold]{inline(sheet.question.prompt)}[/]")
            show_explanations(sheet, found)
    got = shortest(quiz.score(module, found))
    OUT.print()
    if found.finished == found.deadline:
        OUT.print(t("answer.time-over"))
    OUT.print(t("quiz.score", got=got, of=module.qcm))


def show_open_title(question: OpenQuestion) -> None:
    OUT.print(f"[bold]{escape(str(question.title))}[/]")
    took = t("course.minutes", count=question.minutes)
    OUT.print(f"[dim]{question.id}, {took}, {t('answer.worth', points=question.points)}[/]")


def show_open_question(question: OpenQuestion) -> None:
    show_open_title(question)
    show_markdown(str(question.context))
    show_markdown("".join(f"- {text}\n" for text in question.deliverables))


def show_begun(question: OpenQuestion, found: OpenAnswer, places: Places, now: float) -> None:
    folder = places.folder(question.id)
    for name in workspace.files(folder):
        OUT.print(f"    {name}")
    show_time_left(found.deadline, now)
    show_next(t("answer.laid-out", folder=short(folder), id=question.id))


def show_time_left(deadline: float | None, now: float) -> None:
    """Nothing outside of an exam."""
    if deadline is None:
        return
    if now < deadline:
        OUT.print(t("answer.time", left=duration(deadline - now)))
    else:
        OUT.print(t("answer.time-over"))


def show_marks(question: OpenQuestion, handed: OpenAnswer) -> None:
    """Each criterion with its points; those of the instructor once they are given."""
    given = {**handed.measured, **handed.marked}
    table = Table.grid(padding=(0, 2, 0, 0))
    for one in question.criteria:
        points = given.get(one.id)
        got = "?" if points is None else shortest(points)
        mark = "[yellow]•[/]" if points is None else "[green]✓[/]" if points else "[red]✗[/]"
        table.add_row(mark, inline(one.text), f"[dim]{got}/{one.points}[/]")
    OUT.print(table)
    _, waiting = answers.points(question, handed)
    if waiting:
        OUT.print(t("grade.waiting", points=waiting))
    if handed.marked or handed.exam:
        OUT.print(t("answer.closed"))


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
        "got": shortest(total.got),
        "here": shortest(total.here),
        "syllabus": shortest(total.syllabus),
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
    return f"{shortest(score.got)}/{shortest(score.here)}" if score.here else "-"


def _right(sheet: Sheet) -> list[int]:
    return sorted(sheet.question.right)
