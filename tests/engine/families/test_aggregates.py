"""Aggregates: no rows, NULL only, several greatest, approximations, folds, maps."""

import pytest

from tests.engine.families.tables import (
    BAD_ARGUMENT,
    OUT_OF_RANGE,
    REFUSED,
    SYNTAX,
    Expected,
    Fails,
    Table,
    check,
)
from tests.engine.support import Athena

TABLE: Table = (
    ("max(x, 2) FROM (VALUES 1, 2, 3, NULL) t(x)", "[3, 2]"),
    ("min(x, 0) FROM (VALUES 1) t(x)", BAD_ARGUMENT),
    ("max_by(x, -x, 2) FROM (VALUES 1, 2, 3) t(x)", "[1, 2]"),
    ("max(x, 2) FROM (VALUES 1) t(x) WHERE x > 1", None),
    ("round(skewness(x), 6) FROM (VALUES 1, 2, 4, 9) t(x)", "0.768417"),
    ("skewness(x) FROM (VALUES 1, 2) t(x)", None),
    ("kurtosis(x) FROM (VALUES 1, 2, 3) t(x)", None),
    ("approx_percentile(x, 0.5) FROM (VALUES 1, 2, 3, 4) t(x)", "3"),
    ("approx_percentile(x, ARRAY[0.0, 1.0]) FROM (VALUES 1, 2, 3, 4) t(x)", "[1, 4]"),
    ("approx_percentile(x, w, 0.5) FROM (VALUES (1, 1), (9, 5)) t(x, w)", "9"),
    ("approx_percentile(x, 1.5) FROM (VALUES 1) t(x)", BAD_ARGUMENT),
    ("approx_percentile(x, 0.5) FROM (VALUES 1) t(x) WHERE x > 1", None),
    ("cardinality(approx_set(x)) FROM (VALUES 1, 2, 1, NULL) t(x)", "2"),
    (
        "cardinality(merge(h)) FROM (SELECT approx_set(x) h FROM (VALUES 1, 2) t(x) UNION ALL"
        " SELECT approx_set(x) FROM (VALUES 2, 3) t(x))",
        "3",
    ),
    ("approx_set(x) FROM (VALUES 1) t(x)", REFUSED),
    ("value_at_quantile(tdigest_agg(x), 0.5) FROM (VALUES 1E0, 2E0, 3E0) t(x)", "2.0"),
    ("values_at_quantiles(qdigest_agg(x), ARRAY[0.0, 1.0]) FROM (VALUES 1, 2, 3) t(x)", "[1, 3]"),
    ("numeric_histogram(5, x) FROM (VALUES 1E0, 2E0, 1E0) t(x)", "{1.0=2.0, 2.0=1.0}"),
    ("numeric_histogram(2, x) FROM (VALUES 1E0, 2E0, 3E0) t(x)", REFUSED),
    ("approx_most_frequent(1, x, 10) FROM (VALUES 'a', 'b', 'a') t(x)", "{a=2}"),
    ("multimap_agg(k, v) FROM (VALUES (1, 'a'), (1, 'b'), (NULL, 'c')) t(k, v)", "{1=[a, b]}"),
    ("map_union(m) FROM (VALUES MAP(ARRAY[1], ARRAY['a']), NULL) t(m)", "{1=a}"),
    ("reduce_agg(x, 0, (a, b) -> a + b, (a, b) -> a + b) FROM (VALUES 1, NULL, 3) t(x)", "4"),
    ("to_hex(checksum(x)) FROM (VALUES 'a') t(x) WHERE x > 'a'", None),
    ("checksum(x) = checksum(y) FROM (VALUES ('a', 'b'), ('b', 'a')) t(x, y)", "true"),
    ("sum(x) FROM (VALUES INTERVAL '1' DAY, INTERVAL '2' HOUR) t(x)", "1 02:00:00.000"),
    ("avg(x) FROM (VALUES INTERVAL '1' DAY, INTERVAL '2' HOUR) t(x)", "0 13:00:00.000"),
    ("count(DISTINCT (x, y)) FROM (VALUES (1, NULL), (1, NULL), (1, 2)) t(x, y)", "2"),
    ("sum(x) FROM (VALUES 9223372036854775807, 1) t(x)", OUT_OF_RANGE),
    ("listagg(x, ',') FROM (VALUES 'a') t(x)", SYNTAX),
    ("grouping(x) FROM (VALUES 1) t(x)", Fails("MISSING_GROUP_BY")),
)


@pytest.mark.fidelity("athena_sql.approximations")
@pytest.mark.parametrize(("expression", "expected"), TABLE)
def test_expression(engine: Athena, expression: str, expected: Expected) -> None:
    check(engine, expression, expected)
