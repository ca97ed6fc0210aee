from datetime import UTC, datetime

import pytest

from lab.demo.execution import Execution, Step, reason, steps_of
from lab.errors import LabError


def at(second: int) -> datetime:
    return datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC)


EVENTS = [
    {"type": "ExecutionStarted", "timestamp": at(0)},
    {"timestamp": at(1), "stateEnteredEventDetails": {"name": "One"}},
    {"timestamp": at(4), "stateExitedEventDetails": {"name": "One"}},
    {"timestamp": at(4), "stateEnteredEventDetails": {"name": "Two"}},
]


def test_steps_have_the_time_they_took() -> None:
    assert steps_of(EVENTS) == [Step("One", 3.0), Step("Two")]


class FakeMachines:
    """An execution that has ended as it is told."""

    def __init__(self, **status: str) -> None:
        self.status = status

    def start_execution(self, **_: str) -> dict:
        return {"executionArn": "arn"}

    def describe_execution(self, **_: str) -> dict:
        return self.status

    def get_paginator(self, _: str) -> "FakeMachines":
        return self

    def paginate(self, **_: str) -> list[dict]:
        return [{"events": EVENTS[:2]}, {"events": EVENTS[2:]}]


def test_a_finished_execution_gives_its_output() -> None:
    execution = Execution(FakeMachines(status="SUCCEEDED", output='{"a": 1}'), "arn")
    assert list(execution.follow()) == [[Step("One", 3.0), Step("Two")]]
    assert execution.output == {"a": 1}


def test_a_failed_execution_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LANG", "en")
    status = {"status": "FAILED", "error": "Athena.QueryFailed", "cause": "no table"}
    execution = Execution(FakeMachines(**status), "arn")
    with pytest.raises(LabError, match=r"failed with Athena\.QueryFailed: no table"):
        list(execution.follow())


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        ('{"QueryExecution": {"Status": {"StateChangeReason": "no table"}}}', "no table"),
        ('{"other": 1}', '{"other": 1}'),
        ("plain words", "plain words"),
        (None, ""),
    ],
)
def test_the_reason_is_the_sentence_that_matters(cause: str | None, expected: str) -> None:
    assert reason(cause) == expected
