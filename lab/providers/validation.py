"""Requests against the service model, with the words in which AWS's front ends refuse them.

Every constraint of the model that is violated is reported, joined by semicolons. The front ends are
written in Java, and show the values that they refuse as Java does. What a service says beyond its
model is its provider's to say.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Any, NoReturn

from botocore.model import Shape
from localstack.aws.api import CommonServiceException

NOUNS = {"string": "length", "list": "length", "map": "length", "blob": "length"}
NUMBERS = ("integer", "long", "float", "double")
# Java's way to write the characters beyond the first plane.
SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
# Java's classes of Unicode, which Python's expressions do not know.
UNICODE_CLASS = r"\p{"


def validation_exception(message: str) -> CommonServiceException:
    """Most services' answer; their models do not list it."""
    return CommonServiceException("ValidationException", message)


class FrontEnd:
    """How one service refuses: ``error`` makes its exception of the message, the values of the
    shapes ``hidden`` are not repeated, ``enum_orders`` holds the values of a shape in the order in
    which AWS lists them where the model has another.
    """

    def __init__(
        self,
        error: Callable[[str], Exception] = validation_exception,
        hidden: Collection[str] = (),
        enum_orders: Mapping[str, str] | None = None,
    ) -> None:
        self._error = error
        self._hidden = frozenset(hidden)
        self._enum_orders = enum_orders or {}

    def validate(
        self, shape: Shape | None, request: Mapping[str, Any], skip: Collection[str] = ()
    ) -> None:
        """Raise the service's exception when ``request`` violates a constraint of its input shape.

        ``skip`` names members that the caller checks itself.
        """
        if shape is not None and (errors := list(self._structure(shape, request, "", skip))):
            self.refuse(errors)

    def refuse(self, errors: list[str]) -> NoReturn:
        """Raise the exception for these violations (see :func:`violation`)."""
        count = f"{len(errors)} validation error{'s' if len(errors) > 1 else ''} detected: "
        raise self._error(count + "; ".join(errors))

    def _structure(
        self, shape: Shape, given: Mapping[str, Any], prefix: str, skip: Collection[str] = ()
    ) -> Iterator[str]:
        for name, member in shape.members.items():
            if name in skip:
                continue
            path = f"{prefix}{_lower(name)}"
            value = given.get(name)
            if value is not None:
                yield from self._value(member, value, path)
            elif name in shape.required_members:
                yield violation(path, "Member must not be null", "null")

    def _value(self, shape: Shape, value: Any, path: str) -> Iterator[str]:
        match shape.type_name:
            case "structure":
                yield from self._structure(shape, value, f"{path}.")
            case "list":
                yield from self._list(shape, value, path)
            case "map":
                yield from self._map(shape, value, path)
            case "string":
                yield from self._string(shape, value, path)
            case _:
                yield from self._bounds(shape, value, path)

    def _string(self, shape: Shape, value: str, path: str) -> Iterator[str]:
        shown = self._shown(shape, value)
        if shape.enum and value not in shape.enum:
            yield violation(path, f"Member must satisfy {self._allowed(shape)}", shown)
        if not _matches(shape, value):
            pattern = f"Member must satisfy regular expression pattern: {shape.metadata['pattern']}"
            yield violation(path, pattern, shown)
        yield from self._bounds(shape, value, path)

    def _list(self, shape: Shape, value: list[Any], path: str) -> Iterator[str]:
        yield from self._bounds(shape, value, path)
        item_shape = shape.member
        if item_shape.type_name in ("structure", "list", "map"):
            for place, item in enumerate(value, start=1):
                yield from self._value(item_shape, item, f"{path}.{place}.member")
            return
        for fits, constraint in self._item_constraints(item_shape):
            if not all(fits(item) for item in value):
                shown = self._shown(shape, value)
                yield violation(path, f"Member must satisfy constraint: [{constraint}]", shown)

    def _map(self, shape: Shape, value: dict[str, Any], path: str) -> Iterator[str]:
        yield from self._bounds(shape, value, path)
        shown = self._shown(shape, value)
        for fits, constraint in self._item_constraints(shape.key):
            if not all(fits(key) for key in value):
                yield violation(path, f"Map keys must satisfy constraint: [{constraint}]", shown)
        if shape.value.type_name in ("structure", "list", "map"):
            for key, item in value.items():
                yield from self._value(shape.value, item, f"{path}.{key}.member")
            return
        for fits, constraint in self._item_constraints(shape.value):
            if not all(fits(item) for item in value.values()):
                yield violation(path, f"Map value must satisfy constraint: [{constraint}]", shown)

    def _item_constraints(self, shape: Shape) -> Iterator[tuple[Callable[[Any], bool], str]]:
        """What each scalar of a list or a map must satisfy, and how it is said of all of them."""
        if shape.type_name == "string" and shape.enum:
            yield shape.enum.__contains__, f"Member must satisfy {self._allowed(shape)}"
        if pattern := shape.metadata.get("pattern"):
            said = f"Member must satisfy regular expression pattern: {pattern}"
            yield lambda item: _matches(shape, item), said
        if "min" in shape.metadata or "max" in shape.metadata:
            noun = _noun(shape)
            least, most = shape.metadata.get("min", 0), shape.metadata.get("max")
            said = (
                f"Member must have {noun} less than or equal to {most}, "
                f"Member must have {noun} greater than or equal to {least}"
            )
            yield lambda item: not any(_exceeded(shape, item)), said

    def _bounds(self, shape: Shape, value: Any, path: str) -> Iterator[str]:
        for constraint in _exceeded(shape, value):
            yield violation(path, constraint, self._shown(shape, value))

    def _allowed(self, shape: Shape) -> str:
        listed = self._enum_orders.get(shape.name) or ", ".join(shape.enum)
        return f"enum value set: [{listed}]"

    def _shown(self, shape: Shape, value: Any) -> str | None:
        if shape.type_name == "blob" or shape.name in self._hidden:
            return None
        return f"'{_as_java(shape, value)}'"


def violation(path: str, constraint: str, value: str | None = None) -> str:
    """One violated constraint; ``value`` None leaves the value out of the text."""
    shown = "Value" if value is None else f"Value {value}"
    return f"{shown} at '{path}' failed to satisfy constraint: {constraint}"


def _exceeded(shape: Shape, value: Any) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is None and most is None:
        return
    size = value if shape.type_name in NUMBERS else len(value)
    if least is not None and size < least:
        yield f"Member must have {_noun(shape)} greater than or equal to {least}"
    if most is not None and size > most:
        yield f"Member must have {_noun(shape)} less than or equal to {most}"


def _noun(shape: Shape) -> str:
    return NOUNS.get(shape.type_name, "value")


def _matches(shape: Shape, value: str) -> bool:
    pattern = shape.metadata.get("pattern")
    if not pattern or UNICODE_CLASS in pattern:
        return True
    return _compiled(pattern).fullmatch(value) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(SURROGATES, r"\U00010000-\U0010FFFF"))


def _as_java(shape: Shape, value: Any) -> str:
    """A value as Java writes it: ``[PartitionValueList(values=[a, b])]``."""
    match shape.type_name:
        case "structure":
            given = [(name, member) for name, member in shape.members.items() if name in value]
            parts = (f"{_lower(name)}={_as_java(member, value[name])}" for name, member in given)
            return f"{shape.name}({', '.join(parts)})"
        case "list":
            return f"[{', '.join(_as_java(shape.member, item) for item in value)}]"
        case "map":
            return f"{{{', '.join(f'{key}={item}' for key, item in value.items())}}}"
    return str(value)


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]
