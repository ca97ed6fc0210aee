"""Approximations of Trino, kept exactly: sketches are lists here, so that their answers are within
any error that Trino states, and equal to Trino's where its sketches are exact.

A HyperLogLog is the list of the distinct hashes, a digest the sorted list of the numbers. Source:
Trino documentation, "Aggregate functions", "HyperLogLog functions", "T-Digest functions",
"Quantile digest functions".
"""

from typing import Any

from lab.engine import types
from lab.engine.builtins.lists import folded
from lab.engine.errors import failure, unsupported
from lab.engine.types import Type
from lab.engine.values import Value

HYPERLOGLOG, TDIGEST = Type("hyperloglog"), Type("tdigest")
Result = tuple[str, Type]


def qdigest(of: Type) -> Type:
    return Type("qdigest", (of,))


def at_quantile(numbers: str, quantile: str) -> str:
    """SQL for the first of the sorted numbers below which there is more than this share of them."""
    place = f"least(CAST(floor({quantile} * len({numbers})) AS BIGINT) + 1, len({numbers}))"
    return f"list_extract({numbers}, {place})"


def _sorted(a: Any) -> str:
    """SQL for the sorted list of the first argument's values; NULL when there is none."""
    return f"list_sort(list_filter({a.write('list', a.first)}, lambda x: x IS NOT NULL))"


def _checked(quantile: str, good: str, kind: Type, a: Any) -> str:
    bad = a.env.fail("INVALID_FUNCTION_ARGUMENT", "'Percentile must be between 0 and 1'", kind)
    return f"CASE WHEN {quantile} < 0 OR {quantile} > 1 THEN {bad} ELSE {good} END"


def approx_percentile(a: Any) -> Result:
    """``approx_percentile(x, [weight,] percentage or array [, accuracy])``"""
    kind = a.args[0].type
    many = next((i for i, arg in enumerate(a.args) if arg.type.name == "array"), None)
    weighted = len(a.args) > 2 and (many == 2 or (many is None and len(a.args) >= 3))
    share = a.args[2 if weighted else 1]
    quantile = share.sql if share.literal is not None else a.write("any_value", share.sql)
    numbers = _weighted(a) if weighted else _sorted(a)

    def find(numbers: str, quantile: str) -> str:
        if weighted:
            return _find_weighted(numbers, quantile, kind)
        return at_quantile(numbers, quantile)

    if many is None:
        body = _checked("q", find("l", "q"), kind, a)
        returns = kind
    else:
        inner = _checked("p", find("l", "p"), kind, a)
        body, returns = f"list_transform(q, lambda p: {inner})", types.array(kind)
    sql = (
        f"list_extract(list_transform([{{'l': {numbers}, 'q': {quantile}}}], lambda z:"
        " list_extract(list_transform([z.l], lambda l: list_extract(list_transform([z.q], lambda"
        f" q: {body}), 1)), 1)), 1)"
    )
    return f"CASE WHEN len({numbers}) > 0 THEN {sql} END", returns


def _weighted(a: Any) -> str:
    pairs = a.write("list", f"{{'x': {a.first}, 'w': CAST({a.args[1].sql} AS DOUBLE)}}")
    return f"list_sort(list_filter({pairs}, lambda e: e.x IS NOT NULL AND e.w IS NOT NULL))"


def _find_weighted(numbers: str, quantile: str, kind: Type) -> str:
    total = f"list_sum(list_transform({numbers}, lambda e: e.w))"
    state = types.row(("c", types.DOUBLE), ("v", kind))
    start = Value(f"{{'c': 0.0, 'v': CAST(NULL AS {types.duckdb(kind)})}}", state)
    pair = types.row(("x", kind), ("w", types.DOUBLE))
    reached = f"ws.s.v IS NULL AND ws.s.c + wx.x.w > {quantile} * {total}"
    body = f"{{'c': ws.s.c + wx.x.w, 'v': CASE WHEN {reached} THEN wx.x.x ELSE ws.s.v END}}"
    found = folded(numbers, start, pair, "w", body)
    last = f"list_extract({numbers}, -1)"
    return f"coalesce(struct_extract({found}, 'v'), struct_extract({last}, 'x'))"


