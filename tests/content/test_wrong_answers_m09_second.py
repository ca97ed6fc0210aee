"""m09_glue_athena, the second half: for every task, a mistake that learners make, and what they are
told of it.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.course.content import Exercise
from lab.course.desk import Desk
from tests.content import mistakes
from tests.content.mistakes import Mistake
from tests.content.support import COURSE

pytestmark = pytest.mark.lab

ROUNDS: list[tuple[str, list[Mistake]]] = [
    (
        "athena.work_group",
        [
            Mistake(
                *(1, "group.py", '"EnforceWorkGroupConfiguration": True,', ""),
                *("enforced", "the group enforces its configuration", "False"),
            ),
            Mistake(
                *(2, "cheap.sql", "month = ?", "month_of_year = ?"),
                *("cheap-stopped", "cheap.sql succeeds in the group", "CANCELLED"),
            ),
            Mistake(
                *(3, "bill.py", "max(LEAST, -(-scanned // MB))", "-(-scanned // MB)"),
                *("bill", "their megabytes and their price", " · "),
            ),
        ],
    ),
    (
        "athena.work_group",
        [
            Mistake(
                *(1, "group.py", '"BytesScannedCutoffPerQuery": CUTOFF,', ""),
                *("cutoff", "reads at most 10,000,000 bytes", "None"),
            ),
            Mistake(
                *(2, "group.py", "MetricsEnabled", "MetricsEnabled"),
                *("not-stopped", "is CANCELLED by the group's limit", "SUCCEEDED · False"),
            ),
            Mistake(
                *(3, "bill.py"),
                'athena.get_paginator("list_query_executions").paginate(WorkGroup=NAME)',
                "[athena.list_query_executions(WorkGroup=NAME)]",
                *("bill", "all the queries that are charged", "0 · 0 · "),
            ),
        ],
    ),
    (
        "athena.iceberg",
        [
            Mistake(
                *(2, "merge.sql", "WHERE place = 1", ""),
                *("merge-refused", "even when a flight has several", "MULTIPLE_MATCHES"),
            ),
            Mistake(
                *(3, "before.py", "newest[1][0]", "newest[0][0]"),
                *("before", "before.py gives the table before", " · "),
            ),
        ],
    ),
    (
        "athena.iceberg",
        [
            Mistake(
                *(1, "8_load.sql", "FROM schedule.initial", "FROM schedule.initial WHERE false"),
                *("not-loaded", "the table holds the planned flights, once each", "0 · 0"),
            ),
            Mistake(
                *(2, "merge.sql", "THEN UPDATE SET dep_delay = s.dep_delay", "THEN DELETE"),
                *("merge-rows", "delays changed, new flights added", "2013-01-"),
            ),
        ],
    ),
]


@pytest.mark.parametrize(("name", "made"), ROUNDS)
def test_a_mistake_is_named(
    name: str, made: list[Mistake], desk: Desk, solve: Callable[[Exercise], Path]
) -> None:
    exercise = COURSE.exercise(name)
    desk.go_to(exercise, lambda _: None)
    mistakes.make(solve(exercise), made)
    mistakes.assert_named(desk.check(exercise), made)


def test_query_py_is_given_back_as_the_first_exercise_has_it_done() -> None:
    first, *others = COURSE.module("m09_glue_athena").exercises
    written = (first.solution / "query.py").read_text(encoding="utf-8")
    given = [folder / "query.py" for one in others for folder in (one.starter, one.solution)]
    assert [file for file in given if file.read_text(encoding="utf-8") != written] == []
