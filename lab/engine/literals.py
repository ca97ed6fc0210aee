"""Constants: numbers, strings, ``DATE '...'`` and its like, intervals."""

import datetime as dt
import re
import zoneinfo
from decimal import Decimal
from functools import cache
from typing import Any

from sqlglot import exp

from lab.engine import types
from lab.engine.errors import QueryError, failure, unsupported
from lab.engine.type_text import parse_type
from lab.engine.types import Type
from lab.engine.values import Value

SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400}
MONTHS = {"MONTH": 1, "YEAR": 12}
TIME_FORMATS = ("%H:%M:%S.%f", "%H:%M:%S", "%H:%M")


def number(node: exp.Literal, negative: bool = False) -> Value:
    """An integer, a decimal (with a point) or a double (with an exponent)."""
    written = str(node.this)
    if "e" in written.lower():
        return Value(f"CAST('{written}' AS DOUBLE)", types.DOUBLE, literal=float(written))
    if "." in written:
        return decimal_literal(written, node)
    value = -int(written) if negative else int(written)
    if not -(2**63) <= value < 2**63:
        raise failure("SYNTAX_ERROR", f"Invalid numeric literal: {written}", node)
    return integer(value)


def integer(value: int) -> Value:
    kind = types.INTEGER if -(2**31) <= value < 2**31 else types.BIGINT
    return Value(f"CAST({value} AS {types.duckdb(kind)})", kind, literal=value)


def decimal_literal(written: str, node: Any = None) -> Value:
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", written):
        raise failure("INVALID_LITERAL", f"'{written}' is not a valid DECIMAL literal", node)
    whole, _, fraction = written.lstrip("+-").partition(".")
    whole = whole.lstrip("0")
    precision = max(len(whole) + len(fraction), 1)
    if precision > types.MAX_PRECISION:
        raise failure("INVALID_LITERAL", f"'{written}' is not a valid DECIMAL literal", node)
    kind = types.decimal(precision, len(fraction))
    return Value(f"CAST('{written}' AS {types.duckdb(kind)})", kind, literal=written)


def string(value: str) -> Value:
    return Value(types.text(value), types.varchar(len(value)), literal=value)


def unicode(written: str, escape: str, node: Any) -> Value:
    """``U&'\\00e9'``: four digits, or a plus sign and six, after the escape character."""
    mark = re.escape(escape)
    whole = rf"(?:[^{mark}]|{mark}{mark}|{mark}[0-9a-fA-F]{{4}}|{mark}\+[0-9a-fA-F]{{6}})*"
    if len(escape) != 1 or not re.fullmatch(whole, written, re.DOTALL):
        raise failure("SYNTAX_ERROR", "Invalid Unicode escape sequence", node)

    def shown(match: re.Match[str]) -> str:
        digits = match[1] or match[2]
        return chr(int(digits, 16)) if digits else escape

    pattern = rf"{mark}(?:{mark}|([0-9a-fA-F]{{4}})|\+([0-9a-fA-F]{{6}}))"
    return string(re.sub(pattern, shown, written))


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
        case "time" | "timetz":
            return _time_literal(written, node)
        case "decimal":
            return decimal_literal(written, node)
        case "json":
            from lab.engine.calls import json_literal

            return json_literal(written, node)
        case "text" | "varchar":
            return string(written)
    kind = parse_type({"int": "integer", "float": "real"}.get(name, name))
    if kind.is_integer:
        if not re.fullmatch(r"[+-]?\d+", written) or not (
            -types.RANGES[kind.name] <= int(written) < types.RANGES[kind.name]
        ):
            message = f"'{written}' is not a valid {kind.name.upper()} literal"
            raise failure("INVALID_LITERAL", message, node)
        return Value(f"CAST({int(written)} AS {types.duckdb(kind)})", kind, literal=int(written))
    if kind.name in ("char", "ipaddress"):
        return _by_cast(written, kind, node)
    if kind.name in ("double", "real", "boolean", "uuid"):
        sql = f"CAST({types.text(written)} AS {types.duckdb(kind)})"
        return Value(sql, kind, literal=written)
    raise unsupported(f"a literal of type {kind}", node)


