"""Statements of all families with what a real Trino 476 answered: types and rows, or the error.

``trino_answers.json`` holds, by family, [statement, types, rows] or [statement, error]. They are
a selection of the differences that running thousands of made statements on both engines found.
"""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from lab.engine.errors import QueryError
from tests.engine.support import Athena

ANSWERS = json.loads(
    Path(__file__).with_name("trino_answers.json").read_text(encoding="utf-8")
)  # fmt: skip


@pytest.mark.fidelity("athena_sql.trino_answers")
@pytest.mark.parametrize(
    "answer", [pytest.param(one, id=f"{k}-{one[0]}") for k, v in ANSWERS.items() for one in v]
)
def test_answer(engine: Athena, answer: list[Any]) -> None:
    sql, *expected = answer
    if len(expected) == 1:
        with pytest.raises(QueryError) as caught:
            engine.run(sql)
        assert caught.value.name == expected[0], caught.value
        return
    rows = engine.run(sql)
    assert [str(column.type) for column in engine.outcome.columns] == expected[0]
    assert len(rows) == len(expected[1])
    for row, other in zip(sorted(rows, key=repr), sorted(expected[1], key=repr), strict=True):
        assert all(same(a, b) for a, b in zip(row, other, strict=True)), (row, other)


def same(one: str | None, other: str | None) -> bool:
    """Equal, or doubles that differ in their last digits."""
    if one == other or one is None or other is None or "." not in one:
        return one == other
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-12)
    except ValueError:
        return False
