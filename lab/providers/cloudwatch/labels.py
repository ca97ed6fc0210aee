"""Labels of results: what the caller gave, with its dynamic parts, or the metric's own name.

Source: Amazon CloudWatch User Guide, "Using dynamic labels".
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable

from lab.providers.cloudwatch.dispatch import Record

PART = re.compile(r"\$\{([A-Z_]+)(?:\('([^']*)'\))?\}")

Points = dict[int, float]
NUMBERS: dict[str, Callable[[Points], float]] = {
    "AVG": lambda points: sum(points.values()) / len(points),
    "DATAPOINT_COUNT": lambda points: float(len(points)),
    "FIRST": lambda points: points[min(points)],
    "LAST": lambda points: points[max(points)],
    "MAX": lambda points: max(points.values()),
    "MIN": lambda points: min(points.values()),
    "SUM": lambda points: sum(points.values()),
}
TIMES: dict[str, Callable[[Points], int]] = {
    "FIRST_TIME": min,
    "LAST_TIME": max,
    "MAX_TIME": lambda points: max(points, key=lambda at: points[at]),
    "MIN_TIME": lambda points: min(points, key=lambda at: points[at]),
}


def default_labels(queries: Iterable[Record]) -> dict[str, str]:
    """By id: the metric's name, and its statistic and period where those of the request differ."""
    metrics = [query for query in queries if query.get("MetricStat")]
    added = [
        field
        for field in ("Stat", "Period")
        if len({query["MetricStat"][field] for query in metrics}) > 1
    ]
    return {
        query["Id"]: " ".join(
            [
                query["MetricStat"]["Metric"]["MetricName"],
                *(str(query["MetricStat"][field]) for field in added),
            ]
        )
        for query in metrics
    }


def dynamic(label: str, query: Record, points: Points, own: str, zone: dt.tzinfo) -> str:
    """The label with its ``${...}`` replaced; what is unknown stays as it is."""

    def text(found: re.Match[str]) -> str:
        name, argument = found.groups()
        if name == "LABEL":
            return own
        if name == "PROP" and query.get("MetricStat"):
            return _property(query["MetricStat"], argument or "", found[0])
        if name in NUMBERS:
            return _shown(NUMBERS[name](points)) if points else "--"
        if name in TIMES:
            return _moment(TIMES[name](points), zone) if points else "--"
        return found[0]

    return PART.sub(text, label)


def _property(stat: Record, name: str, unknown: str) -> str:
    metric = stat["Metric"]
    if name.startswith("Dim."):
        dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions") or ()}
        return str(dimensions.get(name[4:], unknown))
    known = {
        "MetricName": metric.get("MetricName"),
        "Namespace": metric.get("Namespace"),
        "Period": stat["Period"],
        "Stat": stat["Stat"],
    }
    return str(known.get(name, unknown))


def _shown(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _moment(at: int, zone: dt.tzinfo) -> str:
    return dt.datetime.fromtimestamp(at, zone).strftime("%Y-%m-%dT%H:%M:%S")


def zone_of(text: str | None) -> dt.tzinfo:
    """A time zone such as +0130; UTC without one. Raises ValueError."""
    if not text:
        return dt.UTC
    found = re.fullmatch(r"([+-])(\d\d)(\d\d)", text)
    if not found or int(found[2]) > 23 or int(found[3]) > 59:
        raise ValueError(text)
    offset = dt.timedelta(hours=int(found[2]), minutes=int(found[3]))
    return dt.timezone(-offset if found[1] == "-" else offset)
