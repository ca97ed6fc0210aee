"""What metrics are told, and what they say: PutMetricData, ListMetrics, GetMetricStatistics.

Source: Amazon CloudWatch API reference.
"""

import datetime as dt
import math
from collections.abc import Iterator
from typing import Any

from lab.providers.clock import clock
from lab.providers.cloudwatch.database import Point, Series, Window, database
from lab.providers.cloudwatch.dispatch import Record, Scope
from lab.providers.cloudwatch.errors import (
    CloudWatchError,
    combination,
    invalid,
    invalid_token,
)
from lab.providers.cloudwatch.metrics import publisher
from lab.providers.cloudwatch.statistics import SIMPLE, extended, series_values
from lab.providers.handlers import handlers
from lab.providers.pages import page

MAX_DATA, MAX_VALUES = 1000, 150
MAX_DATAPOINTS = 1440
LISTED_SECONDS = 14 * 86_400
RECENT_SECONDS = 3 * 3600
PAST_SECONDS, FUTURE_SECONDS = 14 * 86_400, 2 * 3600
LARGEST = 2.0**360
PERIODS_BELOW_A_MINUTE = (1, 5, 10, 20, 30)
Numbers = tuple[float, float, float, float, dict[float, float] | None]
"""Count, sum, lowest, highest, and each value with its count where they are known."""
STATISTIC_SET = ("SampleCount", "Sum", "Minimum", "Maximum")


def put_metric_data(scope: Scope, request: Record) -> None:
    data = list(request.get("MetricData") or [])
    for entity in request.get("EntityMetricData") or []:
        data += entity.get("MetricData") or []
    if not data:
        raise CloudWatchError("MissingParameter", "The parameter MetricData is required.")
    if len(data) > MAX_DATA:
        raise invalid(f"The collection MetricData must not have a size greater than {MAX_DATA}.")
    database().add([_point(scope, request["Namespace"], *each) for each in enumerate(data, 1)])


def _point(scope: Scope, namespace: str, place: int, datum: Record) -> Point:
    name = f"MetricData.member.{place}"
    _check_exclusive(name, datum)
    series = series_of(scope, {"Namespace": namespace, **datum})
    resolution = datum.get("StorageResolution") or 60
    if resolution not in (1, 60):
        raise invalid(f"The value {resolution} for parameter {name}.StorageResolution is invalid.")
    moment = _moment(name, datum.get("Timestamp"), resolution)
    unit = datum.get("Unit") or "None"
    return Point(series, moment, unit, *_numbers(name, datum), resolution)


def _check_exclusive(name: str, datum: Record) -> None:
    given = [each for each in ("Value", "Values", "StatisticValues") if datum.get(each) is not None]
    if len(given) > 1:
        raise combination(
            f"The parameters {name}.{given[0]} and {name}.{given[1]} are mutually exclusive and"
            " you have specified both."
        )
    if not given:
        raise CloudWatchError("MissingParameter", f"The parameter {name}.Value is required.")


def _moment(name: str, given: dt.datetime | None, resolution: int) -> int:
    earlier, later = clock().span()
    seconds = given.timestamp() if given else clock().now()
    if not earlier - PAST_SECONDS <= seconds <= later + FUTURE_SECONDS:
        raise invalid(
            f"The parameter {name}.Timestamp must specify a time within the past two weeks or the"
            " next two hours."
        )
    return int(seconds) // resolution * resolution


def _numbers(name: str, datum: Record) -> Numbers:
    if sums := datum.get("StatisticValues"):
        count, total, low, high = (float(sums[each]) for each in STATISTIC_SET)
        return count, total, low, high, None
    values = datum.get("Values") if datum.get("Value") is None else [datum["Value"]]
    counts = datum.get("Counts") or [1] * len(values or ())
    if not values or len(values) != len(counts):
        raise invalid(f"The parameters {name}.Values and {name}.Counts must be of the same size.")
    if len(values) > MAX_VALUES:
        raise invalid(f"The collection {name}.Values must not have a size greater than 150.")
    field = "Value" if datum.get("Value") is not None else "Values"
    for value in values:
        if not math.isfinite(value) or abs(value) > LARGEST:
            shown = "NaN" if math.isnan(value) else value
            raise invalid(f"The value {shown} for parameter {name}.{field} is invalid.")
    spread: dict[float, float] = {}
    for value, count in zip(values, counts, strict=True):
        spread[value] = spread.get(value, 0) + count
    total = sum(value * count for value, count in spread.items())
    kept = spread if len(spread) > 1 else None
    return float(sum(counts)), float(total), float(min(values)), float(max(values)), kept


