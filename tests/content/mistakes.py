"""What the tests of wrong answers share: a mistake in a file of the solution, and what is asserted
of what the learner is told about it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lab.checks.runner import Outcome


class Mistake(NamedTuple):
    """In ``file``, a learner wrote ``wrong`` where the solution has ``right``: task ``task`` fails
    with ``code``, and says ``expected`` and ``there``.
    """

    task: int
    file: str
    right: str
    wrong: str
    code: str
    expected: str
    there: str


def make(folder: Path, mistakes: Sequence[Mistake]) -> None:
    """Write the mistakes into the files of ``folder``."""
    for mistake in mistakes:
        program = folder / mistake.file
        text = program.read_text(encoding="utf-8")
        assert mistake.right in text
        program.write_text(text.replace(mistake.right, mistake.wrong), encoding="utf-8")


def assert_named(outcome: Outcome, mistakes: Sequence[Mistake]) -> None:
    """Each mistake fails its task, and the learner is told which it is."""
    assert [result.trouble for result in outcome.results if result.trouble] == []
    assert outcome.status == "fail"
    failures = {r.task.number: r.failure for r in outcome.results if r.failure}
    for mistake in mistakes:
        failure = failures[mistake.task]
        assert failure.code == mistake.code, failure
        assert mistake.expected in failure.must()
        assert mistake.there in failure.there(), failure.there()