def _by_cast(written: str, kind: Type, node: Any) -> Value:
    """The text as CAST reads it: an address, a char with its spaces."""
    from lab.engine.udfs.networks import parse_ip

    if kind.name == "char":
        return Value(types.text(written[: kind.args[0]].rstrip(" ")), kind)
    stored = parse_ip(written)
    if stored is None:
        raise failure("INVALID_LITERAL", f"'{written}' is not a valid IPADDRESS literal", node)
    return Value(types.text(stored), kind)


def _day(written: str) -> dt.date:
    """``2024-2-9`` as well as ``2024-02-09``; ValueError."""
    year, month, day = re.fullmatch(r"(\d{4})-(\d\d?)-(\d\d?)", written).groups()  # type: ignore[union-attr]  # caught by the callers
    return dt.date(int(year), int(month), int(day))


def _date(written: str, node: Any) -> Value:
    try:
        value = _day(written.strip())
    except (ValueError, AttributeError) as error:
        raise failure(
            "INVALID_LITERAL", f"'{written}' is not a valid DATE literal", node
        ) from error
    return Value(f"DATE '{value.isoformat()}'", types.DATE, literal=value)


def _time_literal(written: str, node: Any) -> Value:
    clock, zone = _split_zone(written.strip())
    digits = len(clock.partition(".")[2])
    if zone or digits > 6:
        raise unsupported("time with time zone" if zone else f"time({digits})", node)
    try:
        value = _time(clock)
    except ValueError as error:
        message = f"'{written}' is not a valid TIME literal"
        raise failure("INVALID_LITERAL", message, node) from error
    return Value(f"TIME '{value.isoformat()}'", types.time(digits), literal=value)


def timestamp(written: str, node: Any) -> Value:
    """With or without a zone; the precision is the number of digits written."""
    day, _, rest = written.strip().partition(" ")
    clock, zone = _split_zone(rest)
    digits = len(clock.partition(".")[2])
    if digits > 6:
        raise unsupported(f"timestamp({digits})", node)
    try:
        value = dt.datetime.combine(_day(day), _time(clock))
    except (ValueError, AttributeError) as error:
        message = f"'{written}' is not a valid TIMESTAMP literal"
        raise failure("INVALID_LITERAL", message, node) from error
    plain = f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    if not zone:
        return Value(plain, types.timestamp(digits), literal=value)
    try:
        zone = check_zone(zone, node)
    except QueryError as error:
        if error.name == "NOT_SUPPORTED":
            raise
        message = f"'{written}' is not a valid TIMESTAMP literal"
        raise failure("INVALID_LITERAL", message, node) from error
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
    return f"timezone({types.text(check_zone(zone, node))}, {plain})"


def local(sql: str, zone: str) -> str:
    """SQL for what a clock in ``zone`` shows at the instant ``sql``."""
    minutes = offset_minutes(zone)
    if minutes is not None:
        return f"(timezone('UTC', {sql}) + to_minutes({minutes}))"
    return f"timezone({types.text(zone)}, {sql})"


UTC_NAMES = frozenset(
    {"utc", "z", "ut", "uct", "gmt", "gmt0", "greenwich", "universal", "zulu", "+00:00", "-00:00"}
)


@cache
def _regions() -> dict[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones()}


def check_zone(zone: str, node: Any = None) -> str:
    """The zone as Trino writes it: a region, an offset, or UTC under any of its names."""
    lower = zone.lower()
    if lower.removeprefix("etc/") in UTC_NAMES:
        return "UTC"
    if offset_minutes(zone) is not None:
        return zone
    if re.match(r"(etc/)?(utc|gmt|ut)[+-]|[+-]\d", lower):
        raise unsupported(f"the time zone {zone}", node)
    if lower not in _regions():
        raise failure("INVALID_FUNCTION_ARGUMENT", f"'{zone}' is not a valid time zone", node)
    return _regions()[lower]


