"""Requests against the service model, with the words in which AWS's front end refuses them.

Every constraint of the model that is violated is reported, joined by semicolons. Values that carry
records are not repeated in the message.
"""

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any, NoReturn

from botocore.model import Shape
from localstack.aws.api.kinesis import ValidationException

# AWS lists these in the order of its hash table, which the model does not give.
ENUM_ORDER = {
    "ShardIteratorType": (
        "AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON"
    )
}


def validate(shape: Shape, params: dict[str, Any], skip: Collection[str] = ()) -> None:
    """Raise ValidationException when ``params`` violates a constraint of its input shape.

    ``skip`` names members that the caller has found valid already.
    """
    if errors := list(_structure(shape, params, "", skip)):
        refuse(errors)


def refuse(errors: list[str]) -> NoReturn:
    """Raise the exception for these violations (see :func:`violation`)."""
    count = f"{len(errors)} validation error{'s' if len(errors) > 1 else ''} detected: "
    raise ValidationException(count + "; ".join(errors))


def violation(path: str, constraint: str, value: str | None = None) -> str:
    """One violated constraint; ``value`` None leaves the value out of the text."""
    shown = "Value" if value is None else f"Value {value}"
    return f"{shown} at '{path}' failed to satisfy constraint: {constraint}"


def _structure(
    shape: Shape, params: dict[str, Any], prefix: str, skip: Collection[str] = ()
) -> Iterator[str]:
    for name, member in shape.members.items():
        if name in skip:
            continue
        path = f"{prefix}{name[0].lower()}{name[1:]}"
        value = params.get(name)
        if value is not None:
            yield from _value(member, value, path)
        elif name in shape.required_members:
            yield violation(path, "Member must not be null", "null")


def _value(shape: Shape, value: Any, path: str) -> Iterator[str]:
    match shape.type_name:
        case "structure":
            yield from _structure(shape, value, f"{path}.")
        case "list":
            yield from _list(shape, value, path)
        case "map":
            yield from _map(shape, value, path)
        case "string":
            yield from _string(shape, value, path)
        case "integer" | "long":
            yield from _bounds(shape, value, path, "value", f"'{value}'")
        case "blob":
            yield from _bounds(shape, len(value), path, "length", None)


def _string(shape: Shape, value: str, path: str) -> Iterator[str]:
    shown = f"'{value}'"
    if shape.enum and value not in shape.enum:
        allowed = ENUM_ORDER.get(shape.name) or ", ".join(shape.enum)
        yield violation(path, f"Member must satisfy enum value set: [{allowed}]", shown)
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield violation(path, f"Member must satisfy regular expression pattern: {pattern}", shown)
    yield from _bounds(shape, len(value), path, "length", shown)


def _list(shape: Shape, value: list[Any], path: str) -> Iterator[str]:
    if shape.member.type_name == "structure":
        yield from _bounds(shape, len(value), path, "length", None)
        for index, item in enumerate(value, start=1):
            yield from _structure(shape.member, item, f"{path}.{index}.member.")
        return
    shown = f"'[{', '.join(map(str, value))}]'"
    yield from _bounds(shape, len(value), path, "length", shown)
    if shape.member.enum and not all(item in shape.member.enum for item in value):
        allowed = f"[Member must satisfy enum value set: [{', '.join(shape.member.enum)}]]"
        yield violation(path, f"Member must satisfy constraint: {allowed}", shown)
    elif not all(_fits(shape.member, item) for item in value):
        yield violation(path, f"Member must satisfy constraint: {_range(shape.member)}", shown)


def _map(shape: Shape, value: dict[str, str], path: str) -> Iterator[str]:
    shown = f"'{{{', '.join(f'{key}={text}' for key, text in value.items())}}}'"
    yield from _bounds(shape, len(value), path, "length", shown)
    if not all(_fits(shape.key, key) for key in value):
        yield violation(path, f"Map keys must satisfy constraint: {_range(shape.key)}", shown)
    if not all(_fits(shape.value, text) for text in value.values()):
        yield violation(path, f"Map value must satisfy constraint: {_range(shape.value)}", shown)


def _bounds(shape: Shape, size: int, path: str, noun: str, shown: str | None) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield violation(path, f"Member must have {noun} greater than or equal to {least}", shown)
    if most is not None and size > most:
        yield violation(path, f"Member must have {noun} less than or equal to {most}", shown)


def _fits(shape: Shape, text: str) -> bool:
    return bool(shape.metadata.get("min", 0) <= len(text) <= shape.metadata.get("max", len(text)))


def _range(shape: Shape) -> str:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max")
    return (
        f"[Member must have length less than or equal to {most}, "
        f"Member must have length greater than or equal to {least}]"
    )


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