def pairs(dimensions: list[Record] | None) -> tuple[tuple[str, str], ...]:
    """Dimensions of a request as the database has them."""
    return tuple(sorted((each["Name"], each["Value"]) for each in dimensions or ()))


def series_of(scope: Scope, metric: Record) -> Series:
    """The metric that a structure names with Namespace, MetricName and Dimensions."""
    dimensions = pairs(metric.get("Dimensions"))
    return Series(*scope, metric["Namespace"], metric["MetricName"], dimensions)


def list_metrics(scope: Scope, request: Record) -> Record:
    """Metrics that were told of in the past two weeks, 500 a page."""
    publisher().flush()
    age = RECENT_SECONDS if request.get("RecentlyActive") else LISTED_SECONDS
    namespace, name = request.get("Namespace"), request.get("MetricName")
    wanted = request.get("Dimensions") or []
    found = [
        {
            "Namespace": series.namespace,
            "MetricName": series.name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in series.dimensions],
        }
        for series in database().find(*scope, namespace, name, int(clock().now()) - age)
        if all(_has(dict(series.dimensions), each) for each in wanted)
    ]
    return page(found, {"NextToken": request.get("NextToken")}, "Metrics", 500, invalid_token)


def _has(dimensions: dict[str, str], wanted: Record) -> bool:
    value = dimensions.get(wanted["Name"])
    return value is not None and wanted.get("Value", value) == value


def get_metric_statistics(scope: Scope, request: Record) -> Record:
    publisher().flush()
    wanted = _statistics(request)
    window = _window(request)
    series = series_of(scope, request)
    units = [window.unit] if window.unit else database().units(series, window)
    found: list[Record] = []
    for unit in units:
        found += _datapoints(series, window._replace(unit=unit), wanted)
    return {"Label": request["MetricName"], "Datapoints": found}


def _datapoints(series: Series, window: Window, statistics: list[str]) -> Iterator[Record]:
    points: dict[int, Record] = {}
    for statistic in statistics:
        for place, value in series_values(database(), series, window, statistic).items():
            moment = dt.datetime.fromtimestamp(window.start + place * window.period, dt.UTC)
            point = points.setdefault(place, {"Timestamp": moment, "Unit": window.unit})
            if statistic in SIMPLE:
                point[statistic] = value
            else:
                point.setdefault("ExtendedStatistics", {})[statistic] = value
    yield from points.values()


def _statistics(request: Record) -> list[str]:
    simple: list[str] = request.get("Statistics") or []
    others: list[str] = request.get("ExtendedStatistics") or []
    if not simple and not others:
        raise combination("Must specify either Statistics or ExtendedStatistics")
    for name in others:
        if extended(name) is None:
            raise invalid(f"The value {name} for parameter ExtendedStatistics is not supported.")
    return simple + others


def _window(request: Record) -> Window:
    start, end, period = request["StartTime"], request["EndTime"], request["Period"]
    if not start < end:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    if period not in PERIODS_BELOW_A_MINUTE and period % 60:
        raise invalid("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.")
    window = window_of(start, end, period, request.get("Unit"))
    asked = (window.end - window.start) // period
    if asked > MAX_DATAPOINTS:
        raise combination(
            f"You have requested up to {asked} datapoints, which exceeds the limit of "
            f"{MAX_DATAPOINTS}. You may reduce the datapoints requested by increasing Period, or "
            "decreasing the time range."
        )
    return window


def window_of(start: dt.datetime, end: dt.datetime, period: int, unit: Any = None) -> Window:
    """The beginning is rounded down to a whole minute, or to the period when that is shorter."""
    first = int(start.timestamp())
    return Window(first - first % min(period, 60), math.ceil(end.timestamp()), period, unit)


HANDLERS = handlers(put_metric_data, list_metrics, get_metric_statistics)
