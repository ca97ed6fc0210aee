"""The log of a function: the lines that Lambda adds, the streams, the tail, the metrics."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.providers.lambda_.functions import Functions, eventually

pytestmark = pytest.mark.lab

PRINTING = """
print('loading')
def handler(event, context):
    print('one')
    print('two', end='')
"""
NUMBER = r"\d+\.\d\d"


@pytest.mark.fidelity("lambda_runtime.report")
def test_lines_of_a_cold_and_a_warm_invocation(functions: Functions) -> None:
    name = functions.create(PRINTING)
    cold = functions.invoke(name)
    warm = functions.invoke(name)
    report = rf"\tDuration: {NUMBER} ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB"
    report += r"\tMax Memory Used: \d+ MB\t"
    assert re.fullmatch(
        "loading\n"
        rf"START RequestId: {cold.request_id} Version: \$LATEST\n"
        "one\ntwo\n"
        rf"END RequestId: {cold.request_id}\n"
        rf"REPORT RequestId: {cold.request_id}{report}Init Duration: {NUMBER} ms\t\n",
        cold.log,
    )
    assert re.fullmatch(
        rf"START RequestId: {warm.request_id} Version: \$LATEST\n"
        "one\ntwo\n"
        rf"END RequestId: {warm.request_id}\n"
        rf"REPORT RequestId: {warm.request_id}{report}\n",
        warm.log,
    )


@pytest.mark.fidelity("lambda_runtime.report")
def test_durations_are_true_and_the_init_phase_is_billed(functions: Functions) -> None:
    source = "import time\ntime.sleep(0.2)\ndef handler(event, context):\n    time.sleep(0.1)\n"
    log = functions.run(source).log
    duration, billed, init = (
        float(re.findall(rf"\t{name}: ([\d.]+) ms", log)[0])
        for name in ("Duration", "Billed Duration", "Init Duration")
    )
    assert 100 <= duration < 1000
    assert 200 <= init < 3000
    assert 0 <= billed - (duration + init) < 1.01


@pytest.mark.fidelity("lambda_runtime.log_groups")
def test_log_group_has_every_line_in_order_in_one_stream(functions: Functions) -> None:
    name = functions.create(PRINTING)
    outcome = functions.invoke(name)
    messages = functions.messages(name, "REPORT")
    assert messages[0].startswith("INIT_START Runtime Version: python:3.")
    assert "".join(messages[1:]) == outcome.log
    streams = functions.logs.describe_log_streams(logGroupName=f"/aws/lambda/{name}")["logStreams"]
    day = f"{datetime.now(UTC):%Y/%m/%d}"
    assert len(streams) == 1
    assert re.fullmatch(rf"{day}/\[\$LATEST\][0-9a-f]{{32}}", streams[0]["logStreamName"])


def test_published_version_has_its_number_in_the_stream(functions: Functions) -> None:
    source = "def handler(event, context):\n    return context.log_stream_name\n"
    name = functions.create(source, Publish=True)
    assert "[1]" in functions.invoke(name, Qualifier="1").payload


@pytest.mark.fidelity("lambda_runtime.log_groups")
def test_log_group_of_the_logging_configuration_is_used(functions: Functions) -> None:
    group = "/course/lambda"
    functions.run(PRINTING, LoggingConfig={"LogGroup": group})

    def streams() -> Any:
        try:
            return functions.logs.describe_log_streams(logGroupName=group)["logStreams"]
        except functions.logs.exceptions.ResourceNotFoundException:
            return []

    assert len(eventually(streams)) == 1


@pytest.mark.fidelity("lambda_runtime.log_groups")
def test_deleted_log_group_comes_back(functions: Functions) -> None:
    name = functions.create(PRINTING)
    functions.invoke(name)
    functions.messages(name, "REPORT")
    functions.logs.delete_log_group(logGroupName=f"/aws/lambda/{name}")
    functions.invoke(name)
    assert "one\n" in functions.messages(name, "REPORT")


def test_tail_is_the_last_4_kb(functions: Functions) -> None:
    outcome = functions.run("def handler(event, context):\n    print('é' * 5000)\n")
    assert len(outcome.log.encode()) <= 4096 + 2
    assert outcome.log.count("é") > 1500
    assert f"END RequestId: {outcome.request_id}\nREPORT" in outcome.log


@pytest.mark.fidelity("lambda_runtime.text_logs")
def test_logging_module_writes_in_awss_format(functions: Functions) -> None:
    source = (
        "import logging\nlogging.getLogger().setLevel('INFO')\n"
        "def handler(event, context):\n    logging.info('seen')\n"
    )
    outcome = functions.run(source)
    line = rf"\n\[INFO\]\t\d{{4}}-\d\d-\d\dT[\d:.]+Z\t{outcome.request_id}\tseen\n"
    assert re.search(line, outcome.log)


def test_metrics_count_invocations_and_errors(
    functions: Functions, client: Callable[..., Any]
) -> None:
    name = functions.create("def handler(event, context):\n    1 / event\n")
    for event in (1, 0, 1):
        functions.invoke(name, event)
    cloudwatch = client("cloudwatch")
    now = datetime.now(UTC)

    def total(metric: str) -> Any:
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": name}],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=10),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points)

    eventually(lambda: total("Invocations") == 3)
    assert total("Errors") == 1
    assert total("Duration") > 0
