"""GetMetricData: metrics and expressions over them, by period, in pages.

Source: Amazon CloudWatch API reference, "GetMetricData".
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from lab.providers.clock import clock
from lab.providers.cloudwatch.data import (
    LISTED_SECONDS,
    PERIODS_BELOW_A_MINUTE,
    series_of,
    window_of,
)
from lab.providers.cloudwatch.database import database
from lab.providers.cloudwatch.dispatch import Record, Scope
from lab.providers.cloudwatch.errors import invalid_token, validation
from lab.providers.cloudwatch.labels import default_labels, dynamic, zone_of
from lab.providers.cloudwatch.math_functions import Grid
from lab.providers.cloudwatch.math_syntax import MathError
from lab.providers.cloudwatch.math_values import TimeSeries
from lab.providers.cloudwatch.metric_math import (
    Calculation,
    parse_named,
    period_of_search,
    searches_in,
)
from lab.providers.cloudwatch.metric_search import MAX_FOUND
from lab.providers.cloudwatch.metric_search import parse as parse_search
from lab.providers.cloudwatch.metrics import publisher
from lab.providers.cloudwatch.statistics import is_statistic, series_values
from lab.providers.handlers import handlers
from lab.providers.pages import place_of, token_of

MAX_QUERIES = 500
MAX_DATAPOINTS = 100_800
ID = r"[a-z][a-zA-Z0-9_]*"


class Result(NamedTuple):
    """One series of the answer: its points in the order that was asked for."""

    id: str
    label: str
    points: list[tuple[int, float]]


def get_metric_data(scope: Scope, request: Record) -> Record:
    queries, start, end = request["MetricDataQueries"], request["StartTime"], request["EndTime"]
    check_queries(queries, "MetricDataQueries")
    if end < start:
        raise validation("The parameter EndTime must be greater than StartTime.")
    if start == end:
        raise validation("The parameter StartTime must not equal parameter EndTime.")
    zone = _zone(request)
    found = results(scope, queries, start, end, zone)
    if request.get("ScanBy") != "TimestampAscending":
        found = [each._replace(points=each.points[::-1]) for each in found]
    return _page(found, request)


def _zone(request: Record) -> dt.tzinfo:
    given = (request.get("LabelOptions") or {}).get("Timezone")
    try:
        return zone_of(given)
    except ValueError as error:
        raise validation(f"The value {given} for parameter Timezone is invalid.") from error


def results(
    scope: Scope,
    queries: list[Record],
    start: dt.datetime,
    end: dt.datetime,
    zone: dt.tzinfo = dt.UTC,
) -> list[Result]:
    """What the queries give whose data is to be returned, the earliest points first."""
    publisher().flush()
    try:
        return list(_results(scope, queries, start, end, zone))
    except MathError as error:
        raise validation(str(error)) from error


def _results(
    scope: Scope, queries: list[Record], start: dt.datetime, end: dt.datetime, zone: dt.tzinfo
) -> Iterator[Result]:
    labels = default_labels(queries)
    calculation = calculation_of(scope, queries, start, end)
    for query in queries:
        if query.get("ReturnData") is False:
            continue
        is_array = isinstance(calculation.value(query["Id"]), list)
        for series in calculation.series(query["Id"]):
            own = labels.get(query["Id"]) or labels.get(series.id) or series.label or query["Id"]
            label = query.get("Label") or (own if query.get("MetricStat") or is_array else "")
            text = dynamic(label or query["Id"], query, series.values, own, zone)
            yield Result(query["Id"], text, list(series.values.items()))


def calculation_of(
    scope: Scope, queries: list[Record], start: dt.datetime, end: dt.datetime
) -> Calculation:
    metrics = {each["Id"]: each["MetricStat"] for each in queries if each.get("MetricStat")}
    expressions = {each["Id"]: each["Expression"] for each in queries if each.get("Expression")}
    periods = [stat["Period"] for stat in metrics.values()]
    periods += [each["Period"] for each in queries if each.get("Period")]
    for id, text in expressions.items():
        periods += [period_of_search(each) for each in searches_in(parse_named(id, text))]
    period = max([*periods, 1] if periods else [60])
    window = window_of(start, end, period)
    grid = Grid(range(window.start, window.end, period), period)
    readers: dict[str, Callable[[], TimeSeries]] = {
        id: partial(_read, scope, stat, start, end) for id, stat in metrics.items()
    }
    return Calculation(readers, expressions, grid, partial(_search, scope, (start, end)))


def _read(scope: Scope, stat: Record, start: dt.datetime, end: dt.datetime) -> TimeSeries:
    window = window_of(start, end, stat["Period"], stat.get("Unit"))
    values = series_values(database(), series_of(scope, stat["Metric"]), window, stat["Stat"])
    return TimeSeries({window.start + place * window.period: v for place, v in values.items()})


def _search(
    scope: Scope, span: tuple[dt.datetime, dt.datetime], text: str, statistic: str, period: int
) -> list[TimeSeries]:
    if not is_statistic(statistic):
        raise MathError(f"Unknown statistic '{statistic}'")
    matches = parse_search(text)
    window = window_of(*span, period)
    since = int(clock().now()) - LISTED_SECONDS
    found: list[TimeSeries] = []
    for series in database().find(*scope, None, None, since):
        if matches(series) and len(found) < MAX_FOUND:
            values = series_values(database(), series, window, statistic)
            label = " ".join([*(value for _, value in series.dimensions), series.name])
            moments = {window.start + place * period: value for place, value in values.items()}
            found.append(TimeSeries(moments, label))
    return found


def check_queries(queries: list[Record], field: str) -> None:
    """Raise what CloudWatch answers to queries that are none."""
    if len(queries) > MAX_QUERIES:
        raise validation(f"The collection {field} must not have a size greater than {MAX_QUERIES}.")
    ids = [query["Id"] for query in queries]
    if len(set(ids)) < len(ids):
        raise validation(f"The values for parameter id in {field} are not unique.")
    for place, query in enumerate(queries, 1):
        _check_query(query, f"{field}.member.{place}")
    if all(query.get("ReturnData") is False for query in queries):
        raise validation(f"At least one of the {field} must have ReturnData as true.")


def _check_query(query: Record, name: str) -> None:
    if not re.fullmatch(ID, query["Id"]):
        raise validation(
            f"The value {query['Id']} for parameter {name}.Id is not matching the expected pattern"
            f" ^{ID}$."
        )
    stat, expression = query.get("MetricStat"), query.get("Expression")
    if stat and expression:
        raise validation(
            f"The parameters {name}.Expression and {name}.MetricStat are mutually exclusive and"
            " you have specified both."
        )
    if not stat and not expression:
        raise validation(f"Either {name}.Expression or {name}.MetricStat must be specified.")
    if stat:
        _check_stat(stat, f"{name}.MetricStat")


def _check_stat(stat: Record, name: str) -> None:
    if not is_statistic(stat["Stat"]):
        raise validation(f"The value {stat['Stat']} for parameter {name}.Stat is not supported.")
    for field in ("Namespace", "MetricName"):
        if not stat["Metric"].get(field):
            raise validation(f"The parameter {name}.Metric.{field} is required.")
    period = stat["Period"]
    if period not in PERIODS_BELOW_A_MINUTE and period % 60:
        raise validation(
            f"The value {period} for parameter {name}.Period must be 1, 5, 10, 20, 30 or a"
            " multiple of 60."
        )


def _page(found: list[Result], request: Record) -> Record:
    """Up to MaxDatapoints points of all series together; a series goes on where it ended."""
    size = min(request.get("MaxDatapoints") or MAX_DATAPOINTS, MAX_DATAPOINTS)
    start = place_of(request.get("NextToken"), invalid_token)
    total = sum(len(each.points) for each in found)
    answer: Record = {"MetricDataResults": list(_entries(found, start, size)), "Messages": []}
    return {**answer, "NextToken": token_of(start + size)} if start + size < total else answer


def _entries(found: Iterable[Result], start: int, size: int) -> Iterator[Record]:
    passed = 0
    for each in found:
        first = max(start - passed, 0)
        last = min(start + size - passed, len(each.points))
        passed += len(each.points)
        if first >= max(last, 0) and (each.points or start):
            continue
        points = each.points[first:last]
        yield {
            "Id": each.id,
            "Label": each.label,
            "Timestamps": [dt.datetime.fromtimestamp(at, dt.UTC) for at, _ in points],
            "Values": [value for _, value in points],
            "StatusCode": "Complete" if last >= len(each.points) else "PartialData",
        }


HANDLERS = handlers(get_metric_data)
