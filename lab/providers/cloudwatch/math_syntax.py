"""The grammar of metric math: an expression's text to a tree.

Binding from loose to tight: ``OR``/``||``, ``AND``/``&&``, comparisons, ``+ -``, ``* /``, the
minus sign, ``^`` (from right to left).

Source: Amazon CloudWatch User Guide, "Metric math syntax and functions".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<text>'[^']*'|\"[^\"]*\")|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/^<>()\[\],]))"
)
LEVELS = (
    {"OR": "OR", "||": "OR"},
    {"AND": "AND", "&&": "AND"},
    {sign: sign for sign in ("==", "!=", "<=", ">=", "<", ">")},
    {"+": "+", "-": "-"},
    {"*": "*", "/": "/"},
)


class MathError(Exception):
    """Why an expression cannot be computed; CloudWatch's answer repeats it."""


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """The id of another query, or a word such as REPEAT."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function, or an operator by its sign."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Array:
    items: tuple["Node", ...]


Node = Number | Text | Name | Call | Array


def parse(text: str) -> Node:
    """Raise MathError when the text is no expression."""
    if re.match(r"\s*SELECT\s", text, re.IGNORECASE):
        raise MathError("Metrics Insights queries are not supported by this lab.")
    parser = Parser(text)
    node = parser.level(0)
    if parser.current:
        raise parser.unexpected()
    return node


def names_of(node: Node) -> set[str]:
    """The names that an expression mentions, those of functions left out."""
    match node:
        case Name(name):
            return {name}
        case Call(_, parts) | Array(parts):
            return set().union(*map(names_of, parts))
    return set()


class Parser:
    """Recursive descent over the tokens; a token is (kind, text)."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._tokenize(text)
        self._place = 0

    @staticmethod
    def _tokenize(text: str) -> list[tuple[str, str, int]]:
        tokens, place, end = [], 0, len(text.rstrip())
        while place < end:
            found = TOKEN.match(text, place)
            if not found:
                place += len(text[place:]) - len(text[place:].lstrip())
                raise MathError(f"Unexpected character '{text[place]}' at position {place + 1}")
            kind = str(found.lastgroup)
            tokens.append((kind, found[kind], found.start(kind)))
            place = found.end()
        return tokens

    @property
    def current(self) -> str:
        """The token's text, or nothing at the end."""
        return self._tokens[self._place][1] if self._place < len(self._tokens) else ""

    def unexpected(self) -> MathError:
        if not self.current:
            return MathError("Unexpected end of the expression")
        place = self._tokens[self._place][2]
        return MathError(f"Unexpected '{self.current}' at position {place + 1}")

    def level(self, depth: int) -> Node:
        if depth == len(LEVELS):
            return self._signed()
        return self._chain(LEVELS[depth], lambda: self.level(depth + 1))

    def _chain(self, operators: dict[str, str], operand: Callable[[], Node]) -> Node:
        node = operand()
        while operator := operators.get(self.current.upper()):
            self._place += 1
            node = Call(operator, (node, operand()))
        return node

    def _signed(self) -> Node:
        if self.current in ("-", "+"):
            sign = self.current
            self._place += 1
            return Call("NEGATE", (self._signed(),)) if sign == "-" else self._signed()
        node = self._atom()
        if self.current == "^":
            self._place += 1
            node = Call("^", (node, self._signed()))
        return node

    def _atom(self) -> Node:
        if not self.current:
            raise self.unexpected()
        kind, text, _ = self._tokens[self._place]
        if kind == "sign" and text not in "([":
            raise self.unexpected()
        self._place += 1
        match kind:
            case "number":
                return Number(float(text))
            case "text":
                return Text(text[1:-1])
            case "name":
                return Call(text.upper(), self._list(")")) if self._skip("(") else Name(text)
        if text == "[":
            return Array(self._list("]"))
        node = self.level(0)
        self._expect(")")
        return node

    def _list(self, closing: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._skip(closing):
            if items:
                self._expect(",")
            items.append(self.level(0))
        return tuple(items)

    def _skip(self, text: str) -> bool:
        found = self.current == text
        self._place += found
        return found

    def _expect(self, text: str) -> None:
        if not self._skip(text):
            raise self.unexpected()
