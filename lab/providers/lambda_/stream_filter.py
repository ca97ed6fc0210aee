"""Filter criteria of an event source mapping: which records reach the function.

LocalStack's matcher is not used: it stops at data of an unexpected type, takes 1 for true and 300
for 300.0, and accepts operators that Lambda does not document.

Source: Lambda guide, "Control which events Lambda sends to your function" (filter rule syntax) and
"Using event filtering with a Kinesis event source".
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Rule = Callable[[Any], bool]
"""Says whether a leaf matches; :data:`ABSENT` stands for a key that is not there."""
Matcher = Callable[[Any], bool]

ABSENT = object()
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda value, operand: value == operand,
    ">": lambda value, operand: value > operand,
    ">=": lambda value, operand: value >= operand,
    "<": lambda value, operand: value < operand,
    "<=": lambda value, operand: value <= operand,
}


class InvalidPatternError(ValueError):
    """A pattern that Lambda would not take."""


class Number(str):
    """A number of a JSON text as it is written: for filters, 300 and 300.0 are not equal."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and str.__eq__(self, other)

    __hash__ = str.__hash__


class RecordFilter:
    """A record passes whose data match any of the patterns; without patterns, every record."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._matchers = [_data_matcher(pattern) for pattern in patterns]

    def passes(self, data: bytes) -> bool:
        if not self._matchers:
            return True
        try:
            shown = _parse(data)
        except ValueError:  # what is no JSON is dropped when there is a pattern for data
            return False
        return any(matches(shown) for matches in self._matchers)


def _parse(text: bytes | str) -> Any:
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON.")


def _data_matcher(pattern: str) -> Matcher:
    """Kinesis mappings filter on ``data`` only."""
    try:
        document = _parse(pattern)
    except ValueError:
        raise InvalidPatternError from None
    if not isinstance(document, dict) or not document:
        raise InvalidPatternError
    if others := sorted(document.keys() - {"data"}):
        raise InvalidPatternError(
            f"Kinesis event source mappings only support filtering on the data key, not on "
            f"{', '.join(others)}."
        )
    return _rule(document["data"])


def _rule(pattern: Any) -> Matcher:
    if isinstance(pattern, dict) and pattern:
        return _object(pattern)
    if isinstance(pattern, list) and pattern:
        return _leaf([_condition(each) for each in pattern])
    raise InvalidPatternError


def _object(pattern: dict[str, Any]) -> Matcher:
    alternatives = [_object(each) for each in _alternatives(pattern.get("$or"))]
    members = {key: _rule(rule) for key, rule in pattern.items() if key != "$or"}

    def matches(value: Any) -> bool:
        if isinstance(value, list):
            return any(matches(each) for each in value)
        found = value if isinstance(value, dict) else {}
        if alternatives and not any(each(found) for each in alternatives):
            return False
        return all(member(found.get(key, ABSENT)) for key, member in members.items())

    return matches


def _alternatives(given: Any) -> list[dict[str, Any]]:
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(each, dict) and each for each in given):
        raise InvalidPatternError
    return given


def _leaf(conditions: Sequence[Rule]) -> Matcher:
    """An array matches when one of its values does; an object is no leaf, hence absent."""

    def matches(value: Any) -> bool:
        if isinstance(value, list) and value:
            values = value
        else:
            values = [ABSENT if isinstance(value, dict) else value]
        return any(condition(each) for each in values for condition in conditions)

    return matches


def _condition(given: Any) -> Rule:
    if not isinstance(given, dict):
        return lambda value: value is not ABSENT and _equal(value, given)
    if len(given) != 1:
        raise InvalidPatternError
    ((operator, operand),) = given.items()
    if operator not in OPERATORS:
        raise InvalidPatternError
    return OPERATORS[operator](operand)


def _exists(operand: Any) -> Rule:
    if not isinstance(operand, bool):
        raise InvalidPatternError
    return lambda value: (value is not ABSENT) is operand


def _text(test: Callable[[str, str], bool]) -> Callable[[Any], Rule]:
    """An operator that compares texts."""

    def make(operand: Any) -> Rule:
        if not _is_text(operand):
            raise InvalidPatternError
        return lambda value: _is_text(value) and test(value, operand)

    return make


def _anything_but(operand: Any) -> Rule:
    excluded = operand if isinstance(operand, list) else [operand]
    if not excluded or not all(isinstance(each, str) for each in excluded):
        raise InvalidPatternError
    return lambda value: value is not ABSENT and not any(_equal(value, each) for each in excluded)


def _numeric(terms: Any) -> Rule:
    if not isinstance(terms, list) or not terms or len(terms) % 2:
        raise InvalidPatternError
    operators, operands = terms[::2], terms[1::2]
    if not all(isinstance(each, Number) for each in operands):
        raise InvalidPatternError
    if not all(_is_text(each) and each in COMPARISONS for each in operators):
        raise InvalidPatternError
    tests = [
        (COMPARISONS[operator], float(operand))
        for operator, operand in zip(operators, operands, strict=True)
    ]
    return lambda value: (
        isinstance(value, Number) and all(test(float(value), operand) for test, operand in tests)
    )


def _equal(value: Any, other: Any) -> bool:
    return type(value) is type(other) and bool(value == other)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


OPERATORS: Mapping[str, Callable[[Any], Rule]] = {
    "anything-but": _anything_but,
    "equals-ignore-case": _text(lambda value, operand: value.casefold() == operand.casefold()),
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _text(str.startswith),
    "suffix": _text(str.endswith),
}
