"""Conditions of JSON and space-delimited patterns: comparisons joined by && and ||.

Strings are compared as a whole, with ``*`` for any text; < and > compare numbers.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.providers.logs.errors import invalid
from lab.providers.logs.pattern import expression

TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<expression>%[^%]+%)'
    r"|(?P<sign>&&|\|\||<=|>=|!=|[=<>()])|(?P<word>[^\s\"=<>!()&|]+))"
)
ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
ABSENT = object()
"""The value of a field that is not there."""

FieldOf = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field and what it is compared with; ``test`` is given the field's value."""

    field: str
    test: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Junction:
    operator: str
    conditions: tuple["Condition", ...]


Condition = Comparison | Junction


def holds(condition: Condition, field_of: FieldOf) -> bool:
    if isinstance(condition, Comparison):
        return condition.test(field_of(condition.field))
    combine = all if condition.operator == "&&" else any
    return combine(holds(each, field_of) for each in condition.conditions)


def fields_in(condition: Condition) -> list[str]:
    if isinstance(condition, Comparison):
        return [condition.field]
    return [field for each in condition.conditions for field in fields_in(each)]


def parse(text: str) -> Condition:
    """Raise InvalidParameterException when the text is no condition."""
    parser = Parser(text)
    condition = parser.either()
    if parser.current:
        raise invalid("Invalid filter pattern")
    return condition


class Parser:
    """Recursive descent; && binds more tightly than ||."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        self._place = 0
        place, end = 0, len(text.rstrip())
        while place < end:
            found = TOKEN.match(text, place)
            if not found:
                raise invalid("Invalid filter pattern")
            kind = str(found.lastgroup)
            self._tokens.append((kind, found[kind]))
            place = found.end()

    @property
    def current(self) -> str:
        return self._tokens[self._place][1] if self._place < len(self._tokens) else ""

    def either(self) -> Condition:
        return self._chain("||", lambda: self._chain("&&", self._atom))

    def _chain(self, operator: str, operand: Callable[[], Condition]) -> Condition:
        found = [operand()]
        while self.current == operator:
            self._place += 1
            found.append(operand())
        return found[0] if len(found) == 1 else Junction(operator, tuple(found))

    def _atom(self) -> Condition:
        if self.current == "(":
            self._place += 1
            condition = self.either()
            self._expect(")")
            return condition
        kind, field = self._take()
        if kind != "word":
            raise invalid("Invalid filter pattern")
        return Comparison(field, self._test())

    def _test(self) -> Callable[[Any], bool]:
        operator = self._take()[1].upper()
        if operator == "IS":
            return _is(self._take()[1].upper())
        if operator == "NOT":
            self._expect("EXISTS")
            return lambda value: value is ABSENT
        if operator == "EXISTS":
            return lambda value: value is not ABSENT
        kind, text = self._take()
        if operator in ORDERS:
            return _ordered(operator, text)
        if operator not in ("=", "!="):
            raise invalid("Invalid filter pattern")
        equal = _equal(kind, text)
        if operator == "=":
            return equal
        return lambda value: value is not ABSENT and not equal(value)

    def _take(self) -> tuple[str, str]:
        if self._place >= len(self._tokens):
            raise invalid("Invalid filter pattern")
        self._place += 1
        return self._tokens[self._place - 1]

    def _expect(self, text: str) -> None:
        if self._take()[1].upper() != text:
            raise invalid("Invalid filter pattern")


def _is(word: str) -> Callable[[Any], bool]:
    wanted = {"NULL": None, "TRUE": True, "FALSE": False}
    if word not in wanted:
        raise invalid("Invalid filter pattern")
    return lambda value: value is wanted[word]


def _ordered(operator: str, text: str) -> Callable[[Any], bool]:
    limit, compare = number(text), ORDERS[operator]
    if limit is None:
        raise invalid("Invalid filter pattern")

    def test(value: Any) -> bool:
        given = number(value)
        return given is not None and compare(given, limit)

    return test


def _equal(kind: str, text: str) -> Callable[[Any], bool]:
    if kind == "expression":
        wanted = expression(text[1:-1])
        return lambda value: value is not ABSENT and bool(wanted.search(written(value)))
    if kind == "text":
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    elif kind != "word":
        raise invalid("Invalid filter pattern")
    whole = re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)
    limit = number(text) if kind == "word" else None

    def test(value: Any) -> bool:
        if value is ABSENT or value is None:
            return False
        if limit is not None and (given := number(value)) is not None:
            return given == limit
        return bool(whole.fullmatch(written(value)))

    return test


def number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None or value is ABSENT:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def written(value: Any) -> str:
    """A value as text, in JSON's words."""
    import json

    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
