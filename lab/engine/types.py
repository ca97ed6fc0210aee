"""Trino's types: their text, their coercions, and how DuckDB and Hive write them.

A type is a name and its parameters: ``decimal`` (precision, scale), ``varchar`` (length or
nothing), ``timestamp`` (precision), ``array`` (element), ``map`` (key, value), ``row`` ((name or
None, type), ...). A ``timestamp with time zone`` also carries the zone that every value of the
expression has: it is known statically or the expression is refused, because DuckDB keeps only the
instant.
"""

from dataclasses import dataclass
from typing import Any

INTEGERS = ("tinyint", "smallint", "integer", "bigint")
NUMERIC_ORDER = (*INTEGERS, "decimal", "real", "double")
DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
RANGES = {name: 2 ** (bits - 1) for name, bits in zip(INTEGERS, (8, 16, 32, 64), strict=True)}
MAX_PRECISION = 38
MAX_CHAR = 65_536


@dataclass(frozen=True, slots=True)
class Type:
    """One Trino type."""

    name: str
    args: tuple[Any, ...] = ()
    zone: str | None = None

    def __str__(self) -> str:
        return display(self)

    @property
    def is_integer(self) -> bool:
        return self.name in INTEGERS

    @property
    def is_numeric(self) -> bool:
        return self.name in NUMERIC_ORDER

    @property
    def is_text(self) -> bool:
        return self.name in ("varchar", "char")

    @property
    def element(self) -> "Type":
        """Of an array, its element; of a map, its value."""
        element: Type = self.args[-1]
        return element


UNKNOWN = Type("unknown")
BOOLEAN = Type("boolean")
TINYINT, SMALLINT, INTEGER, BIGINT = (Type(name) for name in INTEGERS)
REAL, DOUBLE = Type("real"), Type("double")
VARCHAR, VARBINARY = Type("varchar"), Type("varbinary")
DATE = Type("date")
JSON = Type("json")
DAY_INTERVAL = Type("interval day to second")
YEAR_INTERVAL = Type("interval year to month")


def decimal(precision: int, scale: int) -> Type:
    return Type("decimal", (min(precision, MAX_PRECISION), scale))


def varchar(length: int | None = None) -> Type:
    return Type("varchar", () if length is None else (length,))


def timestamp(precision: int = 3) -> Type:
    return Type("timestamp", (precision,))


def time(precision: int = 3) -> Type:
    return Type("time", (precision,))


def timestamp_tz(precision: int = 3, zone: str | None = "UTC") -> Type:
    return Type("timestamp with time zone", (precision,), zone)


def array(element: Type) -> Type:
    return Type("array", (element,))


def map_of(key: Type, value: Type) -> Type:
    return Type("map", (key, value))


def row(*fields: tuple[str | None, Type]) -> Type:
    return Type("row", tuple(fields))


def field_names(kind: Type) -> list[str]:
    """The names of a row's fields; a field without a name is called by its place, as Athena prints
    it.
    """
    return [name.lower() if name else f"field{place}" for place, (name, _) in enumerate(kind.args)]


def display(kind: Type) -> str:
    """The type as Trino prints it."""
    match kind.name:
        case "row":
            parts = (f"{_field(name)} {of}" if name else str(of) for name, of in kind.args)
            return f"row({', '.join(parts)})"
        case "timestamp with time zone" | "time with time zone":
            return f"{kind.name.split()[0]}({kind.args[0]}) with time zone"
        case _ if kind.args:
            separator = "," if kind.name == "decimal" else ", "
            return f"{kind.name}({separator.join(map(str, kind.args))})"
    return kind.name


def _field(name: str) -> str:
    plain = name.isidentifier() and name == name.lower()
    return name if plain else f'"{name}"'


DUCKDB = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "varchar": "VARCHAR",
    "char": "VARCHAR",
    "varbinary": "BLOB",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMPTZ",
    "json": "VARCHAR",
    "interval day to second": "INTERVAL",
    "interval year to month": "INTERVAL",
    "unknown": "INTEGER",
    "uuid": "UUID",
    # The 16 bytes in hexadecimal, which compare as the addresses do.
    "ipaddress": "VARCHAR",
    "time": "TIME",
    "time with time zone": "TIME",
    # Well-known text.
    "geometry": "VARCHAR",
    "sphericalgeography": "VARCHAR",
    # The quadkey.
    "bingtile": "VARCHAR",
    "hyperloglog": "UBIGINT[]",
    "tdigest": "DOUBLE[]",
}
UNPRINTED = ("hyperloglog", "tdigest", "qdigest", "geometry", "sphericalgeography",
             "bingtile")  # fmt: skip


