"""Machines made and run in few words."""

import json
import threading
import time
from typing import Any
from uuid import uuid4

ROLE = "arn:aws:iam::000000000000:role/states"


class Machines:
    """State machines of one lab."""

    def __init__(self, states: Any) -> None:
        self.states = states

    def make(self, definition: dict[str, Any], **more: Any) -> str:
        given = {"name": uuid4().hex, "roleArn": ROLE, **more}
        made = self.states.create_state_machine(definition=json.dumps(definition), **given)
        arn: str = made["stateMachineArn"]
        return arn

    def start(self, arn: str, value: Any = None, **more: Any) -> str:
        started = self.states.start_execution(
            stateMachineArn=arn, input=json.dumps({} if value is None else value), **more
        )
        execution: str = started["executionArn"]
        return execution

    def wait(self, execution: str) -> dict[str, Any]:
        """What has become of it."""
        deadline = time.monotonic() + 60
        while True:
            found: dict[str, Any] = self.states.describe_execution(executionArn=execution)
            if found["status"] != "RUNNING":
                return found
            assert time.monotonic() < deadline, found
            threading.Event().wait(0.01)

    def run(self, definition: dict[str, Any], value: Any = None) -> dict[str, Any]:
        return self.wait(self.start(self.make(definition), value))

    def output(self, definition: dict[str, Any], value: Any = None) -> Any:
        """The output of a machine that succeeds."""
        found = self.run(definition, value)
        assert found["status"] == "SUCCEEDED", found
        return json.loads(found["output"])

    def events(self, execution: str, **more: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.states.get_execution_history(
            executionArn=execution, maxResults=1000, **more
        )["events"]
        return found

    def until_event(self, execution: str, kind: str) -> dict[str, Any]:
        """The first event of a kind, once it is there."""
        deadline = time.monotonic() + 60
        while True:
            for event in self.events(execution):
                if event["type"] == kind:
                    return event
            assert time.monotonic() < deadline, self.events(execution)
            threading.Event().wait(0.01)


def single(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A machine of one state."""
    end = {} if state["Type"] in ("Choice", "Succeed", "Fail") else {"End": True}
    return {"StartAt": "One", "States": {"One": {**state, **end}}, **more}
