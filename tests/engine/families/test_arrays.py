"""Array functions: NULL, empty arrays, places that are not there, lambdas in lambdas."""

import pytest

from tests.engine.families.tables import BAD_ARGUMENT, REFUSED, Expected, Fails, Table, check
from tests.engine.support import Athena

TABLE: Table = (
    ("reduce(ARRAY[1, 2, 3], 0, (s, x) -> s + x, s -> s * 10)", "60"),
    ("reduce(ARRAY[], 0, (s, x) -> s + 1, s -> s)", "0"),
    ("reduce(CAST(NULL AS ARRAY(INTEGER)), 0, (s, x) -> s + x, s -> s)", None),
    ("reduce(ARRAY['a', 'b'], '', (s, x) -> s || x, s -> s || '!')", "ab!"),
    (
        "reduce(ARRAY[5, 20, 50], CAST(ROW(0.0, 0) AS ROW(sum DOUBLE, n INTEGER)),"
        " (s, x) -> CAST(ROW(x + s.sum, s.n + 1) AS ROW(sum DOUBLE, n INTEGER)), s -> s.sum / s.n)",
        "25.0",
    ),
    (
        "reduce(ARRAY[ARRAY[1, 2], ARRAY[3]], 0, (s, x) -> s + reduce(x, 0, (a, b) -> a + b * x[1],"
        " a -> a), s -> s)",
        "12",
    ),
    (
        "transform(ARRAY[1, 2], x -> reduce(ARRAY[1, 2], x, (s, y) -> s + y * x, s -> s + x))",
        "[5, 10]",
    ),
    ("reduce(ARRAY[1], 0, (s, x) -> 'a', s -> s)", Fails("FUNCTION_NOT_FOUND")),
    ("zip(ARRAY[1, 2], ARRAY['a'])", "[{field0=1, field1=a}, {field0=2, field1=null}]"),
    ("zip_with(ARRAY[1, 2, 3], ARRAY[4, 5], (x, y) -> x + coalesce(y, 0))", "[5, 7, 3]"),
    ("zip_with(CAST(NULL AS ARRAY(INTEGER)), ARRAY[1], (x, y) -> 1)", None),
    ("ngrams(ARRAY['a', 'b', 'c'], 2)", "[[a, b], [b, c]]"),
    ("ngrams(ARRAY[1, 2], 5)", "[[1, 2]]"),
    ("ngrams(ARRAY[1, 2], 0)", BAD_ARGUMENT),
    ("ngrams(ARRAY[1, 2], NULL)", None),
    ("array_union(ARRAY[1], NULL)", None),
    ("transform(ARRAY[1], x -> (SELECT 1))", REFUSED),
    ("transform(ARRAY[1], x -> count(*))", Fails("EXPRESSION_NOT_SCALAR")),
    ("combinations(ARRAY['a', 'b', 'c'], 2)", "[[a, b], [a, c], [b, c]]"),
    ("combinations(ARRAY[1, 2], 3)", "[]"),
    ("combinations(ARRAY[1, 2], 6)", BAD_ARGUMENT),
    ("trim_array(ARRAY[1, 2, 3], 2)", "[1]"),
    ("trim_array(ARRAY[1], 2)", BAD_ARGUMENT),
    ("array_sort(ARRAY[3, NULL, 1])", "[1, 3, null]"),
    (
        "array_sort(ARRAY[3, 1, NULL, 2], (x, y) -> IF(x IS NULL, 1, IF(y IS NULL, -1,"
        " IF(x < y, 1, IF(x = y, 0, -1)))))",
        "[3, 2, 1, null]",
    ),
    ("array_sort(ARRAY[1, 2], (x, y) -> 5)", BAD_ARGUMENT),
    ("arrays_overlap(ARRAY[1, NULL], ARRAY[2])", None),
    ("arrays_overlap(ARRAY[1, NULL], ARRAY[1])", "true"),
    ("arrays_overlap(ARRAY[], ARRAY[NULL])", "false"),
    ("contains_sequence(ARRAY[1, 2, 3], ARRAY[2, 3])", "true"),
    ("contains_sequence(ARRAY[1, 2, 3], ARRAY[1, 3])", "false"),
    ("array_histogram(ARRAY[1, NULL, 1])", "{1=2}"),
    ("contains(ARRAY[ROW(1, 2)], ROW(1, 2))", "true"),
    ("contains(ARRAY[ARRAY[1, NULL]], ARRAY[1, 2])", None),
    ("contains(ARRAY[1, NULL], 2)", None),
    ("array_join(ARRAY[1.5E0, NULL, 2E0], '|', 'N')", "1.5E0|N|2.0E0"),
    ("array_join(ARRAY[DECIMAL '1.50'], ',')", "1.50"),
    ("reverse(X'010203')", "03 02 01"),
    ("shuffle(ARRAY[7])", "[7]"),
    ("concat(ARRAY[1], 2)", "[1, 2]"),
    ("concat(1, ARRAY[2])", "[1, 2]"),
    ("concat('a', NULL)", None),
    ("sequence(1, 10, 3)", "[1, 4, 7, 10]"),
    ("sequence(5, 1)", "[5, 4, 3, 2, 1]"),
    (
        "sequence(DATE '2024-01-28', DATE '2024-03-31', INTERVAL '1' MONTH)",
        "[2024-01-28, 2024-02-28, 2024-03-28]",
    ),
    ("sequence(DATE '2024-01-31', DATE '2024-03-31', INTERVAL '1' MONTH)", REFUSED),
    ("sequence(DATE '2024-01-02', DATE '2024-01-01')", "[2024-01-02, 2024-01-01]"),
    ("sequence(1, 5, -1)", BAD_ARGUMENT),
    ("sequence(1, 5, 0)", BAD_ARGUMENT),
    ("sequence(1, 100000)", BAD_ARGUMENT),
    ("ARRAY[1, NULL] = ARRAY[1, 2]", None),
    ("ARRAY[1, NULL] = ARRAY[2, 2]", "false"),
    ("ARRAY[1, NULL] <> ARRAY[2, 3]", "true"),
    ("ARRAY[1] < ARRAY[1, 2]", "true"),
    ("ARRAY[1, NULL] < ARRAY[2]", "true"),
    ("ARRAY[1, NULL] < ARRAY[1, 2]", REFUSED),
    ("ARRAY[ARRAY[1], ARRAY[NULL]] = ARRAY[ARRAY[1], ARRAY[2]]", None),
    ("ARRAY[ROW(1, NULL), ROW(NULL, 'a')]", "[{field0=1, field1=null}, {field0=null, field1=a}]"),
    (
        "transform(ARRAY[ARRAY[3, 1], ARRAY[2]], a -> array_sort(a, (p, q) -> IF(p < q, 1,"
        " IF(p = q, 0, -1))))",
        "[[3, 1], [2]]",
    ),
    ("reduce(ARRAY[1, 2, 3], ARRAY[0], (s, x) -> s || x, s -> cardinality(s))", "4"),
    ("zip_with(ARRAY[1, 2], ARRAY['a', 'b'], (n, s) -> repeat(s, n))", "[[a], [b, b]]"),
    ("TRY(transform(ARRAY['1', 'x'], x -> CAST(x AS INTEGER)))", None),
    ("transform(ARRAY['1', 'x'], x -> TRY_CAST(x AS INTEGER))", "[1, null]"),
    ("array_agg(transform(a, x -> x * k)) FROM (VALUES (ARRAY[1, 2], 10)) t(a, k)", "[[10, 20]]"),
    ("dot_product(ARRAY[1E0, 2E0], ARRAY[3E0, 4E0])", "11.0"),
    ("euclidean_distance(ARRAY[1E0, 2E0], ARRAY[4E0, 6E0])", "5.0"),
    ("cosine_distance(ARRAY[1E0, 0E0], ARRAY[0E0, 1E0])", "1.0"),
    ("dot_product(ARRAY[1E0], ARRAY[1E0, 2E0])", BAD_ARGUMENT),
)


@pytest.mark.fidelity("athena_sql.collections")
@pytest.mark.parametrize(("expression", "expected"), TABLE)
def test_expression(engine: Athena, expression: str, expected: Expected) -> None:
    check(engine, expression, expected)
