"""What a rule asks of the data: aggregates of one query over the table, or a query of its own.

Values that are compared in SQL are compared by Athena's engine, so with its types; Glue's own Spark
differs from it only in what ``where`` and CustomSql may contain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lab.providers.glue.quality.dqdl import Age, Condition, Operand, Rule

Columns = dict[str, str]
"""The types of the table's columns, in Hive's words, by their names in lower case."""


class RuleError(Exception):
    """Why a rule cannot be evaluated: its result is ERROR."""


@dataclass(slots=True)
class Question:
    """The aggregates that a rule wants of the table, filtered by ``where``."""

    aggregates: list[str]
    where: str | None = None


@dataclass(slots=True)
class Asked:
    """Expressions to select, each once, and where a rule finds its own."""

    expressions: list[str] = field(default_factory=list)

    def place(self, expression: str) -> int:
        if expression not in self.expressions:
            self.expressions.append(expression)
        return self.expressions.index(expression)


def quoted(name: str) -> str:
    return '"' + name.lower().replace('"', '""') + '"'


def column(rule: Rule, columns: Columns, place: int = 0) -> str:
    """A column of the table that the rule names, as SQL."""
    name = rule.arguments[place]
    if name.lower() not in columns:
        raise RuleError(f"Column {name} not found in the input dataset.")
    return quoted(name)


def filtered(aggregate: str, where: str | None) -> str:
    return f"{aggregate} FILTER (WHERE {where})" if where else aggregate


def satisfied(expression: str, kind: str, condition: Condition, now: datetime) -> str:
    """SQL that is true for each value that satisfies the condition. Nulls satisfy only negations,
    and what names NULL.
    """
    is_negative = condition.negated or condition.operator == "!="
    parts = [_compared(expression, kind, condition, now)] if condition.operands else []
    blank = {"EMPTY": "= ''", "WHITESPACES_ONLY": "<> '' AND trim({0}) = ''"}
    parts += [
        f"CAST({expression} AS varchar) {blank[word].format(expression)}"
        for word in sorted(condition.keywords & blank.keys())
    ]
    any_of = " OR ".join(f"coalesce({part}, false)" for part in parts) or "false"
    if "NULL" in condition.keywords:
        any_of = f"({any_of} OR {expression} IS NULL)"
    if is_negative and condition.operator in ("in", "!=", "between", "matches"):
        return f"NOT ({any_of})"
    return f"({any_of})"


def _compared(expression: str, kind: str, condition: Condition, now: datetime) -> str:
    values = [literal(each, kind, now) for each in condition.operands]
    match condition.operator:
        case "between":
            # Both ends are left out, as Glue has it.
            return f"({expression} > {values[0]} AND {expression} < {values[1]})"
        case "in":
            return f"{expression} IN ({', '.join(values)})"
        case "matches":
            return f"regexp_like(CAST({expression} AS varchar), concat('^(?:', {values[0]}, ')$'))"
        case "!=":
            return f"{expression} = {values[0]}"
    return f"{expression} {condition.operator} {values[0]}"


def literal(value: Operand, kind: str, now: datetime) -> str:
    """A value as SQL, of the column's type."""
    if isinstance(value, Age):
        moment = datetime.fromtimestamp(now.timestamp() + value.seconds, UTC)
        if kind == "date":
            return f"DATE '{moment:%Y-%m-%d}'"
        return f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S}'"
    if isinstance(value, str):
        text = "'" + value.replace("'", "''") + "'"
        if kind in ("date", "timestamp"):
            return f"CAST({text} AS {kind})"
        return text
    number = f"{value:.0f}" if value == int(value) else repr(value)
    return f"'{number}'" if kind in ("string", "char", "varchar") else number


def meets(value: float, condition: Condition) -> bool:
    """Whether a measured number satisfies an expression such as ``> 0.95``."""
    numbers = [_number(each) for each in condition.operands]
    match condition.operator:
        case "between":
            found = numbers[0] < value < numbers[1]
        case "in":
            found = value in numbers
        case _:
            [number] = numbers
            found = {
                ">": value > number,
                "<": value < number,
                ">=": value >= number,
                "<=": value <= number,
                "=": value == number,
                "!=": value != number,
            }[condition.operator]
    return found is not condition.negated


def _number(value: Operand) -> float:
    if isinstance(value, str):
        raise RuleError(f"{value!r} is no number.")
    return value.seconds if isinstance(value, Age) else value


def numbers(row: Sequence[str | None]) -> list[float]:
    """A row of aggregates; NaN for what has no value, as the mean of no rows."""
    return [float("nan") if each is None else float(each) for each in row]
