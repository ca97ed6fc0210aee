"""Distributions, intervals, histograms and distances of vectors. Source: Trino documentation,
"Mathematical functions and operators".
"""

from lab.engine import types
from lab.engine.builtins.templates import Function, by_count
from lab.engine.calls import Call
from lab.engine.errors import unsupported
from lab.engine.values import Value


def _distribution(function: str, message: str) -> Function:
    """A function in Python that answers None where its parameters are wrong."""

    def write(call: Call) -> Value:
        texts = ", ".join(argument.sql for argument in call.args)
        missing = " OR ".join(f"{argument.sql} IS NULL" for argument in call.args)
        bad = call.fail(types.text(message), types.DOUBLE)
        sql = f"CASE WHEN {missing} THEN NULL ELSE coalesce({function}({texts}), {bad}) END"
        return Value(sql, types.DOUBLE)

    return write


def _wilson(sign: str) -> Function:
    def write(call: Call) -> Value:
        successes, trials, z = (f"CAST({argument.sql} AS DOUBLE)" for argument in call.args)
        bad = call.fail(
            "'number of successes must not be negative, nor greater than the number of trials,"
            " which must be positive, nor must z-score be negative'",
            types.DOUBLE,
        )
        p = f"({successes} / {trials})"
        middle = f"({p} + {z} * {z} / (2 * {trials}))"
        spread = f"{z} * sqrt({p} * (1 - {p}) / {trials} + {z} * {z} / (4 * {trials} * {trials}))"
        good = f"({middle} {sign} {spread}) / (1 + {z} * {z} / {trials})"
        wrong = f"{successes} < 0 OR {trials} <= 0 OR {successes} > {trials} OR {z} < 0"
        missing = " OR ".join(f"{argument.sql} IS NULL" for argument in call.args)
        sql = f"CASE WHEN {missing} THEN NULL WHEN {wrong} THEN {bad} ELSE {good} END"
        return Value(sql, types.DOUBLE)

    return write


def _even_buckets(call: Call) -> Value:
    x, low, high, count = (argument.sql for argument in call.args)
    empty = call.fail("'bucketCount must be greater than 0'", types.BIGINT)
    same = call.fail("'bounds cannot equal each other'", types.BIGINT)
    wrong = call.fail("'operand, first bound and second bound must be finite'", types.BIGINT)
    above = f"CASE WHEN {low} < {high} THEN {x} >= {high} ELSE {x} <= {high} END"
    below = f"CASE WHEN {low} < {high} THEN {x} < {low} ELSE {x} > {low} END"
    place = f"CAST(floor({count} * ({x} - {low}) / ({high} - {low})) AS BIGINT) + 1"
    missing = " OR ".join(f"{argument.sql} IS NULL" for argument in call.args)
    finite = " AND ".join(f"isfinite({side})" for side in (x, low, high))
    sql = (
        f"CASE WHEN {missing} THEN NULL WHEN {count} <= 0 THEN {empty} WHEN NOT ({finite})"
        f" THEN {wrong} WHEN {low} = {high} THEN {same} WHEN {below} THEN 0 WHEN {above}"
        f" THEN {count} + 1 ELSE {place} END"
    )
    return Value(f"CAST({sql} AS BIGINT)", types.BIGINT)


def _bins(call: Call) -> Value:
    x, bins = call.sql(0), call.sql(1)
    empty = call.fail("'Bins cannot be an empty array'", types.BIGINT)
    unsorted = call.fail("'Bin values are not sorted in ascending order'", types.BIGINT)
    missing = call.fail("'Bin values must be finite'", types.BIGINT)
    sql = (
        f"CASE WHEN {x} IS NULL OR {bins} IS NULL THEN NULL WHEN len({bins}) = 0 THEN {empty}"
        f" WHEN len({bins}) > list_count({bins}) THEN {missing}"
        f" WHEN list_sort({bins}) <> {bins} THEN {unsorted}"
        f" ELSE len(list_filter({bins}, lambda b: b <= {x})) END"
    )
    return Value(f"CAST({sql} AS BIGINT)", types.BIGINT)


