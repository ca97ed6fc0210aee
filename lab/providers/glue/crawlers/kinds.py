"""The types of columns as a crawler infers them, and how two of them become one.

A kind is Hive's name of a type, or a tuple: ``("array", kind)``, ``("map", kind, kind)``,
``("struct", ((name, kind), ...))``. ``null`` is what nothing is known of yet.
"""

from collections.abc import Iterable
from typing import Any

Kind = str | tuple[Any, ...]
Columns = tuple[tuple[str, Kind], ...]

NULL = "null"
NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double")
"""Each holds those before it."""
INT, LONG = 2**31, 2**63


def of_json(value: Any) -> Kind:  # noqa: PLR0911  one return per kind
    """The kind of a value that ``json`` has read."""
    match value:
        case None:
            return NULL
        case bool():
            return "boolean"
        case int():
            return "int" if -INT <= value < INT else "bigint" if -LONG <= value < LONG else "double"
        case float():
            return "double"
        case str():
            return "string"
        case list():
            return ("array", merge_all(of_json(item) for item in value))
    return ("struct", tuple((key, of_json(inner)) for key, inner in value.items()))


def merge_all(found: Iterable[Kind]) -> Kind:
    merged: Kind = NULL
    for kind in dict.fromkeys(found):
        merged = merge(merged, kind)
    return merged


def merge(one: Kind, other: Kind) -> Kind:  # noqa: PLR0911  one return per case
    """The kind that holds both; ``string`` when nothing narrower does."""
    if other in (one, NULL):
        return one
    if one == NULL:
        return other
    if isinstance(one, str) and isinstance(other, str):
        if one in NUMBERS and other in NUMBERS:
            return max(one, other, key=NUMBERS.index)
        return "string"
    if isinstance(one, str) or isinstance(other, str) or one[0] != other[0]:
        return "string"
    if one[0] == "struct":
        return ("struct", merge_columns(one[1], other[1]))
    return (one[0], *(merge(a, b) for a, b in zip(one[1:], other[1:], strict=True)))


def merge_columns(one: Columns, other: Columns) -> Columns:
    """Those of both, in the order in which they are first seen."""
    found = dict(one)
    for name, kind in other:
        found[name] = merge(found[name], kind) if name in found else kind
    return tuple(found.items())


def hive(kind: Kind) -> str:
    """As Hive writes it: ``array<struct<a:int>>``."""
    if isinstance(kind, str):
        return "string" if kind == NULL else kind
    if kind[0] == "struct":
        return f"struct<{','.join(f'{name}:{hive(inner)}' for name, inner in kind[1])}>"
    return f"{kind[0]}<{','.join(hive(inner) for inner in kind[1:])}>"