def approx_set(a: Any) -> Result:
    hashes = a.write("list", f"CASE WHEN {a.first} IS NULL THEN NULL ELSE hash({a.first}) END")
    sql = f"list_distinct({hashes})"
    return f"CASE WHEN len({sql}) > 0 THEN {sql} END", HYPERLOGLOG


def tdigest_agg(a: Any) -> Result:
    if len(a.args) > 1:
        raise unsupported("tdigest_agg with weights", a.node)
    numbers = _sorted(a)
    return f"CASE WHEN len({numbers}) > 0 THEN {numbers} END", TDIGEST


def qdigest_agg(a: Any) -> Result:
    if len(a.args) > 1:
        raise unsupported("qdigest_agg with weights", a.node)
    numbers = _sorted(a)
    return f"CASE WHEN len({numbers}) > 0 THEN {numbers} END", qdigest(a.args[0].type)


def merge(a: Any) -> Result:
    kind = a.args[0].type
    parts = f"flatten(list_filter({a.write('list', a.first)}, lambda x: x IS NOT NULL))"
    made = f"list_distinct({parts})" if kind == HYPERLOGLOG else f"list_sort({parts})"
    return f"CASE WHEN {a.write('count', a.first)} > 0 THEN {made} END", kind


def numeric_histogram(a: Any) -> Result:
    """Exact while there are not more numbers than buckets; beyond that, where Trino's buckets lie
    depends on the order of the rows.
    """
    kind = a.returns or types.map_of(types.DOUBLE, types.DOUBLE)
    weight = a.args[2].sql if len(a.args) > 2 else "1"
    number = a.args[1].sql
    pairs = a.write("list", f"{{'x': {number}, 'w': CAST({weight} AS DOUBLE)}}")
    buckets = a.args[0].literal
    if not isinstance(buckets, int):
        raise unsupported("numeric_histogram whose number of buckets is no constant", a.node)
    if buckets < 2:
        raise failure(
            "INVALID_FUNCTION_ARGUMENT",
            "numeric_histogram bucket count must be greater than one",
            a.node,
        )
    entries = f"list_filter({pairs}, lambda e: e.x IS NOT NULL)"
    keys = f"list_sort(list_distinct(list_transform({entries}, lambda e: e.x)))"
    counts = (
        f"list_transform({keys}, lambda k: list_sum(list_transform(list_filter({entries}, lambda"
        " e: e.x = k), lambda e: e.w)))"
    )
    many = a.env.fail(
        "NOT_SUPPORTED",
        "'numeric_histogram of more numbers than buckets is not supported by this lab'",
        kind,
    )
    sql = (
        f"CASE WHEN len({entries}) = 0 OR {entries} IS NULL THEN NULL WHEN len({keys}) > {buckets}"
        f" THEN {many} ELSE CAST(map({keys}, {counts}) AS {types.duckdb(kind)}) END"
    )
    return sql, kind


def most_frequent(a: Any) -> Result:
    """Exact while the values are not more than the capacity."""
    buckets, capacity = a.args[0].literal, a.args[2].literal
    if not isinstance(buckets, int) or not isinstance(capacity, int):
        raise unsupported("approx_most_frequent whose sizes are no constants", a.node)
    kind = types.map_of(a.args[1].type, types.BIGINT)
    counts = f"map_entries({a.write('histogram', a.args[1].sql)})"
    best = (
        f"list_slice(list_reverse_sort(list_transform({counts}, lambda e: {{'n': e.value, 'k':"
        f" e.key}})), 1, {buckets})"
    )
    many = a.env.fail(
        "NOT_SUPPORTED",
        "'approx_most_frequent of more values than its capacity is not supported by this lab'",
        kind,
    )
    made = f"map(list_transform({best}, lambda e: e.k), list_transform({best}, lambda e: e.n))"
    sql = (
        f"CASE WHEN len({counts}) > {capacity} THEN {many} WHEN {counts} IS NOT NULL THEN"
        f" CAST({made} AS {types.duckdb(kind)}) END"
    )
    return sql, kind


AGGREGATES = {
    "approx_percentile": approx_percentile,
    "approx_set": approx_set,
    "tdigest_agg": tdigest_agg,
    "qdigest_agg": qdigest_agg,
    "merge": merge,
    "numeric_histogram": numeric_histogram,
    "approx_most_frequent": most_frequent,
}