def _vectors(text: str) -> Function:
    """Two arrays of doubles of one length; NULL in them makes NULL."""

    def write(call: Call) -> Value:
        if call.args[0].type.name != "array":
            return _map_similarity(call)
        a, b = call.sql(0), call.sql(1)
        bad = call.fail("'The arguments must have the same length'", types.DOUBLE)
        sql = (
            f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN len({a}) <> len({b}) THEN {bad}"
            f" WHEN len({a}) > list_count({a}) OR len({b}) > list_count({b}) OR len({a}) = 0"
            f" THEN NULL ELSE {text.format(a, b)} END"
        )
        return Value(sql, types.DOUBLE)

    return write


def _map_similarity(call: Call) -> Value:
    a, b = call.sql(0), call.sql(1)
    if call.args[0].type.name != "map":
        raise unsupported(f"{call.name}({call.args[0].type})", call.node)
    values = [f"map_values({side})" for side in (a, b)]
    squares = [
        f"sqrt(coalesce(list_sum(list_transform({side}, lambda x: x * x)), 0))" for side in values
    ]
    product = (
        f"coalesce(list_sum(list_transform(map_entries({a}), lambda e: e.value *"
        f" coalesce(list_extract(map_extract({b}, e.key), 1), 0))), 0)"
    )
    holes = " OR ".join(f"len({side}) > list_count({side})" for side in values)
    sql = (
        f"CASE WHEN {a} IS NULL OR {b} IS NULL OR {holes} THEN NULL"
        f" ELSE {product} / ({squares[0]} * {squares[1]}) END"
    )
    return Value(sql, types.DOUBLE)


def _great_circle(call: Call) -> Value:
    """Kilometres between two points in degrees, by Trino's formula and radius."""
    degrees = [argument.sql for argument in call.args]
    bad = call.fail(
        "'Latitude must be between -90 and 90, longitude between -180 and 180'", types.DOUBLE
    )
    lat1, lon1, lat2, lon2 = (f"radians({angle})" for angle in degrees)
    turn = f"({lon1} - {lon2})"
    t1 = f"cos({lat2}) * sin({turn})"
    t2 = f"cos({lat1}) * sin({lat2}) - sin({lat1}) * cos({lat2}) * cos({turn})"
    t3 = f"sin({lat1}) * sin({lat2}) + cos({lat1}) * cos({lat2}) * cos({turn})"
    good = f"atan2(sqrt(({t1}) * ({t1}) + ({t2}) * ({t2})), {t3}) * 6371.01"
    wrong = " OR ".join(
        f"abs({angle}) > {90 if i % 2 == 0 else 180}" for i, angle in enumerate(degrees)
    )
    missing = " OR ".join(f"{angle} IS NULL" for angle in degrees)
    sql = f"CASE WHEN {missing} THEN NULL WHEN {wrong} THEN {bad} ELSE {good} END"
    return Value(f"CAST({sql} AS DOUBLE)", types.DOUBLE)


COSINE = (
    "list_dot_product({0}, {1}) / (sqrt(list_dot_product({0}, {0})) * sqrt(list_dot_product({1},"
    " {1})))"
)
DEVIATION = "standardDeviation must be > 0"
SHAPES = "a, b must be > 0, and value must be in the interval [0, 1]"
FUNCTIONS = {
    "normal_cdf": _distribution("lab_normal_cdf", DEVIATION),
    "inverse_normal_cdf": _distribution(
        "lab_inverse_normal_cdf", "p must be 0 > p > 1, and sd > 0"
    ),
    "beta_cdf": _distribution("lab_beta_cdf", SHAPES),
    "inverse_beta_cdf": _distribution("lab_inverse_beta_cdf", SHAPES),
    "t_cdf": _distribution("lab_t_cdf", "df must be greater than 0"),
    "t_pdf": _distribution("lab_t_pdf", "df must be greater than 0"),
    "wilson_interval_lower": _wilson("-"),
    "wilson_interval_upper": _wilson("+"),
    "width_bucket": by_count(n2=_bins, n4=_even_buckets),
    "dot_product": _vectors("list_dot_product({0}, {1})"),
    "euclidean_distance": _vectors("list_distance({0}, {1})"),
    "cosine_similarity": _vectors(COSINE),
    "cosine_distance": _vectors(f"1 - {COSINE}"),
    "great_circle_distance": _great_circle,
}
