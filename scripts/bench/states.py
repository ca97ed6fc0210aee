"""How fast state machines run, beside MiniStack in the same run.

    python scripts/bench/states.py [--items 10000] [--executions 50]

Two figures: the time from StartExecution until DescribeExecution says SUCCEEDED, of a machine of
ten Pass and Choice states (the median, and what of it lies between the execution's own dates); and
the time of a distributed Map whose items, in one JSON file in S3, each invoke an empty function, 40
at a time. A figure of a peer that refuses or loses items is not shown. Starts a lab and the peer,
and stops them.
"""

import argparse
import io
import json
import statistics
import tempfile
import time
import uuid
import zipfile
from pathlib import Path
from typing import Any

import peer
from botocore.exceptions import BotoCoreError, ClientError

from lab.config import Config, load
from lab.stack import embedded
from lab.stack.processes import free_port

ROLE = "arn:aws:iam::000000000000:role/states"
CONCURRENCY = 40
PATIENCE = 600.0


def ten_states() -> dict[str, Any]:
    states: dict[str, Any] = {}
    for number in range(10):
        further = {"Next": f"S{number + 1}"} if number < 9 else {"End": True}
        rule = {"Variable": "$.n", "NumericGreaterThanEquals": 0, **further}
        states[f"S{number}"] = (
            {"Type": "Choice", "Choices": [rule], "Default": "S9"}
            if number % 2 and number < 9
            else {"Type": "Pass", "Result": {"n": number}, **further}
        )
    return {"StartAt": "S0", "States": states}


def distributed(bucket: str, key: str) -> dict[str, Any]:
    invoke = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "empty", "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "End": True,
    }
    each = {
        "Type": "Map",
        "MaxConcurrency": CONCURRENCY,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": bucket, "Key": key},
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Invoke",
            "States": {"Invoke": invoke},
        },
        "ResultPath": None,
        "End": True,
    }
    return {"StartAt": "Each", "States": {"Each": each}}


def make(states: Any, definition: dict[str, Any]) -> str:
    text = json.dumps(definition)
    made = states.create_state_machine(name=uuid.uuid4().hex, definition=text, roleArn=ROLE)
    arn: str = made["stateMachineArn"]
    return arn


def run(states: Any, arn: str, pause: float) -> dict[str, Any]:
    """What DescribeExecution says at the end."""
    execution = states.start_execution(stateMachineArn=arn, input='{"n": 1}')["executionArn"]
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found: dict[str, Any] = states.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            assert found["status"] == "SUCCEEDED", found
            return found
        time.sleep(pause)
    raise TimeoutError(execution)


def small(endpoint_url: str, count: int) -> str:
    states = peer.client("stepfunctions", endpoint_url)
    arn = make(states, ten_states())
    run(states, arn, 0.001)
    taken, inside = [], []
    for _ in range(count):
        started = time.perf_counter()
        found = run(states, arn, 0.001)
        taken.append(time.perf_counter() - started)
        inside.append((found["stopDate"] - found["startDate"]).total_seconds())
    return (
        f"{statistics.median(taken) * 1000:8.1f} ms"
        f" (between its dates {statistics.median(inside) * 1000:.1f} ms)"
    )


def large(endpoint_url: str, items: int) -> str:
    s3 = peer.client("s3", endpoint_url)
    s3.create_bucket(Bucket="bench-states")
    body = json.dumps([{"id": number} for number in range(items)])
    s3.put_object(Bucket="bench-states", Key="items.json", Body=body)
    deploy(peer.client("lambda", endpoint_url))
    states = peer.client("stepfunctions", endpoint_url)
    arn = make(states, distributed("bench-states", "items.json"))
    started = time.perf_counter()
    run(states, arn, 0.1)
    taken = time.perf_counter() - started
    return f"{taken:8.1f} s  ({items / taken:,.0f} items/s)"


def deploy(functions: Any) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("f.py", "def h(event, context):\n    return event\n")
    functions.create_function(
        FunctionName="empty",
        Runtime="python3.13",
        Handler="f.h",
        Role=ROLE,
        Code={"ZipFile": content.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="empty")
    functions.invoke(FunctionName="empty", Payload=b"{}")


def measure(name: str, endpoint_url: str, options: argparse.Namespace) -> None:
    for what, act, count in (
        ("10 states", small, options.executions),
        (f"Map of {options.items:,}", large, options.items),
    ):
        try:
            figure = act(endpoint_url, count)
        except (AssertionError, BotoCoreError, ClientError, TimeoutError) as error:
            figure = f"no figure: {str(error)[:160]}"
        print(f"{name:10} {what:16} {figure}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--executions", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = Config(Path(folder) / "lab", load().cache, free_port(), free_port())
        embedded.up(config, names=("localstack",))
        try:
            measure("lab", config.endpoint_url, options)
        finally:
            embedded.down(config)
    peer.install(peer.MINISTACK)
    with peer.running(peer.MINISTACK) as endpoint_url:
        measure("MiniStack", endpoint_url, options)


if __name__ == "__main__":
    main()
