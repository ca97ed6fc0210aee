"""Expressions of a query as SQL."""

from collections.abc import Callable, Sequence

from lab.providers.logs.insights.functions import (
    AGGREGATES,
    NUMBER,
    SCALARS,
    TEXT,
    TIME,
    TRUTH,
    Sql,
    number,
    quoted,
    text,
    truth,
)
from lab.providers.logs.insights.syntax import (
    COMPARISONS,
    Call,
    Duration,
    Field,
    Literal,
    Node,
    Regex,
)
from lab.providers.logs.insights.tokens import QueryError

UNITS = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 1),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1000),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60_000),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3_600_000),
    **dict.fromkeys(("d", "day", "days"), 86_400_000),
    **dict.fromkeys(("w", "week", "weeks"), 604_800_000),
}
CALENDAR = {
    **dict.fromkeys(("mo", "mon", "month", "months"), 1),
    **dict.fromkeys(("q", "qtr", "quarter", "quarters"), 3),
    **dict.fromkeys(("y", "yr", "year", "years"), 12),
}
MONDAY = 345_600_000
"""The first Monday: weeks begin there, not at the epoch's Thursday."""

ARITHMETIC = {"+": "{} + {}", "-": "{} - {}", "*": "{} * {}", "^": "pow({}, {})"}
ARITHMETIC |= {"/": "{} / NULLIF({}, 0)", "%": "{} % NULLIF({}, 0)"}
DATES = ("bin", "datefloor", "dateceil")

FieldOf = Callable[[str], Sql]


class Expressions:
    """Makes SQL of expressions; ``field_of`` knows what each name stands for."""

    def __init__(self, field_of: FieldOf) -> None:
        self._field_of = field_of

    def sql(self, node: Node, *, aggregates: bool = False) -> Sql:
        """Raise QueryError for what Logs Insights does not know."""
        match node:
            case Field(name):
                return self._field_of(name)
            case Literal(float(value)):
                return Sql(f"CAST({value!r} AS DOUBLE)", NUMBER)
            case Literal(value):
                return Sql(quoted(str(value)), TEXT)
            case Call():
                return self._call(node, aggregates)
        raise QueryError("A regular expression or a duration stands where a value is wanted")

    def _call(self, node: Call, aggregates: bool) -> Sql:
        name = node.name
        if name in DATES:
            return self._date(node)
        if name in ("like", "in"):
            return self._matching(node, aggregates)
        if name in AGGREGATES or name in SCALARS:
            return self._function(node, aggregates)
        return self._operator(name, [self.sql(n, aggregates=aggregates) for n in node.arguments])

    @staticmethod
    def _operator(name: str, arguments: Sequence[Sql]) -> Sql:
        if name in ("and", "or", "not"):
            return _logic(name, arguments)
        if name in COMPARISONS:
            return compared(name, *arguments)
        if name in ARITHMETIC:
            values = [number(each) for each in arguments]
            return Sql(f"({ARITHMETIC[name].format(*values)})", NUMBER)
        raise QueryError(f"unknown function {name}")

    def _function(self, node: Call, aggregates: bool) -> Sql:
        name, function = node.name, SCALARS.get(node.name)
        if function is None:
            if not aggregates:
                raise QueryError(f"the function {name} stands outside of stats")
            function, aggregates = AGGREGATES[name], False
        if not function.least <= len(node.arguments) <= function.most:
            raise QueryError(f"the function {name} has {len(node.arguments)} arguments")
        return function.make([self.sql(each, aggregates=aggregates) for each in node.arguments])

    def _matching(self, node: Call, aggregates: bool) -> Sql:
        left = self.sql(node.arguments[0], aggregates=aggregates)
        if node.name == "in":
            found = [compared("=", left, self.sql(each)).text for each in node.arguments[1:]]
            return Sql(f"({' OR '.join(found)})", TRUTH)
        right = node.arguments[1]
        if isinstance(right, Regex):
            return Sql(f"regexp_matches({text(left)}, {quoted(right.pattern)})", TRUTH)
        return Sql(f"contains({text(left)}, {text(self.sql(right))})", TRUTH)

    def _date(self, node: Call) -> Sql:
        arguments = list(node.arguments)
        if node.name == "bin":
            arguments.insert(0, Field("@timestamp"))
        if len(arguments) != 2 or not isinstance(arguments[1], Duration):
            raise QueryError(f"the function {node.name} wants a period such as 5m")
        value = f"CAST({number(self.sql(arguments[0]))} AS BIGINT)"
        floor = _floored(value, arguments[1])
        if node.name != "dateceil":
            return Sql(floor, TIME)
        step = _next(floor, arguments[1])
        return Sql(f"CASE WHEN {floor} = {value} THEN {value} ELSE {step} END", TIME)


def _floored(value: str, period: Duration) -> str:
    if length := UNITS.get(period.unit, 0) * period.number:
        shift = MONDAY if period.unit.startswith("w") else 0
        return f"(({value} - {shift}) // {length} * {length} + {shift})"
    months = CALENDAR.get(period.unit, 0) * period.number
    if not months:
        raise QueryError(f"unknown period {period.number}{period.unit}")
    return f"epoch_ms(time_bucket(INTERVAL {months} MONTH, make_timestamp_ms({value})))"


def _next(floor: str, period: Duration) -> str:
    if length := UNITS.get(period.unit, 0) * period.number:
        return f"{floor} + {length}"
    months = CALENDAR[period.unit] * period.number
    return f"epoch_ms(make_timestamp_ms({floor}) + INTERVAL {months} MONTH)"


def _logic(name: str, arguments: Sequence[Sql]) -> Sql:
    values = [truth(each) for each in arguments]
    if name == "not":
        return Sql(f"(NOT coalesce({values[0]}, false))", TRUTH)
    return Sql(f"({f' {name.upper()} '.join(values)})", TRUTH)


def compared(operator: str, left: Sql, right: Sql) -> Sql:
    """Beside a number, a text is a number; two texts are ordered as numbers where both are."""
    sign = "<>" if operator == "!=" else operator
    if TEXT not in (left.kind, right.kind) or NUMBER in (left.kind, right.kind):
        found = f"({number(left)} {sign} {number(right)})"
    elif sign in ("=", "<>"):
        found = f"({text(left)} {sign} {text(right)})"
    else:
        one, other = text(left), text(right)
        numbers = f"{number(left)} {sign} {number(right)}"
        found = f"coalesce({numbers}, {one} {sign} {other})"
    if operator == "!=":
        found = f"coalesce({found}, true)"
    return Sql(found, TRUTH)
