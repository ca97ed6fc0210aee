"""Metric filters: what they count in the events that come in.

Source: Amazon CloudWatch Logs API reference, "PutMetricFilter"; User Guide, "Creating metrics from
log events using filters".
"""

import threading
from functools import cache

from lab.providers.clock import clock
from lab.providers.cloudwatch import Metric, Moment, Source, publisher
from lab.providers.handlers import handlers
from lab.providers.logs.conditions import number
from lab.providers.logs.dispatch import Record, Scope, page_of
from lab.providers.logs.errors import invalid, limit_exceeded, not_found
from lab.providers.logs.events import milliseconds
from lab.providers.logs.groups import find, state
from lab.providers.logs.ingestion import Events
from lab.providers.logs.pattern import Matcher, matcher

KIND = "metric-filter"
MAX_FILTERS = 100
MAX_DIMENSIONS = 3


def put_metric_filter(scope: Scope, request: Record) -> None:
    group = find(scope, request["logGroupName"])
    matcher(request["filterPattern"])
    transformations = request["metricTransformations"]
    for each in transformations:
        _check(each)
    key = (*scope, group["logGroupName"], request["filterName"])
    is_new = not state().has(KIND, key)
    if is_new and len(state().records(KIND, key[:-1])) >= MAX_FILTERS:
        raise limit_exceeded()
    record = {
        "filterName": request["filterName"],
        "filterPattern": request["filterPattern"],
        "metricTransformations": transformations,
        "creationTime": milliseconds(),
        "logGroupName": group["logGroupName"],
    }
    state().put(KIND, key, record)


def _check(transformation: Record) -> None:
    value, dimensions = transformation["metricValue"], transformation.get("dimensions") or {}
    if not value.startswith("$") and number(value) is None:
        raise invalid(f"Invalid metric value {value}")
    if len(dimensions) > MAX_DIMENSIONS:
        raise invalid("Invalid metric transformation: At most 3 dimensions can be assigned")
    if dimensions and transformation.get("defaultValue") is not None:
        raise invalid(
            "Invalid metric transformation: dimensions and default value are mutually exclusive "
            "properties."
        )


def delete_metric_filter(scope: Scope, request: Record) -> None:
    group = find(scope, request["logGroupName"])
    if not state().delete(KIND, (*scope, group["logGroupName"], request["filterName"])):
        raise not_found("metric filter")


def describe_metric_filters(scope: Scope, request: Record) -> Record:
    name, space = request.get("metricName"), request.get("metricNamespace")
    if bool(name) != bool(space):
        raise invalid("If you include the metricName parameter in your request, you must also "
                      "include the metricNamespace parameter.")  # fmt: skip
    if group := request.get("logGroupName"):
        find(scope, group)
    records = state().records(KIND, (*scope, group) if group else scope)
    found = [
        record
        for record in records
        if record["filterName"].startswith(request.get("filterNamePrefix") or "")
        and (not name or any(_is(each, name, space) for each in record["metricTransformations"]))
    ]
    return page_of(found, request, "metricFilters")


def _is(transformation: Record, name: str, space: str | None) -> bool:
    return transformation["metricName"] == name and transformation["metricNamespace"] == space


class Defaults:
    """Which filters are to report their default value: those of whose minute no event matched.

    A minute's default is told when it has ended, since an event may match up to then.
    """

    def __init__(self) -> None:
        self._minutes: dict[tuple[int, Source, Metric], float | None] = {}
        self._lock = threading.Lock()
        publisher().before_flush(self.tell)

    def seen(self, minute: int, source: Source, metric: Metric, default: float | None) -> None:
        """Events came; None says that one of them matched."""
        key = (minute, source, metric)
        with self._lock:
            if default is None:
                self._minutes[key] = None
            else:
                self._minutes.setdefault(key, default)

    def tell(self) -> None:
        now = int(clock().now()) // 60 * 60
        with self._lock:
            ended = [key for key in self._minutes if key[0] < now]
            values = {key: self._minutes.pop(key) for key in ended}
        for (minute, source, metric), default in values.items():
            if default is not None:
                publisher().add(source, [(metric, default)], Moment(minute))


@cache
def defaults() -> Defaults:
    return Defaults()


def follow(scope: Scope, group: Record, _stream: str, events: Events) -> None:
    """Count these events in the filters of their group."""
    for record in state().records(KIND, (*scope, group["logGroupName"])):
        matches = matcher(record["filterPattern"])
        matched = [(at, message) for at, message in events if matches(message)]
        for transformation in record["metricTransformations"]:
            _count(scope, transformation, matches, events, matched)


def _count(
    scope: Scope, transformation: Record, matches: Matcher, events: Events, matched: Events
) -> None:
    namespace, default = transformation["metricNamespace"], transformation.get("defaultValue")
    metric = Metric(transformation["metricName"], transformation.get("unit") or "None")
    plain = Source(namespace, *scope)
    for at, message in matched:
        minute = at // 60_000 * 60
        value = _value(matches, message, transformation["metricValue"])
        dimensions = _dimensions(matches, message, transformation.get("dimensions") or {})
        if value is None or dimensions is None:
            continue
        source = plain._replace(dimensions=dimensions)
        publisher().add(source, [(metric, value)], Moment(minute))
        if default is not None:
            defaults().seen(minute, plain, metric, None)
    if default is not None:
        for minute in {at // 60_000 * 60 for at, _ in events}:
            defaults().seen(minute, plain, metric, default)


def _value(matches: Matcher, message: str, text: str) -> float | None:
    return number(matches.value(message, text) if text.startswith("$") else text)


def _dimensions(
    matches: Matcher, message: str, wanted: dict[str, str]
) -> tuple[tuple[str, str], ...] | None:
    """None when the event lacks one of them: it is not counted then."""
    found = {name: matches.value(message, selector) for name, selector in wanted.items()}
    pairs = [(name, value) for name, value in found.items() if value]
    return tuple(sorted(pairs)) if len(pairs) == len(wanted) else None


HANDLERS = handlers(put_metric_filter, delete_metric_filter, describe_metric_filters)
