"""Texts of values by a pattern, and values that people write with a unit.

``java_format`` is java.util.Formatter with the conversions of Trino's format(). Source: Trino
documentation, "Conversion functions", and the documentation of java.util.Formatter.
"""

import datetime as dt
import math
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

SPECIFIER = re.compile(r"%(\d+\$)?([-#+ 0,(<]*)(\d+)?(\.\d+)?([tT])?([a-zA-Z%])")
DATES = {
    "H": "%H", "I": "%I", "M": "%M", "S": "%S", "Y": "%Y", "y": "%y", "m": "%m", "d": "%d",
    "B": "%B", "b": "%b", "h": "%b", "A": "%A", "a": "%a", "j": "%j", "F": "%Y-%m-%d",
    "T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y",
}  # fmt: skip
INTEGRAL = ("tinyint", "smallint", "integer", "bigint")


class _WrongError(ValueError):
    """A pattern that does not fit its arguments."""


def java_format(pattern: str, kinds: str, values: list[str | None]) -> str | None:
    """``kinds`` names the types of ``values``, separated by commas; values are texts of SQL. None
    when Java would throw.
    """
    names, result, place, following, last = kinds.split(","), "", 0, 0, -1
    try:
        while place < len(pattern):
            if pattern[place] != "%":
                result += pattern[place]
                place += 1
                continue
            match = SPECIFIER.match(pattern, place)
            if match is None:
                return None
            place = match.end()
            if match[6] in "n%":
                result += "\n" if match[6] == "n" else _padded("%", match[2], match[3])
                continue
            if "<" in match[2]:
                index = last
            elif match[1]:
                index = int(match[1][:-1]) - 1
            else:
                index, following = following, following + 1
            last = index
            if not 0 <= index < len(values) or (values and names == [""]):
                return None
            result += _one(match, names[index], values[index])
    except (_WrongError, InvalidOperation):
        return None
    return result


def _padded(text: str, flags: str, width: str | None) -> str:
    size = int(width or 0)
    return text.ljust(size) if "-" in flags else text.rjust(size)


def _one(match: re.Match[str], kind: str, value: str | None) -> str:
    flags, width, letter = match[2], match[3], match[6]
    precision = None if match[4] is None else int(match[4][1:])
    if match[5]:
        shown = "null" if value is None else _moment(letter, kind, value)
        return _padded(shown.upper() if match[5] == "T" else shown, flags, width)
    lower = letter.lower()
    if lower == "b":
        shown = value if kind == "boolean" and value else str(value is not None).lower()
    elif value is None:
        shown = "null"
    elif lower == "s":
        shown = value
    elif lower in "dxofeg":
        return _number(match, kind, value, precision)
    elif lower == "c" and kind in INTEGRAL:
        shown = chr(int(value))
    else:
        raise _WrongError(letter)
    if lower in "sb" and set(flags) - {"-", "<"}:
        raise _WrongError(flags)
    shown = shown if precision is None else shown[:precision]
    return _padded(shown.upper() if letter.isupper() else shown, flags, width)


def _number(match: re.Match[str], kind: str, value: str, precision: int | None) -> str:
    flags, width, letter = match[2], match[3], match[6]
    if letter in "dxXo":
        if kind not in INTEGRAL or precision is not None:
            raise _WrongError(letter)
        digits, negative = _integer(int(value), letter, flags)
    elif letter in "feEgG" and kind in ("double", "real", "decimal"):
        if value in ("NaN", "Infinity", "-Infinity"):
            sign = "+" if "+" in flags and value == "Infinity" else ""
            return _padded(sign + value, flags, width)
        digits, negative = _fraction(Decimal(value), letter, 6 if precision is None else precision)
    else:
        raise _WrongError(letter)
    if "," in flags:
        whole, point, rest = digits.partition(".")
        digits = f"{int(whole):,}{point}{rest}"
    sign = "-" if negative else "+" if "+" in flags else " " if " " in flags else ""
    tail = ""
    if negative and "(" in flags:
        sign, tail = "(", ")"
    if "0" in flags and width:
        digits = digits.rjust(int(width) - len(sign) - len(tail), "0")
    return _padded(sign + digits + tail, flags, width)


