"""Alarms of a lab that can be evaluated at once, and a queue that hears of them."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from lab.config import Config

WITHIN_SECONDS = 60


def eventually[T](look: Callable[[], T]) -> T:
    """Ask the lab now and then until there is something to see."""
    deadline = time.monotonic() + WITHIN_SECONDS
    pause = threading.Event()
    while not (seen := look()):
        assert time.monotonic() < deadline, "nothing to see"
        pause.wait(0.1)
    return seen


class Alarms:
    """Metrics and alarms under one name of their own."""

    def __init__(self, client: Callable[..., Any], endpoint: str) -> None:
        self.watch = client("cloudwatch")
        self.client = client
        self.namespace = f"alarms/{uuid4().hex}"
        self._url = f"{endpoint}/_lab/cloudwatch/alarms"

    def tell(self, value: float, name: str = "m", **more: Any) -> None:
        datum = {"MetricName": name, "Value": value, **more}
        self.watch.put_metric_data(Namespace=self.namespace, MetricData=[datum])

    def make(self, **options: Any) -> str:
        """An alarm that is in ALARM above 5; returns its name."""
        name = f"alarm-{uuid4().hex}"
        simple = {"Namespace": self.namespace, "MetricName": "m", "Statistic": "Maximum"}
        chosen = {} if "Metrics" in options else {**simple, "Period": 60}
        if "ExtendedStatistic" in options:
            del chosen["Statistic"]
        self.watch.put_metric_alarm(
            **{
                "AlarmName": name,
                "EvaluationPeriods": 1,
                "Threshold": 5,
                "ComparisonOperator": "GreaterThanThreshold",
                **chosen,
                **options,
            }
        )
        return name

    def evaluate(self) -> None:
        request = urllib.request.Request(self._url, method="POST")
        with urllib.request.urlopen(request, timeout=60):
            pass

    def state(self, name: str) -> str:
        return str(self.alarm(name)["StateValue"])

    def alarm(self, name: str) -> dict[str, Any]:
        types = ["CompositeAlarm", "MetricAlarm"]
        answer = self.watch.describe_alarms(AlarmNames=[name], AlarmTypes=types)
        (found,) = answer["MetricAlarms"] + answer["CompositeAlarms"]
        return dict(found)

    def topic(self) -> tuple[str, Callable[[], list[dict[str, Any]]]]:
        """A topic, and what reads the messages that have come to it since it was read last."""
        sns, sqs = self.client("sns"), self.client("sqs")
        name = uuid4().hex
        topic = sns.create_topic(Name=name)["TopicArn"]
        queue = sqs.create_queue(QueueName=name)["QueueUrl"]
        wanted = ["QueueArn"]
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=wanted)["Attributes"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])

        def read() -> list[dict[str, Any]]:
            found = []
            while got := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get(
                "Messages"
            ):
                for each in got:
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
                    found.append(json.loads(json.loads(each["Body"])["Message"]))
            return found

        return topic, read


@pytest.fixture
def alarms(client: Callable[..., Any], lab: Config) -> Alarms:
    return Alarms(client, lab.endpoint_url)
