"""Reads the text of a type: Hive's (``struct<a:int>``, in the catalogue) and Trino's (``row(a
integer)``, in SQL).
"""

import re

from lab.engine import types
from lab.engine.errors import QueryError
from lab.engine.types import Type

ALIASES = {
    "int": "integer",
    "string": "varchar",
    "float": "real",
    "binary": "varbinary",
    "bool": "boolean",
}
SCALARS = frozenset(types.DUCKDB) - {
    "timestamp",
    "timestamp with time zone",
    "varchar",
    "char",
    "time",
}
UNSUPPORTED = (
    "time with time zone",
    "p4hyperloglog",
    "qdigest",
    "tdigest",
    "geometry",
    "interval",
    "uniontype",
)
MICROSECONDS = 6
ZONED = re.compile(r"(timestamp|time)\s*(?:\((\d+)\))?\s+with\s+time\s+zone", re.IGNORECASE)
OPENING, CLOSING = "<(", ">)"


def parse_type(source: str) -> Type:
    """The Trino type that ``source`` names. TYPE_NOT_FOUND for a name that no type has."""
    return _parse(source.strip(), source)


def _parse(source: str, whole: str) -> Type:  # noqa: PLR0911  one return per kind
    zoned = ZONED.fullmatch(source)
    if zoned is not None and zoned[1].lower() == "time":
        raise QueryError("NOT_SUPPORTED", f"the type {whole} is not supported by this lab")
    if zoned is not None:
        plain = _parse(f"timestamp({zoned[2] or 3})", whole)
        return types.timestamp_tz(plain.args[0], None)
    name, inside = _split_name(source)
    parts = _split(inside)
    name = ALIASES.get(name, name)
    match name:
        case "array":
            return types.array(_parse(parts[0], whole))
        case "map" if len(parts) == 2:
            return types.map_of(_parse(parts[0], whole), _parse(parts[1], whole))
        case "struct" | "row":
            return types.row(*(_parse_field(part, whole) for part in parts))
        case "decimal":
            numbers = [int(part) for part in parts]
            _check_decimal(*numbers)
            return types.decimal(numbers[0] if parts else 10, numbers[1] if len(parts) > 1 else 0)
        case "varchar" | "char":
            return (
                Type(name, (int(parts[0]),))
                if parts
                else Type(name, () if name == "varchar" else (1,))
            )
        case "timestamp":
            precision = int(parts[0]) if parts else 3
            if precision > MICROSECONDS:
                raise QueryError("NOT_SUPPORTED", f"the type {whole} is not supported by this lab")
            return types.timestamp(precision)
        case "time":
            return types.time(int(parts[0]) if parts else 3)
    if name in SCALARS and not inside:
        return Type(name)
    if name.startswith(UNSUPPORTED):
        raise QueryError("NOT_SUPPORTED", f"the type {whole} is not supported by this lab")
    raise QueryError("TYPE_NOT_FOUND", f"Unknown type: {whole}")


def _check_decimal(precision: int = 10, scale: int = 0, *_: int) -> None:
    if not 1 <= precision <= types.MAX_PRECISION:
        message = f"DECIMAL precision must be in range [1, 38]: {precision}"
        raise QueryError("INVALID_FUNCTION_ARGUMENT", message)
    if not 0 <= scale <= precision:
        message = f"DECIMAL scale must be in range [0, precision ({precision})]: {scale}"
        raise QueryError("INVALID_FUNCTION_ARGUMENT", message)


def _parse_field(part: str, whole: str) -> tuple[str | None, Type]:
    """``name:type`` of Hive, ``name type`` or a bare type of Trino."""
    depth = 0
    for place, character in enumerate(part):
        depth += (character in OPENING) - (character in CLOSING)
        if depth == 0 and character in ": ":
            name = part[:place].strip().strip('`"').lower()
            return name, _parse(part[place + 1 :].strip(), whole)
    return None, _parse(part, whole)


def _split_name(source: str) -> tuple[str, str]:
    places = [source.find(character) for character in OPENING if character in source]
    if not places:
        return source.strip().lower(), ""
    start = min(places)
    return source[:start].strip().lower(), source.rstrip()[start + 1 : -1]


def _split(inside: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for place, character in enumerate(inside):
        depth += (character in OPENING) - (character in CLOSING)
        if character == "," and depth == 0:
            parts.append(inside[start:place].strip())
            start = place + 1
    return [*parts, inside[start:].strip()] if inside.strip() else []


def to_hive(kind: Type) -> str:  # noqa: PLR0911  one return per kind
    """The type as Hive's metastore (and Glue) writes it."""
    match kind.name:
        case "integer":
            return "int"
        case "varchar":
            return f"varchar({kind.args[0]})" if kind.args else "string"
        case "real":
            return "float"
        case "varbinary":
            return "binary"
        case "timestamp":
            return "timestamp"
        case "array":
            return f"array<{to_hive(kind.args[0])}>"
        case "map":
            return f"map<{to_hive(kind.args[0])},{to_hive(kind.args[1])}>"
        case "row":
            names = types.field_names(kind)
            pairs = zip(names, kind.args, strict=True)
            return f"struct<{','.join(f'{name}:{to_hive(of)}' for name, (_, of) in pairs)}>"
        case "boolean" | "tinyint" | "smallint" | "bigint" | "double" | "date" | "decimal" | "char":
            return types.display(kind)
    raise QueryError("NOT_SUPPORTED", f"Unsupported Hive type: {kind}")
