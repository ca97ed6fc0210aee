"""Equality and order of arrays, maps and rows, three-valued as in Trino.

DuckDB takes NULL elements for equal; for Trino an undecided element leaves the whole undecided, and
order is not defined over it. Source: Trino documentation, "Array", "Map" and "Row" types.
"""

from lab.engine import types
from lab.engine.errors import unsupported
from lab.engine.types import Type
from lab.engine.values import Env

COMPOSITE = ("array", "map", "row")


def equal(a: str, b: str, kind: Type, depth: int = 0) -> str:
    """SQL for ``a = b``: true, false or NULL. ``depth`` keeps names of lambdas apart."""
    match kind.name:
        case "array":
            x, i = f"x{depth}", f"i{depth}"
            inner = equal(x, f"list_extract({b}, {i})", kind.element, depth + 1)
            pairs = f"list_transform({a}, lambda {x}, {i}: {inner})"
            return (
                f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN len({a}) <> len({b})"
                f" THEN false ELSE lab_every({pairs}) END"
            )
        case "map":
            return _equal_maps(a, b, kind, depth)
        case "row":
            parts = (
                equal(part(a, name), part(b, name), of, depth)
                for name, (_, of) in zip(types.field_names(kind), kind.args, strict=True)
            )
            return (
                f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL ELSE ({' AND '.join(parts)}) END"
            )
        case "double" | "real":
            return f"({a} = {b} AND NOT isnan({a}))"
        case "char":
            return f"(rtrim({a}, ' ') = rtrim({b}, ' '))"
    return f"({a} = {b})"


def part(row: str, name: str) -> str:
    return f"struct_extract({row}, {types.text(name)})"


def _equal_maps(a: str, b: str, kind: Type, depth: int) -> str:
    if kind.args[0].name in COMPOSITE:
        raise unsupported(f"the comparison of two {kind}")
    x = f"x{depth}"
    found = f"map_extract({b}, {x}.key)"
    inner = equal(f"{x}.value", f"list_extract({found}, 1)", kind.element, depth + 1)
    pairs = (
        f"list_transform(map_entries({a}), lambda {x}: CASE WHEN len({found}) = 0 THEN false"
        f" ELSE {inner} END)"
    )
    return (
        f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL"
        f" WHEN cardinality({a}) <> cardinality({b}) THEN false ELSE lab_every({pairs}) END"
    )


def ordered(symbol: str, a: str, b: str, kind: Type, env: Env) -> str:
    """SQL for ``a < b`` and its like. NOT_SUPPORTED, at run time, when a NULL would decide."""
    if kind.name == "row":
        return _ordered_rows(symbol, a, b, kind, env)
    if kind.name == "map" or kind.element.name in COMPOSITE:
        raise unsupported(f"the comparison {kind} {symbol} {kind}")
    same = equal(f"list_extract({a}, i)", f"list_extract({b}, i)", kind.element)
    places = (
        f"list_filter(generate_series(1, least(len({a}), len({b}))), lambda i: ({same}) IS NOT"
        " TRUE)"
    )
    first = f"list_extract({places}, 1)"
    fails = env.fail(
        "NOT_SUPPORTED",
        "'ARRAY comparison not supported for arrays with null elements'",
        types.BOOLEAN,
    )
    missing = f"(list_extract({a}, {first}) IS NULL OR list_extract({b}, {first}) IS NULL)"
    return (
        f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN {first} IS NOT NULL AND {missing}"
        f" THEN {fails} ELSE {a} {symbol} {b} END"
    )


def _ordered_rows(symbol: str, a: str, b: str, kind: Type, env: Env) -> str:
    fails = env.fail(
        "NOT_SUPPORTED", "'ROW comparison not supported for rows with null elements'", types.BOOLEAN
    )
    branches = [f"WHEN {a} IS NULL OR {b} IS NULL THEN NULL"]
    for name, (_, of) in zip(types.field_names(kind), kind.args, strict=True):
        if of.name in (*COMPOSITE, "char"):
            raise unsupported(f"the comparison {kind} {symbol} {kind}")
        x, y = part(a, name), part(b, name)
        branches.append(f"WHEN {x} IS NULL OR {y} IS NULL THEN {fails}")
        branches.append(f"WHEN {x} <> {y} THEN {x} {symbol} {y}")
    return f"CASE {' '.join(branches)} ELSE {'true' if '=' in symbol else 'false'} END"


def holds_map(kind: Type) -> bool:
    """Whether a map is in it: two equal maps may differ in DuckDB, which remembers an order."""
    parts = [of for _, of in kind.args] if kind.name == "row" else kind.args
    return kind.name == "map" or (kind.name in COMPOSITE and any(map(holds_map, parts)))
