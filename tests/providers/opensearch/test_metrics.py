"""The metrics of a domain."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lab.config import Config
from lab.demo.run import search_of

pytestmark = pytest.mark.lab

WITHIN_SECONDS = 120


@pytest.mark.fidelity("cloudwatch.domain_metrics")
def test_a_domain_tells_of_its_state_and_documents(
    full_lab: Config, client: Callable[..., Any]
) -> None:
    service, watch = client("opensearch"), client("cloudwatch")
    service.create_domain(DomainName="measured")
    endpoint = service.describe_domain(DomainName="measured")["DomainStatus"]["Endpoint"]
    search = search_of(f"http://{endpoint}")
    search.index(index="told", id="1", body={"a": 1}, params={"refresh": "true"})

    def read(name: str) -> list[float]:
        dimensions = [
            {"Name": "DomainName", "Value": "measured"},
            {"Name": "ClientId", "Value": "000000000000"},
        ]
        metric = {"Namespace": "AWS/ES", "MetricName": name, "Dimensions": dimensions}
        now = datetime.now(UTC)
        answer = watch.get_metric_data(
            MetricDataQueries=[
                {"Id": "q", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Maximum"}}
            ],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=10),
        )
        values: list[float] = answer["MetricDataResults"][0]["Values"]
        return values

    deadline = time.monotonic() + WITHIN_SECONDS
    while not (documents := read("SearchableDocuments")):
        assert time.monotonic() < deadline
        threading.Event().wait(0.5)
    assert documents[0] >= 1
    assert read("Nodes") == [1]
    assert sum(read("ClusterStatus.green") + read("ClusterStatus.yellow")) >= 1
    search.indices.delete(index="told")
    service.delete_domain(DomainName="measured")
