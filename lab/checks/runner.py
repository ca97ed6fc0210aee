"""Runs a ``check.py``: the learner's programs first, then each task in its order.

A task passes, fails (something of the learner's is not as it must be) or is in error (something of
ours, or of the lab, is broken). The three are never mixed up: only Failed is a fail.
"""

import logging
import runpy
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from botocore.exceptions import ConnectionError as NotReached
from botocore.exceptions import EndpointConnectionError

from lab.checks.bench import Bench
from lab.checks.programs import Ran
from lab.checks.vocabulary import Failed, Task
from lab.i18n import lab_error

LOG = logging.getLogger(__name__)

type Status = Literal["pass", "fail", "error"]


@dataclass(frozen=True, slots=True)
class TaskResult:
    """How one task ended: ``failure`` when it failed, ``trouble`` (a traceback) when in error;
    ``ran`` are the programs that it ran.
    """

    task: Task
    status: Status
    failure: Failed | None = None
    trouble: str = ""
    ran: tuple[Ran, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an exercise stands. ``failure`` is the first one, which is the one to look at. ``built``
    are the programs that were run before the tasks, ``program`` why the last of them failed.
    """

    results: tuple[TaskResult, ...]
    built: tuple[Ran, ...] = ()
    program: Failed | None = None

    @property
    def status(self) -> Status:
        """The worst of its tasks: an error of ours hides what may be the learner's."""
        found = {result.status for result in self.results}
        return "error" if "error" in found else "fail" if "fail" in found else "pass"

    @property
    def failure(self) -> Failed | None:
        """What to show: a program that did not end well explains the tasks that fail after it."""
        first = next((r.failure for r in self.results if r.failure), None)
        return self.program if first and self.program else first

    @property
    def ran(self) -> tuple[Ran, ...]:
        """The programs whose output may explain the failure: those of its task."""
        first = next((result for result in self.results if result.status != "pass"), None)
        if first is None:
            return ()
        return self.built if self.program or not first.ran else first.ran

    @property
    def passed(self) -> frozenset[int]:
        """The numbers of the tasks that passed."""
        return frozenset(r.task.number for r in self.results if r.status == "pass")

    @property
    def points(self) -> int:
        return sum(result.task.points for result in self.results if result.status == "pass")


def tasks(check: Path) -> list[Task]:
    """The tasks of a ``check.py`` by number. Raises LabError ``check-broken``, also when a number
    is missing or given twice.
    """
    named: list[Any] = [one for one in _load(check).values() if hasattr(one, "lab_task")]
    found: list[Task] = sorted((one.lab_task for one in named), key=lambda task: task.number)
    if [task.number for task in found] != list(range(1, len(found) + 1)) or not found:
        reason = "tasks must be numbered 1, 2, 3 ..., each number once"
        raise lab_error("check-broken", file=check, reason=reason)
    return found


def prepares(check: Path) -> list[Any]:
    """What the check runs to put into the lab what its exercise begins with."""
    found: list[Any] = list(_load(check).values())
    return [step for step in found if hasattr(step, "lab_prepares")]


def prepare(check: Path, bench: Bench) -> bool:
    """Run what the check prepares; False when there is nothing to prepare. Raises LabError
    ``prepare-failed``.
    """
    steps = prepares(check)
    for step in steps:
        try:
            step(bench)
        except Exception as error:  # the edge: whatever it was, nothing of the learner's caused it
            LOG.exception("Preparing with %s broke", check)
            raise lab_error("prepare-failed", reason=error) from error
    return bool(steps)


def run(
    check: Path,
    bench: Bench,
    programs: Sequence[str] = (),
    report: Callable[[TaskResult], None] = lambda _: None,
) -> Outcome:
    """Run ``programs`` of the learner's, then the tasks, telling ``report`` of each. After an error
    of ours the remaining tasks are not run: they would say nothing reliable.
    """
    program = build(bench, programs)
    built = tuple(bench.ran)
    results: list[TaskResult] = []
    for task in tasks(check):
        result = _run_task(task, bench)
        results.append(result)
        report(result)
        if result.status == "error":
            break
    return Outcome(tuple(results), built, program)


def build(bench: Bench, programs: Sequence[str]) -> Failed | None:
    """Run the programs that make what the exercise asks for; the failure of the first that does
    not end well. Whoever made it by hand instead needs no program.
    """
    for name in programs:
        try:
            bench.run(name)
        except Failed as failure:
            return failure
    return None


def _run_task(task: Task, bench: Bench) -> TaskResult:
    before = len(bench.ran)
    result = _end_of(task, bench)
    return replace(result, ran=tuple(bench.ran[before:]))


def _end_of(task: Task, bench: Bench) -> TaskResult:
    try:
        task.step(bench)
    except Failed as failure:
        return TaskResult(task, "fail", failure=failure)
    except (EndpointConnectionError, NotReached) as error:
        return TaskResult(task, "error", trouble=f"{error}")
    except Exception:  # the edge: a defect of ours is no fail of the learner's
        LOG.exception("Task %d of a check broke", task.number)
        return TaskResult(task, "error", trouble=traceback.format_exc())
    return TaskResult(task, "pass")


def _load(check: Path) -> dict[str, object]:
    try:
        return runpy.run_path(str(check), run_name="check")
    except Exception as error:  # the edge: a check that cannot even be read
        raise lab_error("check-broken", file=check, reason=error) from error
