"""State machines of the learner's are validated and run by Step Functions itself."""

import json
import re
from typing import Any

import pytest

from lab.checks import Bench, Failed, machines
from lab.config import Config

pytestmark = pytest.mark.lab

MACHINE = {
    "StartAt": "Add",
    "States": {
        "Add": {"Type": "Pass", "Parameters": {"day.$": "$.day", "ok": True}, "Next": "Choose"},
        "Choose": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.day", "StringEquals": "never", "Next": "Wait"}],
            "Default": "Stop",
        },
        "Wait": {"Type": "Wait", "Seconds": 600, "End": True},
        "Stop": {"Type": "Fail", "Error": "Stopped", "Cause": "as meant"},
    },
}


@pytest.fixture
def at_lab(lab: Config, bench: Bench) -> Bench:
    return Bench(lab, bench.work, "seed")


def test_one_that_is_valid_is_run_and_leaves_nothing(at_lab: Bench) -> None:
    (at_lab.work / "machine.asl.json").write_text(json.dumps(MACHINE))
    definition = machines.read(at_lab, "machine.asl.json", code="machine")
    ended = machines.run(at_lab, definition, {"day": "2013-01-01"}, code="slow")
    assert (ended.status, ended.error, ended.cause) == ("FAILED", "Stopped", "as meant")
    assert ended.entered == ("Add", "Choose", "Stop")
    only = {"StartAt": "Add", "States": {"Add": {**MACHINE["States"]["Add"], "End": True}}}
    del only["States"]["Add"]["Next"]
    assert machines.run(at_lab, only, {"day": "x"}, code="slow").output == {"day": "x", "ok": True}
    names = [
        m["name"] for m in at_lab.client("stepfunctions").list_state_machines()["stateMachines"]
    ]
    assert [name for name in names if name.startswith("lab-check")] == []


def test_one_that_does_not_end_is_the_learner_s(at_lab: Bench) -> None:
    with pytest.raises(Failed) as caught:
        machines.run(at_lab, MACHINE, {"day": "never"}, code="slow", within=0)
    assert (caught.value.code, caught.value.must()) == (
        "slow",
        "the execution ends within 0 seconds",
    )


def test_one_that_is_not_valid_is_told_in_step_functions_own_words(at_lab: Bench) -> None:
    file = at_lab.work / "machine.asl.json"
    with pytest.raises(Failed) as caught:
        machines.read(at_lab, file.name, code="machine")
    assert caught.value.code == "program-missing"
    file.write_text(json.dumps({"States": {}}))
    with pytest.raises(Failed) as caught:
        machines.read(at_lab, file.name, code="machine")
    assert caught.value.code == "machine"
    assert caught.value.must() == "machine.asl.json is a valid definition of a state machine"
    assert re.match(r"[A-Z_]+: .+", caught.value.there())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"StartAt": "Begin"}, "Begin"),
        ({"StartAt": "Choose"}, "Add"),
        (
            {
                "States": {
                    "Add": {
                        "Type": "Parallel",
                        "End": True,
                        "Branches": [
                            {"StartAt": "In", "States": {"In": {"Type": "Pass", "Next": "Out"}}}
                        ],
                    }
                }
            },
            "Out",
        ),
    ],
)
def test_a_transition_goes_to_a_state_that_there_is(
    at_lab: Bench, change: dict[str, Any], named: str
) -> None:
    (at_lab.work / "machine.asl.json").write_text(json.dumps({**MACHINE, **change}))
    with pytest.raises(Failed) as caught:
        machines.read(at_lab, "machine.asl.json", code="machine")
    assert caught.value.code == "machine"
    assert named in caught.value.there()
