"""What a ``check.py`` is written with: tasks, expectations, and waiting for what takes time.

A check looks at the state of the system and at what the learner's programs do with data that they
have not seen. How the learner arrived there is not asked.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from lab import i18n
from lab.checks.text import Text

if TYPE_CHECKING:
    from lab.checks.bench import Bench

POLL = 0.2  # seconds between two looks of ``eventually``

type Step = Callable[[Bench], None]


class Failed(AssertionError):  # noqa: N818  # a result, not an error
    """The learner's state is not what it must be: an ordinary result, not an error of the lab.

    ``code`` is the stable word under which ``hints.toml`` has its hints; ``expected`` says what
    must be, ``wanted`` is its figure, if it has one; ``actual`` is what is there, ``look`` the
    command that shows it, or empty.
    """

    def __init__(
        self, code: str, expected: Text, actual: object, look: str = "", wanted: object = None
    ) -> None:
        super().__init__(f"{code}: {expected.en}: {actual!r}")
        self.code = code
        self.expected = expected
        self.actual = actual
        self.look = look
        self.wanted = wanted

    def there(self) -> str:
        """What is there, in a form to be read: of two lists, the first place where they differ; of
        what should not be there at all, the first.
        """
        if not isinstance(self.actual, list) or not isinstance(self.wanted, list):
            return _shown(self.actual)
        if not self.wanted:
            return _shown(self.actual[0])
        pairs = enumerate(
            zip_longest(self.actual, self.wanted, fillvalue=Text("(rien)", "(nothing)"))
        )
        number, (found, wanted) = next((n, pair) for n, pair in pairs if pair[0] != pair[1])
        return f"[{number}]: {_shown(found)} ≠ {_shown(wanted)}"

    def must(self) -> str:
        """What must be, with its figure where the sentence does not hold it."""
        if self.wanted is None or isinstance(self.wanted, list | bool):
            return str(self.expected)
        said, figure = str(self.expected), _shown(self.wanted)
        apart = i18n.number(self.wanted) if isinstance(self.wanted, int) else figure
        holds = any(re.search(rf"(?<!\d){re.escape(one)}(?!\d)", said) for one in (figure, apart))
        return said if holds else f"{said} ({figure})"


def _shown(value: object) -> str:
    """As the learner's language writes it, numbers too."""
    if isinstance(value, float):
        return f"{value:.8g}".replace(".", i18n.t("numbers.decimal_mark"))
    if isinstance(value, tuple):
        return " · ".join(_shown(one) for one in value)
    return str(value) if isinstance(value, str | Text) else repr(value)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do within an exercise, and what it is worth."""

    number: int
    points: int
    title: Text
    step: Step


def task(number: int, *, points: int, fr: str, en: str) -> Callable[[Step], Step]:
    """Make the function the check of task ``number``. It returns when all is well, or raises
    Failed.
    """

    def mark(step: Step) -> Step:
        step.__dict__["lab_task"] = Task(number, points, Text(fr, en), step)
        return step

    return mark


def prepare(step: Step) -> Step:
    """Make the function what ``lab start`` runs, to put into the lab what the exercise begins
    with. It must be harmless when run again.
    """
    step.__dict__["lab_prepares"] = True
    return step


_MISSING: Any = object()


def expect(  # noqa: PLR0913  # its words are read where it is called
    actual: object,
    *,
    code: str,
    fr: str,
    en: str,
    equals: object = _MISSING,
    at_least: Any = _MISSING,
    at_most: Any = _MISSING,
    look: str = "",
) -> None:
    """Raise Failed unless ``actual`` is what was said. ``fr`` and ``en`` say what must be, as a
    sentence that is true when the task is done.
    """
    if equals is at_least is at_most:
        raise TypeError(f"expect(code={code!r}) compares with nothing")
    right = (
        (equals is _MISSING or actual == equals)
        and (at_least is _MISSING or actual >= at_least)
        and (at_most is _MISSING or actual <= at_most)
    )
    if not right:
        wanted = next((one for one in (equals, at_least, at_most) if one is not _MISSING), None)
        raise Failed(code, Text(fr, en), actual, look, wanted)


def eventually[T](step: Callable[[], T], *, within: float) -> T:
    """What ``step`` returns once it no longer raises Failed; the last Failed after ``within``
    seconds. For what AWS does in its own time, never to give a learner's program a second chance.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            return step()
        except Failed:
            if time.monotonic() >= deadline:
                raise
        time.sleep(POLL)
