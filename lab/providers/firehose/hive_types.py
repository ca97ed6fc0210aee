"""Values of JSON as values of a table's column types, and those types as Arrow's.

Source: Firehose guide, "Convert input data format in Amazon Data Firehose"; Hive language manual,
"Types".
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

Convert = Callable[[Any], Any]

_EPOCH_MS_FROM = 1e11
"""Numbers from here on are milliseconds: as seconds they would be after the year 5000."""
_TIMESTAMP = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?Z?")
_RANGES = {"tinyint": 7, "smallint": 15, "int": 31, "integer": 31, "bigint": 63}


class ColumnType(NamedTuple):
    """Arrow's type, and what makes a value of it; raises ValueError or TypeError if it is none."""

    arrow: Any
    convert: Convert


def column_type(text: str) -> ColumnType:
    """Raises ValueError for a type that there is not."""
    import pyarrow as pa

    text = text.strip()
    name, _, inner = text.partition("<" if "<" in text else "(")
    name, inner = name.strip().lower(), inner.strip()[:-1]
    match name:
        case "array":
            item = column_type(inner)
            return ColumnType(pa.list_(item.arrow), lambda value: _array(value, item.convert))
        case "map":
            key, value_type = (column_type(part) for part in _split(inner))
            convert = value_type.convert
            return ColumnType(
                pa.map_(key.arrow, value_type.arrow),
                lambda value: [
                    (key.convert(each), _optional(of, convert)) for each, of in _items(value)
                ],
            )
        case "struct":
            return _struct(inner)
        case "decimal":
            precision, scale = [*map(int, inner.split(",")), 0][:2] if inner else (10, 0)
            return ColumnType(
                pa.decimal128(precision, scale), lambda value: _decimal(value, precision, scale)
            )
    return _scalar(name)


def _scalar(name: str) -> ColumnType:
    import pyarrow as pa

    if name in _RANGES:
        bits = _RANGES[name]
        arrow = {7: pa.int8(), 15: pa.int16(), 31: pa.int32(), 63: pa.int64()}[bits]
        return ColumnType(arrow, lambda value: _integer(value, bits))
    types: dict[str, ColumnType] = {
        "string": ColumnType(pa.string(), _text),
        "varchar": ColumnType(pa.string(), _text),
        "char": ColumnType(pa.string(), _text),
        "double": ColumnType(pa.float64(), _float),
        "float": ColumnType(pa.float32(), _float),
        "boolean": ColumnType(pa.bool_(), _boolean),
        "binary": ColumnType(pa.binary(), lambda value: _text(value).encode()),
        "date": ColumnType(pa.date32(), lambda value: date.fromisoformat(_text(value)[:10])),
        "timestamp": ColumnType(pa.timestamp("ns"), _timestamp),
    }
    if name not in types:
        raise ValueError(f"The column type {name} is not supported.")
    return types[name]


def _struct(inner: str) -> ColumnType:
    import pyarrow as pa

    fields = {}
    for part in _split(inner):
        name, _, kind = part.partition(":")
        fields[name.strip()] = column_type(kind)

    def convert(value: Any) -> dict[str, Any]:
        given = {key.lower(): each for key, each in _items(value)}
        return {
            name: _optional(given.get(name.lower()), field.convert)
            for name, field in fields.items()
        }

    return ColumnType(pa.struct([(name, field.arrow) for name, field in fields.items()]), convert)


def _split(text: str) -> list[str]:
    """The parts between the commas that are in no brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "<(") - (letter in ">)")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _optional(value: Any, convert: Convert) -> Any:
    return None if value is None else convert(value)


def _array(value: Any, convert: Convert) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no array")
    return [_optional(each, convert) for each in value]


def _items(value: Any) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is no object")
    return value.items()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _integer(value: Any, bits: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"{value!r} is no number")
    number = int(value)
    if not -(1 << bits) <= number < 1 << bits:
        raise ValueError(f"{number} is out of range")
    return number


def _float(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise ValueError(f"{value!r} is no boolean")


def _decimal(value: Any, precision: int, scale: int) -> Decimal:
    try:
        number = Decimal(str(value)).quantize(Decimal(1).scaleb(-scale))
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is no decimal({precision},{scale})") from error
    if len(number.as_tuple().digits) > precision:
        raise ValueError(f"{value!r} is no decimal({precision},{scale})")
    return number


def _timestamp(value: Any) -> int:
    """Nanoseconds of the Unix epoch."""
    if isinstance(value, bool):
        raise TypeError(f"{value!r} is no timestamp")
    if isinstance(value, str) and (match := _TIMESTAMP.fullmatch(value)):
        *parts, fraction = match.groups()
        moment = datetime(*map(int, parts), tzinfo=UTC)  # type: ignore[arg-type, misc]  # six ints
        return int(moment.timestamp()) * 1_000_000_000 + int((fraction or "").ljust(9, "0"))
    number = Decimal(str(value)) if _is_number(value) else None
    if number is None:
        raise ValueError(f"{value!r} is no timestamp")
    return int(number * (1_000_000 if abs(number) >= _EPOCH_MS_FROM else 1_000_000_000))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or bool(re.fullmatch(r"-?\d+(\.\d+)?", str(value)))