FIELDS = ("DAY", "HOUR", "MINUTE", "SECOND")


def interval(node: exp.Interval) -> Value:
    """``INTERVAL '3' DAY``, ``INTERVAL '1-2' YEAR TO MONTH``: seconds or months, never both."""
    value, unit = node.this, node.args.get("unit")
    sign = 1
    if isinstance(value, exp.Neg):
        value, sign = value.this, -1
    if not isinstance(value, exp.Literal) or not value.is_string or unit is None:
        raise failure("SYNTAX_ERROR", f"mismatched input '{value}'", node)
    written = str(value.this).strip()
    if written[:1] in ("-", "+"):
        sign, written = sign * (-1 if written[0] == "-" else 1), written[1:]
    if isinstance(unit, exp.IntervalSpan):
        return _span(written, unit.this.name.upper(), unit.expression.name.upper(), sign, node)
    name = unit.name.upper()
    if name not in MONTHS and name not in SECONDS:
        raise unsupported(f"INTERVAL {name}", node)
    if not re.fullmatch(r"\d+" if name != "SECOND" else r"\d+(\.\d{1,3})?", written):
        raise _invalid_interval(value, node)
    if name in MONTHS:
        return _months(sign * int(written) * MONTHS[name])
    return _seconds(sign * Decimal(written) * SECONDS[name])


def _invalid_interval(value: Any, node: Any) -> Exception:
    return failure("INVALID_LITERAL", f"'{value.name}' is not a valid INTERVAL literal", node)


def _months(months: int) -> Value:
    return Value(f"to_months({months})", types.YEAR_INTERVAL, literal=months)


def _seconds(seconds: Decimal) -> Value:
    sql = f"to_microseconds({int(seconds * 1_000_000)})"
    return Value(sql, types.DAY_INTERVAL, literal=float(seconds))


def _span(written: str, first: str, last: str, sign: int, node: Any) -> Value:
    """An interval of several units, the first of them largest."""
    if (first, last) == ("YEAR", "MONTH"):
        match = re.fullmatch(r"(\d+)-(\d+)", written)
        if match is None:
            raise _invalid_interval(node.this, node)
        return _months(sign * (int(match[1]) * 12 + int(match[2])))
    if first not in FIELDS or last not in FIELDS or FIELDS.index(first) >= FIELDS.index(last):
        raise failure("SYNTAX_ERROR", f"mismatched input '{last}'", node)
    fields = FIELDS[FIELDS.index(first) : FIELDS.index(last) + 1]
    numbers = re.split(r"[ :]", written)
    separators = [
        "" if i == 0 else " " if fields[i - 1] == "DAY" else ":" for i in range(len(fields))
    ]
    pattern = "".join(
        separator + (r"\d+(\.\d{1,3})?" if field == "SECOND" else r"\d+")
        for separator, field in zip(separators, fields, strict=True)
    )
    if not re.fullmatch(pattern, written):
        raise _invalid_interval(node.this, node)
    total = sum(
        (Decimal(number) * SECONDS[field] for number, field in zip(numbers, fields, strict=True)),
        Decimal(0),
    )
    return _seconds(sign * total)


def amount(value: Value) -> str:
    """SQL for the milliseconds or the months of an interval."""
    if value.type == types.DAY_INTERVAL:
        return (
            f"(epoch_us({value.sql}) / 1000.0)"
            if value.literal is not None
            else (f"epoch_ms({value.sql})")
        )
    return f"(date_part('year', {value.sql}) * 12 + date_part('month', {value.sql}))"


def is_whole_days(value: Value) -> bool:
    return value.literal is not None and value.literal % 86400 == 0


def kind_of(data_type: exp.DataType) -> Type:
    """The type of a CAST's target."""
    return parse_type(data_type.sql(dialect="trino").lower())
