"""What is wrong with a definition, as ``ValidateStateMachineDefinition`` lists it and
``CreateStateMachine`` refuses it: code, message and place.

LocalStack's parser says where its grammar stops, and misses what a grammar cannot see. Here the
document is walked; what only the parser finds is shown in its words. AWS says of the wording and
the order of messages that programs must not rely on them.
Source: AWS Step Functions API Reference, "ValidateStateMachineDefinitionDiagnostic".
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab.providers.stepfunctions.definition import states_of

TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
COMMON = {"Type", "Comment", "QueryLanguage"}
FLOW = {"Next", "End"}
DATA = {"InputPath", "OutputPath", "Output", "Assign"}
RESULT = {"ResultPath", "ResultSelector", "Parameters", "Arguments", "Retry", "Catch"}
TIMES = {"TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"}
FIELDS = {
    "Task": COMMON | FLOW | DATA | RESULT | TIMES | {"Resource", "Credentials"},
    "Wait": COMMON | FLOW | DATA | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
    "Pass": COMMON | FLOW | DATA | {"Result", "ResultPath", "Parameters"},
    "Succeed": COMMON | DATA,
    "Fail": COMMON | {"Error", "ErrorPath", "Cause", "CausePath"},
    "Choice": COMMON | DATA | {"Choices", "Default"},
    "Parallel": COMMON | FLOW | DATA | RESULT | {"Branches"},
    "Map": COMMON | FLOW | DATA | RESULT | {
        "ItemProcessor", "Iterator", "ItemReader", "ItemsPath", "Items", "ItemSelector",
        "ItemBatcher", "ResultWriter", "Label", "MaxConcurrency", "MaxConcurrencyPath",
        "ToleratedFailureCount", "ToleratedFailureCountPath", "ToleratedFailurePercentage",
        "ToleratedFailurePercentagePath",
    },
}  # fmt: skip
REQUIRED = {"Task": ["Resource"], "Choice": ["Choices"], "Parallel": ["Branches"]}
SCHEMA = "SCHEMA_VALIDATION_FAILED"
TARGET = "MISSING_TRANSITION_TARGET"


@dataclass(frozen=True)
class Diagnostic:
    """One finding; ``location`` is a JSON pointer, or None for the whole."""

    code: str
    message: str
    location: str | None = None
    severity: str = "ERROR"

    def answer(self) -> dict[str, str]:
        found = {"severity": self.severity, "code": self.code, "message": self.message}
        return found if self.location is None else {**found, "location": self.location}

    def __str__(self) -> str:
        return f"{self.code}: {self.message} at {self.location or 'null'}"


def diagnose(definition: str) -> list[Diagnostic]:
    """All findings, errors first."""
    if not definition.strip():
        return [Diagnostic("MISSING_DESCRIPTION", "The definition is empty")]
    try:
        document = json.loads(definition)
    except ValueError as error:
        return [Diagnostic("INVALID_JSON_DESCRIPTION", str(error))]
    if not isinstance(document, dict):
        return [Diagnostic(SCHEMA, "The definition should be a JSON object", "/")]
    found = [*_machine(document, ""), *_duplicates(document), *_warnings(document)]
    return sorted(found, key=lambda each: each.severity)


def refusal(errors: list[Diagnostic]) -> str:
    """The message of ``InvalidDefinition``."""
    return f"Invalid State Machine Definition: '{', '.join(map(str, errors))}'"


def _machine(machine: dict[str, Any], place: str) -> Iterator[Diagnostic]:
    """A state machine, or the one within a Map state or a branch."""
    for name in ("StartAt", "States"):
        if name not in machine:
            yield _missing(name, place or "/")
    states = machine.get("States")
    if not isinstance(states, dict):
        return
    if not states:
        yield Diagnostic(SCHEMA, "The field 'States' should be non-empty", f"{place}/States")
        return
    start = machine.get("StartAt")
    if isinstance(start, str) and start not in states:
        yield Diagnostic(TARGET, f"Missing 'Next' target: {start}", f"{place}/StartAt")
    reached, ends = {start}, False
    for name, state in states.items():
        here = f"{place}/States/{name}"
        if not isinstance(state, dict):
            yield Diagnostic(SCHEMA, "A state should be a JSON object", here)
            continue
        yield from _state(name, state, here)
        ends |= bool(state.get("End")) or state.get("Type") in ("Succeed", "Fail")
        for target, field in _targets(state):
            reached.add(target)
            if target not in states:
                message = f"Missing '{field.rpartition('/')[2]}' target: {target}"
                yield Diagnostic(TARGET, message, f"{here}/{field}")
    for name in states:
        if name not in reached:
            message = f'State "{name}" is not reachable.'
            yield Diagnostic(TARGET, message, f"{place}/States/{name}")
    if not ends:
        yield Diagnostic("MISSING_END_STATE", "Workflow has no terminal state", place or None)


def _state(name: str, state: dict[str, Any], here: str) -> Iterator[Diagnostic]:
    if len(name) > 80:
        yield Diagnostic("INVALID_STATE_NAME", "State names have at most 80 characters", here)
    kind = state.get("Type")
    if kind is None:
        yield _missing("Type", here)
        return
    if kind not in TYPES:
        message = f"The field 'Type' should have one of these values: [{', '.join(TYPES)}]"
        yield Diagnostic(SCHEMA, message, f"{here}/Type")
        return
    for field in state:
        if field not in FIELDS[kind]:
            yield Diagnostic(SCHEMA, f"Field '{field}' is not supported", here)
    for field in REQUIRED.get(kind, ()):
        if field not in state:
            yield _missing(field, here)
    if "Next" in FIELDS[kind] and not {"Next", "End"} & set(state):
        yield _missing("Next", here)
    for field in ("ItemProcessor", "Iterator"):
        if isinstance(state.get(field), dict):
            yield from _machine(state[field], f"{here}/{field}")
    branches = state.get("Branches")
    for number, branch in enumerate(branches if isinstance(branches, list) else ()):
        if isinstance(branch, dict):
            yield from _machine(branch, f"{here}/Branches[{number}]")


def _missing(field: str, place: str) -> Diagnostic:
    return Diagnostic(SCHEMA, f"The field '{field}' is required but was missing", place)


def _targets(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The states that a state leads to, with the field that says so."""
    for field in ("Next", "Default"):
        if isinstance(state.get(field), str):
            yield state[field], field
    for field in ("Choices", "Catch"):
        rules = state.get(field)
        for number, rule in enumerate(rules if isinstance(rules, list) else ()):
            if isinstance(rule, dict) and isinstance(rule.get("Next"), str):
                yield rule["Next"], f"{field}[{number}]/Next"


