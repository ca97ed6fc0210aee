"""Aggregates that collect their rows into a list, and work on the list. Source: Trino
documentation, "Aggregate functions", sections on maps, lambdas and several greatest values.
"""

from typing import Any

from lab.engine import types
from lab.engine.builtins import lists, maps
from lab.engine.calls import Call
from lab.engine.errors import failure, unsupported
from lab.engine.types import Type
from lab.engine.values import Value

Result = tuple[str, Type]
MOST = 10_000


def _size(a: Any, place: int) -> int:
    """How many values the call asks for."""
    size = a.args[place].literal
    if not isinstance(size, int):
        raise unsupported(f"{a.name} whose number of values is no constant", a.node)
    if not 0 < size <= MOST:
        problem = "must be positive" if size <= 0 else f"must be less than or equal to {MOST}"
        message = (
            f"third argument of {a.name} {problem}"
            if place == 2
            else f"second argument of {a.name} {problem}"
        )
        raise failure("INVALID_FUNCTION_ARGUMENT", message, a.node)
    return size


def extremes(a: Any) -> Result:
    """``max(x, n)``: the n greatest, greatest first."""
    size, way = _size(a, 1), "DESC" if a.name == "max" else "ASC"
    values = f"list_filter({a.write('list', a.first)}, lambda x: x IS NOT NULL)"
    sql = f"list_slice(list_sort({values}, '{way}'), 1, {size})"
    return f"CASE WHEN len({values}) > 0 THEN {sql} END", types.array(a.args[0].type)


def extremes_by(a: Any) -> Result:
    """``max_by(x, y, n)``: the values beside the n greatest."""
    size, way = _size(a, 2), "DESC" if a.name == "max_by" else "ASC"
    pairs = a.write("list", f"{{'y': {a.args[1].sql}, 'x': {a.first}}}")
    known = f"list_filter({pairs}, lambda e: e.y IS NOT NULL)"
    best = f"list_slice(list_sort({known}, '{way}', 'NULLS LAST'), 1, {size})"
    sql = f"list_transform({best}, lambda e: e.x)"
    return f"CASE WHEN len({known}) > 0 THEN {sql} END", types.array(a.args[0].type)


def multimap_agg(a: Any) -> Result:
    key, value = a.args
    kind = types.map_of(key.type, types.array(value.type))
    pairs = a.write("list", f"{{'key': {key.sql}, 'value': {value.sql}}}")
    known = f"list_filter({pairs}, lambda e: e.key IS NOT NULL)"
    return f"CASE WHEN len({known}) > 0 THEN {maps.multimap(known, kind)} END", kind


def map_union(a: Any) -> Result:
    """One of the values of a key that several maps have: the first."""
    kind = a.args[0].type
    known = f"list_filter({a.write('list', a.first)}, lambda m: m IS NOT NULL)"
    entries = f"flatten(list_transform({known}, lambda m: map_entries(m)))"
    return f"CASE WHEN len({known}) > 0 THEN lab_map_from_entries({entries}) END", kind


def reduce_agg(a: Any) -> Result:
    """A fold of the values that are not NULL, from the start."""
    start = a.args[1]
    if start.type.name == "varchar":
        start = Value(start.sql, types.VARCHAR)
    call = Call("reduce_agg", a.args, None, a.env, a.node)
    values = f"list_filter({a.write('list', a.first)}, lambda x: x IS NOT NULL)"
    total, _ = lists.fold(call, values, a.args[0].type, start, 2)
    return f"CASE WHEN len({values}) > 0 THEN {total} END", start.type


# What xxHash64 multiplies with, and what a NULL counts for.
PRIME = "CAST('11400714785074694791' AS HUGEINT)"
WORDS = {"boolean": "CAST({} AS BIGINT)", "date": "(CAST({} AS DATE) - DATE '1970-01-01')"}


def checksum(a: Any) -> Result:
    """Sum of the xxHash64 of the values, which does not depend on their order."""
    kind, value = a.args[0].type, a.first
    if kind.name == "varchar":
        data = f"encode({value})"
    elif kind.name == "varbinary":
        data = value
    elif kind.is_integer or kind.name in WORDS:
        number = WORDS.get(kind.name, "{}").format(value)
        pairs = f"regexp_extract_all(printf('%016x', CAST({number} AS BIGINT)), '..')"
        data = f"unhex(array_to_string(list_reverse({pairs}), ''))"
    else:
        raise unsupported(f"checksum({kind})", a.node)
    term = f"CASE WHEN {value} IS NULL THEN {PRIME} ELSE lab_checksum({data}) END"
    total = f"(({a.write('sum', term)}) % CAST('18446744073709551616' AS HUGEINT))"
    pairs = f"regexp_extract_all(printf('%016x', CAST({total} AS UBIGINT)), '..')"
    return f"unhex(array_to_string(list_reverse({pairs}), ''))", types.VARBINARY


AGGREGATES = {
    "multimap_agg": multimap_agg,
    "map_union": map_union,
    "reduce_agg": reduce_agg,
    "checksum": checksum,
}
