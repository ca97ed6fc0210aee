"""Prefixes of objects with their expressions, ``!{namespace:value}``, and the names of objects.

Source: Firehose guide, "Understand custom prefixes for Amazon S3 objects" and "Configure Amazon S3
object name format". Times are formatted as Java's DateTimeFormatter does, for the letters that it
has in common with dates, times and zones; any other letter is refused by name.
"""

import re
import secrets
import string
import uuid
from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import lru_cache

EXPRESSION = re.compile(r"!\{([^{}:]*):([^{}]*)\}")
DEFAULT_TIME = "yyyy/MM/dd/HH/"
QUERY, LAMBDA = "partitionKeyFromQuery", "partitionKeyFromLambda"
NAMESPACES = ("timestamp", "firehose", QUERY, LAMBDA)
ERROR_TYPE, RANDOM = "error-output-type", "random-string"
RANDOM_LENGTH = 11

Keys = Mapping[tuple[str, str], str]
"""Partition keys by namespace and name."""

_LETTERS = string.ascii_letters + string.digits
_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|(.)", re.DOTALL)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class InvalidPrefixError(ValueError):
    """Why a prefix is refused."""


def expressions(prefix: str) -> list[tuple[str, str]]:
    """(namespace, value) of each expression; raises InvalidPrefixError for what is none."""
    found = EXPRESSION.findall(prefix)
    if "!{" in EXPRESSION.sub("", prefix):
        raise InvalidPrefixError(f"Prefix {prefix} contains an expression that is not closed.")
    for namespace, value in found:
        if namespace not in NAMESPACES:
            raise InvalidPrefixError(
                f"Prefix {prefix} contains the invalid namespace {namespace}. Valid namespaces: "
                f"{', '.join(NAMESPACES)}."
            )
        if namespace == "timestamp":
            format_time(value, datetime(2000, 1, 1))  # only its letters are tried
        if namespace == "firehose" and value not in (ERROR_TYPE, RANDOM):
            raise InvalidPrefixError(
                f"Prefix {prefix} contains the invalid expression !{{firehose:{value}}}."
            )
    return found


def completed(prefix: str) -> str:
    """A prefix for delivered objects: without a time of its own, the default time is appended."""
    if any(namespace == "timestamp" for namespace, _ in expressions(prefix)):
        return prefix
    if any(namespace in (QUERY, LAMBDA) for namespace, _ in expressions(prefix)):
        return prefix
    return f"{prefix}!{{timestamp:{DEFAULT_TIME}}}"


def completed_error(error_prefix: str, prefix: str) -> str:
    """A prefix for failed records, in its own directory per kind of error."""
    if expressions(error_prefix):
        return error_prefix
    base = error_prefix or prefix
    return f"{base}!{{firehose:{ERROR_TYPE}}}/!{{timestamp:{DEFAULT_TIME}}}"


def evaluate(prefix: str, moment: datetime, keys: Keys, error_type: str = "") -> str:
    """The text of a prefix for one object; ``moment`` is in the stream's time zone."""

    def value(match: re.Match[str]) -> str:
        namespace, name = match[1], match[2]
        if namespace == "timestamp":
            return format_time(name, moment)
        if namespace == "firehose":
            return error_type if name == ERROR_TYPE else _random()
        return keys[namespace, name]

    return EXPRESSION.sub(value, prefix)


def suffix(stream: str, version: str, moment: datetime, extension: str) -> str:
    """The part of an object's name that cannot be chosen."""
    return f"{stream}-{version}-{moment:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}{extension}"


def moment_of(arrival: int, zone: tzinfo) -> datetime:
    """A time of arrival (ms) in the stream's time zone."""
    return datetime.fromtimestamp(arrival / 1000, zone)


def format_time(pattern: str, moment: datetime) -> str:
    """As Java's DateTimeFormatter; raises InvalidPrefixError for a letter that is not known."""
    return "".join(part if is_text else _field(part, moment) for is_text, part in _tokens(pattern))


@lru_cache
def _tokens(pattern: str) -> list[tuple[bool, str]]:
    tokens = []
    for match in _TOKEN.finditer(pattern):
        quoted, letter, other = match.groups()
        if quoted is not None:
            tokens.append((True, quoted.replace("''", "'") or "'"))
        elif letter:
            tokens.append((False, match[0]))
        else:
            tokens.append((True, other))
    return tokens


def _field(letters: str, moment: datetime) -> str:  # noqa: PLR0911
    letter, width = letters[0], len(letters)
    match letter:
        case "y" | "u":
            return f"{moment.year % 100:02d}" if width == 2 else str(moment.year).zfill(width)
        case "M" | "L":
            names = {3: _MONTHS[moment.month - 1][:3], 4: _MONTHS[moment.month - 1]}
            return names.get(width) or str(moment.month).zfill(width)
        case "E":
            name = _DAYS[moment.weekday()]
            return name if width == 4 else name[:3]
        case "e":
            return str(moment.isoweekday() % 7 + 1).zfill(width)
        case "a":
            return "AM" if moment.hour < 12 else "PM"
        case "S":
            return f"{moment.microsecond:06d}000"[:width]
        case "Z" | "X" | "x":
            return _offset(letter, width, moment)
        case "V" if width == 2:
            return str(moment.tzinfo)
    numbers = {
        "d": moment.day,
        "D": moment.timetuple().tm_yday,
        "H": moment.hour,
        "k": moment.hour or 24,
        "K": moment.hour % 12,
        "h": moment.hour % 12 or 12,
        "m": moment.minute,
        "s": moment.second,
        "Q": (moment.month + 2) // 3,
    }
    if letter not in numbers:
        raise InvalidPrefixError(f"The timestamp pattern has the invalid letter {letter}.")
    return str(numbers[letter]).zfill(width)


def _offset(letter: str, width: int, moment: datetime) -> str:
    text = f"{moment:%z}" or "+0000"
    if letter == "X" and text == "+0000":
        return "Z"
    return f"{text[:3]}:{text[3:]}" if letter in "Xx" and width == 3 else text


def _random() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(RANDOM_LENGTH))
