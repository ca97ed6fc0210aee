"""Patterns of JSON events: ``{ $.user.id = 5 && $.tags[0] IS NULL }``."""

import json
import re
from functools import lru_cache
from typing import Any

from lab.providers.logs.conditions import ABSENT, fields_in, holds, parse, written
from lab.providers.logs.errors import invalid
from lab.providers.logs.pattern import Matcher

STEP = re.compile(r"\.?(?:([\w@-]+)|\[(\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\])")


class JsonPattern(Matcher):
    """An event that is no JSON object does not match."""

    def __init__(self, text: str) -> None:
        self._condition = parse(text)
        self._fields = dict.fromkeys(fields_in(self._condition))
        for field in self._fields:
            steps_of(field)

    def __call__(self, message: str, /) -> bool:
        content = decoded(message)
        return content is not None and holds(
            self._condition, lambda field: follow(content, steps_of(field))
        )

    def extract(self, message: str) -> dict[str, str]:
        found = {field: self.value(message, field) for field in self._fields}
        return {field: value for field, value in found.items() if value is not None}

    def value(self, message: str, selector: str) -> str | None:
        content = decoded(message)
        found = ABSENT if content is None else follow(content, steps_of(selector))
        return None if found is ABSENT or found is None else written(found)


@lru_cache(maxsize=64)
def decoded(message: str) -> Any:
    """The object or array of an event, None when it is neither."""
    if not message.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(message)
    except ValueError:
        return None


@lru_cache(maxsize=512)
def steps_of(selector: str) -> tuple[str | int, ...]:
    """Raise InvalidParameterException when the text is no selector such as ``$.a.b[0]``."""
    if not selector.startswith("$"):
        raise invalid("Invalid filter pattern")
    steps: list[str | int] = []
    place = 1
    while place < len(selector):
        found = STEP.match(selector, place)
        if not found:
            raise invalid("Invalid filter pattern")
        name, index, *quoted = found.groups()
        steps.append(int(index) if index else name or quoted[0] or quoted[1])
        place = found.end()
    return tuple(steps)


def follow(content: Any, steps: tuple[str | int, ...]) -> Any:
    for step in steps:
        if isinstance(step, int):
            if not isinstance(content, list) or step >= len(content):
                return ABSENT
        elif not isinstance(content, dict) or step not in content:
            return ABSENT
        content = content[step]
    return content
