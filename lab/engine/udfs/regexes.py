"""Regular expressions of Java's flavour, for patterns that DuckDB's engine does not read as Java
does. Source: Trino documentation, "Regular expression functions".
"""

import re

from lab.engine.udfs.backtracking import compiled


def like(text: str, pattern: str) -> bool:
    return compiled(pattern).search(text) is not None


def extract(text: str, pattern: str, group: int) -> str | None:
    match = compiled(pattern).search(text)
    return None if match is None else match[group]


def extract_all(text: str, pattern: str, group: int) -> list[str | None]:
    return [match[group] for match in compiled(pattern).finditer(text)]


def replace(text: str, pattern: str, new: str) -> str:
    """``$1`` and ``${name}`` in ``new`` stand for groups, a backslash for what follows it."""
    return compiled(pattern).sub(lambda match: _expanded(match, new), text)


def _expanded(match: re.Match[str], new: str) -> str:
    result, place = "", 0
    while place < len(new):
        character = new[place]
        if character == "\\" and place + 1 < len(new):
            result += new[place + 1]
            place += 2
        elif character == "$":
            value, place = _group(match, new, place + 1)
            result += value
        else:
            result += character
            place += 1
    return result


def _group(match: re.Match[str], new: str, place: int) -> tuple[str, int]:
    """The group named at ``place``: as many digits as name one, as in Java."""
    if new[place : place + 1] == "{":
        end = new.index("}", place)
        return match[new[place + 1 : end]] or "", end + 1
    number, place = int(new[place]), place + 1
    while new[place : place + 1].isdigit():
        longer = number * 10 + int(new[place])
        if longer > match.re.groups:
            break
        number, place = longer, place + 1
    return match[number] or "", place


def pieces(text: str, pattern: str) -> list[dict[str, object]]:
    """What stands before each match, and its groups (the match itself when it has none); at last
    the rest, without groups.
    """
    found: list[dict[str, object]] = []
    place = 0
    for match in compiled(pattern).finditer(text):
        found.append({"before": text[place : match.start()], "groups": list(match.groups())})
        place = match.end()
    return [*found, {"before": text[place:], "groups": None}]


def split(text: str, pattern: str) -> list[str]:
    """All parts, empty ones too; a match without length splits as well."""
    parts, place = [], 0
    for match in compiled(pattern).finditer(text):
        parts.append(text[place : match.start()])
        place = match.end()
    return [*parts, text[place:]]


def position(text: str, pattern: str, start: int, occurrence: int) -> int:
    """The place, from 1, of a match at or after ``start``; -1 when there is none."""
    if start > len(text):
        return -1
    for number, match in enumerate(compiled(pattern).finditer(text, start - 1), 1):
        if number == occurrence:
            return int(match.start()) + 1
    return -1
