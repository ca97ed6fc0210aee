"""The path language of SQL/JSON, lax and strict, evaluated over a document.

Source: Trino documentation, "JSON functions and operators", section "JSON path language".
"""

import json
import re
from functools import lru_cache
from typing import Any

from lab.engine.text import java_double
from lab.engine.udfs import json_steps as steps
from lab.engine.udfs.json_steps import Evaluation, PathError, Step

TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<text>"(?:[^"]|"")*")"""
    r"""|(?P<name>[A-Za-z_]\w*)|(?P<variable>\$(?:[A-Za-z_]\w*|"(?:[^"]|"")*")?)"""
    r"""|(?P<symbol>\.\.|==|<>|!=|<=|>=|&&|\|\||[-+*/%.()\[\],?@<>!])|(?P<end>$))"""
)


def canonical(item: Any) -> str:
    """The text of an item as Jackson writes it: no spaces, keys as they come."""
    match item:
        case dict():
            pairs = (f"{json.dumps(k, ensure_ascii=False)}:{canonical(v)}" for k, v in item.items())
            return "{" + ",".join(pairs) + "}"
        case list():
            return "[" + ",".join(map(canonical, item)) + "]"
        case float():
            return java_double(item)
    return json.dumps(item, ensure_ascii=False)


def query(document: str, path: str, passed: str) -> list[str] | None:
    """The items that the path finds, as texts; None when the document or the way is wrong."""
    try:
        mode, way = parsed(path)
        evaluation = Evaluation(json.loads(document), mode == "strict", json.loads(passed))
        return [canonical(item) for item in evaluation.run(way, [evaluation.root])]
    except (ValueError, ArithmeticError):
        return None


@lru_cache(maxsize=512)
def parsed(path: str) -> tuple[str, tuple[Step, ...]]:
    """The mode and the steps. PathError when it is no path."""
    parser = _Parser(path)
    mode = parser.take().lower() if parser.peek.lower() in ("lax", "strict") else "lax"
    way = parser.expression()
    if parser.kind != "end":
        raise PathError(path)
    return mode, way


