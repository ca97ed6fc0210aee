"""Open questions: a folder to answer in, handing in, and marks by criterion.

What a machine can measure (the figures in ``answer.toml``) it marks when the answer is handed in.
The rest waits for the instructor.
"""

import hashlib
import tomllib
from pathlib import Path

from lab.course.content import Criterion, OpenQuestion
from lab.course.progress import OpenAnswer, Store
from lab.i18n import lab_error, t


def lay_out(question: OpenQuestion, folder: Path) -> bool:
    """Make the folder with an answer to be written; False when it is there already."""
    if folder.exists():
        return False
    folder.mkdir(parents=True)
    headings = "".join(f"\n## {text}\n\n" for text in question.deliverables)
    (folder / "answer.md").write_text(f"# {question.title}\n{headings}", encoding="utf-8")
    measures = [one.measure for one in question.criteria if one.measure]
    if measures:
        keys = "".join(f"# {measure.key} = \n" for measure in measures)
        (folder / "answer.toml").write_text(f"# {t('answer.figures')}\n{keys}", encoding="utf-8")
    return True


def hand_in(question: OpenQuestion, folder: Path, store: Store) -> OpenAnswer:
    """Mark what can be measured and record the answer; it may be handed in again until the
    instructor has marked it.

    Raises LabError ``answer-marked`` or ``answer-figures``.
    """
    given = _figures(folder / "answer.toml")
    measured = {
        one.id: float(one.points if _right(one, given, folder) else 0)
        for one in question.criteria
        if one.measure
    }
    with store.changing() as progress:
        before = progress.open.get(question.id)
        if before and before.marked:
            raise lab_error("answer-marked", id=question.id)
        handed = OpenAnswer(store.clock(), _digest(folder), measured)
        progress.open[question.id] = handed
        return handed


def mark(question: OpenQuestion, criterion_id: str, points: float, store: Store) -> None:
    """Record the instructor's points for one criterion. Raises LabError ``no-such-criterion``,
    ``mark-out-of-range`` or ``not-handed-in``.
    """
    found = [one for one in question.criteria if one.id == criterion_id and not one.measure]
    if not found:
        known = ", ".join(one.id for one in question.criteria if not one.measure)
        raise lab_error("no-such-criterion", name=criterion_id, known=known or "-")
    if not 0 <= points <= found[0].points:
        raise lab_error("mark-out-of-range", points=f"{points:g}", most=found[0].points)
    with store.changing() as progress:
        if question.id not in progress.open:
            raise lab_error("not-handed-in", id=question.id)
        progress.open[question.id].marked[criterion_id] = points


def points(question: OpenQuestion, handed: OpenAnswer | None) -> tuple[float, int]:
    """The points earned, and those that wait for the instructor."""
    if handed is None:
        return 0.0, 0
    waiting = sum(
        one.points for one in question.criteria if not one.measure and one.id not in handed.marked
    )
    return sum(handed.measured.values()) + sum(handed.marked.values()), waiting


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
    if isinstance(value, bool) or not isinstance(value, int | float):
        reason = t("answer.no-number", name=measure.key)
        raise lab_error("answer-figures", file=folder / "answer.toml", reason=reason)
    return measure.accepts(float(value))


def _digest(folder: Path) -> str:
    """Of the answer's files, their names and what they hold."""
    digest = hashlib.sha256()
    for file in sorted(one for one in folder.rglob("*") if one.is_file()):
        digest.update(f"{file.relative_to(folder)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
