"""What metric math computes with: numbers, time series, and arrays of time series.

An operator between two series has a value where both have one. Arrays are not combined with
arrays.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lab.providers.cloudwatch.math_syntax import MathError


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """Values by moment (seconds), in order."""

    values: dict[int, float] = field(default_factory=dict)
    label: str = ""
    id: str = ""

    def map(self, function: Callable[[float], float]) -> "TimeSeries":
        """The function of each value; where it has none (a logarithm of 0) there is no value."""
        return self.with_values({at: function(value) for at, value in self.values.items()})

    def with_values(self, values: dict[int, float]) -> "TimeSeries":
        finite = {at: value for at, value in values.items() if math.isfinite(value)}
        return replace(self, values=finite)


Array = list[TimeSeries]
Value = float | TimeSeries | Array | str
"""Text is a word such as REPEAT, which few functions take."""


def each(value: Value, function: Callable[[float], float]) -> Value:
    """The function of a number, or of each value of series."""
    if isinstance(value, list):
        return [series.map(function) for series in value]
    return value.map(function) if isinstance(value, TimeSeries) else function(_number(value))


def combine(left: Value, right: Value, operator: Callable[[float, float], float]) -> Value:
    """An operator between two values, of which at most one is an array."""
    if isinstance(left, list) and isinstance(right, list):
        raise MathError("Operators do not accept two arrays of time series")
    if isinstance(left, list):
        return [_series(combine(series, right, operator)) for series in left]
    if isinstance(right, list):
        return [_series(combine(left, series, operator)) for series in right]
    if isinstance(left, TimeSeries) and isinstance(right, TimeSeries):
        common = {
            at: operator(value, right.values[at])
            for at, value in left.values.items()
            if at in right.values
        }
        return left.with_values(common)
    if isinstance(left, TimeSeries):
        number = _number(right)
        return left.map(lambda value: operator(value, number))
    if isinstance(right, TimeSeries):
        number = _number(left)
        return right.map(lambda value: operator(number, value))
    return operator(_number(left), _number(right))


def _series(value: Value) -> TimeSeries:
    assert isinstance(value, TimeSeries)
    return value


def _number(value: Value) -> float:
    if not isinstance(value, float | int):
        raise MathError(f"Unexpected word '{value}'")
    return value


def divided(left: float, right: float) -> float:
    """Nothing where the divisor is 0: the series has no value there."""
    return left / right if right else math.nan


def powered(left: float, right: float) -> float:
    try:
        found = left**right
    except (OverflowError, ZeroDivisionError):
        return math.nan
    return found if isinstance(found, float | int) else math.nan


OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": divided,
    "^": powered,
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "<": lambda left, right: float(left < right),
    "<=": lambda left, right: float(left <= right),
    ">": lambda left, right: float(left > right),
    ">=": lambda left, right: float(left >= right),
    "AND": lambda left, right: float(bool(left and right)),
    "OR": lambda left, right: float(bool(left or right)),
}