def duckdb(kind: Type) -> str:
    """The DuckDB type that holds values of ``kind``."""
    match kind.name:
        case "decimal":
            return f"DECIMAL({kind.args[0]},{kind.args[1]})"
        case "array" | "qdigest":
            return f"{duckdb(kind.args[0])}[]"
        case "map":
            return f"MAP({duckdb(kind.args[0])}, {duckdb(kind.args[1])})"
        case "row":
            names = field_names(kind)
            fields = (
                f"{quote(name)} {duckdb(of)}"
                for name, (_, of) in zip(names, kind.args, strict=True)
            )
            return f"STRUCT({', '.join(fields)})"
    return DUCKDB[kind.name]


def quote(name: str) -> str:
    """An SQL identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """An SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def is_orderable(kind: Type) -> bool:
    """Whether its values have an order: maps, JSON and sketches have none."""
    if kind.name == "row":
        return all(is_orderable(of) for _, of in kind.args)
    if kind.name == "array":
        return is_orderable(kind.element)
    return kind.name not in ("map", "json", *UNPRINTED)


def can_coerce(source: Type, target: Type) -> bool:
    """Whether Trino converts ``source`` to ``target`` without being told to."""
    return source == target or common_type(source, target) == target


def common_type(left: Type, right: Type) -> Type | None:  # noqa: PLR0911  one return per kind
    """The type that both become when they meet (UNION, CASE, comparison), or None when they must
    not meet.
    """
    if left == right:
        return left
    if left.name == "unknown":
        return right
    if right.name == "unknown":
        return left
    if left.is_numeric and right.is_numeric:
        return _common_number(left, right)
    if left.name == right.name:
        return _common_same_name(left, right)
    names = {left.name, right.name}
    if names <= {"date", "timestamp", "timestamp with time zone"}:
        return _common_time(left, right)
    if names == {"char", "varchar"}:
        sizes = [kind.args[0] if kind.args else MAX_CHAR for kind in (left, right)]
        return Type("char", (min(max(sizes), MAX_CHAR),))
    return None


def _common_number(left: Type, right: Type) -> Type:
    low, high = sorted((left, right), key=lambda kind: NUMERIC_ORDER.index(kind.name))
    if high.name == "decimal":
        return common_decimal(as_decimal(low), high)
    return high


def as_decimal(kind: Type) -> Type:
    """The decimal that holds every value of an integer type."""
    return kind if kind.name == "decimal" else decimal(DIGITS[kind.name], 0)


def common_decimal(left: Type, right: Type) -> Type:
    scale = max(left.args[1], right.args[1])
    return decimal(max(left.args[0] - left.args[1], right.args[0] - right.args[1]) + scale, scale)


def _common_same_name(left: Type, right: Type) -> Type | None:  # noqa: PLR0911  one return per kind
    match left.name:
        case "decimal":
            return common_decimal(left, right)
        case "varchar":
            return (
                varchar(max(left.args[0], right.args[0])) if left.args and right.args else VARCHAR
            )
        case "char" | "timestamp" | "time":
            return Type(left.name, (max(left.args[0], right.args[0]),))
        case "timestamp with time zone":
            zone = left.zone if left.zone == right.zone else None
            return timestamp_tz(max(left.args[0], right.args[0]), zone)
        case "array" | "map":
            parts = [common_type(a, b) for a, b in zip(left.args, right.args, strict=True)]
            return None if None in parts else Type(left.name, tuple(parts))
        case "row":
            return _common_row(left, right)
    return None


def _common_row(left: Type, right: Type) -> Type | None:
    if len(left.args) != len(right.args):
        return None
    fields = []
    for (name, a), (other, b) in zip(left.args, right.args, strict=True):
        kind = common_type(a, b)
        if kind is None:
            return None
        fields.append((name if name == other else None, kind))
    return row(*fields)


def _common_time(left: Type, right: Type) -> Type:
    precision = max(kind.args[0] if kind.args else 0 for kind in (left, right))
    zoned = next((k for k in (left, right) if k.name == "timestamp with time zone"), None)
    # What has no zone is taken for UTC's, so that the zone of both is known only if all is UTC.
    known = zoned is not None and zoned.zone == "UTC"
    return timestamp_tz(precision, "UTC" if known else None) if zoned else timestamp(precision)
