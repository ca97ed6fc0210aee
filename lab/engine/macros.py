"""What DuckDB lacks and SQL can say, added to every database; ``udfs`` has what it cannot say."""

import duckdb

# Of the text of a number that DuckDB writes with an exponent, without one, and as a fraction.
EXPONENT = "CAST(split_part(t, 'e', 2) AS INTEGER)"
MANTISSA = "split_part(t, 'e', 1)"
JAVA_LAYOUT = (
    f"CASE WHEN contains(t, 'e') THEN {MANTISSA} || CASE WHEN contains({MANTISSA}, '.') THEN ''"
    f" ELSE '.0' END || 'E' || {EXPONENT}"
    " WHEN left(t, 2) = '0.' THEN lab_scientific(ltrim(t[3:], '0'),"
    " len(ltrim(t[3:], '0')) - len(t) + 1)"
    " ELSE lab_scientific(rtrim(replace(t, '.', ''), '0'), strpos(t, '.') - 2) END"
)
MACROS = (
    "CREATE MACRO lab_scientific(d, e) AS d[1] || '.' || CASE WHEN len(d) > 1 THEN d[2:]"
    " ELSE '0' END || 'E' || e",
    f"CREATE MACRO lab_java_layout(t) AS {JAVA_LAYOUT}",
    # Java's Double.toString.
    "CREATE MACRO lab_java_double(x) AS CASE WHEN x = 0 OR (abs(x) >= 0.001 AND abs(x) < 10000000)"
    " THEN CAST(x AS VARCHAR) WHEN isnan(x) THEN 'NaN' WHEN x IS NOT NULL THEN CASE WHEN x < 0"
    " THEN '-' ELSE '' END || CASE WHEN isinf(x) THEN 'Infinity' ELSE"
    " lab_java_layout(CAST(abs(x) AS VARCHAR)) END END",
    # The digits of a decimal as one integer.
    "CREATE MACRO lab_unscaled(d, s) AS CAST(replace(CAST(d AS VARCHAR), '.', '') AS HUGEINT)",
    "CREATE MACRO lab_half_up(n, d) AS CASE WHEN (n < 0) <> (d < 0)"
    " THEN -((abs(n) + abs(d) // 2) // abs(d)) ELSE (abs(n) + abs(d) // 2) // abs(d) END",
    # For TRY, see ``attempts``.
    "CREATE MACRO lab_coalesce(a, b) AS CASE WHEN a IS NOT NULL THEN a ELSE b END,"
    " (a, b, c) AS CASE WHEN a IS NOT NULL THEN a WHEN b IS NOT NULL THEN b ELSE c END",
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
