"""Dates by patterns: Joda's of format_datetime and parse_datetime, MySQL's of date_parse.

Source: Trino documentation, "Date and time functions and operators", sections "Java date functions"
and "MySQL date functions"; documentation of org.joda.time.format.DateTimeFormat.
"""

import calendar
import datetime as dt
import re
from functools import lru_cache

PIECE = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
NUMBERS = {
    "y": 4, "Y": 4, "x": 4, "M": 2, "d": 2, "D": 3, "e": 1, "H": 2, "h": 2, "k": 2, "K": 2,
    "m": 2, "s": 2, "w": 2,
}  # fmt: skip
MONTHS = [name.lower() for name in calendar.month_name]
SHORT_MONTHS = [name.lower() for name in calendar.month_abbr]
DAYS = [name.lower() for name in calendar.day_name]
SHORT_DAYS = [name.lower() for name in calendar.day_abbr]
KNOWN = frozenset("GCYxwedEyDMdaKhHkmsSzZ")
UNPARSED = frozenset("GCwezxY")


def unknown_letter(pattern: str, parsing: bool) -> str | None:
    """The first letter that this module does not do."""
    for match in PIECE.finditer(pattern):
        letter = match[2]
        if letter and (letter not in KNOWN or (parsing and letter in UNPARSED)):
            return letter
    return None


def format_datetime(moment: dt.datetime, pattern: str, zone: str) -> str:
    """``moment`` is what the clock of ``zone`` shows; the zone is ``UTC`` or ``+05:30``."""
    result = ""
    for match in PIECE.finditer(pattern):
        letter, text = match[2], match[0]
        if letter is not None:
            result += _shown(letter, len(text), moment, zone)
        elif text[0] == "'":
            result += (match[1] or "'").replace("''", "'")
        else:
            result += text
    return result


def _shown(letter: str, size: int, moment: dt.datetime, zone: str) -> str:  # noqa: PLR0911  one return per letter
    week_year, week, day = moment.isocalendar()
    match letter:
        case "E":
            return f"{moment:%A}" if size > 3 else f"{moment:%a}"
        case "M" if size > 2:
            return f"{moment:%B}" if size > 3 else f"{moment:%b}"
        case "a":
            return "AM" if moment.hour < 12 else "PM"
        case "G":
            return "AD"
        case "S":
            return f"{moment.microsecond // 1000:03d}".ljust(size, "0")[:size]
        case "z":
            return "Coordinated Universal Time" if size > 3 and zone == "UTC" else zone
        case "Z":
            if size > 2:
                return zone
            offset = "+00:00" if zone == "UTC" else zone
            return offset if size == 2 else offset.replace(":", "")
    year = week_year if letter == "x" else moment.year
    if letter in "yYx":
        return f"{year % 100:02d}" if size == 2 else f"{year:0{size}d}"
    number = {
        "C": moment.year // 100, "w": week, "e": day, "D": moment.timetuple().tm_yday,
        "M": moment.month, "d": moment.day, "K": moment.hour % 12, "h": moment.hour % 12 or 12,
        "H": moment.hour, "k": moment.hour or 24, "m": moment.minute, "s": moment.second,
    }[letter]  # fmt: skip
    return f"{number:0{size}d}"


def parse_datetime(text: str, pattern: str) -> dt.datetime | None:
    """The moment in UTC; None when the text is not of the pattern."""
    pieces = _joda_pieces(pattern)
    return _parse(text, pieces)


Pieces = tuple[tuple[str, str, int], ...]


@lru_cache(maxsize=256)
def _joda_pieces(pattern: str) -> Pieces:
    pieces = []
    for match in PIECE.finditer(pattern):
        letter, text = match[2], match[0]
        if letter is None:
            literal = (match[1] or "'").replace("''", "'") if text[0] == "'" else text
            pieces.append(("", literal, 0))
        else:
            pieces.append((letter, "", len(text)))
    return tuple(pieces)


def _parse(text: str, pieces: Pieces) -> dt.datetime | None:
    """Joda reads as many digits as a number may have; numbers side by side have their width."""
    found: dict[str, int] = {}
    place = 0
    for index, (letter, literal, size) in enumerate(pieces):
        if not letter:
            if not text.startswith(literal, place):
                return None
            place += len(literal)
            continue
        beside = index + 1 < len(pieces) and pieces[index + 1][0] in (*NUMBERS, "S")
        taken = _take(text, place, letter, size, beside)
        if taken is None:
            return None
        place, value = taken
        found[letter if letter != "S" else "S"] = value
    return _moment(found) if place == len(text) else None


