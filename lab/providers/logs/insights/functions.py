"""The functions of Logs Insights as SQL of DuckDB.

Values are texts, numbers, moments (milliseconds) or truths; a text that is used as a number is one
where it reads like one, and nothing elsewhere.

Source: Amazon CloudWatch Logs User Guide, "Boolean, comparison, numeric, datetime, and other
functions", "stats".
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

TEXT, NUMBER, TIME, TRUTH = "text", "number", "time", "truth"


class Sql(NamedTuple):
    """An expression of SQL, and what kind of value it has."""

    text: str
    kind: str


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def number(value: Sql) -> str:
    if value.kind == NUMBER:
        return value.text
    if value.kind == TRUTH:
        return f"CAST({value.text} AS DOUBLE)"
    return f"TRY_CAST({value.text} AS DOUBLE)"


def text(value: Sql) -> str:
    """A number as text has no decimals where it needs none."""
    if value.kind == TEXT:
        return value.text
    if value.kind == TRUTH:
        return f"CASE WHEN {value.text} THEN '1' ELSE '0' END"
    if value.kind == TIME:
        return f"CAST({value.text} AS VARCHAR)"
    return f"regexp_replace(CAST({value.text} AS VARCHAR), '\\.0$', '')"


def truth(value: Sql) -> str:
    if value.kind == TRUTH:
        return value.text
    return f"({number(value)} <> 0)"


class Function(NamedTuple):
    """How many arguments it takes at least and at most, and what makes its SQL."""

    least: int
    most: int
    make: Callable[[Sequence[Sql]], Sql]


def _numeric(template: str) -> Function:
    return Function(1, 1, lambda args: Sql(template.format(number(args[0])), NUMBER))


def _textual(template: str, kind: str = TEXT) -> Function:
    return Function(1, 1, lambda args: Sql(template.format(text(args[0])), kind))


def _many(name: str) -> Function:
    return Function(
        1, 99, lambda args: Sql(f"{name}({', '.join(number(each) for each in args)})", NUMBER)
    )


def _trim(name: str) -> Function:
    return Function(1, 2, lambda args: Sql(f"{name}({', '.join(map(text, args))})", TEXT))


def _substr(args: Sequence[Sql]) -> Sql:
    """Places count from 0, and below it from the end."""
    start = f"CAST({number(args[1])} AS BIGINT)"
    place = f"CASE WHEN {start} < 0 THEN {start} ELSE {start} + 1 END"
    length = f", CAST({number(args[2])} AS BIGINT)" if len(args) > 2 else ""
    return Sql(f"substr({text(args[0])}, {place}{length})", TEXT)


def _coalesce(args: Sequence[Sql]) -> Sql:
    kinds = {each.kind for each in args}
    if len(kinds) == 1:
        return Sql(f"coalesce({', '.join(each.text for each in args)})", kinds.pop())
    return Sql(f"coalesce({', '.join(map(text, args))})", TEXT)


def _udf(name: str, least: int = 1) -> Function:
    """A function that Python computes (see ``lab.providers.logs.insights.addresses``)."""
    return Function(least, least, lambda args: Sql(_asked(name, args), TRUTH))


def _asked(name: str, args: Sequence[Sql]) -> str:
    return f"coalesce({name}({', '.join(map(text, args))}), false)"


ADDRESSES = ("isvalidip", "isvalidipv4", "isvalidipv6")
SUBNETS = ("isipinsubnet", "isipv4insubnet", "isipv6insubnet")

SCALARS: dict[str, Function] = {
    "abs": _numeric("abs({})"),
    "ceil": _numeric("ceil({})"),
    "floor": _numeric("floor({})"),
    "log": _numeric("ln(CASE WHEN {0} > 0 THEN {0} END)"),
    "sqrt": _numeric("sqrt(CASE WHEN {0} >= 0 THEN {0} END)"),
    "negate": _numeric("(-{})"),
    "greatest": _many("greatest"),
    "least": _many("least"),
    "now": Function(0, 0, lambda _: Sql("floor(epoch(now()))", NUMBER)),
    "frommillis": Function(1, 1, lambda args: Sql(f"CAST({number(args[0])} AS BIGINT)", TIME)),
    "tomillis": Function(1, 1, lambda args: Sql(number(args[0]), NUMBER)),
    "ispresent": Function(1, 1, lambda args: Sql(f"({args[0].text} IS NOT NULL)", TRUTH)),
    "coalesce": Function(1, 99, _coalesce),
    "isempty": _textual("coalesce({0} = '', true)", TRUTH),
    "isblank": _textual("coalesce(trim({0}, E' \\t\\n\\r') = '', true)", TRUTH),
    "concat": Function(1, 99, lambda args: Sql(f"concat({', '.join(map(text, args))})", TEXT)),
    "trim": _trim("trim"),
    "ltrim": _trim("ltrim"),
    "rtrim": _trim("rtrim"),
    "strlen": _textual("CAST(length({}) AS DOUBLE)", NUMBER),
    "toupper": _textual("upper({})"),
    "tolower": _textual("lower({})"),
    "substr": Function(2, 3, _substr),
    "replace": Function(3, 3, lambda args: Sql(f"replace({', '.join(map(text, args))})", TEXT)),
    "strcontains": Function(
        2, 2, lambda args: Sql(f"contains({text(args[0])}, {text(args[1])})", TRUTH)
    ),
    **{name: _udf(name) for name in ADDRESSES},
    **{name: _udf(name, 2) for name in SUBNETS},
}


def _aggregate(name: str) -> Function:
    return Function(1, 1, lambda args: Sql(f"{name}({number(args[0])})", NUMBER))


def _extreme(name: str) -> Function:
    """Of moments, a moment; else of numbers."""
    return Function(
        1,
        1,
        lambda args: (
            Sql(f"{name}({args[0].text})", TIME)
            if args[0].kind == TIME
            else Sql(f"{name}({number(args[0])})", NUMBER)
        ),
    )


def _at(name: str) -> Function:
    """The value of the event whose time is the first or the last."""
    return Function(1, 1, lambda args: Sql(f'{name}({args[0].text}, "@timestamp")', args[0].kind))


def _sorts(name: str) -> Function:
    return Function(1, 1, lambda args: Sql(f"{name}({text(args[0])})", TEXT))


def _count(args: Sequence[Sql]) -> Sql:
    what = args[0].text if args else "*"
    return Sql(f"CAST(count({what}) AS DOUBLE)", NUMBER)


def _percentile(args: Sequence[Sql]) -> Sql:
    return Sql(f"quantile_cont({number(args[0])}, {number(args[1])} / 100)", NUMBER)


AGGREGATES: dict[str, Function] = {
    "avg": _aggregate("avg"),
    "sum": _aggregate("sum"),
    "stddev": _aggregate("stddev_samp"),
    "max": _extreme("max"),
    "min": _extreme("min"),
    "count": Function(0, 1, _count),
    "count_distinct": Function(
        1, 1, lambda args: Sql(f"CAST(count(DISTINCT {args[0].text}) AS DOUBLE)", NUMBER)
    ),
    "pct": Function(2, 2, _percentile),
    "earliest": _at("arg_min"),
    "latest": _at("arg_max"),
    "sortsfirst": _sorts("min"),
    "sortslast": _sorts("max"),
}
