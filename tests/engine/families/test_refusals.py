"""What is refused: by name, with NOT_SUPPORTED, before anything is computed."""

import pytest

from lab.engine import signatures
from lab.engine.aggregates import AGGREGATES
from lab.engine.builtins import GRAMMAR, SCALARS
from lab.engine.windows import RANKS, VALUES
from tests.engine.families.tables import REFUSED, check
from tests.engine.support import Athena

PLAIN = frozenset({
    "color", "current_groups", "exclude_columns", "from_iso8601_timestamp_nanos",
    "from_unixtime_nanos", "hash_counts", "intersection_cardinality", "jaccard_index",
    "make_set_digest", "merge_set_digest", "quantile_at_value", "render", "rgb", "table_changes",
    "word_stem",
})  # fmt: skip
GEOSPATIAL = ("st_", "bing_", "geometry_", "line_", "spatial_", "simplify_", "convex_", "from_enc",
              "to_enc", "from_geo", "to_geo")  # fmt: skip


@pytest.mark.fidelity("athena_sql.functions")
def test_functions_without_an_implementation() -> None:
    known = {*SCALARS, *GRAMMAR, *AGGREGATES, *RANKS, *VALUES}
    missing = {name for name in signatures.load() if name not in known}
    assert {name for name in missing if not name.startswith(GEOSPATIAL)} == PLAIN


@pytest.mark.fidelity("athena_sql.functions")
@pytest.mark.parametrize(
    "call",
    [
        "word_stem('running')",
        "from_unixtime_nanos(1)",
        "cardinality(make_set_digest(1))",
        "bing_tile('0')",
    ],
)
def test_function(engine: Athena, call: str) -> None:
    check(engine, call, REFUSED)


@pytest.mark.fidelity("athena_sql.precision")
@pytest.mark.parametrize(
    "expression",
    [
        "TIMESTAMP '2024-01-01 00:00:00.123456789'",
        "CAST(NULL AS TIMESTAMP(9))",
        "TIME '10:00:00 +01:00'",
        "IF(x, TIMESTAMP '2024-01-01 00:00 UTC', TIMESTAMP '2024-01-01 00:00 +01:00')"
        " FROM (VALUES true) t(x)",
        "approx_set(x) FROM (VALUES 1) t(x)",
        "ST_Point(1, 2)",
    ],
)
def test_precision_and_zones(engine: Athena, expression: str) -> None:
    check(engine, expression, REFUSED)


@pytest.mark.fidelity("athena_sql.map_keys")
@pytest.mark.parametrize(
    "expression",
    [
        "count(DISTINCT m) FROM (VALUES MAP(ARRAY[1], ARRAY[2])) t(m)",
        "m FROM (VALUES MAP(ARRAY[1], ARRAY[2])) t(m) GROUP BY m",
        "DISTINCT ARRAY[m] FROM (VALUES MAP(ARRAY[1], ARRAY[2])) t(m)",
        "MAP(ARRAY[1], ARRAY[2]) UNION SELECT MAP(ARRAY[1], ARRAY[2])",
        "MAP(ARRAY[ARRAY[1]], ARRAY[2])",
    ],
)
def test_maps_as_keys(engine: Athena, expression: str) -> None:
    check(engine, expression, REFUSED)


@pytest.mark.fidelity("athena_sql.sketch_bytes")
def test_sketch_as_bytes_and_back(engine: Athena) -> None:
    stored = "SELECT CAST(approx_set(x) AS VARBINARY) b FROM (VALUES 1, 2, 2) t(x)"
    check(engine, f"cardinality(CAST(b AS HyperLogLog)) FROM ({stored})", "2")
    check(engine, f"length(b) FROM ({stored})", "16")
