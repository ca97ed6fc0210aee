"""Aggregates of statistics: deviations, correlations, moments. Source: Trino documentation,
"Aggregate functions", section "Statistical aggregate functions".
"""

from collections.abc import Callable
from typing import Any

from lab.engine import types
from lab.engine.types import Type

Result = tuple[str, Type]


def _skewness(a: Any) -> Result:
    """Of the population; of three numbers or more."""
    number = f"CAST({a.first} AS DOUBLE)"
    n = f"CAST({a.write('count', a.first)} AS DOUBLE)"
    value = a.write("skewness", number)
    return f"CASE WHEN {n} >= 3 THEN {value} * ({n} - 2) / sqrt({n} * ({n} - 1)) END", types.DOUBLE


def _kurtosis(a: Any) -> Result:
    value = a.write("kurtosis", f"CAST({a.first} AS DOUBLE)")
    return f"CASE WHEN {a.write('count', a.first)} >= 4 THEN {value} END", types.DOUBLE


def _statistic(function: str) -> Callable[[Any], Result]:
    def write(a: Any) -> Result:
        numbers = [f"CAST({arg.sql} AS DOUBLE)" for arg in a.args]
        kind = (
            types.REAL
            if a.args[0].type.name == "real" and a.returns == types.REAL
            else types.DOUBLE
        )
        return f"CAST({a.write(function, *numbers)} AS {types.duckdb(kind)})", kind

    return write


def _of_two(function: str) -> Callable[[Any], Result]:
    """Undefined where all numbers are the same: NaN for DuckDB, NULL for Trino."""
    write_plain = _statistic(function)

    def write(a: Any) -> Result:
        sql, kind = write_plain(a)
        return f"CASE WHEN isnan({sql}) THEN NULL ELSE {sql} END", kind

    return write


def _geometric_mean(a: Any) -> Result:
    number = f"CAST({a.first} AS DOUBLE)"
    logarithm = (
        f"CASE WHEN {number} > 0 THEN ln({number}) WHEN {number} = 0 THEN CAST('-inf' AS DOUBLE)"
        f" WHEN {number} IS NOT NULL THEN CAST('nan' AS DOUBLE) END"
    )
    kind = types.REAL if a.returns == types.REAL else types.DOUBLE
    return f"CAST(exp({a.write('avg', logarithm)}) AS {types.duckdb(kind)})", kind


AGGREGATES: dict[str, Callable[[Any], Result]] = {
    "skewness": _skewness,
    "kurtosis": _kurtosis,
    "stddev": _statistic("stddev_samp"),
    "stddev_samp": _statistic("stddev_samp"),
    "stddev_pop": _statistic("stddev_pop"),
    "variance": _statistic("var_samp"),
    "var_samp": _statistic("var_samp"),
    "var_pop": _statistic("var_pop"),
    "corr": _of_two("corr"),
    "covar_pop": _statistic("covar_pop"),
    "covar_samp": _statistic("covar_samp"),
    "regr_slope": _of_two("regr_slope"),
    "regr_intercept": _of_two("regr_intercept"),
    "geometric_mean": _geometric_mean,
}
