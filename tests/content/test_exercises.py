"""Every starter fails for the reason that is meant, and every solution passes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.course.content import Exercise
from lab.course.desk import Desk
from tests.content.support import EXERCISES, name

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("exercise", EXERCISES, ids=name)
def test_the_starter_fails_as_meant_and_the_solution_passes(
    exercise: Exercise, desk: Desk, solve: Callable[[Exercise], Path]
) -> None:
    desk.go_to(exercise, lambda _: None)
    outcome = desk.check(exercise)
    assert [result.trouble for result in outcome.results if result.trouble] == []
    assert outcome.failure is not None
    assert outcome.failure.code == exercise.wrong
    assert outcome.results[0].status == "fail"

    solve(exercise)  # into the same folder and the same lab, as the learner does
    outcome = desk.check(exercise)
    assert (outcome.status, outcome.failure) == ("pass", None)
    assert outcome.points == exercise.points
