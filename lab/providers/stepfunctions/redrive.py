"""``RedriveExecution``: an execution that failed goes on where it failed, with the history that it
has.

The state that failed is evaluated again with its input and the variables of that moment. A Map or
Parallel state is evaluated as a whole (AWS repeats only the branches and items that failed).
Source: AWS Step Functions Developer Guide, "Restarting state machine executions with redrive".
"""

import copy
import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any

from localstack.aws.api.stepfunctions import HistoryEventType
from localstack.services.stepfunctions.asl.component.common.flow.start_at import StartAt

Events = list[dict[str, Any]]


@dataclass
class Restart:
    """Where an execution goes on."""

    events: Events
    state: str
    input: Any
    variables: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Events, definition: str) -> "Restart":
        document = json.loads(definition)
        restart = cls(events, document["StartAt"], json.loads(_first_input(events)))
        for event in events:
            entered = event.get("stateEnteredEventDetails")
            exited = event.get("stateExitedEventDetails")
            if entered and entered["name"] in document["States"]:
                restart.state = entered["name"]
                restart.input = json.loads(entered["input"])
            elif exited and exited["name"] in document["States"]:
                for name, value in exited.get("assignedVariables", {}).items():
                    restart.variables[name] = json.loads(value)
        return restart

    def prepare(self, env: Any, redrives: int) -> None:
        """Bring the environment to the moment at which the state began."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        execution = env.states.context_object.context_object_data["Execution"]
        execution |= {"RedriveCount": redrives, "RedriveTime": now}
        for name, value in self.variables.items():
            env.variable_store.set(name, value)
        env.variable_store.reset_tracing()
        env.states.reset(self.input)
        env.event_history_context.source_event_id = len(self.events)
        env.event_manager.add_event(
            context=env.event_history_context,
            event_type=HistoryEventType.ExecutionRedriven,
            event_details={"executionRedrivenEventDetails": {"redriveCount": redrives}},
        )
        env.event_manager.is_within_state = any(
            "stateEnteredEventDetails" in event for event in self.events
        )

    def evaluate(self, program: Any, env: Any) -> None:
        rest = copy.copy(program)
        rest.start_at = StartAt(start_at_name=self.state)
        rest.eval(env)


def _first_input(events: Events) -> str:
    found: str = events[0]["executionStartedEventDetails"]["input"] if events else "{}"
    return found
