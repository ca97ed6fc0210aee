"""JSON: an object a line, objects one after the other, or an array of them.

Source: AWS Glue User Guide, "Built-in classifiers", "Writing JSON custom classifiers".
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from lab.providers.glue.crawlers.kinds import Columns, Kind, merge_all, of_json
from lab.providers.glue.crawlers.samples import Sample
from lab.providers.glue.crawlers.schemas import Reading, Schema

RECORDS = 1000
"""How many records of a file are looked at."""

_STEP = re.compile(r"\.(\w+)|\[(\*|\d+)\]|\[['\"]([^'\"]+)['\"]\]|\.(\*)")
_SPACE = re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder()
_PLAIN = {str: "string", float: "double", bool: "boolean"}


class PathError(ValueError):
    """A JSON path that is none, or uses what a classifier does not know."""


def steps(path: str) -> list[str]:
    """``$.records[*]`` as ``["records", "*"]``. PathError when it is not of this kind."""
    if not path.startswith("$"):
        raise PathError(path)
    found, place = [], 1
    while place < len(path):
        match = _STEP.match(path, place)
        if match is None:
            raise PathError(path)
        found.append(next(part for part in match.groups() if part is not None))
        place = match.end()
    return found


def classify(sample: Sample, path: str = "") -> Reading | None:
    """None when the file does not begin with a JSON object or array."""
    start = sample.text.lstrip()
    if not sample.is_text or start[:1] not in ("{", "["):
        return None
    values, share = _values(sample.text)
    if path:
        way = steps(path)
        values = [found for value in values for found in _at(value, way)]
    if not values or (path and not all(isinstance(value, dict) for value in values)):
        return None
    return _reading(sample, values, share)


def _values(text: str) -> tuple[list[Any], float]:
    """The first values, up to one that cannot be read, and which part of the text they are."""
    values: list[Any] = []
    place = end = 0
    while (place := _SPACE.match(text, place).end()) < len(text):  # type: ignore[union-attr]  # matches nothing as well
        if len(values) == RECORDS:
            return values, end / len(text)
        try:
            value, place = _DECODER.raw_decode(text, place)
        except ValueError:
            break
        end = place
        values.append(value)
    return values, 1


def _at(value: Any, way: list[str]) -> Iterator[Any]:
    if not way:
        yield value
        return
    step, rest = way[0], way[1:]
    if isinstance(value, dict):
        inner = list(value.values()) if step == "*" else [value[step]] if step in value else []
    elif isinstance(value, list) and (step == "*" or step.isdecimal()):
        inner = value if step == "*" else value[int(step) : int(step) + 1]
    else:
        inner = []
    for each in inner:
        yield from _at(each, rest)


def _reading(sample: Sample, values: list[Any], share: float) -> Reading | None:
    if all(isinstance(value, dict) for value in values):
        columns = _columns(values)
    elif all(isinstance(value, list) for value in values):
        columns = (("array", merge_all(of_json(value) for value in values)),)
    else:
        return None
    schema = Schema("json", columns, sample.compression)
    records = round(len(values) / share / min(1, sample.share))
    return Reading(schema, records, len(sample.data) * share / len(values))


def _columns(values: list[dict[str, Any]]) -> Columns:
    """By name in lower case, as the Data Catalog has them; the first spelling is kept."""
    seen: dict[str, tuple[str, dict[Kind, None]]] = {}
    for value in values:
        for name, inner in value.items():
            kind = _PLAIN.get(type(inner)) or of_json(inner)
            seen.setdefault(name.lower(), (name, {}))[1][kind] = None
    return tuple((name, merge_all(found)) for name, found in seen.values())
