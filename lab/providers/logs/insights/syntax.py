"""The grammar of Logs Insights: a query's text to a list of commands.

Source: Amazon CloudWatch Logs User Guide, "CloudWatch Logs Insights language query syntax".
"""

from collections.abc import Callable
from dataclasses import dataclass

from lab.providers.logs.insights.tokens import QueryError, Token, Tokens

REFUSED = ("anomaly", "diff", "filterindex", "pattern", "source", "unmask", "unnest", "lookup")
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
LARGEST_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Field:
    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | float


@dataclass(frozen=True, slots=True)
class Regex:
    pattern: str


@dataclass(frozen=True, slots=True)
class Duration:
    """A number of units of time, such as 5m."""

    number: int
    unit: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator, by its name in lower case; ``*`` of count(*) is left out."""

    name: str
    arguments: tuple["Node", ...]


Node = Field | Literal | Regex | Duration | Call


@dataclass(frozen=True, slots=True)
class Column:
    """An expression and what it is called."""

    node: Node
    name: str


@dataclass(frozen=True, slots=True)
class Fields:
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Display:
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    condition: Node


@dataclass(frozen=True, slots=True)
class Parse:
    """``pattern`` is a glob with as many stars as there are names, or an expression with groups."""

    node: Node
    pattern: str
    names: tuple[str, ...]
    is_regex: bool


@dataclass(frozen=True, slots=True)
class Stats:
    aggregates: tuple[Column, ...]
    keys: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Sort:
    """Nodes, each with whether the largest comes first."""

    keys: tuple[tuple[Node, bool], ...]


@dataclass(frozen=True, slots=True)
class Limit:
    count: int


@dataclass(frozen=True, slots=True)
class Dedup:
    keys: tuple[Node, ...]


Command = Fields | Display | Filter | Parse | Stats | Sort | Limit | Dedup


def parse(text: str) -> list[Command]:
    """Raise QueryError when the text is no query."""
    parser = Parser(Tokens(text))
    if parser.tokens.current.kind == "end":
        return []
    commands = [parser.command()]
    while parser.tokens.skip("|"):
        commands.append(parser.command())
    if parser.tokens.current.kind != "end":
        raise parser.tokens.unexpected()
    return commands


class Parser:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._commands: dict[str, Callable[[], Command]] = {
            "fields": lambda: Fields(self._columns()),
            "display": lambda: Display(self._columns()),
            "filter": lambda: Filter(self.expression()),
            "parse": self._parse,
            "stats": self._stats,
            "sort": self._sort,
            "order": self._sort,
            "limit": self._limit,
            "head": self._limit,
            "dedup": lambda: Dedup(self._list(self.expression)),
        }

    def command(self) -> Command:
        token = self.tokens.current
        if token.word in REFUSED:
            message = f"the command {token.word} is not supported by this lab"
            raise QueryError(message, token.start, token.end)
        if token.word not in self._commands:
            raise self.tokens.unexpected()
        self.tokens.take()
        return self._commands[token.word]()

    def _list[T](self, read: Callable[[], T]) -> tuple[T, ...]:
        items = [read()]
        while self.tokens.skip(","):
            items.append(read())
        return tuple(items)

    def _columns(self) -> tuple[Column, ...]:
        return self._list(self._column)

    def _column(self) -> Column:
        start = self.tokens.current.start
        node = self.expression()
        text = self.tokens.text[start : self.tokens.end].strip()
        if self.tokens.skip("as"):
            return Column(node, self._name())
        return Column(node, node.name if isinstance(node, Field) else text)

    def _name(self) -> str:
        if self.tokens.current.kind not in ("name", "quoted"):
            raise self.tokens.unexpected()
        return self.tokens.take().text

    def _parse(self) -> Parse:
        node: Node = Field("@message")
        if self.tokens.current.kind in ("name", "quoted"):
            node = self._primary()
        pattern = self.tokens.regex()
        if pattern is not None:
            names = self._list(self._name) if self.tokens.skip("as") else ()
            return Parse(node, pattern, names, is_regex=True)
        if self.tokens.current.kind != "text":
            raise self.tokens.unexpected()
        glob = unquoted(self.tokens.take().text)
        self.tokens.expect("as")
        names = self._list(self._name)
        if len(names) != glob.count("*"):
            raise self.tokens.unexpected()
        return Parse(node, glob, names, is_regex=False)

    def _stats(self) -> Stats:
        aggregates = self._columns()
        keys = self._columns() if self.tokens.skip("by") else ()
        return Stats(aggregates, keys)

    def _sort(self) -> Sort:
        self.tokens.skip("by")
        return Sort(self._list(self._sort_key))

    def _sort_key(self) -> tuple[Node, bool]:
        node = self.expression()
        return node, self.tokens.skip("asc", "desc") == "desc"

    def _limit(self) -> Limit:
        token = self.tokens.current
        if token.kind != "number" or not token.text.isdigit():
            raise self.tokens.unexpected()
        if not 1 <= int(token.text) <= LARGEST_LIMIT:
            raise QueryError(f"the limit must be between 1 and {LARGEST_LIMIT}", *token[2:])
        self.tokens.take()
        return Limit(int(token.text))

    def expression(self) -> Node:
        return self._chain(("or",), lambda: self._chain(("and",), self._negation))

    def _chain(self, words: tuple[str, ...], operand: Callable[[], Node]) -> Node:
        node = operand()
        while word := self.tokens.skip(*words):
            node = Call(word, (node, operand()))
        return node

    def _negation(self) -> Node:
        if self.tokens.skip("not"):
            return Call("not", (self._negation(),))
        return self._comparison()

    def _comparison(self) -> Node:
        left = self._sum()
        if word := self.tokens.skip(*COMPARISONS):
            return Call(word, (left, self._sum()))
        negated = self.tokens.skip("not")
        if word := self.tokens.skip("like", "=~"):
            pattern = self.tokens.regex()
            right = self._sum() if pattern is None else Regex(pattern)
            node: Node = Call("like", (left, right))
        elif self.tokens.skip("in"):
            self.tokens.expect("[")
            node = Call("in", (left, *self._list(self._sum)))
            self.tokens.expect("]")
        elif negated:
            raise self.tokens.unexpected()
        else:
            return left
        return Call("not", (node,)) if negated else node

    def _sum(self) -> Node:
        return self._chain(("+", "-"), lambda: self._chain(("*", "/", "%"), self._power))

    def _power(self) -> Node:
        node = self._primary()
        return Call("^", (node, self._power())) if self.tokens.skip("^") else node

    def _primary(self) -> Node:
        token = self.tokens.current
        if self.tokens.skip("-"):
            return Call("negate", (self._primary(),))
        if self.tokens.skip("("):
            node = self.expression()
            self.tokens.expect(")")
            return node
        if token.kind not in ("number", "text", "quoted", "name", "duration"):
            raise self.tokens.unexpected()
        self.tokens.take()
        if token.kind == "name" and self.tokens.skip("("):
            return Call(token.text.lower(), self._arguments())
        return _plain(token)

    def _arguments(self) -> tuple[Node, ...]:
        if self.tokens.skip(")"):
            return ()
        if self.tokens.current.word == "*":
            self.tokens.take()
            self.tokens.expect(")")
            return ()
        arguments = self._list(self.expression)
        self.tokens.expect(")")
        return arguments


def _plain(token: Token) -> Node:
    if token.kind == "number":
        return Literal(float(token.text))
    if token.kind == "text":
        return Literal(unquoted(token.text))
    if token.kind == "duration":
        digits = "".join(each for each in token.text if each.isdigit())
        return Duration(int(digits), token.text[len(digits) :].lower())
    return Field(token.text)


def unquoted(text: str) -> str:
    """What stands between quotes; a backslash keeps a quote or another backslash."""
    inner, quote = text[1:-1], text[0]
    return inner.replace("\\\\", "\0").replace("\\" + quote, quote).replace("\0", "\\")
