"""Types of Iceberg and types of Hive, each in the other's words.

Source: Iceberg Table Spec, "Schemas and Data Types"; Amazon Athena User Guide, "Supported data
types for Iceberg tables in Athena".
"""

from collections.abc import Iterator
from typing import Any

from lab.providers.glue.errors import invalid

Ids = Iterator[int]

FROM_HIVE = {
    **{name: name for name in ("boolean", "int", "float", "double", "string", "date", "binary")},
    **{"bigint": "long", "integer": "int", "timestamp": "timestamp"},
}
TO_HIVE = {
    **{name: name for name in ("boolean", "int", "float", "double", "string", "date", "binary")},
    **{"long": "bigint", "timestamp": "timestamp", "timestamptz": "timestamp"},
    **{"time": "string", "uuid": "string"},
}
ID_NAMES = ("id", "element-id", "key-id", "value-id")
OPENING, CLOSING = "<(", ">)"


def field(number: int, name: str, kind: Any) -> dict[str, Any]:
    return {"id": number, "name": name.lower(), "required": False, "type": kind}


def from_hive(text: str, ids: Ids) -> Any:
    """Iceberg's type for Hive's; nested fields get the next ids."""
    name, _, inside = text.partition("<")
    if not inside:
        return _plain(text)
    parts = _split(inside.removesuffix(">"))
    if name == "array" and len(parts) == 1:
        number = next(ids)
        element = {"element-id": number, "element": from_hive(parts[0], ids)}
        return {"type": "list", "element-required": False, **element}
    if name == "map" and len(parts) == 2:
        key, value = next(ids), next(ids)
        keys = {"key-id": key, "key": from_hive(parts[0], ids)}
        values = {"value-id": value, "value": from_hive(parts[1], ids), "value-required": False}
        return {"type": "map", **keys, **values}
    if name == "struct":
        pairs = [part.partition(":") for part in parts]
        fields = [field(next(ids), name.strip(), kind.strip()) for name, _, kind in pairs]
        for one in fields:
            one["type"] = from_hive(one["type"], ids)
        return {"type": "struct", "fields": fields}
    raise _unsupported(text)


def _plain(text: str) -> str:
    if text.startswith("decimal"):
        inside = text.removeprefix("decimal").strip("()") or "10,0"
        precision, _, scale = inside.partition(",")
        return f"decimal({int(precision)}, {int(scale or 0)})"
    if text not in FROM_HIVE:
        raise _unsupported(text)
    return FROM_HIVE[text]


def _split(inside: str) -> list[str]:
    """At the commas that are not inside of another type."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(inside):
        depth += (character in OPENING) - (character in CLOSING)
        if character == "," and depth == 0:
            parts.append(inside[start:place].strip())
            start = place + 1
    return [*parts, inside[start:].strip()]


def to_hive(kind: Any) -> str:
    """Hive's type for Iceberg's, as the columns of the table's record have it."""
    if isinstance(kind, str):
        if kind.startswith("decimal"):
            return kind.replace(" ", "")
        if kind.startswith("fixed"):
            return "binary"
        if kind in TO_HIVE:
            return TO_HIVE[kind]
        raise _unsupported(kind)
    match kind.get("type"):
        case "list":
            return f"array<{to_hive(kind['element'])}>"
        case "map":
            return f"map<{to_hive(kind['key'])},{to_hive(kind['value'])}>"
        case "struct":
            fields = (f"{one['name']}:{to_hive(one['type'])}" for one in kind["fields"])
            return f"struct<{','.join(fields)}>"
    raise _unsupported(str(kind))


def _unsupported(kind: str) -> Exception:
    return invalid(f"Unsupported type for an Iceberg table: {kind}")


def ids_in(kind: Any) -> Iterator[int]:
    """The ids of all fields of a type or a list of fields."""
    if isinstance(kind, dict):
        yield from (kind[name] for name in ID_NAMES if name in kind)
        yield from (number for part in kind.values() for number in ids_in(part))
    elif isinstance(kind, list):
        yield from (number for part in kind for number in ids_in(part))
