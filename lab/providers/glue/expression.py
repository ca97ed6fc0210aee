"""The filter of GetPartitions: a condition on partition keys, in a small SQL.

Source: AWS Glue API reference, "GetPartitions", Expression: =, <>, <, <=, >, >=, AND, OR, NOT,
BETWEEN, IN, LIKE, IS NULL.
"""

import datetime as dt
import fnmatch
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lab.providers.glue.errors import invalid

INTEGERS = ("tinyint", "smallint", "int", "integer", "bigint", "long")
COMPARISONS: dict[type, Callable[[Any, Any], bool]] = {
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
}


class PartitionFilter:
    """A parsed expression over partition keys. InvalidInputException when it cannot be
    understood.
    """

    def __init__(self, expression: str, keys: list[dict[str, Any]]) -> None:
        self.types = {key["Name"].lower(): str(key.get("Type", "string")).lower() for key in keys}
        self.names = list(self.types)
        try:
            self.tree = sqlglot.parse_one(expression, dialect="hive")
        except SqlglotError as error:
            raise invalid(f"Unsupported expression '{expression}'") from error
        self._expression = expression

    def accepts(self, values: list[str]) -> bool:
        """Whether the expression is true of a partition."""
        return self._test(self.tree, dict(zip(self.names, values, strict=True)))

    def _test(self, node: exp.Expr, values: dict[str, str]) -> bool:  # noqa: PLR0911  one return per kind
        match node:
            case exp.Paren():
                return self._test(node.this, values)
            case exp.And():
                return self._test(node.left, values) and self._test(node.right, values)
            case exp.Or():
                return self._test(node.left, values) or self._test(node.right, values)
            case exp.Not():
                return not self._test(node.this, values)
            case exp.Between():
                value = self._value(node.this, values, node.args["low"])
                low = self._value(node.args["low"], values, node.this)
                high = self._value(node.args["high"], values, node.this)
                return bool(low <= value <= high)
            case exp.In():
                value = self._value(node.this, values, node.this)
                return value in [self._value(item, values, node.this) for item in node.expressions]
            case exp.Like():
                return self._like(node, values)
            case exp.Is():
                return self._value(node.this, values, node.this) == "__HIVE_DEFAULT_PARTITION__"
        if type(node) in COMPARISONS and isinstance(node, exp.Binary):
            left = self._value(node.left, values, node.right)
            right = self._value(node.right, values, node.left)
            return COMPARISONS[type(node)](left, right)
        raise invalid(f"Unsupported expression '{self._expression}'")

    def _like(self, node: exp.Like, values: dict[str, str]) -> bool:
        text = str(self._value(node.this, values, node.this))
        pattern = str(node.expression.this)
        for special in "[]*?":
            pattern = pattern.replace(special, f"[{special}]")
        found = fnmatch.fnmatchcase(text, pattern.replace("%", "*").replace("_", "?"))
        return found != bool(node.args.get("negate"))

    def _value(self, node: exp.Expr, values: dict[str, str], other: exp.Expr) -> Any:
        """A column's value or a constant, in the type of the column on either side."""
        column = node if isinstance(node, exp.Column) else other
        if not isinstance(column, exp.Column) or column.name.lower() not in self.types:
            raise invalid(f"Unsupported expression '{self._expression}'")
        name = column.name.lower()
        if isinstance(node, exp.Column):
            return self._typed(values[name], self.types[name])
        inner = node.this if isinstance(node, exp.Neg) else node
        inner = inner.this if isinstance(inner, exp.Cast) else inner
        if not isinstance(inner, exp.Literal):
            raise invalid(f"Unsupported expression '{self._expression}'")
        sign = "-" if isinstance(node, exp.Neg) else ""
        return self._typed(sign + str(inner.this), self.types[name])

    def _typed(self, text: str, kind: str) -> Any:
        try:
            if kind in INTEGERS:
                return int(text)
            if kind.startswith("decimal"):
                return Decimal(text)
            if kind == "date":
                return dt.date.fromisoformat(text[:10])
            if kind == "timestamp":
                return dt.datetime.fromisoformat(text)
        except (ValueError, InvalidOperation) as error:
            raise invalid(
                f"Value {text} is not a {kind} in expression '{self._expression}'"
            ) from error
        return text
