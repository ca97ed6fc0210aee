"""PutMetricData, ListMetrics, GetMetricStatistics and GetMetricData, called as learners call."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.lab

NOW = datetime.now(UTC)
MINUTE = NOW.replace(second=0, microsecond=0) - timedelta(minutes=5)
VALUES = [float(value) for value in range(1, 101)]


@pytest.fixture
def watch(client: Callable[..., Any]) -> Any:
    return client("cloudwatch", parameter_validation=False)


@pytest.fixture
def namespace() -> str:
    return f"own/{uuid4().hex}"


def stat(namespace: str, statistic: str, **more: Any) -> dict[str, Any]:
    metric = {"Namespace": namespace, "MetricName": more.pop("name", "m")}
    metric["Dimensions"] = more.pop("dimensions", [])
    found = {"Metric": metric, "Period": more.pop("period", 3600), "Stat": statistic}
    return {"Id": more.pop("id", "q"), "MetricStat": {**found, **more}}


def read(watch: Any, *queries: dict[str, Any], **options: Any) -> Any:
    options = {"StartTime": MINUTE, "EndTime": NOW + timedelta(minutes=10), **options}
    return watch.get_metric_data(MetricDataQueries=list(queries), **options)


def value(watch: Any, namespace: str, statistic: str, **more: Any) -> list[float]:
    answer = read(watch, stat(namespace, statistic, **more))
    found: list[float] = answer["MetricDataResults"][0]["Values"]
    return found


def test_learners_metrics_are_found_by_their_whole_dimensions(watch: Any, namespace: str) -> None:
    one, two = ([{"Name": "Id", "Value": value}] for value in ("1", "12"))
    sums = {"SampleCount": 2, "Sum": 5, "Minimum": 1, "Maximum": 4}
    put = [
        {"MetricName": "m", "Dimensions": one, "Value": 3.0},
        {"MetricName": "m", "Dimensions": one, "StatisticValues": sums},
        {"MetricName": "m", "Dimensions": two, "Values": [7.0, 8.0], "Counts": [2, 1]},
    ]
    watch.put_metric_data(Namespace=namespace, MetricData=put)
    names = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")
    found = [value(watch, namespace, name, dimensions=one) for name in names]
    assert found == [[3], [8], [8 / 3], [1], [4]]
    found = [value(watch, namespace, name, dimensions=two) for name in names]
    assert found == [[3], [22], [22 / 3], [7], [8]]
    assert value(watch, namespace, "Sum") == []
    metrics = watch.list_metrics(Namespace=namespace, Dimensions=[{"Name": "Id", "Value": "1"}])
    assert metrics["Metrics"] == [
        {"Namespace": namespace, "MetricName": "m", "Dimensions": one},
    ]


@pytest.mark.fidelity("cloudwatch.statistics")
@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("p50", 50.5),
        ("p90", 90.1),
        ("p99.9", 99.901),
        ("p100", 100),
        ("tm90", 45.5),
        ("TM(10%:90%)", 50.5),
        ("TM(10:20)", 15.5),
        ("IQM", 50.5),
        ("wm95", 50.3525),
        ("TC(:20)", 20),
        ("TS(90:)", 955),
        ("PR(:30)", 30),
    ],
)
def test_extended_statistics_are_of_the_values(
    watch: Any, namespace: str, statistic: str, expected: float
) -> None:
    put = [{"MetricName": "m", "Values": VALUES, "Timestamp": MINUTE}]
    watch.put_metric_data(Namespace=namespace, MetricData=put)
    assert value(watch, namespace, statistic) == [pytest.approx(expected, abs=0.01)]


@pytest.mark.fidelity("cloudwatch.statistics")
def test_statistic_sets_and_negative_values_have_no_percentile(watch: Any, namespace: str) -> None:
    sums = {"SampleCount": 2, "Sum": 5, "Minimum": 1, "Maximum": 4}
    put = [{"MetricName": "m", "StatisticValues": sums}, {"MetricName": "n", "Value": -1}]
    watch.put_metric_data(Namespace=namespace, MetricData=put)
    assert value(watch, namespace, "p50") == []
    assert value(watch, namespace, "p50", name="n") == []
    assert value(watch, namespace, "Sum", name="n") == [-1]


def test_metric_statistics_have_a_datapoint_for_each_unit(watch: Any, namespace: str) -> None:
    put = [
        {"MetricName": "m", "Value": 1, "Unit": "Seconds", "Timestamp": MINUTE},
        {"MetricName": "m", "Value": 3, "Unit": "Count", "Timestamp": MINUTE},
    ]
    watch.put_metric_data(Namespace=namespace, MetricData=put)
    answer = watch.get_metric_statistics(
        Namespace=namespace,
        MetricName="m",
        StartTime=MINUTE,
        EndTime=MINUTE + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
        ExtendedStatistics=["p90"],
    )
    assert answer["Label"] == "m"
    found = sorted(answer["Datapoints"], key=lambda point: point["Sum"])
    assert [(each["Unit"], each["ExtendedStatistics"]) for each in found] == [
        *(("Seconds", {"p90": 1.0}), ("Count", {"p90": 3.0}))
    ]


def test_points_come_in_pages_and_in_both_orders(watch: Any, namespace: str) -> None:
    put = [
        {"MetricName": name, "Value": n, "Timestamp": MINUTE + timedelta(minutes=n)}
        for name in ("m", "n")
        for n in range(4)
    ]
    watch.put_metric_data(Namespace=namespace, MetricData=put)
    queries = [stat(namespace, "Sum", period=60, id=name, name=name) for name in ("m", "n")]
    options = {"ScanBy": "TimestampAscending", "MaxDatapoints": 3}
    pages = []
    token: dict[str, Any] = {}
    while True:
        answer = read(watch, *queries, **options, **token)
        pages.append([(r["Id"], r["Values"], r["StatusCode"]) for r in answer["MetricDataResults"]])
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert pages == [
        [("m", [0, 1, 2], "PartialData")],
        [("m", [3], "Complete"), ("n", [0, 1], "PartialData")],
        [("n", [2, 3], "Complete")],
    ]
    (latest,) = read(watch, queries[0])["MetricDataResults"]
    assert latest["Values"] == [3, 2, 1, 0]


def test_labels_are_filled_in(watch: Any, namespace: str) -> None:
    put = [{"MetricName": "m", "Values": [1.5, 3], "Timestamp": MINUTE}]
    watch.put_metric_data(Namespace=namespace, MetricData=put)
    label = "${PROP('MetricName')}: max ${MAX} at ${MAX_TIME}"
    query = {**stat(namespace, "Maximum", period=60), "Label": label}
    options = {"LabelOptions": {"Timezone": "+0100"}}
    (found,) = read(watch, query, **options)["MetricDataResults"]
    moment = (MINUTE + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    assert found["Label"] == f"m: max 3 at {moment}"


@pytest.mark.fidelity("cloudwatch.metric_math")
def test_expressions_are_computed(watch: Any, namespace: str) -> None:
    put = [
        {"MetricName": name, "Value": amount, "Timestamp": MINUTE + timedelta(minutes=n)}
        for n, (errors, calls) in enumerate([(1, 10), (2, 8)])
        for name, amount in (("errors", errors), ("calls", calls))
    ]
    watch.put_metric_data(Namespace=namespace, MetricData=put)
    queries = [
        {**stat(namespace, "Sum", period=60, id=name, name=name), "ReturnData": False}
        for name in ("errors", "calls")
    ]
    rate = {"Id": "rate", "Expression": "100 * errors / calls", "Label": "error rate"}
    (found,) = read(watch, *queries, rate, ScanBy="TimestampAscending")["MetricDataResults"]
    assert (found["Label"], found["Values"]) == ("error rate", [10, 25])


@pytest.mark.fidelity("cloudwatch.metric_math")
@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ('{NS, Fn} MetricName="Errors"', ["cart-api Errors", "pay-api Errors"]),
        ("{NS, Fn} MetricName=Errors cart", ["cart-api Errors", "cart-api QueueErrors"]),
        ("{NS, Fn} api NOT pay", ["cart-api Errors", "cart-api QueueErrors"]),
        ('Namespace="NS" (cart OR pay) queue', ["cart-api QueueErrors"]),
        ("{NS} errors", ["Errors"]),
        ('Namespace="NS" Fn="pay"', []),
    ],
)
def test_metrics_are_searched(watch: Any, namespace: str, search: str, expected: list[str]) -> None:
    put = [
        {"MetricName": name, "Value": 1, "Dimensions": [{"Name": "Fn", "Value": f"{fn}-api"}]}
        for name, fn in (("Errors", "cart"), ("Errors", "pay"), ("QueueErrors", "cart"))
    ]
    put.append({"MetricName": "Errors", "Value": 1})
    watch.put_metric_data(Namespace=namespace, MetricData=put)
    text = search.replace("NS", namespace)
    answer = read(watch, {"Id": "s", "Expression": f"SEARCH('{text}', 'Sum', 3600)"})
    assert [each["Label"] for each in answer["MetricDataResults"]] == expected
    query = {"Id": "s", "Expression": f"SUM(SEARCH('{text}', 'Sum', 3600))"}
    (total,) = read(watch, query)["MetricDataResults"]
    assert sum(total["Values"]) == len(expected)


def error(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call()
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


@pytest.mark.fidelity("cloudwatch.not_there")
@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("LAMBDA(q)", "The function LAMBDA is not supported by this lab"),
        ("SEARCH(q)", "Invalid arguments for the function SEARCH"),
        ("SEARCH('(a', 'Sum')", "Invalid syntax in SEARCH expression"),
        ("SELECT AVG(x) FROM y", "Metrics Insights queries are not supported by this lab."),
        ("NOTHING(q)", "Unknown function 'NOTHING'"),
        ("q + r", "Unknown identifier 'r'"),
        ("q +", "Unexpected end of the expression"),
        ("AVG(q)", "it must give a time series, not a number"),
    ],
)  # fmt: skip
def test_what_is_no_expression_is_refused(
    watch: Any, namespace: str, expression: str, message: str
) -> None:
    queries = (stat(namespace, "Sum"), {"Id": "e", "Expression": expression})
    expected = f"Error in expression 'e': {message}"
    assert error(lambda: read(watch, *queries)) == ("ValidationError", expected)


def test_queries_that_are_none_are_refused(watch: Any, namespace: str) -> None:
    def refused(*queries: dict[str, Any], **options: Any) -> str:
        code, message = error(lambda: read(watch, *queries, **options))
        assert code == "ValidationError"
        return message

    one = stat(namespace, "Sum")
    assert refused(one, one) == ("The values for parameter id in MetricDataQueries are not unique.")
    assert refused({**one, "Id": "Q"}) == (
        "The value Q for parameter MetricDataQueries.member.1.Id is not matching the expected "
        "pattern ^[a-z][a-zA-Z0-9_]*$."
    )
    assert refused(one, EndTime=MINUTE - timedelta(hours=1)) == (
        "The parameter EndTime must be greater than StartTime."
    )
    assert refused(stat(namespace, "median")) == (
        "The value median for parameter MetricDataQueries.member.1.MetricStat.Stat is not "
        "supported."
    )


@pytest.mark.parametrize(
    ("datum", "code", "message"),
    [
        (
            {"Value": 1, "Values": [1]},
            "InvalidParameterCombination",
            "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually "
            "exclusive and you have specified both.",
        ),
        (
            {"Values": [1, 2], "Counts": [1]},
            "InvalidParameterValue",
            "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of "
            "the same size.",
        ),
        (
            {"Value": float("nan")},
            "InvalidParameterValue",
            "The value NaN for parameter MetricData.member.1.Value is invalid.",
        ),
        ({}, "MissingParameter", "The parameter MetricData.member.1.Value is required."),
    ],
)
def test_data_that_is_none_is_refused(
    watch: Any, datum: dict[str, Any], code: str, message: str
) -> None:
    put = [{"MetricName": "m", **datum}]
    answer = error(lambda: watch.put_metric_data(Namespace="own", MetricData=put))
    assert answer == (code, message)


def test_too_many_datapoints_are_refused(watch: Any) -> None:
    request = {"StartTime": NOW - timedelta(days=2), "EndTime": NOW, "Period": 60}
    code, message = error(
        lambda: watch.get_metric_statistics(
            Namespace="own", MetricName="m", Statistics=["Sum"], **request
        )
    )
    assert code == "InvalidParameterCombination"
    assert message == (
        "You have requested up to 2880 datapoints, which exceeds the limit of 1440. You may reduce "
        "the datapoints requested by increasing Period, or decreasing the time range."
    )


@pytest.mark.fidelity("cloudwatch.not_there")
def test_operations_that_are_not_there_are_refused_by_name(watch: Any) -> None:
    answer = error(watch.list_metric_streams)
    assert answer == (
        "ValidationError",
        "ListMetricStreams is not supported by this lab's CloudWatch.",
    )