class _Parser:
    def __init__(self, path: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(path):
            match = TOKEN.match(path, place)
            if match is None:
                raise PathError(path)
            self.tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            place = match.end()
        self.tokens.append(("end", ""))
        self.place = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.place][0]

    @property
    def peek(self) -> str:
        return self.tokens[self.place][1]

    def take(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1][1]

    def accept(self, *texts: str) -> str | None:
        if self.peek in texts and self.kind in ("symbol", "name"):
            return self.take()
        return None

    def expect(self, text: str) -> None:
        if self.accept(text) is None:
            raise PathError(self.peek)

    def expression(self) -> tuple[Step, ...]:
        left = self.term()
        while symbol := self.accept("+", "-"):
            left = (steps.arithmetic(symbol, left, self.term()),)
        return left

    def term(self) -> tuple[Step, ...]:
        left = self.unary()
        while symbol := self.accept("*", "/", "%"):
            left = (steps.arithmetic(symbol, left, self.unary()),)
        return left

    def unary(self) -> tuple[Step, ...]:
        if symbol := self.accept("-", "+"):
            inner = self.unary()
            return (steps.arithmetic(symbol, (steps.constant(0),), inner),)
        return (*self.primary(), *self.accessors())

    def primary(self) -> tuple[Step, ...]:  # noqa: PLR0911  one return per kind
        kind, text = self.kind, self.take()
        if kind == "variable":
            if text == "$":
                return (lambda e, _: [e.root],)
            name = _unquoted(text[1:])
            return (lambda e, _: [steps.variable(e, name)],)
        if kind == "symbol" and text == "@":
            return (lambda e, _: [e.current],)
        if kind == "symbol" and text == "(":
            inner = self.expression()
            self.expect(")")
            return inner
        if kind == "number":
            return (steps.constant(json.loads(text)),)
        if kind == "text":
            return (steps.constant(_unquoted(text)),)
        if kind == "name" and text in ("true", "false", "null"):
            return (steps.constant(json.loads(text)),)
        if kind == "name" and text == "last":
            return (lambda e, _: [e.last],)
        raise PathError(text)

    def accessors(self) -> tuple[Step, ...]:
        found: list[Step] = []
        while symbol := self.accept(".", "..", "[", "?"):
            if symbol == "[":
                found.append(self.subscript())
            elif symbol == "?":
                self.expect("(")
                test = self.disjunction()
                self.expect(")")
                found.append(steps.filtered(test))
            elif symbol == "..":
                found.append(steps.descendants(_unquoted(self.take())))
            elif self.accept("*"):
                found.append(steps.all_members)
            else:
                kind, name = self.kind, self.take()
                if kind == "name" and self.accept("("):
                    self.expect(")")
                    found.append(steps.method(name))
                elif kind in ("name", "text"):
                    found.append(steps.member(_unquoted(name)))
                else:
                    raise PathError(name)
        return tuple(found)

    def subscript(self) -> Step:
        if self.accept("*"):
            self.expect("]")
            return steps.all_elements
        ranges = []
        while True:
            low = self.expression()
            ranges.append((low, self.expression() if self.accept("to") else low))
            if self.accept("]"):
                return steps.elements(ranges)
            self.expect(",")

    def disjunction(self) -> Any:
        tests = [self.conjunction()]
        while self.accept("||"):
            tests.append(self.conjunction())
        return tests[0] if len(tests) == 1 else lambda e: steps.any_of([test(e) for test in tests])

    def conjunction(self) -> Any:
        tests = [self.predicate()]
        while self.accept("&&"):
            tests.append(self.predicate())
        return tests[0] if len(tests) == 1 else lambda e: steps.all_of([test(e) for test in tests])

    def predicate(self) -> Any:
        if self.accept("!"):
            self.expect("(")
            inner = self.disjunction()
            self.expect(")")
            return lambda e: None if (found := inner(e)) is None else not found
        if self.accept("exists"):
            self.expect("(")
            way = self.expression()
            self.expect(")")
            return lambda e: steps.exists(e, way)
        if self.peek == "(" and (nested := self.nested()) is not None:
            return nested
        left = self.expression()
        if self.accept("starts"):
            self.expect("with")
            return steps.compared("starts", left, self.expression())
        symbol = self.accept("==", "<>", "!=", "<", "<=", ">", ">=")
        if symbol is None:
            raise PathError(self.peek)
        return steps.compared(symbol, left, self.expression())

    def nested(self) -> Any:
        """A predicate in parentheses, or None when they hold a value."""
        start = self.place
        try:
            self.take()
            inner = self.disjunction()
            self.expect(")")
        except PathError:
            self.place = start
            return None
        if self.accept("is"):
            self.expect("unknown")
            return lambda e: inner(e) is None
        return inner


def _unquoted(text: str) -> str:
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


def make_object(keys: list[str], values: list[str | None]) -> str:
    """An object of members whose values are JSON; None leaves one out. Its keys come in the order
    of Java's HashMap, as Trino's do.
    """
    members: dict[str, str] = {}
    for key, value in zip(keys, values, strict=True):
        if value is not None:
            members[key] = value
    size = 16
    while len(members) > size * 3 // 4:
        size *= 2
    order = sorted(members, key=lambda key: _spread(key) & (size - 1))
    pairs = (f"{json.dumps(key, ensure_ascii=False)}:{members[key]}" for key in order)
    return "{" + ",".join(pairs) + "}"


def _spread(key: str) -> int:
    """HashMap's hash of a string."""
    value = 0
    encoded = key.encode("utf-16-be")
    for place in range(0, len(encoded), 2):
        value = (value * 31 + int.from_bytes(encoded[place : place + 2])) & 0xFFFFFFFF
    return value ^ (value >> 16)
