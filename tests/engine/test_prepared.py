"""Prepared statements as the engine reads them, and the values of their question marks."""

import pytest

from lab.engine import statements as s
from lab.engine.errors import QueryError
from lab.engine.parameters import substitute
from tests.engine.support import Athena


@pytest.mark.fidelity("athena_statements.parameters")
@pytest.mark.parametrize(
    ("sql", "statement"),
    [
        (
            "PREPARE p FROM SELECT ? + 1 AS n;",
            s.Prepare("p", "SELECT ? + 1 AS n"),
        ),
        ("EXECUTE p", s.Execute("p")),
        (
            "EXECUTE p USING 1, 'a, b', ARRAY[1, 2]",
            s.Execute("p", ("1", "'a, b'", "ARRAY[1, 2]")),
        ),
        ("DEALLOCATE PREPARE p", s.Deallocate("p")),
    ],
)
def test_reading(athena: Athena, sql: str, statement: s.Statement) -> None:
    assert athena.engine.read(sql) == statement


@pytest.mark.fidelity("athena_statements.parameters")
@pytest.mark.parametrize(
    ("sql", "values", "rows"),
    [
        ("SELECT typeof(?), ? + 0.5", ["1", "2"], [["integer", "2.5"]]),
        ("SELECT typeof(?)", ["abc def"], [["varchar(7)"]]),
        ("SELECT DATE '2024-01-02' > ?", ["DATE '2024-01-01'"], [["true"]]),
        ("SELECT '?', ? -- ?", ["3"], [["?", "3"]]),
        ("SELECT x FROM (VALUES 1, 2, 3) AS t (x) WHERE x BETWEEN ? AND ?", ["2", "2"], [["2"]]),
        ("SELECT x FROM (VALUES 'a', 'b') AS t (x) WHERE x IN (?, ?)", ["'b'", "'c'"], [["b"]]),
        ("SELECT x FROM (VALUES 1, 2) AS t (x) ORDER BY x LIMIT ?", ["1"], [["1"]]),
        ("SELECT 1", ["2", "3"], [["1"]]),
    ],
)
def test_values(athena: Athena, sql: str, values: list[str], rows: list[list[str | None]]) -> None:
    assert athena.run(substitute(sql, values)) == rows


@pytest.mark.fidelity("athena_statements.parameters")
def test_a_value_of_another_type(athena: Athena) -> None:
    with pytest.raises(QueryError) as caught:
        athena.run(substitute("SELECT 1 = ?", ["'a'"]))
    assert str(caught.value) == (
        "TYPE_MISMATCH: line 1:8: Cannot apply operator: integer = varchar(1)"
    )


@pytest.mark.fidelity("athena_statements.parameters")
@pytest.mark.parametrize(("values", "found"), [([], 0), (["1", "2"], 2)])
def test_another_number_of_values(values: list[str], found: int) -> None:
    with pytest.raises(QueryError) as caught:
        substitute("SELECT ?", values)
    assert str(caught.value) == (
        f"INVALID_PARAMETER_USAGE: Incorrect number of parameters: expected 1 but found {found}"
    )
