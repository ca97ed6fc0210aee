"""The table of metric math: an expression over m (1, 2, -, 4), n (2, 2, 2, 0) and what it gives."""

import pytest

from lab.providers.cloudwatch.math_functions import REFUSED, Grid
from lab.providers.cloudwatch.math_syntax import MathError
from lab.providers.cloudwatch.math_values import TimeSeries
from lab.providers.cloudwatch.metric_math import Calculation

GRID = Grid(range(0, 240, 60), 60)
M = TimeSeries({0: 1.0, 60: 2.0, 180: 4.0}, "m")
N = TimeSeries({0: 2.0, 60: 2.0, 120: 2.0, 180: 0.0}, "n")

Row = list[float | None]


def rows(expression: str) -> list[Row]:
    metrics = {"m": lambda: M, "n": lambda: N}
    found = Calculation(metrics, {"e": expression}, GRID).series("e")
    return [[series.values.get(at) for at in GRID.moments] for series in found]


@pytest.mark.fidelity("cloudwatch.metric_math")
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m + n * 2", [[5, 6, None, 4]]),
        ("-m ^ 2", [[-1, -4, None, -16]]),
        ("(m - 1) / n", [[0, 0.5, None, None]]),
        ("m >= 2 AND n == 2", [[0, 1, None, 0]]),
        ("m > 3 || n > 1", [[1, 1, None, 1]]),
        ("IF(m > 1, m, n)", [[2, 2, None, 4]]),
        ("IF(m > 1, 7)", [[None, 7, None, 7]]),
        ("FILL(m, 0)", [[1, 2, 0, 4]]),
        ("FILL(m, REPEAT)", [[1, 2, 2, 4]]),
        ("FILL(m, LINEAR)", [[1, 2, 3, 4]]),
        ("FILL(m, n)", [[1, 2, 2, 4]]),
        ("RATE(m)", [[None, 1 / 60, None, 2 / 120]]),
        ("DIFF(m)", [[None, 1, None, 2]]),
        ("DIFF_TIME(m)", [[None, 60, None, 120]]),
        ("RUNNING_SUM(m)", [[1, 3, None, 7]]),
        ("m / PERIOD(m)", [[1 / 60, 2 / 60, None, 4 / 60]]),
        ("m - AVG(n)", [[-0.5, 0.5, None, 2.5]]),
        ("m + SUM(m) + MAX(m) + MIN(m)", [[13, 14, None, 16]]),
        ("TIME_SERIES(STDDEV(n))", [[0.75**0.5] * 4]),
        ("TIME_SERIES(DATAPOINT_COUNT(m))", [[3] * 4]),
        ("SUM([m, n])", [[3, 4, 2, 4]]),
        ("MAX([m, 3])", [[3, 3, 3, 4]]),
        ("AVG(METRICS())", [[1.5, 2, 2, 2]]),
        ('METRICS("n") * 2', [[4, 4, 4, 0]]),
        ("SORT(METRICS(), MAX, ASC)", [[2, 2, 2, 0], [1, 2, None, 4]]),
        ("SORT(METRICS(), SUM, DESC, 1)", [[1, 2, None, 4]]),
        ("SLICE(METRICS(), 1)", [[2, 2, 2, 0]]),
        ("SLICE(METRICS(), 0, 1)", [[1, 2, None, 4]]),
        ("FIRST(METRICS())", [[1, 2, None, 4]]),
        ("LAST(METRICS())", [[2, 2, 2, 0]]),
        ("METRIC_COUNT(METRICS()) + m", [[3, 4, None, 6]]),
        ("CEIL(m / 3) + FLOOR(m / 3)", [[1, 1, None, 3]]),
        ("ABS(1 - m)", [[0, 1, None, 3]]),
        ("LOG10(n * 50)", [[2, 2, 2, None]]),
        ("MINUTE(m) + YEAR(m)", [[1970, 1971, None, 1973]]),
    ],
)
def test_expressions_give(expression: str, expected: list[Row]) -> None:
    assert rows(expression) == [pytest.approx(row) for row in expected]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("[m, n] + [m, n]", "Operators do not accept two arrays of time series"),
        ("m $ n", "Unexpected character '$' at position 3"),
        ("(m", "Unexpected end of the expression"),
        ("e + 1", "it depends on itself"),
        ("FILL(m)", "Invalid arguments for the function FILL"),
        *((f"{name}(m)", f"The function {name} is not supported by this lab") for name in REFUSED),
    ],
)
def test_others_are_refused(expression: str, message: str) -> None:
    with pytest.raises(MathError) as raised:
        rows(expression)
    assert str(raised.value) == f"Error in expression 'e': {message}"
