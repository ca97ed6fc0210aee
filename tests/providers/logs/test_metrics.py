"""What becomes of events besides being kept: metrics of filters, and embedded metrics."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from lab.providers.cloudwatch import Publisher
from lab.providers.logs import metric_filters
from lab.providers.logs.dispatch import Scope
from lab.providers.logs.embedded_metrics import EmbeddedMetricError, samples_of

from .conftest import Group, now, refusal

SCOPE = Scope("000000000000", "us-east-1")


class Watch:
    """Reads metrics of one namespace."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.namespace = f"logs/{uuid4().hex}"

    def read(self, name: str, statistic: str = "Sum", **dimensions: str) -> list[float]:
        metric = {
            "Namespace": self.namespace,
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        }
        moment = datetime.now(UTC)
        answer = self.client.get_metric_data(
            MetricDataQueries=[
                {"Id": "q", "MetricStat": {"Metric": metric, "Period": 7200, "Stat": statistic}}
            ],
            StartTime=moment - timedelta(hours=1),
            EndTime=moment + timedelta(hours=1),
        )
        values: list[float] = answer["MetricDataResults"][0]["Values"]
        return values


@pytest.fixture
def watch(client: Callable[..., Any]) -> Watch:
    return Watch(client("cloudwatch"))


def put_filter(group: Group, watch: Watch, pattern: str, **transformation: Any) -> None:
    chosen = {"metricName": "m", "metricNamespace": watch.namespace, "metricValue": "1"}
    group.logs.put_metric_filter(
        logGroupName=group.name,
        filterName="f",
        filterPattern=pattern,
        metricTransformations=[{**chosen, **transformation}],
    )


@pytest.mark.lab
@pytest.mark.fidelity("logs.metric_filters")
def test_a_filter_counts_what_matches(group: Group, watch: Watch) -> None:
    put_filter(group, watch, "ERROR", unit="Count")
    group.put("ERROR one", "fine", "ERROR two")
    assert watch.read("m") == [2]
    assert watch.read("m", "SampleCount") == [2]


@pytest.mark.lab
@pytest.mark.fidelity("logs.metric_filters")
def test_a_filter_takes_values_and_dimensions_from_events(group: Group, watch: Watch) -> None:
    put_filter(group, watch, "{ $.ms = * }", metricValue="$.ms", dimensions={"Path": "$.path"})
    group.put(
        *(json.dumps({"ms": ms, "path": path}) for ms, path in ((5, "/a"), (7, "/a"), (1, "/b")))
    )
    assert (watch.read("m", Path="/a"), watch.read("m", "Maximum", Path="/b")) == ([12], [1])
    assert watch.read("m", "p50", Path="/a") == [6]
    put_filter(group, watch, "[ip, status, bytes]", metricValue="$bytes", metricName="bytes")
    group.put("10.0.0.1 200 300", "10.0.0.1 200 12")
    assert watch.read("bytes") == [312]


@pytest.mark.lab
def test_filters_are_described_and_deleted(group: Group, watch: Watch) -> None:
    put_filter(group, watch, "ERROR")
    (found,) = group.logs.describe_metric_filters(metricName="m", metricNamespace=watch.namespace)[
        "metricFilters"
    ]
    assert (found["filterName"], found["logGroupName"]) == ("f", group.name)
    (described,) = group.logs.describe_log_groups(logGroupNamePrefix=group.name)["logGroups"]
    assert described["metricFilterCount"] == 1
    names = {"logGroupName": group.name, "filterName": "f"}
    group.logs.delete_metric_filter(**names)
    assert refusal(group.logs.delete_metric_filter, **names) == (
        *("ResourceNotFoundException", "The specified metric filter does not exist."),
    )


@pytest.mark.fidelity("logs.metric_filters")
def test_a_minute_without_a_match_has_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    points: list[Any] = []
    publisher = Publisher(points.extend)
    monkeypatch.setattr(metric_filters, "publisher", lambda: publisher)
    clock = [600.0]
    monkeypatch.setattr("lab.providers.clock.lab_time.time.time", lambda: clock[0])
    defaults = metric_filters.Defaults()
    source = metric_filters.Source("n", *SCOPE)
    one, two = (metric_filters.Metric(name, "Count") for name in ("one", "two"))
    for metric in (one, two):
        defaults.seen(600, source, metric, 0.0)
    defaults.seen(600, source, two, None)
    publisher.flush()
    assert points == []
    clock[0] = 661.0
    publisher.flush()
    assert [(each.series.name, each.timestamp, each.total) for each in points] == [("one", 600, 0)]


def embedded(**changes: Any) -> dict[str, Any]:
    directive = {
        "Namespace": "shop",
        "Dimensions": [["Service"], ["Service", "Region"], []],
        "Metrics": [{"Name": "latency", "Unit": "Milliseconds", "StorageResolution": 1}],
    }
    return {
        "_aws": {"Timestamp": now(), "CloudWatchMetrics": [{**directive, **changes}]},
        "Service": "cart",
        "Region": "eu",
        "latency": [12, 30.5],
        "requestId": "r-1",
    }


@pytest.mark.lab
@pytest.mark.fidelity("logs.embedded_metrics")
def test_embedded_metrics_are_published(group: Group, watch: Watch) -> None:
    group.put(json.dumps(embedded(Namespace=watch.namespace)), "no document")
    for dimensions in ({"Service": "cart"}, {"Service": "cart", "Region": "eu"}, {}):
        assert watch.read("latency", **dimensions) == [42.5]
    assert watch.read("latency", "Maximum", Service="cart") == [30.5]


@pytest.mark.lab
@pytest.mark.fidelity("logs.embedded_metrics")
def test_broken_documents_give_no_metric_and_are_counted(group: Group, watch: Watch) -> None:
    whole = embedded(Namespace=watch.namespace)
    group.put(json.dumps({**whole, "latency": "slow"}), json.dumps(whole)[:-1])
    assert watch.read("latency") == []
    watch.namespace = "AWS/Logs"
    for name in ("EMFValidationErrors", "EMFParsingErrors"):
        assert watch.read(name, LogGroupName=group.name) == [1]
    assert watch.read("IncomingLogEvents", LogGroupName=group.name) == [2]


@pytest.mark.parametrize(
    "changes",
    [
        {"Namespace": ""},
        {"Dimensions": [["Missing"]]},
        {"Dimensions": "Service"},
        {"Metrics": [{"Name": "latency", "Unit": "Parsecs"}]},
        {"Metrics": [{"Name": "latency", "StorageResolution": 5}]},
        {"Metrics": [{"Unit": "Count"}]},
        {"Metrics": [{"Name": f"m{n}"} for n in range(101)]},
    ],
)
def test_a_document_that_breaks_the_specification_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(EmbeddedMetricError):
        list(samples_of(SCOPE, embedded(**changes)))
