"""The functions of metric math, by name.

What is not here is refused: those in ``REFUSED`` by saying that the lab has not got them, all
others as unknown.

Source: Amazon CloudWatch User Guide, "Metric math syntax and functions".
"""

import datetime as dt
import itertools
import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from lab.providers.cloudwatch.math_syntax import MathError
from lab.providers.cloudwatch.math_values import Array, TimeSeries, Value, each

REFUSED = (
    *("ANOMALY_DETECTION_BAND", "DB_PERF_INSIGHTS", "INSIGHT_RULE_METRIC", "LAMBDA"),
    "SERVICE_QUOTA",
)


class Grid(NamedTuple):
    """The periods that were asked for: their beginnings, and their length in seconds."""

    moments: Sequence[int]
    period: int


Function = Callable[[Grid, Sequence[Value]], Value]
FUNCTIONS: dict[str, Function] = {}


def call(name: str, grid: Grid, arguments: Sequence[Value]) -> Value:
    if name in REFUSED:
        raise MathError(f"The function {name} is not supported by this lab")
    if name not in FUNCTIONS:
        raise MathError(f"Unknown function '{name}'")
    try:
        return FUNCTIONS[name](grid, arguments)
    except (IndexError, ValueError, TypeError, AttributeError) as error:
        raise MathError(f"Invalid arguments for the function {name}") from error


def _named(name: str) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        FUNCTIONS[name] = function
        return function

    return register


def series_of(value: Value) -> TimeSeries:
    if not isinstance(value, TimeSeries):
        raise TypeError("a time series is wanted")
    return value


def _array(value: Value) -> Array:
    if not isinstance(value, list):
        raise TypeError("an array of time series is wanted")
    return value


def _number(value: Value) -> float:
    if isinstance(value, float | int):
        return value
    raise TypeError("a number is wanted")


def _all(value: Value, function: Callable[[TimeSeries], TimeSeries]) -> Value:
    """A function of one series, or of each in an array."""
    if isinstance(value, list):
        return [function(series) for series in value]
    return function(series_of(value))


def across(array: Array, reduce: Callable[[list[float]], float]) -> TimeSeries:
    """One series of many: at each moment, of the values that are there."""
    moments = sorted({at for series in array for at in series.values})
    return TimeSeries().with_values(
        {at: reduce([s.values[at] for s in array if at in s.values]) for at in moments}
    )


REDUCTIONS: dict[str, Callable[[list[float]], float]] = {
    "AVG": statistics.fmean,
    "MAX": max,
    "MIN": min,
    "SUM": math.fsum,
    "STDDEV": statistics.pstdev,
}


def _reduction(name: str, reduce: Callable[[list[float]], float]) -> Function:
    def function(_grid: Grid, arguments: Sequence[Value]) -> Value:
        (value,) = arguments
        if isinstance(value, list):
            return across(value, reduce)
        if isinstance(value, TimeSeries):
            return reduce(list(value.values.values())) if value.values else math.nan
        return reduce([_number(value)])

    function.__name__ = name
    return function


def _elementwise(compute: Callable[[float], float]) -> Function:
    def function(_grid: Grid, arguments: Sequence[Value]) -> Value:
        (value,) = arguments
        return each(value, compute)

    return function


