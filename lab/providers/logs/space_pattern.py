"""Patterns of space-delimited events: ``[ip, user, ..., status = 4*, bytes > 1000]``.

What stands in double quotes or brackets is one field.
"""

import re

from lab.providers.logs.conditions import ABSENT, Condition, fields_in, holds, parse
from lab.providers.logs.errors import invalid
from lab.providers.logs.pattern import Matcher

FIELD = re.compile(r'"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)')
PART = re.compile(r'((?:"(?:[^"\\]|\\.)*"|%[^%]+%|[^,"%])*)(?:,|$)')
NAME = re.compile(r"[\w.$-]+")


class SpacePattern(Matcher):
    """As many fields as the event has, or ``...`` for any number of them in one place."""

    def __init__(self, text: str) -> None:
        parts = [part.strip() for part in PART.findall(text)]
        if len(parts) > 1 and not parts[-1]:
            parts.pop()
        self._dots = parts.index("...") if "..." in parts else None
        if parts.count("...") > 1:
            raise invalid("Invalid filter pattern")
        self._names: list[str] = []
        self._conditions: list[Condition] = []
        for part in parts:
            if part != "...":
                self._add(part)

    def _add(self, part: str) -> None:
        if not part or NAME.fullmatch(part):
            self._names.append(part)
            return
        condition = parse(part)
        names = set(fields_in(condition))
        if len(names) != 1:
            raise invalid("Invalid filter pattern")
        self._names.append(names.pop())
        self._conditions.append(condition)

    def __call__(self, message: str, /) -> bool:
        fields = self._fields(message)
        return fields is not None and all(
            holds(condition, lambda name: fields.get(f"${name}", ABSENT))
            for condition in self._conditions
        )

    def extract(self, message: str) -> dict[str, str]:
        return self._fields(message) or {}

    def value(self, message: str, selector: str) -> str | None:
        return (self._fields(message) or {}).get(selector)

    def _fields(self, message: str) -> dict[str, str] | None:
        """By name, or by number where there is none; None when their number does not fit."""
        values = ["".join(found) for found in FIELD.findall(message)]
        free = len(values) - len(self._names)
        if free < 0 or (free > 0 and self._dots is None):
            return None
        names = list(self._names)
        if self._dots is not None:
            names[self._dots : self._dots] = [""] * free
        named = zip(names, values, strict=True)
        return {f"${name or place}": value for place, (name, value) in enumerate(named, start=1)}
