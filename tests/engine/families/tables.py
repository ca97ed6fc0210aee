"""How the tables of the families are read: an expression, and its text in Athena.

None is NULL; a ``Fails`` is the name of the error.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from lab.engine.errors import QueryError
from tests.engine.support import Athena


@dataclass(frozen=True)
class Fails:
    """The expression fails with this error."""

    name: str


BAD_ARGUMENT = Fails("INVALID_FUNCTION_ARGUMENT")
BAD_CAST = Fails("INVALID_CAST_ARGUMENT")
MISMATCH = Fails("TYPE_MISMATCH")
SYNTAX = Fails("SYNTAX_ERROR")
REFUSED = Fails("NOT_SUPPORTED")
OUT_OF_RANGE = Fails("NUMERIC_VALUE_OUT_OF_RANGE")

Expected = str | Fails | None
Table = tuple[tuple[str, Expected], ...]


def check(engine: Athena, expression: str, expected: Expected) -> None:
    """Assert what ``SELECT expression`` answers."""
    if isinstance(expected, Fails):
        with pytest.raises(QueryError) as caught:
            engine.run(f"SELECT {expression}")
        assert caught.value.name == expected.name, caught.value
        return
    assert engine.run(f"SELECT {expression}") == [[expected]]


def check_rows(engine: Athena, statement: str, expected: Sequence[Sequence[str | None]]) -> None:
    """Assert the rows of a whole statement, in their order."""
    assert engine.run(statement) == expected
