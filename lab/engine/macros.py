"""What DuckDB lacks and SQL can say, added to every database; ``udfs`` has what it cannot say."""

import duckdb

MACROS = (
    # The digits of a decimal as one integer.
    "CREATE MACRO lab_unscaled(d, s) AS CAST(replace(CAST(d AS VARCHAR), '.', '') AS HUGEINT)",
    "CREATE MACRO lab_half_up(n, d) AS CASE WHEN (n < 0) <> (d < 0)"
    " THEN -((abs(n) + abs(d) // 2) // abs(d)) ELSE (abs(n) + abs(d) // 2) // abs(d) END",
    # AND of a list, with three values.
    "CREATE MACRO lab_every(l) AS CASE WHEN list_contains(l, false) THEN false"
    " WHEN len(list_filter(l, lambda x: x IS NULL)) > 0 THEN NULL ELSE true END",
    # In the order of first appearance, one NULL kept.
    "CREATE MACRO lab_distinct(l) AS list_filter(l, lambda x, i: CASE WHEN x IS NULL"
    " THEN len(list_filter(list_slice(l, 1, i - 1), lambda y: y IS NULL)) = 0"
    " ELSE list_position(l, x) = i END)",
    "CREATE MACRO lab_map_from_entries(e) AS map_from_entries(list_filter(e, lambda x, i:"
    " list_position(list_transform(e, lambda y: y.key), x.key) = i))",
)


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Define the macros in a fresh database; its cursors see them too."""
    for macro in MACROS:
        connection.execute(macro)