def _take(text: str, place: int, letter: str, size: int, beside: bool) -> tuple[int, int] | None:  # noqa: PLR0911  one return per kind
    """Where the next piece begins, and the number that this one says."""
    rest = text[place:]
    if letter == "a":
        word = rest[:2].upper()
        return (place + 2, int(word == "PM")) if word in ("AM", "PM") else None
    if letter == "E" or (letter == "M" and size > 2):
        return _name(rest, place, letter)
    if letter in "Zz":
        match = re.match(r"Z|UTC|([+-])(\d\d):?(\d\d)", rest)
        if match is None:
            return None
        minutes = int(match[2]) * 60 + int(match[3]) if match[1] else 0
        return place + match.end(), -minutes if match[1] == "-" else minutes
    if letter == "S":
        match = re.match(rf"\d{{1,{size}}}", rest)
        if match is None:
            return None
        return place + match.end(), int(match[0].ljust(6, "0")[:6])
    widest = size if beside else max(size, 9 if letter in "y" and size != 2 else NUMBERS[letter])
    match = re.match(rf"[+-]?\d{{1,{widest}}}" if letter == "y" else rf"\d{{1,{widest}}}", rest)
    if match is None:
        return None
    value = int(match[0])
    if letter == "y" and size == 2 and len(match[0]) == 2:
        # The century that keeps the year within 50 of today.
        pivot = dt.date.today().year - 50
        value += pivot - pivot % 100
        value += 100 if value < pivot else 0
    return place + match.end(), value


def _name(rest: str, place: int, letter: str) -> tuple[int, int] | None:
    tables = (MONTHS, SHORT_MONTHS) if letter == "M" else (DAYS, SHORT_DAYS)
    for table in tables:
        for number, name in enumerate(table):
            if name and rest.lower().startswith(name):
                return place + len(name), number
    return None


def _moment(found: dict[str, int]) -> dt.datetime | None:
    year, month, day = found.get("y", 1970), found.get("M", 1), found.get("d", 1)
    hour = found.get("H", found.get("k", 0) % 24)
    half = found.get("h", found.get("K"))
    if half is not None:
        if half > 12:
            return None
        hour = half % 12 + 12 * found.get("a", 0)
    try:
        moment = dt.datetime(
            year, month, day, hour, found.get("m", 0), found.get("s", 0), found.get("S", 0)
        )
    except ValueError:
        return None
    if "D" in found:
        moment = (
            dt.datetime(year, 1, 1)
            + dt.timedelta(days=found["D"] - 1)
            + (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0))
        )
    offset = found.get("Z", found.get("z", 0))
    return moment - dt.timedelta(minutes=offset)


MYSQL = {
    "Y": ("y", 4), "y": ("y", 2), "m": ("M", 2), "c": ("M", 1), "d": ("d", 2), "e": ("d", 1),
    "H": ("H", 2), "k": ("H", 1), "h": ("h", 2), "I": ("h", 2), "l": ("h", 1), "i": ("m", 2),
    "s": ("s", 2), "S": ("s", 2), "p": ("a", 1), "M": ("M", 4), "b": ("M", 3), "W": ("E", 4),
    "a": ("E", 3), "f": ("S", 9), "j": ("D", 3),
}  # fmt: skip
COMPOSED = {"T": "%H:%i:%S", "r": "%I:%i:%S %p"}


def parse_mysql(text: str, pattern: str) -> dt.datetime | None:
    """date_parse; None when the text is not of the pattern."""
    return _parse(text, _mysql_pieces(pattern))


@lru_cache(maxsize=256)
def _mysql_pieces(pattern: str) -> Pieces:
    for letter, meaning in COMPOSED.items():
        pattern = pattern.replace(f"%{letter}", meaning)
    pieces: list[tuple[str, str, int]] = []
    place = 0
    while place < len(pattern):
        if pattern[place] == "%" and place + 1 < len(pattern):
            letter = pattern[place + 1]
            known = MYSQL.get(letter)
            pieces.append((known[0], "", known[1]) if known else ("", letter, 0))
            place += 2
        else:
            pieces.append(("", pattern[place], 0))
            place += 1
    return tuple(pieces)
