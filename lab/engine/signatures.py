"""Which function a call means: Trino's names and signatures, matched as Trino matches them.

``functions.json`` holds what SHOW FUNCTIONS of a Trino 476 prints: name -> [[arguments, result,
kind], ...]. A call that no signature fits fails as in Trino; whether DuckDB can do the work is not
decided here.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from lab.engine import types
from lab.engine.errors import QueryError
from lab.engine.types import Type

VARIABLE_LENGTH = frozenset({"concat", "concat_ws", "greatest", "least", "map_concat", "zip"})
# The argument of which the order is asked for, by name and number of arguments.
ORDERED = {
    ("max", 1): 0, ("max", 2): 0, ("min", 1): 0, ("min", 2): 0, ("max_by", 2): 1, ("max_by", 3): 1,
    ("min_by", 2): 1, ("min_by", 3): 1, ("array_sort", 1): 0, ("array_max", 1): 0,
    ("array_min", 1): 0,
}  # fmt: skip
TEXT_LIKE = {"joniregexp", "jsonpath", "codepoints"}


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function, in the words of SHOW FUNCTIONS."""

    name: str
    arguments: tuple[str, ...]
    returns: str
    kind: str

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.arguments)})"


@cache
def load() -> dict[str, tuple[Signature, ...]]:
    source = resources.files("lab.engine").joinpath("functions.json").read_text(encoding="utf-8")
    return {
        name: tuple(Signature(name, tuple(split(a)), r, kind) for a, r, kind in entries)
        for name, entries in json.loads(source).items()
    }


def kind_of(name: str) -> str | None:
    """``scalar``, ``aggregate``, ``window`` or ``table``; None when Trino has no such function."""
    found = load().get(name)
    return found[0].kind if found else None


def split(text: str) -> list[str]:
    """Split at commas outside of parentheses."""
    parts, depth, current = [], 0, ""
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += character
    return [*parts, current.strip()] if current.strip() else parts


@dataclass(frozen=True, slots=True)
class Match:
    """A signature with its variables bound: what each argument becomes, and the result."""

    signature: Signature
    arguments: tuple[Type | None, ...]
    returns: Type | None
    bound: dict[str, Any]


def match(name: str, arguments: list[Type | None]) -> Match | None:
    """The signature that fits best. An argument that is None is a lambda, typed later."""
    place = ORDERED.get((name, len(arguments)))
    if place is not None and len(arguments) > place:
        ordered = arguments[place]
        if ordered is not None and not types.is_orderable(ordered):
            return None
    fitting = [m for s in load().get(name, ()) if (m := _match_one(s, arguments)) is not None]
    exact = [m for m in fitting if _is_exact(m, arguments)]
    if exact or not fitting:
        return exact[0] if exact else None
    if any(given == types.UNKNOWN for given in arguments):
        return _most_specific(fitting, arguments)
    return min(fitting, key=lambda m: _distance(m, arguments))


def _most_specific(fitting: list[Match], arguments: list[Type | None]) -> Match:
    """The one whose parameters all others would take; any, when all give the same type.
    AMBIGUOUS_FUNCTION_CALL when NULL leaves it open.
    """
    for one in fitting:
        if all(_takes(other, one) for other in fitting):
            return one
    if all(one.returns == fitting[0].returns for one in fitting):
        return fitting[0]
    known = [
        one
        for one in fitting
        if all(
            given in (None, types.UNKNOWN, wanted)
            for given, wanted in zip(arguments, one.arguments, strict=True)
        )
    ]
    if len(known) == 1 and any(given not in (None, types.UNKNOWN) for given in arguments):
        return known[0]
    raise QueryError(
        "AMBIGUOUS_FUNCTION_CALL",
        "Could not choose a best candidate operator. Explicit type casts must be added.",
    )


def _takes(wide: Match, narrow: Match) -> bool:
    return all(
        a is None or b is None or types.can_coerce(a, b) or (a.is_integer and b.name == "decimal")
        for a, b in zip(narrow.arguments, wide.arguments, strict=True)
    )


def _is_exact(candidate: Match, arguments: list[Type | None]) -> bool:
    return all(
        given is None or wanted is None or given == wanted
        for given, wanted in zip(arguments, candidate.arguments, strict=True)
    )


def _distance(candidate: Match, arguments: list[Type | None]) -> int:
    """How far the arguments move: the sum of the steps up Trino's ladder of types."""
    total = 0
    for given, wanted in zip(arguments, candidate.arguments, strict=True):
        if given is None or wanted is None or given == wanted:
            continue
        order = types.NUMERIC_ORDER
        if given.name in order and wanted.name in order:
            total += 1 + abs(order.index(wanted.name) - order.index(given.name))
        elif given.name != wanted.name:
            total += 3
    return total


