"""The filter of GetPartitions: a condition on partition keys, in a small SQL.

It is made into functions once, since it is asked of each of what may be 100,000 partitions.

Source: AWS Glue API reference, "GetPartitions", Expression: =, <>, <, <=, >, >=, AND, OR, NOT,
BETWEEN, IN, LIKE, IS NULL.
"""

import datetime as dt
import operator
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lab.providers.glue.errors import GlueError, invalid

Values = list[str]
Test = Callable[[Values], bool]
Read = Callable[[Values], Any]

NULL = "__HIVE_DEFAULT_PARTITION__"
COMPARISONS: dict[type, Callable[[Any, Any], bool]] = {
    exp.EQ: operator.eq,
    exp.NEQ: operator.ne,
    exp.LT: operator.lt,
    exp.LTE: operator.le,
    exp.GT: operator.gt,
    exp.GTE: operator.ge,
}
# How the text of a partition's value becomes comparable; other types compare as text.
CONVERSIONS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("tinyint", "smallint", "int", "integer", "bigint", "long"), int),
    "decimal": Decimal,
    "date": lambda text: dt.date.fromisoformat(text[:10]),
    "timestamp": dt.datetime.fromisoformat,
}


class PartitionFilter:
    """A parsed expression over partition keys. InvalidInputException when it cannot be
    understood.
    """

    def __init__(self, expression: str, keys: list[dict[str, Any]]) -> None:
        self.types = {key["Name"].lower(): str(key.get("Type", "string")).lower() for key in keys}
        self._expression = expression
        try:
            tree = sqlglot.parse_one(expression, dialect="hive")
        except SqlglotError as error:
            raise self._unsupported() from error
        self.accepts = self._condition(tree)
        """Whether the expression is true of a partition, by its values."""

    def _unsupported(self) -> GlueError:
        return invalid(f"Unsupported expression '{self._expression}'")

    def _condition(self, node: exp.Expr) -> Test:  # noqa: PLR0911  one return per kind
        match node:
            case exp.Paren():
                return self._condition(node.this)
            case exp.And() | exp.Or():
                left, right = self._condition(node.left), self._condition(node.right)
                if isinstance(node, exp.And):
                    return lambda values: left(values) and right(values)
                return lambda values: left(values) or right(values)
            case exp.Not():
                inner = self._condition(node.this)
                return lambda values: not inner(values)
            case exp.Between():
                ends = node.args["low"], node.args["high"]
                column = self._column(node.this, *ends)
                value, low, high = (self._reader(item, column) for item in (node.this, *ends))
                return lambda values: bool(low(values) <= value(values) <= high(values))
            case exp.In() if node.expressions:
                column = self._column(node.this)
                value = self._reader(node.this, column)
                allowed = [self._constant(item, column) for item in node.expressions]
                return lambda values: value(values) in allowed
            case exp.Like():
                return self._like(node)
            case exp.Is() if isinstance(node.expression, exp.Null):
                place = list(self.types).index(self._column(node.this))
                return lambda values: values[place] == NULL
        if type(node) in COMPARISONS and isinstance(node, exp.Binary):
            return self._comparison(node)
        raise self._unsupported()

    def _comparison(self, node: exp.Binary) -> Test:
        column = self._column(node.left, node.right)
        compare = COMPARISONS[type(node)]
        first, second = self._reader(node.left, column), self._reader(node.right, column)
        return lambda values: compare(first(values), second(values))

    def _like(self, node: exp.Like) -> Test:
        if not isinstance(node.expression, exp.Literal):
            raise self._unsupported()
        text = re.escape(str(node.expression.this)).replace("%", ".*").replace("_", ".")
        matches = re.compile(text, re.DOTALL).fullmatch
        place = list(self.types).index(self._column(node.this))
        negated = bool(node.args.get("negate"))
        return lambda values: (matches(values[place]) is not None) != negated

    def _column(self, *nodes: exp.Expr) -> str:
        """The first partition key among the nodes: its type is the type of the comparison."""
        for node in nodes:
            if isinstance(node, exp.Column) and node.name.lower() in self.types:
                return node.name.lower()
        raise self._unsupported()

    def _reader(self, node: exp.Expr, column: str) -> Read:
        """Reads a key's value, or gives a constant in the type of ``column``."""
        if not isinstance(node, exp.Column):
            constant = self._constant(node, column)
            return lambda _: constant
        name = self._column(node)
        place, convert = list(self.types).index(name), self._conversion(name)
        if convert is None:
            return operator.itemgetter(place)
        return lambda values: convert(values[place])

    def _constant(self, node: exp.Expr, column: str) -> Any:
        sign = "-" if isinstance(node, exp.Neg) else ""
        inner = node.this if isinstance(node, exp.Neg) else node
        inner = inner.this if isinstance(inner, exp.Cast) else inner
        if not isinstance(inner, exp.Literal):
            raise self._unsupported()
        text, convert = sign + str(inner.this), self._conversion(column)
        return text if convert is None else convert(text)

    def _conversion(self, column: str) -> Callable[[str], Any] | None:
        """From text to the type of a key; None when that is text."""
        kind = self.types[column]
        convert = CONVERSIONS.get(kind.partition("(")[0])
        if convert is None:
            return None

        def checked(text: str) -> Any:
            try:
                return convert(text)
            except (ValueError, InvalidOperation) as error:
                message = f"Value {text} is not a {kind} in expression '{self._expression}'"
                raise invalid(message) from error

        return checked
