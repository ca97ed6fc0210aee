"""Dashboards, and the picture of one widget."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from lab.providers.cloudwatch.widget_chart import axis, number

from .conftest import Alarms

WIDGET = {"type": "text", "properties": {"markdown": "hello"}}


def refused(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**request)
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


@pytest.mark.lab
@pytest.mark.fidelity("cloudwatch.dashboards")
def test_dashboards_are_kept(client: Callable[..., Any]) -> None:
    watch = client("cloudwatch")
    body = json.dumps({"widgets": [WIDGET]})
    watch.put_dashboard(DashboardName="shop-a", DashboardBody=body)
    assert watch.get_dashboard(DashboardName="shop-a")["DashboardBody"] == body
    (entry,) = watch.list_dashboards(DashboardNamePrefix="shop-")["DashboardEntries"]
    assert (entry["Size"], entry["DashboardArn"]) == (
        len(body),
        "arn:aws:cloudwatch::000000000000:dashboard/shop-a",
    )
    missing = refused(watch.delete_dashboards, DashboardNames=["shop-a", "shop-b"])
    assert missing == ("ResourceNotFound", "Dashboard shop-b does not exist")
    watch.delete_dashboards(DashboardNames=["shop-a"])
    gone = refused(watch.get_dashboard, DashboardName="shop-a")
    assert gone == ("ResourceNotFound", "Dashboard shop-a does not exist")


@pytest.mark.lab
@pytest.mark.fidelity("cloudwatch.dashboards")
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("{", {"dataPath": "", "message": "The dashboard body is not valid JSON"}),
        ("{}", {"dataPath": "", "message": "Should have required property 'widgets'"}),
        (
            '{"widgets": [{"type": "film", "properties": {}}]}',
            {
                "dataPath": "/widgets/0/type",
                "message": "Should be equal to one of the allowed values",
            },
        ),
    ],
)
def test_a_body_that_is_none_is_refused(
    client: Callable[..., Any], body: str, problem: dict[str, str]
) -> None:
    put = client("cloudwatch").put_dashboard
    code, message = refused(put, DashboardName="d", DashboardBody=body)
    first, _, listed = message.partition("\n")
    assert (code, first) == (
        "InvalidParameterInput",
        "The dashboard body is invalid, there are 1 validation errors:",
    )
    assert json.loads(listed) == [problem]


@pytest.mark.lab
@pytest.mark.fidelity("cloudwatch.widget_image")
def test_a_widget_is_drawn(alarms: Alarms) -> None:
    alarms.tell(5)
    alarms.tell(7, "n")
    widget = {
        "metrics": [
            [alarms.namespace, "m", {"id": "m", "color": "#ff0000"}],
            [".", "n", {"id": "n", "color": "#0000ff", "yAxis": "right"}],
            [{"expression": "m * 2", "label": "twice", "color": "#00ff00"}],
        ],
        "annotations": {"horizontal": [{"value": 8, "label": "much", "color": "#ff00ff"}]},
        "title": "Orders",
        "start": "-PT10M",
        "width": 500,
        "height": 300,
    }
    image = draw(alarms, widget)
    assert image.size == (500, 300)
    seen = {colour for _, colour in image.getcolors(1 << 20) or []}
    assert {(255, 0, 0), (0, 0, 255), (0, 255, 0), (255, 0, 255)} <= seen
    without = draw(alarms, {**widget, "annotations": {}})
    assert (255, 0, 255) not in {colour for _, colour in without.getcolors(1 << 20) or []}


def draw(alarms: Alarms, widget: dict[str, Any]) -> Any:
    answer = alarms.watch.get_metric_widget_image(MetricWidget=json.dumps(widget))
    image = Image.open(io.BytesIO(answer["MetricWidgetImage"]))
    assert image.format == "PNG"
    return image


@pytest.mark.lab
@pytest.mark.fidelity("cloudwatch.widget_image")
@pytest.mark.parametrize(
    ("widget", "message"),
    [
        ("{", "Invalid MetricWidget JSON"),
        ("{}", "Invalid MetricWidget: should have required property 'metrics'"),
        (
            '{"metrics": [], "view": "pie"}',
            "The view pie is not supported by this lab; timeSeries is.",
        ),
    ],
)
def test_other_widgets_are_refused(client: Callable[..., Any], widget: str, message: str) -> None:
    call = client("cloudwatch").get_metric_widget_image
    assert refused(call, MetricWidget=widget) == ("ValidationError", message)


def test_an_axis_has_round_numbers() -> None:
    assert axis([3.0, 97.0], None, None).ticks == [0, 20, 40, 60, 80, 100]
    assert axis([-1.0, 1.0], None, None).ticks == [-1, -0.5, 0, 0.5, 1]
    assert axis([5.0], 0, 8).high == 8
    assert [number(value) for value in (0.25, 1500, 2e6)] == ["0.25", "1.5K", "2M"]
