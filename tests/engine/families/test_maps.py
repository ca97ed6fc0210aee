"""Map functions and rows: double keys, NULL, lambdas over entries, comparison."""

import pytest

from tests.engine.families.tables import (
    BAD_ARGUMENT,
    MISMATCH,
    REFUSED,
    Expected,
    Fails,
    Table,
    check,
)
from tests.engine.support import Athena

TABLE: Table = (
    ("map_from_entries(ARRAY[(1, 'x'), (2, NULL)])", "{1=x, 2=null}"),
    ("map_from_entries(ARRAY[(1, 'x'), (1, 'y')])", BAD_ARGUMENT),
    ("map_from_entries(ARRAY[(CAST(NULL AS INTEGER), 'x')])", BAD_ARGUMENT),
    ("multimap_from_entries(ARRAY[(1, 'x'), (2, 'y'), (1, 'z')])", "{1=[x, z], 2=[y]}"),
    ("map_concat(MAP(ARRAY[1], ARRAY['a']), MAP(ARRAY[1, 2], ARRAY['b', 'c']))", "{1=b, 2=c}"),
    ("transform_keys(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> k || '_')", "{a_=1, b_=2}"),
    ("transform_keys(MAP(ARRAY[1, 2], ARRAY[1, 2]), (k, v) -> 1)", BAD_ARGUMENT),
    (
        "transform_values(MAP(ARRAY[1, 2], ARRAY[ARRAY[1], ARRAY[2, 3]]),"
        " (k, v) -> transform(v, x -> x * k))",
        "{1=[1], 2=[4, 6]}",
    ),
    (
        "transform_values(MAP(ARRAY[1], ARRAY[2]), (k, v) -> transform_values("
        "MAP(ARRAY[5], ARRAY[6]), (l, w) -> k + v + l + w))",
        "{1={5=14}}",
    ),
    ("map_filter(MAP(ARRAY[1, 2], ARRAY['a', NULL]), (k, v) -> v IS NULL)", "{2=null}"),
    (
        "map_zip_with(MAP(ARRAY[1], ARRAY[1]), MAP(ARRAY[2], ARRAY[2]), (k, a, b) ->"
        " k + coalesce(a, b) * 10)",
        "{1=11, 2=22}",
    ),
    ("split_to_map('a=1,b=2,', ',', '=')", "{a=1, b=2}"),
    ("split_to_map('', ',', '=')", "{}"),
    ("split_to_map('a=1=2', ',', '=')", BAD_ARGUMENT),
    ("split_to_map('a=1,a=2', ',', '=')", BAD_ARGUMENT),
    ("split_to_map('a=1', ',', ',')", BAD_ARGUMENT),
    ("split_to_multimap('a=1,b=2,a=3', ',', '=')", "{a=[1, 3], b=[2]}"),
    ("MAP(ARRAY['a', 'b'], ARRAY[1, 2]) = MAP(ARRAY['b', 'a'], ARRAY[2, 1])", "true"),
    ("MAP(ARRAY['a'], ARRAY[NULL]) = MAP(ARRAY['a'], ARRAY[1])", None),
    ("MAP(ARRAY[1], ARRAY[2])[BIGINT '1']", "2"),
    ("MAP(ARRAY[1], ARRAY[2])['a']", MISMATCH),
    ("MAP(ARRAY['a', 'a'], ARRAY[1, 2])", BAD_ARGUMENT),
    ("MAP(ARRAY['a'], ARRAY[1])['z']", BAD_ARGUMENT),
    ("element_at(MAP(ARRAY['a'], ARRAY[1]), 'z')", None),
    ("cosine_similarity(MAP(ARRAY['a'], ARRAY[1E0]), MAP(ARRAY['a'], ARRAY[2E0]))", "1.0"),
    ("ROW(1, 2) < ROW(1, 3)", "true"),
    ("ROW(1, NULL) = ROW(1, 2)", None),
    ("ROW(1, NULL) = ROW(2, 2)", "false"),
    ("ROW(1, NULL) < ROW(1, 2)", REFUSED),
    ("ROW(1, NULL) < ROW(2, 2)", "true"),
    ("(1, NULL) IN ((1, 2), (2, 3))", None),
    ("(1, 2) IN (SELECT 1, NULL)", None),
    ("(1, 2) IN (SELECT 2, NULL)", "false"),
    ("(1, 2) NOT IN (SELECT 1, 2)", "false"),
    ("(SELECT 1, 'a')", "{field0=1, field1=a}"),
    ("CAST((1, 2) AS ROW(x INTEGER, y INTEGER)).y", "2"),
    ("ROW(1, 2)[3]", BAD_ARGUMENT),
    ("contains(ARRAY[1], 'a')", Fails("FUNCTION_NOT_FOUND")),
)


@pytest.mark.fidelity("athena_sql.collections")
@pytest.mark.parametrize(("expression", "expected"), TABLE)
def test_expression(engine: Athena, expression: str, expected: Expected) -> None:
    check(engine, expression, expected)


def test_equal_maps_are_not_grouped_by_their_order(engine: Athena) -> None:
    maps = "VALUES MAP(ARRAY[1, 2], ARRAY[3, 4]), MAP(ARRAY[2, 1], ARRAY[4, 3])"
    check(engine, f"count(*) FROM (SELECT DISTINCT m FROM ({maps}) t(m))", REFUSED)
    check(engine, f"count(DISTINCT m) FROM ({maps}) t(m)", REFUSED)
