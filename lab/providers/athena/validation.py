"""Requests against the service model, in the words of AWS's front end, and answers in pages.

Source: the service model's constraints; Amazon Athena API reference, "Common Errors".
"""

import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import OperationModel, Shape

from lab.providers import pages
from lab.providers.athena.errors import invalid

Record = dict[str, Any]
# Athena does not repeat these in its messages.
UNSHOWN = {"QueryString", "QueryStatement", "ClientRequestToken", "IdempotencyToken", "Token"}
# Every listing of Athena has pages of 50 at most, but for these two.
MAX_PAGE = 50


def validate(operation: OperationModel, request: Record) -> None:
    """Raise InvalidRequestException when the request violates a constraint of the model."""
    errors = list(_structure(operation.input_shape, request, ""))
    if errors:
        count = f"{len(errors)} validation error{'s' if len(errors) > 1 else ''} detected: "
        raise invalid(count + "; ".join(errors))


def _violation(path: str, constraint: str, shown: str | None) -> str:
    value = "Value" if shown is None else f"Value {shown}"
    return f"{value} at '{path}' failed to satisfy constraint: {constraint}"


def _structure(shape: Shape, value: Record, prefix: str) -> Iterator[str]:
    for name, member in shape.members.items():
        path = f"{prefix}{name[0].lower()}{name[1:]}"
        if value.get(name) is not None:
            yield from _value(member, value[name], path)
        elif name in shape.required_members:
            yield _violation(path, "Member must not be null", "null")


def _value(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(shape, value, f"{path}.")
    elif kind == "list":
        yield from _bounds(shape, len(value), path, "length", None)
        for place, item in enumerate(value, start=1):
            yield from _value(shape.member, item, f"{path}.{place}.member")
    elif kind == "map":
        for key, item in value.items():
            yield from _value(shape.value, item, f"{path}.{key}.member")
    elif kind == "string":
        yield from _string(shape, value, path)
    elif kind in ("integer", "long"):
        yield from _bounds(shape, value, path, "value", None)


def _string(shape: Shape, value: str, path: str) -> Iterator[str]:
    shown = None if shape.name in UNSHOWN else f"'{value}'"
    if shape.enum and value not in shape.enum:
        allowed = ", ".join(shape.enum)
        yield _violation(path, f"Member must satisfy enum value set: [{allowed}]", shown)
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield _violation(path, f"Member must satisfy regular expression pattern: {pattern}", shown)
    yield from _bounds(shape, len(value), path, "length", None)


def _bounds(shape: Shape, size: int, path: str, noun: str, shown: str | None) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield _violation(path, f"Member must have {noun} greater than or equal to {least}", shown)
    if most is not None and size > most:
        yield _violation(path, f"Member must have {noun} less than or equal to {most}", shown)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # Java's \uXXXX are known to Python; its surrogate pairs stand for all that is beyond.
    return re.compile(pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", "\U00010000-\U0010ffff"))


def fingerprint(request: Record) -> str:
    """What two requests with one ClientRequestToken must have in common: all else."""
    asked = {key: value for key, value in request.items() if key != "ClientRequestToken"}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def page(items: list[Any], request: Record, name: str, default: int = MAX_PAGE) -> Record:
    """One page of a listing. InvalidRequestException when the token is none of ours."""

    def malformed(_message: str) -> Exception:
        return invalid(f"The nextPageToken is malformed: {request['NextToken']}")

    return pages.page(items, request, name, default, malformed)
