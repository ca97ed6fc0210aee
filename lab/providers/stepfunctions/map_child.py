"""One child execution of a distributed Map: how it begins, where it is evaluated, how it ended."""

import datetime as dt
import time
import uuid
from typing import Any

from localstack.aws.api.stepfunctions import HistoryEventType
from localstack.services.stepfunctions.asl.eval.event.event_manager import EventHistoryContext
from localstack.services.stepfunctions.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramStopped,
)
from localstack.services.stepfunctions.asl.eval.variable_store import VariableStore
from localstack.services.stepfunctions.asl.utils.encoding import to_json_str

from lab.providers.stepfunctions.evaluation import JsonCopier
from lab.providers.stepfunctions.executions import LAST, History
from lab.providers.stepfunctions.models import COMPACT, Machine, Run


def new_run(env: Any, arn: str, value: Any, is_kept: bool) -> Run:
    """The execution of one item or batch, without its definition and its Map run; ``arn`` is the
    machine's, with the label.
    """
    parent = env.states.context_object.context_object_data
    name = str(uuid.uuid4())
    details = env.aws_execution_details
    machine = Machine(
        *(arn, arn.rpartition(":")[2], "{}", details.role_arn, time.time(), {}),
        kind="STANDARD" if is_kept else "EXPRESS",
    )
    kind = "execution" if is_kept else "express"
    return Run(
        arn=f"{arn.replace(':stateMachine:', f':{kind}:')}:{name}",
        name=name,
        account=details.account,
        region=details.region,
        machine=machine,
        input=to_json_str(value, separators=COMPACT),
        started=time.time(),
        trace=parent.get("Trace"),
    )


def new_frame(env: Any, run: Run, number: int, value: Any) -> tuple[Any, History]:
    """The environment of a child: with a history and a context of its own, and without the
    parent's variables.
    """
    frame = env.open_inner_frame(EventHistoryContext.of_program_start())
    frame.variable_store = VariableStore()
    history = frame.event_manager = History()
    started = dt.datetime.fromtimestamp(run.started, dt.UTC).isoformat(timespec="milliseconds")
    context = frame.states.context_object.context_object_data
    context["Execution"] = {
        "Id": run.arn,
        "Input": JsonCopier.deepcopy(value),
        "Name": run.name,
        "RoleArn": run.machine.role,
        "StartTime": started.replace("+00:00", "Z"),
    }
    context["StateMachine"] = {"Id": run.machine.arn, "Name": run.machine.name}
    context["Map"] = {"Item": {"Index": number, "Value": value}}
    frame.states.reset(input_value=value)
    details = {
        "input": run.input,
        "inputDetails": {"truncated": False},
        "roleArn": run.machine.role,
    }
    history.add_event(
        frame.event_history_context,
        HistoryEventType.ExecutionStarted,
        {"executionStartedEventDetails": details},
        update_source_event_id=False,
    )
    return frame, history


def reflect(run: Run, frame: Any) -> str:
    """Take over how a child ended; returns the name of its counter."""
    state = frame.program_state()
    if isinstance(state, ProgramEnded):
        run.status = "SUCCEEDED"
        run.output = to_json_str(frame.states.get_input(), separators=COMPACT)
        return "succeeded"
    if isinstance(state, ProgramError):
        details = state.error or {}
        run.status, run.error, run.cause = "FAILED", details.get("error"), details.get("cause")
        return "failed"
    run.status = "ABORTED" if isinstance(state, ProgramStopped) else "TIMED_OUT"
    return "aborted" if run.status == "ABORTED" else "timed_out"


def write_last_event(run: Run, frame: Any, history: History) -> None:
    details: dict[str, Any] = {"error": run.error, "cause": run.cause}
    if run.output is not None:
        details = {"output": run.output, "outputDetails": {"truncated": False}}
    kind = LAST[run.status]
    name = f"{kind.value[0].lower()}{kind.value[1:]}EventDetails"
    present = {key: value for key, value in details.items() if value is not None}
    history.add_event(frame.event_history_context, kind, {name: present})
