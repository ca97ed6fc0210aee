"""Queries: recursion, ties, samples, LATERAL, windows, row patterns, words of other dialects."""

import pytest

from tests.engine.families.tables import (
    MISMATCH,
    OUT_OF_RANGE,
    REFUSED,
    SYNTAX,
    Expected,
    Fails,
    Table,
    check,
    check_rows,
)
from tests.engine.support import Athena

TABLE: Table = (
    ("count(*) FROM region", Fails("TABLE_NOT_FOUND")),
    ("* EXCLUDE (x) FROM (VALUES 1) t(x)", SYNTAX),
    ("DISTINCT ON (x) x FROM (VALUES 1) t(x)", SYNTAX),
    ("x FROM (VALUES 1) t(x) LIMIT -1", SYNTAX),
    ("x FROM (VALUES 1) group", SYNTAX),
    ("div + pivot FROM (VALUES (1, 2)) t(div, pivot)", "3"),
    (
        "count(*) FROM (VALUES 1) a(x) JOIN ((VALUES 1) b(y) CROSS JOIN (VALUES 1, 2) c(z))"
        " ON x = y",
        "2",
    ),
    ("y FROM (VALUES ROW(1, 'a')) t(x, y)", "a"),
    ("LEFT('abc', 2)", SYNTAX),
    ("1 == 1", SYNTAX),
    ("1 <=> 1", SYNTAX),
    ("!true", SYNTAX),
    ("[1, 2]", SYNTAX),
    ("5 DIV 2", SYNTAX),
    ("1 & 2", SYNTAX),
    ("'a' 'b'", SYNTAX),
    ("1 ISNULL", SYNTAX),
    ("CURRENT_DATE()", SYNTAX),
    ("INTERVAL '1 day'", SYNTAX),
    ("CAST(1 AS STRING)", MISMATCH),
    ("CAST(1 AS FLOAT)", MISMATCH),
    ("x FROM (VALUES 1) t(x) LIMIT 5, 10", SYNTAX),
    ("t.* EXCEPT (x) FROM (VALUES 1) t(x)", SYNTAX),
    ("count(DISTINCT *) FROM (VALUES 1) t(x)", SYNTAX),
    ("x FROM (VALUES 1) t(x) GROUP BY ALL", Fails("COLUMN_NOT_FOUND")),
    ("?", Fails("INVALID_PARAMETER_USAGE")),
    ("x FROM (VALUES 1) t(x) PIVOT (sum(x) FOR x IN (1))", SYNTAX),
    ("* FROM read_csv('/etc/passwd')", SYNTAX),
    ("sum(x) FROM TABLE(sequence(start => 1, stop => 10, step => 4)) t(x)", "15"),
    ("* FROM TABLE(foo(1))", Fails("FUNCTION_NOT_FOUND")),
    ("count(*) FROM (VALUES 1, 2, 3) t(x) TABLESAMPLE BERNOULLI (100)", "3"),
    ("count(*) FROM (VALUES 1, 2, 3) t(x) TABLESAMPLE BERNOULLI (0)", "0"),
    ("count(*) FROM (VALUES 1) t(x) TABLESAMPLE BERNOULLI (101)", OUT_OF_RANGE),
    ("x FROM (VALUES 1) t(x) FETCH FIRST 1 ROW WITH TIES", Fails("MISSING_ORDER_BY")),
    (
        "sum(x) OVER (ROWS BETWEEN 1 FOLLOWING AND 1 PRECEDING) FROM (VALUES 1) t(x)",
        Fails("INVALID_WINDOW_FRAME"),
    ),
    ("sum(x) OVER (ROWS 'a' PRECEDING) FROM (VALUES 1) t(x)", MISMATCH),
)


@pytest.mark.fidelity("athena_sql.queries")
@pytest.mark.parametrize(("expression", "expected"), TABLE)
def test_expression(engine: Athena, expression: str, expected: Expected) -> None:
    check(engine, expression, expected)


@pytest.mark.parametrize(("last", "expected"), [(11, "11"), (12, Fails("NOT_SUPPORTED"))])
def test_recursion_ends_after_ten_steps(engine: Athena, last: int, expected: Expected) -> None:
    numbers = f"VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < {last}"
    check(engine, f"* FROM (WITH RECURSIVE t(n) AS ({numbers}) SELECT count(*) FROM t)", expected)


def test_recursion_keeps_the_type_of_its_anchor(engine: Athena) -> None:
    step = "VALUES ('a') UNION ALL SELECT n || 'b' FROM t"
    check(engine, f"* FROM (WITH RECURSIVE t(n) AS ({step}) SELECT n FROM t)", MISMATCH)


