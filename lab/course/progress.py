"""What a learner has done, in one JSON file that is always whole.

It is written beside itself and renamed into place, under a lock. A file that cannot be read, or
that a newer lab has written, is refused with a way out and never overwritten.
"""

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from filelock import FileLock

from lab.i18n import lab_error

SCHEMA = 1

Clock = Callable[[], float]


@dataclass(slots=True)
class Attempts:
    """One exercise. Times are seconds since 1970; ``points`` and ``tasks`` are the best so far, by
    task; ``hints`` the highest level opened for each code; ``failing`` the code that the last check
    stopped at.
    """

    started: float | None = None
    checked: float | None = None
    passed: float | None = None
    attempts: int = 0
    seconds: float = 0.0
    tasks: dict[str, int] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)
    failing: str = ""
    solution_seen: float | None = None

    @property
    def points(self) -> int:
        return sum(self.tasks.values())


@dataclass(slots=True)
class QuizAnswers:
    """One module's quiz: the options chosen for each question, by their number in ``quiz.toml``.
    ``deadline`` is set in exam mode; ``finished`` closes it.
    """

    started: float
    answers: dict[str, list[int]] = field(default_factory=dict)
    finished: float | None = None
    deadline: float | None = None

    @property
    def exam(self) -> bool:
        return self.deadline is not None


@dataclass(slots=True)
class OpenAnswer:
    """One open question: points by criterion, those that the machine gave and those that the
    instructor gave. ``digest`` is that of the answer's files when it was handed in.
    """

    submitted: float
    digest: str
    measured: dict[str, float] = field(default_factory=dict)
    marked: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Progress:
    """All of it. ``seed`` makes a learner's data and order of questions their own."""

    seed: str
    name: str = ""
    current: str = ""
    exercises: dict[str, Attempts] = field(default_factory=dict)
    quizzes: dict[str, QuizAnswers] = field(default_factory=dict)
    open: dict[str, OpenAnswer] = field(default_factory=dict)

    def exercise(self, exercise_id: str) -> Attempts:
        return self.exercises.setdefault(exercise_id, Attempts())


class Store:
    """The file. Many processes may read and change it; each change is one ``changing`` block."""

    def __init__(self, file: Path, clock: Clock = time.time) -> None:
        self.file = file
        self.clock = clock

    def read(self) -> Progress:
        """The progress; a new learner's when there is no file. Raises LabError ``progress-torn``
        or ``progress-newer``.
        """
        try:
            text = self.file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Progress(seed=secrets.token_hex(8))
        except UnicodeDecodeError as error:
            raise self._torn(error) from error
        try:
            values = json.loads(text)
            schema = values.pop("schema")
            if schema > SCHEMA:
                raise lab_error("progress-newer", file=self.file, found=schema, known=SCHEMA)
            return _progress(values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._torn(error) from error

    @contextmanager
    def changing(self) -> Iterator[Progress]:
        """The progress, to be changed; written when the block ends well."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.file.with_suffix(".lock")):
            progress = self.read()
            yield progress
            self._write(progress)

    def _write(self, progress: Progress) -> None:
        text = json.dumps({"schema": SCHEMA, **asdict(progress)}, indent=2, ensure_ascii=False)
        beside = self.file.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as stream:
            stream.write(text + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(self.file)

    def _torn(self, error: Exception) -> Exception:
        return lab_error("progress-torn", file=self.file, reason=error)


def _progress(values: dict[str, Any]) -> Progress:
    exercises = {name: _made(Attempts, one) for name, one in values.pop("exercises").items()}
    quizzes = {name: _made(QuizAnswers, one) for name, one in values.pop("quizzes").items()}
    answers = {name: _made(OpenAnswer, one) for name, one in values.pop("open").items()}
    return Progress(**values, exercises=exercises, quizzes=quizzes, open=answers)


def _made[T](kind: type[T], values: dict[str, Any]) -> T:
    """A record with every field of its kind and no other."""
    if set(values) != {one.name for one in fields(kind)}:  # type: ignore[arg-type]  # dataclasses
        raise ValueError(f"{kind.__name__} with {sorted(values)}")
    return kind(**values)