def _log(base: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: base(value) if value > 0 else math.nan


def _calendar(part: Callable[[dt.datetime], int]) -> Function:
    """A part of each moment, in UTC."""

    def function(_grid: Grid, arguments: Sequence[Value]) -> Value:
        (value,) = arguments
        return _all(
            value,
            lambda series: series.with_values(
                {at: float(part(dt.datetime.fromtimestamp(at, dt.UTC))) for at in series.values}
            ),
        )

    return function


FUNCTIONS |= {name: _reduction(name, reduce) for name, reduce in REDUCTIONS.items()}
FUNCTIONS |= {
    "ABS": _elementwise(abs),
    "CEIL": _elementwise(lambda value: float(math.ceil(value))),
    "FLOOR": _elementwise(lambda value: float(math.floor(value))),
    "LOG": _elementwise(_log(math.log)),
    "LOG10": _elementwise(_log(math.log10)),
    "NEGATE": _elementwise(lambda value: -value),
    "MINUTE": _calendar(lambda moment: moment.minute),
    "HOUR": _calendar(lambda moment: moment.hour),
    "DAY": _calendar(lambda moment: moment.isoweekday()),
    "DATE": _calendar(lambda moment: moment.day),
    "MONTH": _calendar(lambda moment: moment.month),
    "YEAR": _calendar(lambda moment: moment.year),
    "EPOCH": _calendar(lambda moment: int(moment.timestamp())),
}


def _steps(compute: Callable[[float, int], float]) -> Function:
    """Of each value's difference from the one before, and the seconds between them."""

    def of(series: TimeSeries) -> TimeSeries:
        points = list(series.values.items())
        return series.with_values(
            {
                at: compute(value - before, at - earlier)
                for (earlier, before), (at, value) in itertools.pairwise(points)
            }
        )

    def function(_grid: Grid, arguments: Sequence[Value]) -> Value:
        (value,) = arguments
        return _all(value, of)

    return function


FUNCTIONS |= {
    "DIFF": _steps(lambda difference, _seconds: difference),
    "DIFF_TIME": _steps(lambda _difference, seconds: float(seconds)),
    "RATE": _steps(lambda difference, seconds: difference / seconds),
}


@_named("RUNNING_SUM")
def running_sum(_grid: Grid, arguments: Sequence[Value]) -> Value:
    (value,) = arguments

    def of(series: TimeSeries) -> TimeSeries:
        total, sums = 0.0, {}
        for at, number in series.values.items():
            total += number
            sums[at] = total
        return series.with_values(sums)

    return _all(value, of)


@_named("FILL")
def fill(grid: Grid, arguments: Sequence[Value]) -> Value:
    """Gaps get a number, another series' value, REPEAT's earlier one, or LINEAR's between two."""
    value, filler = arguments

    def of(series: TimeSeries) -> TimeSeries:
        return series.with_values(dict(_filled(grid.moments, series.values, filler)))

    return _all(value, of)


def _filled(
    moments: Iterable[int], values: dict[int, float], filler: Value
) -> Iterable[tuple[int, float]]:
    known = list(values)
    place = 0
    for at in moments:
        while place < len(known) and known[place] <= at:
            place += 1
        if at in values:
            yield at, values[at]
        elif isinstance(filler, TimeSeries):
            if at in filler.values:
                yield at, filler.values[at]
        elif not isinstance(filler, str):
            yield at, _number(filler)
        elif place and (filler == "REPEAT" or place < len(known)):
            before = known[place - 1]
            share = 0.0
            if filler == "LINEAR":
                share = (at - before) / (known[place] - before)
                yield at, values[before] + share * (values[known[place]] - values[before])
            else:
                yield at, values[before]


@_named("IF")
def choose(_grid: Grid, arguments: Sequence[Value]) -> Value:
    """The second value where the condition is not 0, else the third, else nothing."""
    condition, chosen, *rest = arguments
    other = rest[0] if rest else None
    if not isinstance(condition, TimeSeries | list):
        if condition:
            return chosen
        return TimeSeries() if other is None else other
    where = series_of(condition)
    for branch in (chosen, other):
        if isinstance(branch, list):
            return [
                series_of(choose(_grid, [where, *(s if b is branch else b for b in arguments[1:])]))
                for s in branch
            ]
    found = {}
    for at, truth in where.values.items():
        branch = chosen if truth else other
        if isinstance(branch, TimeSeries):
            if at in branch.values:
                found[at] = branch.values[at]
        elif branch is not None:
            found[at] = _number(branch)
    return where.with_values(found)


@_named("PERIOD")
def period(grid: Grid, arguments: Sequence[Value]) -> Value:
    series_of(*arguments)
    return float(grid.period)


@_named("TIME_SERIES")
def time_series(grid: Grid, arguments: Sequence[Value]) -> Value:
    number = _number(*arguments)
    return TimeSeries().with_values(dict.fromkeys(grid.moments, number))


@_named("DATAPOINT_COUNT")
def datapoint_count(_grid: Grid, arguments: Sequence[Value]) -> Value:
    (value,) = arguments
    if isinstance(value, list):
        return across(value, lambda values: float(len(values)))
    return float(len(series_of(value).values))


@_named("METRIC_COUNT")
def metric_count(_grid: Grid, arguments: Sequence[Value]) -> Value:
    return float(len(_array(*arguments)))


@_named("REMOVE_EMPTY")
def remove_empty(_grid: Grid, arguments: Sequence[Value]) -> Value:
    return [series for series in _array(*arguments) if series.values]


@_named("FIRST")
def first(_grid: Grid, arguments: Sequence[Value]) -> Value:
    return _array(*arguments)[0]


@_named("LAST")
def last(_grid: Grid, arguments: Sequence[Value]) -> Value:
    return _array(*arguments)[-1]


@_named("SLICE")
def cut(_grid: Grid, arguments: Sequence[Value]) -> Value:
    array, *bounds = arguments
    start, *end = (int(_number(bound)) for bound in bounds)
    return _array(array)[start : end[0] if end else None]


@_named("SORT")
def sort(_grid: Grid, arguments: Sequence[Value]) -> Value:
    """By a reduction of each series, ASC or DESC; a fourth argument keeps so many."""
    array, by, order, *most = arguments
    reduce = REDUCTIONS.get(str(by))
    if reduce is None or order not in ("ASC", "DESC"):
        raise ValueError("SORT wants AVG, MAX, MIN, SUM or STDDEV, then ASC or DESC")
    ranked = sorted(
        (series for series in _array(array) if series.values),
        key=lambda series: reduce(list(series.values.values())),
        reverse=order == "DESC",
    )
    return ranked[: int(_number(most[0]))] if most else ranked


def relabelled(value: Value, label: str) -> Value:
    """What a query's result is called: an array's series keep their own labels behind it."""
    if isinstance(value, list):
        return [replace(s, label=f"{label} {s.label}".strip() if label else s.label) for s in value]
    return replace(series_of(value), label=label) if isinstance(value, TimeSeries) else value
