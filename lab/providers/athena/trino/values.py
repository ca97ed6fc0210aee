"""Trino's values, which come as JSON, in Athena's text; and its types, which come as trees.

Source: Trino documentation, "Trino client REST API", "Data types".
"""

import base64
from collections.abc import Callable
from typing import Any

from lab.engine import types
from lab.engine.text import java_double
from lab.engine.types import Type

Printer = Callable[[Any], str]
UNBOUNDED = 2**31 - 1
# Trino's own encodings, which its clients are given as Base64.
BINARY = ("varbinary", "hyperloglog", "p4hyperloglog", "tdigest", "qdigest", "setdigest")


def type_of(signature: dict[str, Any]) -> Type:
    """The type of a ``typeSignature``."""
    name = signature["rawType"].lower()
    given = [argument["value"] for argument in signature.get("arguments", ())]
    match name:
        case "row":
            return types.row(*(_field(field) for field in given))
        case "array" | "map" | "qdigest":
            return Type(name, tuple(type_of(inner) for inner in given))
        case "varchar":
            return types.varchar(None if given[0] == UNBOUNDED else given[0])
    return Type(name, tuple(given))


def _field(given: dict[str, Any]) -> tuple[str | None, Type]:
    name = given.get("fieldName") or {}
    return name.get("name"), type_of(given["typeSignature"])


def printer(kind: Type) -> Printer:  # noqa: PLR0911  one return per kind
    """A function from Trino's JSON (never null) to Athena's text."""
    match kind.name:
        case "boolean":
            return lambda value: str(value).lower()
        case "double" | "real":
            return lambda value: java_double(float(value))
        case "array":
            return _array(printer(kind.args[0]))
        case "map":
            return _map(printer(kind.args[0]), printer(kind.args[1]))
        case "row":
            return _row(types.field_names(kind), [printer(of) for _, of in kind.args])
        case name if name in BINARY:
            return lambda value: base64.b64decode(value).hex(" ")
    return str


def _inner(show: Printer, value: Any) -> str:
    return "null" if value is None else show(value)


def _array(element: Printer) -> Printer:
    return lambda value: f"[{', '.join(_inner(element, item) for item in value)}]"


def _map(key: Printer, item: Printer) -> Printer:
    return lambda value: (
        "{" + ", ".join(f"{key(name)}={_inner(item, of)}" for name, of in value.items()) + "}"
    )


def _row(names: list[str], printers: list[Printer]) -> Printer:
    def show(value: list[Any]) -> str:
        parts = zip(names, printers, value, strict=True)
        return "{" + ", ".join(f"{name}={_inner(one, item)}" for name, one, item in parts) + "}"

    return show
