"""Open questions: a folder to answer in, handing in, and marks by criterion.

What a machine can measure (the figures of ``answer.toml``) or run (what the question's ``check.py``
tests) it marks when the answer is handed in. The rest waits for the instructor.

In training an answer may be handed in again until the instructor has marked it. In an exam the
question's minutes hold: it is handed in once, and what stands at the deadline counts.
"""

import hashlib
import math
import tomllib
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from lab.course import workspace
from lab.course.content import Criterion, OpenQuestion
from lab.course.progress import OpenAnswer, Store
from lab.i18n import lab_error, t


def begin(question: OpenQuestion, folder: Path, store: Store, *, exam: bool) -> bool:
    """Lay out the folder and start the clock; False when that has been done before.

    Raises LabError ``answer-training`` (an exam after a training has begun).
    """
    with store.changing() as progress:
        found = progress.open.get(question.id)
        in_training = not found.exam if found else folder.exists()
        if exam and in_training:
            raise lab_error("answer-training", id=question.id)
        laid_out = _lay_out(question, folder)
        if found is None:
            now = store.clock()
            deadline = now + question.minutes * 60 if exam else None
            progress.open[question.id] = OpenAnswer(started=now, deadline=deadline)
        return laid_out


def _lay_out(question: OpenQuestion, folder: Path) -> bool:
    if folder.exists():
        return False
    if question.starter and question.starter.is_dir():
        workspace.copy(question.starter, folder)
    with workspace.writing(folder.parent):
        _write_forms(question, folder)
    return True


def _write_forms(question: OpenQuestion, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    headings = "".join(f"\n## {text}\n\n" for text in question.deliverables)
    (folder / "answer.md").write_text(f"# {question.title}\n{headings}", encoding="utf-8")
    measures = [one.measure for one in question.criteria if one.measure]
    if measures:
        keys = "".join(f"# {measure.key} = \n" for measure in measures)
        (folder / "answer.toml").write_text(f"# {t('answer.figures')}\n{keys}", encoding="utf-8")


def need_open(question: OpenQuestion, folder: Path, store: Store) -> OpenAnswer:
    """The answer, if it may be handed in now.

    Raises LabError ``answer-marked``, ``answer-closed`` (an exam's, handed in before) or
    ``answer-late`` (a file was changed after the deadline).
    """
    found = store.read().open.get(question.id, OpenAnswer())
    if found.marked:
        raise lab_error("answer-marked", id=question.id)
    if found.deadline is None:
        return found
    if found.submitted is not None:
        raise lab_error("answer-closed", id=question.id)
    for file in _files(folder):
        if file.stat().st_mtime > found.deadline:
            over = datetime.fromtimestamp(found.deadline).strftime("%H:%M:%S")
            raise lab_error("answer-late", id=question.id, at=over, file=file.name)
    return found


def hand_in(
    question: OpenQuestion, folder: Path, store: Store, passed: Collection[int] = ()
) -> OpenAnswer:
    """Mark what can be measured, take over the tasks of ``check.py`` that ``passed``, and record
    the answer, once ``need_open`` has let it. Raises LabError ``answer-figures``.
    """
    given = _figures(folder / "answer.toml")
    measured = {
        one.id: float(one.points if one.task in passed or _right(one, given, folder) else 0)
        for one in question.criteria
        if one.by_machine
    }
    with store.changing() as progress:
        handed = progress.open.setdefault(question.id, OpenAnswer())
        handed.submitted = store.clock()
        handed.digest = _digest(folder)
        handed.measured = measured
        return handed


def mark(question: OpenQuestion, criterion_id: str, points: float, store: Store) -> None:
    """Record the instructor's points for one criterion. Raises LabError ``no-such-criterion``,
    ``mark-out-of-range`` or ``not-handed-in``.
    """
    found = [one for one in question.criteria if one.id == criterion_id and not one.by_machine]
    if not found:
        known = ", ".join(one.id for one in question.criteria if not one.by_machine)
        raise lab_error("no-such-criterion", name=criterion_id, known=known or "-")
    if not 0 <= points <= found[0].points:
        raise lab_error("mark-out-of-range", points=f"{points:g}", most=found[0].points)
    with store.changing() as progress:
        handed = progress.open.get(question.id)
        if handed is None or handed.submitted is None:
            raise lab_error("not-handed-in", id=question.id)
        handed.marked[criterion_id] = points


def points(question: OpenQuestion, handed: OpenAnswer | None) -> tuple[float, int]:
    """The points earned, and those that wait for the instructor."""
    if handed is None or handed.submitted is None:
        return 0.0, 0
    waiting = sum(
        one.points
        for one in question.criteria
        if not one.by_machine and one.id not in handed.marked
    )
    given = {**handed.measured, **handed.marked}
    return sum(min(given.get(one.id, 0.0), one.points) for one in question.criteria), waiting


def _figures(file: Path) -> dict[str, object]:
    if not file.is_file():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise lab_error("answer-figures", file=file, reason=error) from error


def _right(criterion: Criterion, given: dict[str, object], folder: Path) -> bool:
    measure = criterion.measure
    if measure is None or measure.key not in given:
        return False
    value = given[measure.key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        reason = t("answer.no-number", name=measure.key)
        raise lab_error("answer-figures", file=folder / "answer.toml", reason=reason)
    return measure.accepts(float(value))


def _files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.is_file())


def _digest(folder: Path) -> str:
    """Of the answer's files, their names and what they hold."""
    digest = hashlib.sha256()
    for file in _files(folder):
        digest.update(f"{file.relative_to(folder)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
