"""An execution as it goes on, asked of Step Functions until it has ended."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lab.states.graph import Graph
from lab.states.graph import read as read_graph
from lab.states.progress import Progress
from lab.states.progress import read as read_progress

PAUSE = 0.25
RUNNING = ("RUNNING", "PENDING_REDRIVE")


@dataclass(frozen=True, slots=True)
class View:
    """An execution at one moment; ``seconds`` since its start, or to its end if that has come."""

    name: str
    machine: str
    status: str
    seconds: float
    graph: Graph
    progress: Progress
    error: str
    cause: str

    @property
    def has_ended(self) -> bool:
        return self.status not in RUNNING


def follow(client: Any, execution_arn: str) -> Iterator[View]:
    """Views of an execution, the last when it has ended. Raises botocore's errors."""
    described = client.describe_state_machine_for_execution(executionArn=execution_arn)
    graph = read_graph(json.loads(described["definition"]))
    while True:
        view = _view(client, execution_arn, described["name"], graph)
        yield view
        if view.has_ended:
            return
        time.sleep(PAUSE)


def definition_of(client: Any, machine_arn: str) -> tuple[str, Graph]:
    """The name and the graph of a state machine."""
    described = client.describe_state_machine(stateMachineArn=machine_arn)
    return described["name"], read_graph(json.loads(described["definition"]))


def _view(client: Any, arn: str, machine: str, graph: Graph) -> View:
    execution = client.describe_execution(executionArn=arn)
    # Read after the state, so that the history of an ended execution is whole.
    pages = client.get_paginator("get_execution_history").paginate(
        executionArn=arn, includeExecutionData=False
    )
    progress = read_progress(event for page in pages for event in page["events"])
    end = execution.get("stopDate") or datetime.now(UTC)
    return View(
        execution["name"],
        machine,
        execution["status"],
        (end - execution["startDate"]).total_seconds(),
        graph,
        progress,
        execution.get("error", ""),
        execution.get("cause", ""),
    )
