"""Embedded metric format: events that carry metrics, from functions or from PutLogEvents.

An event that is no such document is only a log event. One that is, but breaks the specification,
gives no metric, and adds one to ``AWS/Logs`` ``EMFValidationErrors`` or ``EMFParsingErrors``.

Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
"""

import json
import math
from collections.abc import Iterator
from typing import Any

from lab.providers.cloudwatch import Metric, Moment, Source, publisher
from lab.providers.logs.dispatch import Record, Scope
from lab.providers.logs.ingestion import Events

MARK = '"_aws"'
MAX_METRICS, MAX_DIMENSIONS, MAX_VALUES = 100, 30, 100
UNITS = frozenset(
    (
        *("Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes"),
        *("Gigabytes", "Terabytes", "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"),
        *("Percent", "Count", "Bytes/Second", "Kilobytes/Second", "Megabytes/Second"),
        *("Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second"),
        *("Megabits/Second", "Gigabits/Second", "Terabits/Second", "Count/Second", "None"),
    )
)
PARSING, VALIDATION = Metric("EMFParsingErrors"), Metric("EMFValidationErrors")


class EmbeddedMetricError(Exception):
    """Why a document breaks the specification."""


def follow(scope: Scope, group: Record, _stream: str, events: Events) -> None:
    """Publish what these events carry."""
    for _, message in events:
        if MARK in message:
            _follow(scope, group, message)


def _follow(scope: Scope, group: Record, message: str) -> None:
    dimensions = (("LogGroupName", group["logGroupName"]),)
    source = Source("AWS/Logs", *scope, dimensions)
    try:
        document = json.loads(message)
    except ValueError:
        publisher().add(source, [(PARSING, 1)])
        return
    if not isinstance(document, dict) or not isinstance(document.get("_aws"), dict):
        return
    if "CloudWatchMetrics" not in document["_aws"]:
        return
    try:
        samples = list(samples_of(scope, document))
    except EmbeddedMetricError:
        publisher().add(source, [(VALIDATION, 1)])
        return
    for whose, metric, value, moment in samples:
        publisher().add(whose, [(metric, value)], moment)


def samples_of(scope: Scope, document: Record) -> Iterator[tuple[Source, Metric, float, Moment]]:
    """Each value of each metric under each set of dimensions. Raises EmbeddedMetricError."""
    timestamp = document["_aws"].get("Timestamp")
    if isinstance(timestamp, bool) or not isinstance(timestamp, int | float):
        raise EmbeddedMetricError("Timestamp")
    directives = document["_aws"]["CloudWatchMetrics"]
    if not isinstance(directives, list):
        raise EmbeddedMetricError("CloudWatchMetrics")
    for directive in directives:
        namespace = directive.get("Namespace") if isinstance(directive, dict) else None
        if not isinstance(namespace, str) or not namespace:
            raise EmbeddedMetricError("Namespace")
        sets = list(_dimension_sets(document, directive))
        for metric, resolution, values in _metrics(document, directive):
            seconds = int(timestamp) // 1000
            moment = Moment(seconds // resolution * resolution, resolution)
            for dimensions in sets:
                for value in values:
                    yield Source(namespace, *scope, dimensions), metric, value, moment


def _dimension_sets(document: Record, directive: Record) -> Iterator[tuple[tuple[str, str], ...]]:
    sets = directive.get("Dimensions", [[]])
    if not isinstance(sets, list) or not all(isinstance(each, list) for each in sets):
        raise EmbeddedMetricError("Dimensions")
    for names in sets or [[]]:
        values = [document.get(name) for name in names]
        if len(names) > MAX_DIMENSIONS or not all(isinstance(each, str) for each in values):
            raise EmbeddedMetricError("Dimensions")
        yield tuple(sorted(zip(names, map(str, values), strict=True)))


def _metrics(document: Record, directive: Record) -> Iterator[tuple[Metric, int, list[float]]]:
    metrics = directive.get("Metrics")
    if not isinstance(metrics, list) or len(metrics) > MAX_METRICS:
        raise EmbeddedMetricError("Metrics")
    for each in metrics:
        if not isinstance(each, dict) or not isinstance(each.get("Name"), str):
            raise EmbeddedMetricError("Metrics")
        unit, resolution = each.get("Unit", "None"), each.get("StorageResolution", 60)
        if unit not in UNITS or resolution not in (1, 60):
            raise EmbeddedMetricError("Unit")
        if each["Name"] in document:
            yield Metric(each["Name"], unit), resolution, _values(document[each["Name"]])


def _values(value: Any) -> list[float]:
    values = value if isinstance(value, list) else [value]
    if not values or len(values) > MAX_VALUES:
        raise EmbeddedMetricError("values")
    for each in values:
        if isinstance(each, bool) or not isinstance(each, int | float) or not math.isfinite(each):
            raise EmbeddedMetricError("values")
    return [float(each) for each in values]
