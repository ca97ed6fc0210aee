"""The report of one learner: what they did and what it is worth, for themselves and for the
instructor, signed with the class's key when there is one.

The signature (HMAC-SHA256) shows that a report is as the ``lab`` command wrote it. Whoever has the
key can sign anything, so it stops a careless hand and not a determined one.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.course import answers, coverage, grade
from lab.course.content import Course, Exercise, OpenQuestion
from lab.course.grade import Score
from lab.course.progress import Attempts, OpenAnswer, Progress
from lab.i18n import lab_error

SCHEMA = 1


def build(course: Course, progress: Progress, now: float) -> dict[str, Any]:
    """The report, ready for JSON. Times are UTC, durations seconds."""
    result = grade.compute(course, progress)
    return {
        "schema": SCHEMA,
        "name": progress.name,
        "seed": progress.seed,
        "made": _time(now),
        "grade": {
            **_points(result.total),
            "scaled": None if result.scaled is None else round(result.scaled, 2),
            "scale": result.scale,
            "passed": result.passed,
            "verdict": result.verdict,
            "complete": result.complete,
        },
        "modules": [
            {
                "id": one.module.id,
                "present": one.module.present,
                "exam": bool((found := progress.quizzes.get(one.module.id)) and found.exam),
                "qcm": _points(one.qcm),
                "open": _points(one.open),
                "participation": _points(one.participation),
            }
            for one in result.modules
        ],
        "exercises": [_exercise(one, progress) for one in course.exercises],
        "questions": [_question(one, progress) for one in course.open_questions],
        "domains": _domains(course, progress),
    }


def sign(report: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The report with its signature."""
    return {**report, "signature": _signature(report, key)}


def verifies(report: Mapping[str, Any], key: str) -> bool:
    """Whether the signature is that of this report with this key."""
    given = str(report.get("signature", ""))
    return hmac.compare_digest(given.encode(), _signature(report, key).encode())


def read_key(file: Path) -> str:
    """The class's key: the first line of a file, at least 16 characters. Raises LabError
    ``class-key``.
    """
    try:
        key = file.read_text(encoding="utf-8").strip().partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        raise lab_error("class-key", file=file, reason=error) from error
    if len(key) < 16:
        raise lab_error("class-key", file=file, reason=f"{len(key)} < 16")
    return key


def dumps(report: Mapping[str, Any]) -> str:
    return json.dumps(report, indent=2, ensure_ascii=False)


def _signature(report: Mapping[str, Any], key: str) -> str:
    unsigned = {name: value for name, value in report.items() if name != "signature"}
    text = json.dumps(unsigned, sort_keys=True, separators=(",", ":"))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _points(score: Score) -> dict[str, float]:
    return {
        "got": round(score.got, 2),
        "here": round(score.here, 2),
        "syllabus": round(score.syllabus, 2),
        "waiting": score.waiting,
    }


def _exercise(exercise: Exercise, progress: Progress) -> dict[str, Any]:
    record = progress.exercises.get(exercise.id, Attempts())
    return {
        "id": exercise.id,
        "points": record.points,
        "of": exercise.points,
        "started": _time(record.started),
        "passed": _time(record.passed),
        "attempts": record.attempts,
        "seconds": round(record.seconds),
        "hints": sum(record.hints.values()),
        "solution_seen": _time(record.solution_seen),
    }


def _question(question: OpenQuestion, progress: Progress) -> dict[str, Any]:
    found = progress.open.get(question.id, OpenAnswer())
    points, waiting = answers.points(question, found)
    took = None
    if found.started is not None and found.submitted is not None:
        took = round(found.submitted - found.started)
    return {
        "id": question.id,
        "points": points,
        "of": question.points,
        "waiting": waiting,
        "exam": found.exam,
        "started": _time(found.started),
        "submitted": _time(found.submitted),
        "seconds": took,
        "digest": found.digest,
    }


def _domains(course: Course, progress: Progress) -> list[dict[str, Any]]:
    """Each certification's domains: how many exercises serve it, how many of them are passed, and
    in percent of the domain what the whole course and what is passed prepare for.
    """
    rows = []
    for one in coverage.compute(course, progress, [module.id for module in course.modules]):
        serving = [each for each in course.exercises if one.domain.id in each.domains]
        passed = sum(
            progress.exercises.get(each.id, Attempts()).passed is not None for each in serving
        )
        rows.append(
            {
                "id": one.domain.id,
                "exam": one.domain.exam,
                "passed": passed,
                "exercises": len(serving),
                "coverage": round(one.planned, 1),
                "covered": round(one.passed, 1),
            }
        )
    return rows


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
