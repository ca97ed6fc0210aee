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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from lab.course import workspace
from lab.i18n import lab_error

SCHEMA = 2
"""1 had no ``started`` and ``deadline`` in an open answer; it is read as 2 with neither."""

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
    """One open question: when it was begun and handed in, and the points by criterion, those that
    the machine gave and those that the instructor gave. ``digest`` is that of the answer's files
    when it was handed in; ``deadline`` is set in exam mode.
    """

    started: float | None = None
    submitted: float | None = None
    digest: str = ""
    measured: dict[str, float] = field(default_factory=dict)
    marked: dict[str, float] = field(default_factory=dict)
    deadline: float | None = None

    @property
    def exam(self) -> bool:
        return self.deadline is not None


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
        except OSError as error:
            raise workspace.closed(self.file.parent, error) from error
        try:
            values = json.loads(text)
            schema = int(values.pop("schema"))
            if schema > SCHEMA:
                raise lab_error("progress-newer", file=self.file, found=schema, known=SCHEMA)
            return _progress(values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._torn(f"{type(error).__name__}: {error}") from error

    @contextmanager
    def changing(self) -> Iterator[Progress]:
        """The progress, to be changed; written when the block ends well. Raises LabError
        ``work-closed`` when the folder cannot be written.
        """
        from filelock import FileLock  # heavy, and what only reads needs none

        with workspace.writing(self.file.parent):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.file.with_suffix(".lock"))
            lock.acquire()
        try:
            progress = self.read()
            yield progress
            with workspace.writing(self.file.parent):
                self._write(progress)
        finally:
            lock.release()

    def _write(self, progress: Progress) -> None:
        text = json.dumps({"schema": SCHEMA, **asdict(progress)}, indent=2, ensure_ascii=False)
        beside = self.file.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as stream:
            stream.write(text + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(self.file)

    def _torn(self, reason: object) -> Exception:
        return lab_error("progress-torn", file=self.file, reason=reason)


def _progress(values: dict[str, Any]) -> Progress:
    records: dict[str, Any] = {
        key: {name: _made(kind, one) for name, one in values.pop(key).items()}
        for key, kind in (("exercises", Attempts), ("quizzes", QuizAnswers), ("open", OpenAnswer))
    }
    return _made(Progress, {**values, **records})


def _made[T](kind: type[T], values: dict[str, Any]) -> T:
    """A record of its kind, each value of its field's type; an unknown field is refused."""
    hints = get_type_hints(kind)
    for name, value in values.items():
        if name not in hints or not _is(value, hints[name]):
            raise ValueError(f"{kind.__name__}.{name} = {value!r:.60}")
    return kind(**values)


def _is(value: object, hint: Any) -> bool:
    """Whether a value read from JSON is of a type such as ``dict[str, int]``."""
    arguments = get_args(hint)
    if isinstance(hint, UnionType):
        return any(_is(value, one) for one in arguments)
    if get_origin(hint) is dict:
        return isinstance(value, dict) and all(_is(one, arguments[1]) for one in value.values())
    if get_origin(hint) is list:
        return isinstance(value, list) and all(_is(one, arguments[0]) for one in value)
    kinds = (int, float) if hint is float else hint
    return isinstance(value, kinds) and not isinstance(value, bool)