def test_ties(engine: Athena) -> None:
    values = "SELECT x FROM (VALUES 1, 2, 2, 3, 3, 4) t(x) ORDER BY x"
    check_rows(engine, f"{values} OFFSET 1 FETCH FIRST 1 ROW WITH TIES", [["2"], ["2"]])
    check_rows(engine, f"{values} DESC FETCH FIRST 2 ROWS WITH TIES", [["4"], ["3"], ["3"]])


def test_lateral(engine: Athena) -> None:
    statement = (
        "SELECT v.x, l.y FROM (VALUES 1, 2) v(x) LEFT JOIN LATERAL"
        " (SELECT v.x * 10 AS y WHERE v.x > 1) l ON true ORDER BY 1"
    )
    check_rows(engine, statement, [["1", None], ["2", "20"]])


def test_window_that_extends_a_named_one(engine: Athena) -> None:
    statement = (
        "SELECT x, sum(x) OVER (w ORDER BY x) FROM (VALUES 1, 2, 3) t(x)"
        " WINDOW w AS (PARTITION BY x % 2) ORDER BY x"
    )
    check_rows(engine, statement, [["1", "1"], ["2", "2"], ["3", "4"]])


def test_groups_frame(engine: Athena) -> None:
    statement = (
        "SELECT x, count(*) OVER (ORDER BY x GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW)"
        " FROM (VALUES 1, 2, 2, 3) t(x) ORDER BY x"
    )
    check_rows(engine, statement, [["1", "1"], ["2", "3"], ["2", "3"], ["3", "3"]])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("TRY(1 / (count(*) - 2)) FROM (VALUES 1, 2) t(x)", None),
        ("TRY(10 / (sum(x) OVER () - 1)) FROM (VALUES 2) t(x)", "10"),
        ("TRY((SELECT 1) / 0)", None),
        ("TRY_CAST(max(x) AS INTEGER) FROM (VALUES 'a') t(x)", None),
        ("TRY_CAST(ARRAY['a'][1] AS INTEGER)", None),
        (
            "sum(TRY_CAST(IF(n % 3 = 0, '-', CAST(n AS varchar)) AS bigint))"
            " FROM UNNEST(sequence(1, 3000)) t(n)",
            "3000000",
        ),
        ("TRY_CAST(ARRAY['a'][5] AS INTEGER)", Fails("INVALID_FUNCTION_ARGUMENT")),
        ("transform(ARRAY[1, 0], x -> TRY(1 / x))", "[1, null]"),
        ("TRY(date_parse('x', '%Y'))", None),
        ("TRY(json_parse('x'))", None),
        ("TRY(MAP(ARRAY[1, 1], ARRAY[1, 2]))", None),
    ],
)
def test_try(engine: Athena, expression: str, expected: Expected) -> None:
    check(engine, expression, expected)


ROWS = "(VALUES (1, 10), (2, 20), (3, 5), (4, 6)) t(i, v)"


@pytest.mark.fidelity("athena_sql.row_patterns")
def test_row_pattern_with_all_rows(engine: Athena) -> None:
    statement = (
        f"SELECT * FROM {ROWS} MATCH_RECOGNIZE (ORDER BY i MEASURES sum(v) AS s,"
        " CLASSIFIER() AS c, MATCH_NUMBER() AS n ALL ROWS PER MATCH WITH UNMATCHED ROWS"
        " PATTERN (A B) DEFINE B AS B.v > PREV(v)) ORDER BY i"
    )
    rows = [["1", "10", "A", "1", "10"], ["2", "30", "B", "1", "20"],
            ["3", "5", "A", "2", "5"], ["4", "11", "B", "2", "6"]]  # fmt: skip
    check_rows(engine, statement, rows)


@pytest.mark.fidelity("athena_sql.row_patterns")
def test_row_pattern_with_empty_matches(engine: Athena) -> None:
    statement = (
        f"SELECT * FROM {ROWS} MATCH_RECOGNIZE (ORDER BY i MEASURES count(*) AS s,"
        " MATCH_NUMBER() AS n ONE ROW PER MATCH AFTER MATCH SKIP TO NEXT ROW"
        " PATTERN (X*) DEFINE X AS v > 8) ORDER BY n"
    )
    check_rows(engine, statement, [["2", "1"], ["1", "2"], ["0", "3"], ["0", "4"]])


@pytest.mark.fidelity("athena_sql.row_patterns")
def test_row_pattern_that_looks_at_other_rows_of_the_match(engine: Athena) -> None:
    pattern = "ORDER BY i MEASURES A.v AS a PATTERN (A B) DEFINE B AS v > A.v"
    check(engine, f"* FROM {ROWS} MATCH_RECOGNIZE ({pattern})", REFUSED)
