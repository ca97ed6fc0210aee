"""The lines that Lambda itself writes into a function's log, as text or as JSON documents.

In JSON each line has a level, and a function may ask for less of them (SystemLogLevel); in text
there are no levels. The text has four kinds of line, JSON also says when a phase is done.

Sources: AWS documentation, "Sending Lambda function logs to CloudWatch Logs", "Log-level
filtering" (section "System log level event mapping"), "Lambda Telemetry API Event schema
reference".
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lab.providers.lambda_.output import LEVELS, LogSettings, Output
from lab.providers.lambda_.report import Failure, Usage

DEBUG, INFO, WARN = LEVELS["DEBUG"], LEVELS["INFO"], LEVELS["WARN"]
ON_DEMAND = "on-demand"


@dataclass(frozen=True, slots=True)
class Identity:
    """The version of a function, as its log names it."""

    name: str
    version: str
    runtime_version: str
    runtime_version_arn: str


class SystemLog:
    """What Lambda says into the output of one execution environment."""

    def __init__(self, output: Output, settings: LogSettings, identity: Identity) -> None:
        self._output = output
        self._is_json = settings.is_json
        self._least = LEVELS[settings.system_level]
        self._identity = identity
        self.initialization_type = ON_DEMAND

    def init_start(self) -> None:
        known = self._identity
        runtime = f"python:{known.runtime_version}"
        self._say(
            f"INIT_START Runtime Version: {runtime}\t"
            f"Runtime Version ARN: {known.runtime_version_arn}",
            INFO,
            "initStart",
            {
                "initializationType": self.initialization_type,
                "phase": "init",
                "runtimeVersion": runtime,
                "runtimeVersionArn": known.runtime_version_arn,
                "functionName": known.name,
                "functionVersion": known.version,
            },
        )

    def init_done(self, duration: float, phase: str, failure: Failure | None) -> None:
        """The end of an initialisation. In text, only one that has failed is worth a line."""
        status, error = _outcome(failure)
        text = ""
        if failure is not None:
            text = f"INIT_REPORT Init Duration: {duration:.2f} ms\tPhase: {phase}\tStatus: {status}"
            text += f"\tError Type: {failure.error_type}" if failure.error_type else ""
        record = {"initializationType": self.initialization_type, "phase": phase, "status": status}
        level = DEBUG if failure is None else WARN
        self._say("", level, "initRuntimeDone", record | error)
        if failure is None and self.initialization_type != ON_DEMAND:
            level = INFO
        metrics = {"metrics": {"durationMs": round(duration, 3)}}
        self._say(text, level, "initReport", record | metrics | error)

    def start(self, request_id: str) -> None:
        version = self._identity.version
        record = {"requestId": request_id, "version": version}
        self._say(f"START RequestId: {request_id} Version: {version}", INFO, "start", record)

    def end(self, request_id: str, usage: Usage, failure: Failure | None, *, failed: bool) -> None:
        """The end of an invocation. ``failed`` says that the function itself raised an error."""
        if failure is not None and failure.line:
            self._say(failure.line)
        self._say(f"END RequestId: {request_id}")
        self._say(_report_line(request_id, usage, failure))
        status, error = _outcome(failure, failed=failed)
        level = DEBUG if status == "success" else WARN
        record = {"requestId": request_id, "status": status}
        metrics: dict[str, float] = {"durationMs": round(usage.duration, 3)}
        self._say("", level, "runtimeDone", record | error | {"metrics": metrics})
        metrics |= {
            "billedDurationMs": usage.billed,
            "memorySizeMB": usage.memory_size_mb,
            "maxMemoryUsedMB": usage.max_memory_mb,
        }
        if usage.init_duration is not None:
            metrics["initDurationMs"] = round(usage.init_duration, 3)
        level = INFO if status == "success" else WARN
        self._say(
            "",
            level,
            "report",
            {"requestId": request_id, "metrics": metrics} | {"status": status} | error,
        )

    def _say(
        self, text: str, level: int = INFO, kind: str = "", record: dict[str, Any] | None = None
    ) -> None:
        """Write the text or the JSON of an event; either may be missing."""
        if not self._is_json:
            if text:
                self._output.write(text)
        elif kind and level >= self._least:
            moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            event = {"time": moment, "type": f"platform.{kind}", "record": record}
            self._output.write(json.dumps(event, separators=(",", ":")))


def _outcome(failure: Failure | None, *, failed: bool = False) -> tuple[str, dict[str, str]]:
    """The status of a phase, and the field that names its error if it has a name."""
    if failure is None:
        return ("error" if failed else "success"), {}
    return failure.status, {"errorType": failure.error_type} if failure.error_type else {}


def _report_line(request_id: str, usage: Usage, failure: Failure | None) -> str:
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {usage.duration:.2f} ms",
        f"Billed Duration: {usage.billed} ms",
        f"Memory Size: {usage.memory_size_mb} MB",
        f"Max Memory Used: {usage.max_memory_mb} MB",
    ]
    if usage.init_duration is not None:
        fields.append(f"Init Duration: {usage.init_duration:.2f} ms")
    if failure and failure.status:
        fields.append(f"Status: {failure.status}")
    if failure and failure.error_type:
        fields.append(f"Error Type: {failure.error_type}")
    return "\t".join(fields) + "\t"