def _duplicates(document: dict[str, Any]) -> Iterator[Diagnostic]:
    for name, count in Counter(name for name, _ in states_of(document)).items():
        if count > 1:
            yield Diagnostic("DUPLICATE_STATE_NAME", f"Duplicate state name: {name}")


def _warnings(document: dict[str, Any]) -> Iterator[Diagnostic]:
    for name, state in states_of(document):
        if "JSONata" in (state.get("QueryLanguage"), document.get("QueryLanguage")):
            continue
        for field in ("Parameters", "ResultSelector", "ItemSelector"):
            for key, place in _paths(state.get(field), f"/States/{name}/{field}"):
                if not key.endswith(".$"):
                    yield _warning("NO_DOLLAR", f"The field '{key}' looks like a path", place)
        for key, place in _paths(state.get("Result"), f"/States/{name}/Result"):
            message = f"The field '{key}' looks like a path, and Result is static"
            yield _warning("PASS_RESULT_IS_STATIC", message, place)


def _warning(code: str, message: str, place: str) -> Diagnostic:
    return Diagnostic(code, message, place, "WARNING")


def _paths(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """The fields whose text looks like a path or an intrinsic function."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str) and inner.startswith(("$.", "$$.", "States.")):
                yield key, f"{place}/{key}"
            yield from _paths(inner, f"{place}/{key}")
