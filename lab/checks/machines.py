"""State machines that a learner wrote: validated as ValidateStateMachineDefinition does, and run.
The lab's answer to that call knows the grammar only; that every state is named and reached is seen
to here.

A machine that is run is made for it and deleted afterwards, under a name of its own: nothing of the
learner's is touched but what the machine itself does.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lab.checks.bench import Bench
from lab.checks.text import Text
from lab.checks.vocabulary import Failed, eventually
from lab.checks.vocabulary import expect as _expect
from lab.config import ACCOUNT_ID

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/lab-check"


@dataclass(frozen=True, slots=True)
class Execution:
    """How one execution ended. ``entered`` names the states that it entered, in order."""

    status: str
    output: Any
    error: str
    cause: str
    entered: tuple[str, ...]


def read(bench: Bench, name: str, *, code: str) -> dict[str, Any]:
    """The definition in the file ``name`` of the learner's; Failed with Step Functions' own first
    finding when it is not valid.
    """
    file = bench.work / name
    if not file.is_file():
        expected = Text(f"le fichier {name} existe", f"the file {name} exists")
        raise Failed("program-missing", expected, str(file), f"ls {bench.work}")
    text = file.read_text(encoding="utf-8")
    look = f"aws stepfunctions validate-state-machine-definition --definition file://{name}"
    valid = Text(
        f"{name} est une définition valide de machine à états",
        f"{name} is a valid definition of a state machine",
    )
    answer = bench.client("stepfunctions").validate_state_machine_definition(definition=text)
    if answer["result"] != "OK":
        first = answer["diagnostics"][0]
        raise Failed(code, valid, f"{first['code']}: {first['message']}", look)
    definition: dict[str, Any] = json.loads(text)
    for astray in _astray(definition):
        raise Failed(code, valid, astray, look)
    return definition


def run(
    bench: Bench, definition: dict[str, Any], given: object, *, code: str, within: float = 60
) -> Execution:
    """Execute the machine with ``given`` as its input and wait for its end; Failed when it has not
    ended within so many seconds.
    """
    client = bench.client("stepfunctions")
    with _made(client, definition) as machine:
        arn = client.start_execution(stateMachineArn=machine, input=json.dumps(given))[
            "executionArn"
        ]

        def end() -> dict[str, Any]:
            found: dict[str, Any] = client.describe_execution(executionArn=arn)
            _expect(
                found["status"] != "RUNNING",
                equals=True,
                code=code,
                fr=f"l'exécution se termine en moins de {within:.0f} secondes",
                en=f"the execution ends within {within:.0f} seconds",
            )
            return found

        try:
            ended = eventually(end, within=within)
        except Failed:
            client.stop_execution(executionArn=arn)
            raise
        pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
        details = [e.get("stateEnteredEventDetails") for page in pages for e in page["events"]]
    return Execution(
        ended["status"],
        json.loads(ended.get("output") or "null"),
        ended.get("error", ""),
        ended.get("cause", ""),
        tuple(one["name"] for one in details if one),
    )


def _astray(machine: dict[str, Any]) -> Iterator[str]:
    """The transitions to states that there are not, and the states that nothing leads to; also
    within branches and maps.
    """
    states = machine["States"]
    leads = {"StartAt": [machine["StartAt"]]} | {n: _leads(one) for n, one in states.items()}
    for name, targets in leads.items():
        for target in targets:
            if target not in states:
                yield f"MISSING_TRANSITION_TARGET: {name} -> {target}"
    reached: set[str] = set()
    waiting = [machine["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [target for target in leads.get(name, []) if target in states]
    for name in states:
        if name not in reached:
            yield f"UNREACHABLE_STATE: {name}"
    for state in states.values():
        for inner in (
            *state.get("Branches", []),
            state.get("ItemProcessor"),
            state.get("Iterator"),
        ):
            if inner:
                yield from _astray(inner)


def _leads(state: dict[str, Any]) -> list[str]:
    ways = [state, *state.get("Choices", []), *state.get("Catch", [])]
    return [one[key] for one in ways for key in ("Next", "Default") if key in one]


@contextmanager
def _made(client: Any, definition: dict[str, Any]) -> Iterator[str]:
    answer = client.create_state_machine(
        name=f"lab-check-{secrets.token_hex(6)}", definition=json.dumps(definition), roleArn=ROLE
    )
    try:
        yield answer["stateMachineArn"]
    finally:
        client.delete_state_machine(stateMachineArn=answer["stateMachineArn"])
