"""Computes the expressions of one request: each may name the others, in any order.

Source: Amazon CloudWatch User Guide, "Using math expressions with CloudWatch metrics".
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from lab.providers.cloudwatch.math_functions import FUNCTIONS, Grid, call, series_of, time_series
from lab.providers.cloudwatch.math_syntax import (
    Array,
    Call,
    MathError,
    Name,
    Node,
    Number,
    Text,
    parse,
)
from lab.providers.cloudwatch.math_values import OPERATORS, TimeSeries, Value, combine

Search = Callable[[str, str, int], list[TimeSeries]]
"""What finds metrics: told the search, the statistic and the period in seconds."""

WORDS = ("REPEAT", "LINEAR", "ASC", "DESC")


class Calculation:
    """Metrics by id, each read when an expression first needs it, and expressions by id."""

    def __init__(
        self,
        metrics: Mapping[str, Callable[[], TimeSeries]],
        expressions: Mapping[str, str],
        grid: Grid,
        search: Search | None = None,
    ) -> None:
        self._search = search
        self._metrics = metrics
        self._expressions = {id: parse_named(id, text) for id, text in expressions.items()}
        self._grid = grid
        self._known: dict[str, Value] = {}
        self._running: list[str] = []

    def value(self, id: str) -> Value:
        """What the query with this id gives. Raises MathError."""
        if id not in self._known:
            if id in self._running:
                raise MathError(f"Error in expression '{id}': it depends on itself")
            self._known[id] = self._compute(id)
        return self._known[id]

    def series(self, id: str) -> list[TimeSeries]:
        """The same as series: an expression that gives a number is refused."""
        value = self.value(id)
        if isinstance(value, list):
            return value
        if isinstance(value, TimeSeries):
            return [value]
        raise MathError(f"Error in expression '{id}': it must give a time series, not a number")

    def _compute(self, id: str) -> Value:
        if id in self._metrics:
            return replace(self._metrics[id](), id=id)
        self._running.append(id)
        try:
            return self._evaluate(self._expressions[id])
        except MathError as error:
            if str(error).startswith("Error in expression"):
                raise
            raise MathError(f"Error in expression '{id}': {error}") from error
        finally:
            self._running.pop()

    def _evaluate(self, node: Node) -> Value:
        if isinstance(node, Call):
            return self._call(node)
        if isinstance(node, Array):
            return [series for item in node.items for series in self._members(item)]
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Name) and self._is_id(node.name):
            return self.value(node.name)
        if isinstance(node, Text):
            raise MathError(f"Unexpected text '{node.value}'")
        raise MathError(f"Unknown identifier '{node.name}'")

    def _call(self, node: Call) -> Value:
        name, arguments = node.name, node.arguments
        if name == "METRICS":
            return self._all_metrics(arguments)
        if name == "SEARCH":
            return self._found(arguments)
        if name in OPERATORS:
            left, right = map(self._evaluate, arguments)
            return combine(left, right, OPERATORS[name])
        if name not in FUNCTIONS:
            return call(name, self._grid, ())
        return call(name, self._grid, [self._argument(name, each) for each in arguments])

    def _argument(self, function: str, node: Node) -> Value:
        """An argument, which is a word for FILL and SORT."""
        if isinstance(node, Name) and function in ("FILL", "SORT") and not self._is_id(node.name):
            word = node.name.upper()
            if word in (*WORDS, "AVG", "MAX", "MIN", "SUM", "STDDEV"):
                return word
        return self._evaluate(node)

    def _is_id(self, name: str) -> bool:
        return name in self._metrics or name in self._expressions

    def _members(self, node: Node) -> list[TimeSeries]:
        value = self._evaluate(node)
        if isinstance(value, float | int):
            value = time_series(self._grid, [value])
        return value if isinstance(value, list) else [series_of(value)]

    def _found(self, arguments: tuple[Node, ...]) -> Value:
        """The metrics that a text finds, each with a statistic."""
        texts = [each.value for each in arguments[:2] if isinstance(each, Text)]
        period = period_of_search(Call("SEARCH", arguments))
        if len(texts) < 2 or len(arguments) > 3 or period <= 0 or self._search is None:
            raise MathError("Invalid arguments for the function SEARCH")
        return self._search(texts[0], texts[1], period)

    def _all_metrics(self, arguments: tuple[Node, ...]) -> Value:
        """All metrics of the request, or those whose id contains a text."""
        wanted = arguments[0].value if arguments and isinstance(arguments[0], Text) else ""
        return [series_of(self.value(id)) for id in self._metrics if wanted in id]


def searches_in(node: Node) -> Iterator[Call]:
    """The calls of SEARCH in an expression."""
    if isinstance(node, Call) and node.name == "SEARCH":
        yield node
    elif isinstance(node, Call | Array):
        for each in node.arguments if isinstance(node, Call) else node.items:
            yield from searches_in(each)


def period_of_search(node: Call) -> int:
    """The third argument; five minutes without one."""
    if len(node.arguments) < 3:
        return 300
    third = node.arguments[2]
    return int(third.value) if isinstance(third, Number) else 0


def parse_named(id: str, text: str) -> Node:
    try:
        return parse(text)
    except MathError as error:
        raise MathError(f"Error in expression '{id}': {error}") from error
