"""Constants: numbers, strings, ``DATE '...'`` and its like, intervals."""

import datetime as dt
import zoneinfo
from typing import Any

from sqlglot import exp

from lab.engine import types
from lab.engine.errors import failure, unsupported
from lab.engine.type_text import parse_type
from lab.engine.types import Type
from lab.engine.values import Value

SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400, "WEEK": 604800}
MONTHS = {"MONTH": 1, "YEAR": 12}
TIME_FORMATS = ("%H:%M:%S.%f", "%H:%M:%S", "%H:%M")


def number(node: exp.Literal) -> Value:
    """An integer, a decimal (with a point) or a double (with an exponent)."""
    written = str(node.this)
    if "e" in written.lower():
        return Value(f"CAST('{written}' AS DOUBLE)", types.DOUBLE, literal=float(written))
    if "." in written:
        return decimal_literal(written, node)
    value = int(written)
    if value >= 2**63:
        raise failure("NUMERIC_VALUE_OUT_OF_RANGE", f"Invalid numeric literal: {written}", node)
    return integer(value)


def integer(value: int) -> Value:
    kind = types.INTEGER if -(2**31) <= value < 2**31 else types.BIGINT
    return Value(f"CAST({value} AS {types.duckdb(kind)})", kind, literal=value)


def decimal_literal(written: str, node: Any = None) -> Value:
    whole, _, fraction = written.lstrip("+-").partition(".")
    whole = whole.lstrip("0")
    precision = max(len(whole) + len(fraction), 1)
    if precision > types.MAX_PRECISION:
        raise failure("NUMERIC_VALUE_OUT_OF_RANGE", f"Invalid numeric literal: {written}", node)
    kind = types.decimal(precision, len(fraction))
    return Value(f"CAST('{written}' AS {types.duckdb(kind)})", kind, literal=written)


def string(value: str) -> Value:
    return Value(types.text(value), types.varchar(len(value)), literal=value)


def typed(node: exp.Anonymous) -> Value:  # noqa: PLR0911  one return per kind
    """``TYPE 'text'``. INVALID_LITERAL when the text is no such thing."""
    value, data_type = node.expressions
    written = str(value.this)
    if value.args.get("is_string") is not True:
        raise unsupported("a typed literal that is no string", node)
    name = data_type.this.value.lower()
    match name:
        case "date":
            return _date(written, node)
        case "timestamp" | "timestamptz" | "datetime" | "timestampntz" | "timestampltz":
            return timestamp(written, node)
        case "decimal":
            return decimal_literal(written, node)
        case "json":
            from lab.engine.calls import json_literal

            return json_literal(written, node)
        case "text" | "varchar":
            return string(written)
    kind = parse_type({"int": "integer", "float": "real"}.get(name, name))
    if kind.is_integer:
        return Value(f"CAST({int(written)} AS {types.duckdb(kind)})", kind, literal=int(written))
    if kind.name in ("double", "real", "boolean", "uuid"):
        sql = f"CAST({types.text(written)} AS {types.duckdb(kind)})"
        return Value(sql, kind, literal=written)
    raise unsupported(f"a literal of type {kind}", node)


def _date(written: str, node: Any) -> Value:
    try:
        value = dt.date.fromisoformat(written)
    except ValueError as error:
        raise failure(
            "INVALID_LITERAL", f"'{written}' is not a valid DATE literal", node
        ) from error
    return Value(f"DATE '{value.isoformat()}'", types.DATE, literal=value)


def timestamp(written: str, node: Any) -> Value:
    """With or without a zone; the precision is the number of digits written."""
    day, _, rest = written.strip().partition(" ")
    clock, zone = _split_zone(rest)
    digits = len(clock.partition(".")[2])
    if digits > 6:
        raise unsupported(f"timestamp({digits})", node)
    try:
        value = dt.datetime.combine(dt.date.fromisoformat(day), _time(clock))
    except ValueError as error:
        message = f"'{written}' is not a valid TIMESTAMP literal"
        raise failure("INVALID_LITERAL", message, node) from error
    plain = f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    if not zone:
        return Value(plain, types.timestamp(digits), literal=value)
    return Value(at_zone(plain, zone, node), types.timestamp_tz(digits, zone), literal=written)


def _split_zone(rest: str) -> tuple[str, str]:
    clock, _, zone = rest.partition(" ")
    for sign in "+-":
        if sign in clock:
            place = clock.index(sign)
            return clock[:place], clock[place:]
    return clock, zone.strip()


def _time(clock: str) -> dt.time:
    if not clock:
        return dt.time()
    for form in TIME_FORMATS:
        try:
            return dt.datetime.strptime(clock, form).time()
        except ValueError:
            continue
    raise ValueError(clock)


def offset_minutes(zone: str) -> int | None:
    """Minutes east of Greenwich of ``+05:30`` and the like; None for the name of a region."""
    if zone[:1] not in ("+", "-") or len(zone) != 6 or zone[3] != ":":
        return None
    if not (zone[1:3] + zone[4:]).isdigit():
        return None
    return (int(zone[1:3]) * 60 + int(zone[4:])) * (-1 if zone[0] == "-" else 1)


def at_zone(plain: str, zone: str, node: Any = None) -> str:
    """SQL for the instant at which a clock in ``zone`` shows the timestamp ``plain``."""
    minutes = offset_minutes(zone)
    if minutes is not None:
        return f"timezone('UTC', {plain} - to_minutes({minutes}))"
    check_zone(zone, node)
    return f"timezone({types.text(zone)}, {plain})"


def local(sql: str, zone: str) -> str:
    """SQL for what a clock in ``zone`` shows at the instant ``sql``."""
    minutes = offset_minutes(zone)
    if minutes is not None:
        return f"(timezone('UTC', {sql}) + to_minutes({minutes}))"
    return f"timezone({types.text(zone)}, {sql})"


def check_zone(zone: str, node: Any = None) -> None:

    if offset_minutes(zone) is None and zone not in zoneinfo.available_timezones():
        raise failure("INVALID_FUNCTION_ARGUMENT", f"'{zone}' is not a valid time zone", node)


def interval(node: exp.Interval) -> Value:
    """``INTERVAL '3' DAY``: seconds or months, never both."""
    value, unit = node.this, node.args.get("unit")
    if not isinstance(value, exp.Literal) or not value.is_string:
        raise failure("SYNTAX_ERROR", f"mismatched input '{value}'", node)
    if not isinstance(unit, exp.Var):
        raise unsupported("an interval of two units", node)
    name = unit.name.upper()
    if name in MONTHS:
        months = int(str(value.this)) * MONTHS[name]
        return Value(f"to_months({months})", types.YEAR_INTERVAL, literal=months)
    if name not in SECONDS:
        raise unsupported(f"INTERVAL {name}", node)
    seconds = float(str(value.this)) * SECONDS[name]
    sql = f"to_microseconds({round(seconds * 1_000_000)})"
    return Value(sql, types.DAY_INTERVAL, literal=seconds)


def is_whole_days(value: Value) -> bool:
    return value.literal is not None and value.literal % 86400 == 0


def kind_of(data_type: exp.DataType) -> Type:
    """The type of a CAST's target."""
    return parse_type(data_type.sql(dialect="trino").lower())