def _integer(number: int, letter: str, flags: str) -> tuple[str, bool]:
    if letter == "d":
        return str(abs(number)), number < 0
    if set(flags) & {",", "+", " ", "("}:
        raise _WrongError(flags)
    # Trino hands every integer to Java as a long.
    shown = format(number & (2**64 - 1), letter)
    prefix = {"x": "0x", "X": "0X", "o": "0"}[letter] if "#" in flags else ""
    return prefix + shown, False


def _fraction(number: Decimal, letter: str, precision: int) -> tuple[str, bool]:
    negative, size = number.is_signed(), abs(number)
    if letter == "f":
        shown = f"{size.quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP):f}"
        return shown, negative
    if letter in "gG":
        precision = max(precision, 1)
        rounded = _significant(size, precision)
        if rounded == 0 or Decimal("0.0001") <= rounded < Decimal(10) ** precision:
            places = precision - 1 - (rounded.adjusted() if rounded else 0)
            return f"{rounded:.{max(places, 0)}f}", negative
        precision -= 1
    rounded = _significant(size, precision + 1)
    exponent = rounded.adjusted() if rounded else 0
    mantissa = f"{rounded.scaleb(-exponent):.{precision}f}"
    shown = f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return (shown.upper() if letter in "EG" else shown), negative


def _significant(number: Decimal, digits: int) -> Decimal:
    if not number:
        return number
    return number.quantize(Decimal(1).scaleb(number.adjusted() - digits + 1), ROUND_HALF_UP)


def _moment(letter: str, kind: str, value: str) -> str:  # noqa: PLR0911, PLR0912  one per letter
    if kind == "date":
        moment = dt.datetime.fromisoformat(value)
        if letter in "HIMSTRLN":
            raise _WrongError(letter)
    elif kind == "timestamp":
        moment = dt.datetime.fromisoformat(value)
    else:
        raise _WrongError(letter)
    match letter:
        case "L":
            return f"{moment.microsecond // 1000:03d}"
        case "N":
            return f"{moment.microsecond * 1000:09d}"
        case "e":
            return str(moment.day)
        case "k":
            return str(moment.hour)
        case "l":
            return str(moment.hour % 12 or 12)
        case "p":
            return "am" if moment.hour < 12 else "pm"
        case "C":
            return f"{moment.year // 100:02d}"
        case "Y":
            return f"{moment.year:04d}"
        case "r":
            return f"{moment:%I:%M:%S} {'AM' if moment.hour < 12 else 'PM'}"
    if letter not in DATES:
        raise _WrongError(letter)
    return moment.strftime(DATES[letter])


UNITS = ("", "K", "M", "B", "T", "Q")


def format_number(number: float) -> str:
    """1.2K, 123K, 1M: three significant digits and the unit."""
    if math.isnan(number):
        return "0"
    whole = int(min(max(number, -(2.0**63)), 2.0**63))
    size, place = Decimal(min(abs(whole), 2**63 - 1)), 0
    while size >= 1000 and place < len(UNITS) - 1:
        size /= 1000
        place += 1
    rounded = _significant(size, 3)
    shown = f"{rounded:f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return f"{'-' if whole < 0 else ''}{shown}{UNITS[place]}"


SPANS = (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def human_readable_seconds(number: float) -> str | None:
    """``1 hour, 2 minutes, 3 seconds``"""
    if not math.isfinite(number):
        return None
    rest = int(Decimal(repr(abs(number))).quantize(Decimal(1), ROUND_HALF_UP))
    if rest == 0:
        return "0 seconds"
    parts = []
    for name, size in SPANS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    return ", ".join(parts)


MILLISECONDS = {
    "ns": Decimal("0.000001"), "us": Decimal("0.001"), "ms": Decimal(1), "s": Decimal(1000),
    "m": Decimal(60_000), "h": Decimal(3_600_000), "d": Decimal(86_400_000),
}  # fmt: skip


def parse_duration(text: str) -> int | None:
    """Milliseconds of ``3.81 d``; None when it is no duration."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*", text)
    if match is None or match[2] not in MILLISECONDS:
        return None
    exact = Decimal(match[1]) * MILLISECONDS[match[2]]
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


BYTES = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")


def parse_data_size(text: str) -> Decimal | None:
    """Bytes of ``2.3MB``, of 1,024 kB each; None when it is no size."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kMGTPEZY]?B)", text)
    if match is None:
        return None
    exact = Decimal(match[1]) * 1024 ** BYTES.index(match[2])
    return Decimal(int(exact))
