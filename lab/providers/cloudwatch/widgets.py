"""GetMetricWidgetImage: the JSON of a metric widget to queries, and what they give to a picture.

Line charts, stacked or not, are drawn; other views are refused by name.

Source: Amazon CloudWatch API reference, "GetMetricWidgetImage: Metric Widget Structure and Syntax".
"""

import datetime as dt
import json
import re
from typing import Any

from lab.providers.cloudwatch.dispatch import Record, Scope
from lab.providers.cloudwatch.errors import validation
from lab.providers.cloudwatch.labels import zone_of
from lab.providers.cloudwatch.queries import check_queries, results
from lab.providers.cloudwatch.widget_chart import Chart, Line, draw
from lab.providers.handlers import handlers

DEFAULTS = {"width": 600, "height": 400, "period": 300, "stat": "Average"}
LARGEST = 2000
MAX_METRICS = 500
DURATION = re.compile(
    r"-?P(?:(\d+)M(?!\d*[HS]))?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)
COLOURS = (
    *("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f"),
    *("#bcbd22", "#17becf"),
)


def get_metric_widget_image(scope: Scope, request: Record) -> Record:
    output = request.get("OutputFormat") or "png"
    if output != "png":
        raise validation(f"OutputFormat {output} is not supported by this lab; png is.")
    widget = _widget(request["MetricWidget"])
    chart = _chart(scope, widget)
    return {"MetricWidgetImage": draw(chart)}


def _widget(text: str) -> Record:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise validation("Invalid MetricWidget JSON") from error
    if not isinstance(given, dict) or not isinstance(given.get("metrics"), list):
        raise validation("Invalid MetricWidget: should have required property 'metrics'")
    if given.get("view", "timeSeries") != "timeSeries":
        raise validation(f"The view {given['view']} is not supported by this lab; timeSeries is.")
    if len(given["metrics"]) > MAX_METRICS:
        raise validation(f"Invalid MetricWidget: more than {MAX_METRICS} metrics")
    widget = {**DEFAULTS, **given}
    for side in ("width", "height"):
        if not isinstance(widget[side], int) or not 1 <= widget[side] <= LARGEST:
            raise validation(f"Invalid MetricWidget: {side} must be between 1 and {LARGEST}")
    return widget


def _chart(scope: Scope, widget: Record) -> Chart:
    now = dt.datetime.now(dt.UTC)
    start, end = (
        _moment(widget.get(name, default), now)
        for name, default in (("start", "-PT3H"), ("end", "PT0S"))
    )
    if start >= end:
        raise validation("Invalid MetricWidget: end must be after start")
    try:
        zone = zone_of(widget.get("timezone"))
    except ValueError as error:
        raise validation("Invalid MetricWidget: timezone must be like +0130") from error
    rows = list(_rows(widget["metrics"]))
    queries = [_query(row, place, widget) for place, row in enumerate(rows)]
    options = {query["Id"]: row[-1] for query, row in zip(queries, rows, strict=True)}
    check_queries(queries, "MetricWidget.metrics")
    lines: list[Line] = []
    for found in results(scope, queries, start, end, zone):
        option = options[found.id]
        colour = option.get("color") or COLOURS[len(lines) % len(COLOURS)]
        lines.append(Line(found.label, colour, found.points, option.get("yAxis") == "right"))
    return Chart(widget, lines, int(start.timestamp()), int(end.timestamp()), zone)


def _rows(metrics: list[Any]) -> Any:
    """Each row written out: ``.`` is what stands above it, ``...`` all that stands there."""
    above: list[Any] = []
    for given in metrics:
        if not isinstance(given, list) or not given:
            raise validation("Invalid MetricWidget: each of metrics should be a list")
        options = given[-1] if isinstance(given[-1], dict) else {}
        names = [each for each in given if not isinstance(each, dict)]
        if names and names[0] == "...":
            rest = names[1:]
            names = above[: len(above) - len(rest)] + rest
        names = [above[n] if name == "." and n < len(above) else name
                 for n, name in enumerate(names)]  # fmt: skip
        if names:
            above = names
        yield [*names, options]


def _query(row: list[Any], place: int, widget: Record) -> Record:
    *names, options = row
    id = options.get("id") or f"line{place}"
    query: Record = {"Id": id, "ReturnData": options.get("visible", True)}
    if options.get("label"):
        query["Label"] = options["label"]
    if expression := options.get("expression"):
        return {**query, "Expression": expression, "Period": options.get("period")}
    if len(names) < 2 or len(names) % 2:
        raise validation("Invalid MetricWidget: a metric is a namespace, a name, and dimensions")
    namespace, name, *others = names
    dimensions = [
        {"Name": key, "Value": value} for key, value in zip(others[::2], others[1::2], strict=True)
    ]
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
    stat = {
        "Metric": metric,
        "Period": options.get("period") or widget["period"],
        "Stat": options.get("stat") or widget["stat"],
    }
    return {**query, "MetricStat": stat}


def _moment(text: str, now: dt.datetime) -> dt.datetime:
    """A moment in ISO 8601, or a duration from now such as -PT3H."""
    if found := DURATION.fullmatch(str(text)):
        months, weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
        length = dt.timedelta(
            days=30 * months + 7 * weeks + days, hours=hours, minutes=minutes, seconds=seconds
        )
        return now - length if str(text).startswith("-") else now + length
    try:
        moment = dt.datetime.fromisoformat(str(text))
    except ValueError as error:
        raise validation(f"Invalid MetricWidget: {text} is no time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


HANDLERS = handlers(get_metric_widget_image)
