"""One execution of the state machine, followed through its history as the console shows it."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lab.i18n import lab_error

PAUSE = 0.25


@dataclass(frozen=True, slots=True)
class Step:
    """A state that has been entered; ``seconds`` is None while it runs."""

    name: str
    seconds: float | None = None


class Execution:
    """An execution that has been started."""

    def __init__(self, machines: Any, state_machine_arn: str) -> None:
        self.machines = machines
        self.arn = machines.start_execution(stateMachineArn=state_machine_arn)["executionArn"]
        self.output: dict[str, Any] = {}

    def follow(self) -> Iterator[list[Step]]:
        """The steps so far, again and again until the execution has ended; a failed one raises
        LabError.
        """
        while True:
            # The status first: a history read after the end is complete.
            status = self.machines.describe_execution(executionArn=self.arn)
            yield self.steps()
            if status["status"] != "RUNNING":
                break
            time.sleep(PAUSE)
        if status["status"] != "SUCCEEDED":
            error = status.get("error", status["status"])
            raise lab_error("demo-execution-failed", error=error, cause=reason(status.get("cause")))
        self.output = json.loads(status["output"])

    def steps(self) -> list[Step]:
        pages = self.machines.get_paginator("get_execution_history").paginate(executionArn=self.arn)
        return steps_of(event for page in pages for event in page["events"])


def reason(cause: str | None) -> str:
    """What a failed execution says of itself; of a failed query only the reason."""
    try:
        failed = json.loads(cause or "")
        return str(failed["QueryExecution"]["Status"]["StateChangeReason"])
    except (ValueError, TypeError, KeyError):
        return cause or ""


def steps_of(events: Any) -> list[Step]:
    """The states in the order in which they were entered, each with how long it took."""
    entered: dict[str, datetime] = {}
    left: dict[str, datetime] = {}
    for event in events:
        if name := event.get("stateEnteredEventDetails", {}).get("name"):
            entered[name] = event["timestamp"]
        if name := event.get("stateExitedEventDetails", {}).get("name"):
            left[name] = event["timestamp"]
    return [
        Step(name, (left[name] - start).total_seconds() if name in left else None)
        for name, start in entered.items()
    ]
