"""Requests against the service model, with the words in which AWS's front end refuses them.

Every constraint of the model that is violated is reported, joined by semicolons.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from botocore.model import Shape

from lab.providers.glue.errors import GlueError

# Java's way to write the characters beyond the first plane.
SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
LENGTHS = {"string": "length", "list": "length", "map": "length", "blob": "length"}


def validate(shape: Shape | None, request: dict[str, Any]) -> None:
    """Raise ValidationException when ``request`` violates a constraint of its input shape."""
    if shape is None:
        return
    if errors := list(_structure(shape, request, "")):
        count = f"{len(errors)} validation error{'s' if len(errors) > 1 else ''} detected: "
        raise GlueError("ValidationException", count + "; ".join(errors))


def _structure(shape: Shape, given: dict[str, Any], prefix: str) -> Iterator[str]:
    for name, member in shape.members.items():
        path = f"{prefix}{_lower(name)}"
        value = given.get(name)
        if value is not None:
            yield from _value(member, value, path)
        elif name in shape.required_members:
            yield _violation(path, "Member must not be null", "null")


def _value(shape: Shape, value: Any, path: str) -> Iterator[str]:
    yield from _bounds(shape, value, path)
    match shape.type_name:
        case "structure":
            yield from _structure(shape, value, f"{path}.")
        case "list":
            for index, item in enumerate(value, start=1):
                yield from _value(shape.member, item, f"{path}.{index}.member")
        case "map":
            for key, item in value.items():
                yield from _value(shape.value, item, f"{path}.{key}.member")
        case "string":
            yield from _string(shape, value, path)


def _string(shape: Shape, value: str, path: str) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        allowed = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
        yield _violation(path, allowed, f"'{value}'")
    pattern = shape.metadata.get("pattern")
    # Java's classes of Unicode are not Python's; only an identifier that is not used has them.
    if pattern and r"\p{" not in pattern and not _compiled(pattern).fullmatch(value):
        constraint = f"Member must satisfy regular expression pattern: {pattern}"
        yield _violation(path, constraint, f"'{value}'")


def _bounds(shape: Shape, value: Any, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is None and most is None:
        return
    noun = LENGTHS.get(shape.type_name)
    size, noun = (value, "value") if noun is None else (len(value), noun)
    if least is not None and size < least:
        constraint = f"Member must have {noun} greater than or equal to {least}"
        yield _violation(path, constraint, f"'{_shown(shape, value)}'")
    if most is not None and size > most:
        constraint = f"Member must have {noun} less than or equal to {most}"
        yield _violation(path, constraint, f"'{_shown(shape, value)}'")


def _violation(path: str, constraint: str, value: str) -> str:
    return f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"


def _shown(shape: Shape, value: Any) -> str:
    """A value as Java writes it: ``[PartitionValueList(values=[a, b])]``."""
    match shape.type_name:
        case "structure":
            given = [(name, member) for name, member in shape.members.items() if name in value]
            parts = (f"{_lower(name)}={_shown(member, value[name])}" for name, member in given)
            return f"{shape.name}({', '.join(parts)})"
        case "list":
            return f"[{', '.join(_shown(shape.member, item) for item in value)}]"
        case "map":
            return f"{{{', '.join(f'{key}={item}' for key, item in value.items())}}}"
    return str(value)


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(SURROGATES, r"\U00010000-\U0010FFFF"))
