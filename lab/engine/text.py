"""The text of values as Athena prints them in GetQueryResults and in the CSV. ``java_double`` is
Java's Double.toString.
"""

import math
import struct
from collections.abc import Callable
from typing import Any

from lab.engine import types
from lab.engine.types import Type

Printer = Callable[[Any], str]


def java_double(number: float, digits: str | None = None) -> str:
    """1.0E10, 0.001, NaN: the shortest digits that give the number back, in Java's layout."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    sign = "-" if math.copysign(1, number) < 0 else ""
    if number == 0:
        return f"{sign}0.0"
    significant, exponent = _digits(digits or repr(abs(number)))
    if 1e-3 <= abs(number) < 1e7:
        return sign + _plain(significant, exponent)
    return f"{sign}{significant[0]}.{significant[1:] or '0'}E{exponent}"


def _digits(shown: str) -> tuple[str, int]:
    """The significant digits and the power of ten of the first of them."""
    mantissa, _, power = shown.partition("e")
    whole, _, fraction = mantissa.partition(".")
    everything = whole + fraction
    stripped = everything.lstrip("0")
    exponent = len(whole) - 1 - (len(everything) - len(stripped)) + int(power or 0)
    return stripped.rstrip("0") or "0", exponent


def _plain(significant: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + significant
    whole = significant[: exponent + 1].ljust(exponent + 1, "0")
    return f"{whole}.{significant[exponent + 1 :] or '0'}"


def sql_double(number: float) -> str:
    """CAST(double AS varchar): always in the layout 1.5E0."""
    if math.isnan(number) or math.isinf(number):
        return java_double(number)
    sign = "-" if math.copysign(1, number) < 0 else ""
    if number == 0:
        return f"{sign}0E0"
    significant, exponent = _digits(repr(abs(number)))
    return f"{sign}{significant[0]}.{significant[1:] or '0'}E{exponent}"


def shortest_real(number: float) -> str:
    """The shortest digits of a 32-bit float."""
    for digits in range(1, 9):
        shown = f"{number:.{digits}g}"
        if struct.pack("f", float(shown)) == struct.pack("f", number):
            return repr(float(shown))
    return repr(float(f"{number:.9g}"))


def printer(kind: Type) -> Printer:  # noqa: PLR0911, PLR0912  one return per kind
    """A function from DuckDB's Python value (never None) to Athena's text."""
    match kind.name:
        case "boolean":
            return lambda value: "true" if value else "false"
        case "double":
            return java_double
        case "real":
            return lambda value: java_double(value, _absolute(shortest_real(value)))
        case "varbinary":
            return lambda value: value.hex(" ")
        case "array":
            return _array(printer(kind.args[0]))
        case "map":
            return _map(printer(kind.args[0]), printer(kind.args[1]))
        case "row":
            return _row(types.field_names(kind), [printer(of) for _, of in kind.args])
        case "date":
            return _date
        case "timestamp":
            return lambda value: _timestamp(value, kind.args[0])
        case "time":
            return lambda value: _clock(value, kind.args[0])
        case "ipaddress":
            from lab.engine.udfs.networks import ip_text

            return ip_text
        case "time with time zone":
            return lambda value: f"{_clock(value, kind.args[0])}+00:00"
        case "timestamp with time zone":
            return lambda value: f"{_timestamp(value, kind.args[0])} {kind.zone}"
        case "interval day to second":
            return _day_interval
        case "interval year to month":
            return lambda months: (
                f"{'-' if months < 0 else ''}{abs(months) // 12}-{abs(months) % 12}"
            )
        case "decimal":
            return lambda value: f"{value:f}"
    return str


def _date(value: Any) -> str:
    """Python has no year before 1 nor beyond 9999; DuckDB then gives its own text."""
    shown = str(value)
    if shown.endswith(" (BC)"):
        year, _, rest = shown.removesuffix(" (BC)").partition("-")
        before = int(year) - 1
        return f"{'-' if before else ''}{before:04d}-{rest}"
    return f"+{shown}" if shown.index("-") > len("9999") else shown


def _absolute(shown: str) -> str:
    return shown.lstrip("-")


def _inner(print_one: Printer, value: Any) -> str:
    return "null" if value is None else print_one(value)


def _array(element: Printer) -> Printer:
    return lambda value: "[" + ", ".join(_inner(element, item) for item in value) + "]"


def _map(key: Printer, item: Printer) -> Printer:
    return lambda value: (
        "{" + ", ".join(f"{_inner(key, k)}={_inner(item, v)}" for k, v in value.items()) + "}"
    )


def _row(names: list[str], printers: list[Printer]) -> Printer:
    def write(value: dict[str, Any]) -> str:
        pairs = zip(names, printers, value.values(), strict=True)
        return "{" + ", ".join(f"{name}={_inner(show, item)}" for name, show, item in pairs) + "}"

    return write


def _timestamp(value: Any, precision: int) -> str:
    shown = f"{value:%Y-%m-%d %H:%M:%S}"
    if value.year < 1000:
        shown = f"{value.year:04d}{shown[shown.index('-') :]}"
    return (
        shown
        if precision == 0
        else f"{shown}.{value.microsecond:06d}"[: len(shown) + 1 + precision]
    )


def _clock(value: Any, precision: int) -> str:
    shown = f"{value:%H:%M:%S}.{value.microsecond:06d}"
    return shown[:8] if precision == 0 else shown[: 9 + precision]


def _day_interval(milliseconds: int) -> str:
    sign, rest = ("-" if milliseconds < 0 else ""), abs(milliseconds)
    seconds, millis = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{sign}{days} {hour:02d}:{minute:02d}:{second:02d}.{millis:03d}"
