"""JSON documents: their canonical text, their parts."""

import json
from typing import Any

from lab.engine.json_text import canonical
from lab.engine.text import java_double, shortest_real


def json_text(text: str) -> str | None:
    """Canonical, or None when it is no JSON."""
    try:
        return canonical(text)
    except ValueError:
        return None


def json_as_written(text: str) -> str | None:
    """Canonical but for the order of the keys, or None when it is no JSON."""
    try:
        return canonical(text, in_order=False)
    except ValueError:
        return None


def json_number(text: str, path: str) -> str | None:
    """The number at a path (``$."a"[0]``) as the document writes it."""
    # DuckDB may evaluate this for rows whose answer it then does not use.
    try:
        value: Any = json.loads(text, parse_float=str, parse_int=str)
        for step in _steps(path):
            value = value[step]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return str(value)


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    rest = path[1:]
    while rest:
        if rest[0] == "[":
            inside, _, rest = rest[1:].partition("]")
            steps.append(int(inside))
        else:
            inside, _, rest = rest[2:].partition('"')
            steps.append(inside)
    return steps


def items(text: str) -> list[str]:
    """The elements of an array of canonical JSON; none when it is no array."""
    found = _parsed(text)
    return [canonical_part(item) for item in found] if isinstance(found, list) else []


def keys(text: str) -> list[str]:
    found = _parsed(text)
    return list(found) if isinstance(found, dict) else []


def values(text: str) -> list[str]:
    found = _parsed(text)
    return [canonical_part(item) for item in found.values()] if isinstance(found, dict) else []


def member(text: str, name: str) -> str | None:
    """The field of a row in an object, whatever the case of its name, or at its place (``2:name``)
    in an array.
    """
    place, _, wanted = name.partition(":")
    found = _parsed(text)
    if isinstance(found, list):
        return canonical_part(found[int(place)]) if int(place) < len(found) else None
    if isinstance(found, dict):
        for key, item in found.items():
            if key.lower() == wanted.lower():
                return canonical_part(item)
    return None


class _Written(str):
    """A number as it is written."""


def _parsed(text: str) -> Any:
    # DuckDB may evaluate this for rows whose answer it then does not use.
    try:
        return json.loads(text, parse_float=_Written, parse_int=_Written)
    except ValueError:
        return None


def canonical_part(item: Any) -> str:
    """The text of a part of canonical JSON."""
    match item:
        case _Written():
            return str(item)
        case dict():
            pairs = (
                f"{json.dumps(k, ensure_ascii=False)}:{canonical_part(v)}" for k, v in item.items()
            )
            return "{" + ",".join(pairs) + "}"
        case list():
            return "[" + ",".join(map(canonical_part, item)) + "]"
    return json.dumps(item, ensure_ascii=False)


def double_json(number: float) -> str:
    """A double as JSON has it; what is no number there is a string."""
    shown = java_double(number)
    return shown if shown[-1].isdigit() else f'"{shown}"'


def real_json(number: float) -> str:
    shown = java_double(number, shortest_real(number).lstrip("-"))
    return shown if shown[-1].isdigit() else f'"{shown}"'