def _match_one(signature: Signature, arguments: list[Type | None]) -> Match | None:
    wanted = signature.arguments
    if signature.name in VARIABLE_LENGTH and len(wanted) < len(arguments):
        wanted += (wanted[-1],) * (len(arguments) - len(wanted))
    if len(wanted) != len(arguments):
        return None
    bound: dict[str, Any] = {}
    # Twice, so that a variable grows to the common type before the arguments are compared with it.
    for _ in range(2):
        for pattern, given in zip(wanted, arguments, strict=True):
            if given is not None and not _bind(pattern, given, bound):
                return None
    final = tuple(
        None if g is None else substitute(w, bound, g)
        for w, g in zip(wanted, arguments, strict=True)
    )
    if any(
        g is not None and (f is None or not types.can_coerce(g, f))
        for g, f in zip(arguments, final, strict=True)
    ):
        return None
    return Match(signature, final, substitute(signature.returns, bound, None), bound)


def is_variable(pattern: str) -> bool:
    """``t``, ``E``, ``K1``: a type to be found."""
    return pattern[:1].isalpha() and (len(pattern) == 1 or pattern[1:].isdigit())


def head(pattern: str) -> tuple[str, list[str]]:
    """``array(t)`` -> ("array", ["t"]); a trailing "with time zone" belongs to the name."""
    if "(" not in pattern:
        return pattern, []
    name, rest = pattern.split("(", 1)
    inside, tail = rest.rsplit(")", 1)
    return (name + tail).strip(), split(inside)


def _bind(pattern: str, given: Type, bound: dict[str, Any]) -> bool:
    if is_variable(pattern):
        known = bound.get(pattern)
        common = given if known is None else types.common_type(known, given)
        if common is None:
            return False
        bound[pattern] = common
        return True
    name, inner = head(pattern)
    if given.name == "unknown" or name in TEXT_LIKE:
        nested = inner if given.name == "unknown" and name in ("array", "map", "row") else []
        return all(_bind(part.split('" ')[-1], given, bound) for part in nested)
    if given.name == name and name in ("array", "map", "qdigest"):
        return all(_bind(p, g, bound) for p, g in zip(inner, given.args, strict=True))
    if given.name == name == "row":
        return len(inner) == len(given.args) and all(
            _bind(p, g, bound) for p, (_, g) in zip(inner, given.args, strict=True)
        )
    return name not in ("array", "map", "row", "function")


# What NULL is taken for where a size is a variable.
LEAST = {"varchar": types.varchar(0), "char": Type("char", (1,)), "decimal": types.decimal(1, 0)}


def substitute(pattern: str, bound: dict[str, Any], given: Type | None) -> Type | None:  # noqa: PLR0911  one return per kind
    """The type that ``pattern`` stands for; sizes that depend on the argument are taken from it."""
    if is_variable(pattern):
        found: Type | None = bound.get(pattern)
        return found
    name, inner = head(pattern)
    if given == types.UNKNOWN and name in LEAST and inner and not inner[0].isdigit():
        return LEAST[name]
    match name:
        case "array" | "map" | "qdigest":
            parts = [substitute(part, bound, None) for part in inner]
            return None if None in parts else Type(name, tuple(parts))
        case "row":
            parts = [substitute(part.split('" ')[-1], bound, None) for part in inner]
            return None if None in parts else types.row(*((None, p) for p in parts if p))
        case "varchar":
            same = given is not None and given.name == "varchar"
            return (
                given
                if same
                else types.varchar(int(inner[0]) if inner and inner[0].isdigit() else None)
            )
        case "decimal":
            if inner and inner[0].isdigit() and inner[1].isdigit():
                return types.decimal(int(inner[0]), int(inner[1]))
            return (
                types.as_decimal(given)
                if given and (given.is_integer or given.name == "decimal")
                else None
            )
        case "timestamp" | "timestamp with time zone":
            return _substitute_time(name, inner, given)
        case "time":
            return given if given is not None and given.name == "time" else types.time(3)
        case "char":
            return given if given and given.name == "char" else None
        case "function":
            return None
    if name in TEXT_LIKE:
        return given if given and given.name == "varchar" else types.VARCHAR
    return Type(name)


def _substitute_time(name: str, inner: list[str], given: Type | None) -> Type:
    precision = int(inner[0]) if inner and inner[0].isdigit() else 3
    if given is not None and given.name in ("timestamp", "timestamp with time zone"):
        precision = given.args[0]
    elif given is not None and given.name == "date":
        precision = 0
    if name == "timestamp":
        return types.timestamp(precision)
    zone = given.zone if given is not None and given.name == name else "UTC"
    return types.timestamp_tz(precision, zone)
