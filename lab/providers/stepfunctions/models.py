"""What is kept of an execution, and how the API shows it; LocalStack's ``Execution`` is the engine
that runs one, and is let go when it has ended.
"""

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from localstack.services.stepfunctions.asl.utils.encoding import to_json_str

Answer = dict[str, Any]
RUNNING = "RUNNING"
INCLUDED = {"included": True}
COMPACT = (",", ":")
MAX_REDRIVES = 1000
REDRIVABLE_SECONDS = 14 * 86_400


@dataclass
class Machine:
    """The state machine as it was when the execution began."""

    arn: str
    name: str
    definition: str
    role: str
    updated: float
    logging: Answer
    revision: str | None = None
    kind: str = "STANDARD"

    @classmethod
    def of(cls, instance: Any) -> "Machine":
        return cls(
            arn=getattr(instance, "source_arn", None) or instance.arn,
            name=instance.name,
            definition=instance.definition,
            role=instance.role_arn,
            updated=instance.create_date.timestamp(),
            logging=dict(instance.logging_config or {}),
            revision=instance.revision_id,
            kind=str(instance.sm_type),
        )


@dataclass
class Run:
    """One execution, of a machine or of an item of a distributed Map; times in seconds since
    1970.
    """

    arn: str
    name: str
    account: str
    region: str
    machine: Machine
    input: str
    started: float
    status: str = RUNNING
    version: str | None = None
    alias: str | None = None
    map_run: str | None = None
    item_count: int | None = None
    trace: str | None = None
    stopped: float | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    redrives: int = 0
    redriven: float | None = None
    tokens: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, execution: Any) -> "Run":
        """What an execution of LocalStack's is now."""
        return cls(
            arn=execution.exec_arn,
            name=execution.name,
            account=execution.account_id,
            region=execution.region_name,
            machine=Machine.of(execution.state_machine),
            input=to_json_str(execution.input_data, separators=COMPACT),
            started=execution.start_date.timestamp(),
            status=str(execution.exec_status or RUNNING),
            version=execution.state_machine_version_arn,
            alias=execution.state_machine_alias_arn,
            trace=execution.trace_header,
            stopped=execution.stop_date.timestamp() if execution.stop_date else None,
            output=to_json_str(execution.output, separators=COMPACT)
            if execution.exec_status == "SUCCEEDED"
            else None,
            error=execution.error,
            cause=execution.cause,
            redrives=getattr(execution, "redrives", 0),
            redriven=getattr(execution, "redriven", None),
        )

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Run":
        kept = json.loads(text)
        return cls(**{**kept, "machine": Machine(**kept["machine"])})

    def describe(self, data: bool = True) -> Answer:
        """``DescribeExecution``; without ``data`` (METADATA_ONLY) it shows no input and output."""
        answer = {
            "executionArn": self.arn,
            "stateMachineArn": self.machine.arn,
            "name": self.name,
            "status": self.status,
            "startDate": moment(self.started),
            **({"input": self.input, "inputDetails": INCLUDED} if data else {}),
            **self._origin(),
            **self._redrive(),
            "redriveStatus": "REDRIVABLE" if self.refusal is None else "NOT_REDRIVABLE",
        }
        if self.refusal is not None:
            answer["redriveStatusReason"] = self.refusal
        if self.output is not None and data:
            answer |= {"output": self.output, "outputDetails": INCLUDED}
        more = {"stopDate": moment(self.stopped), "traceHeader": self.trace}
        more |= {"error": self.error, "cause": self.cause} if data else {}
        return answer | _present(more)

    def item(self) -> Answer:
        """A line of ``ListExecutions``."""
        return {
            "executionArn": self.arn,
            "stateMachineArn": self.machine.arn,
            "name": self.name,
            "status": self.status,
            "startDate": moment(self.started),
            **_present({"stopDate": moment(self.stopped), "itemCount": self.item_count}),
            **self._origin(),
            **self._redrive(),
        }

    def _origin(self) -> Answer:
        return _present(
            {
                "stateMachineVersionArn": self.version,
                "stateMachineAliasArn": self.alias,
                "mapRunArn": self.map_run,
            }
        )

    def _redrive(self) -> Answer:
        redrive: Answer = {"redriveCount": self.redrives}
        return redrive | _present({"redriveDate": moment(self.redriven)})

    @property
    def refusal(self) -> str | None:
        """Why this execution cannot be redriven, as AWS says it; None when it can."""
        if self.status == RUNNING:
            return "Execution is RUNNING and cannot be redriven"
        if self.status == "SUCCEEDED":
            return "Execution is SUCCEEDED and cannot be redriven"
        if self.map_run is not None:
            return "Execution was started by a map run and cannot be redriven independently"
        if self.redrives >= MAX_REDRIVES:
            return f"Execution cannot be redriven more than {MAX_REDRIVES} times"
        return None


def moment(seconds: float | None) -> dt.datetime | None:
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)


def _present(values: Answer) -> Answer:
    return {key: value for key, value in values.items() if value is not None}
