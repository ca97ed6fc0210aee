"""Every task of every exercise has a mistake in one of the files beside this one."""

from importlib import import_module
from pathlib import Path

from lab.checks import runner
from tests.content.mistakes import Mistake
from tests.content.support import EXERCISES

ROUNDS: list[tuple[str, list[Mistake]]] = [
    made
    for file in sorted(Path(__file__).parent.glob("test_wrong_answers_m*.py"))
    for made in import_module(f"tests.content.{file.stem}").ROUNDS
]


def test_every_task_has_a_mistake() -> None:
    known = {(e.id, task.number) for e in EXERCISES for task in runner.tasks(e.check)}
    assert {(name, mistake.task) for name, mistakes in ROUNDS for mistake in mistakes} == known
