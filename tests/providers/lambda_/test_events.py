"""Asynchronous events against a clock of the test: waits, ages, and what a killed lab leaves."""

import queue as queues
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from localstack.aws.api.lambda_ import ServiceException, TooManyRequestsException
from localstack.services.lambda_.invocation.lambda_models import (
    EventInvokeConfig,
    Function,
    InvocationResult,
)
from localstack.services.lambda_.invocation.models import lambda_stores

from lab.providers.cloudwatch import Publisher
from lab.providers.lambda_.event_attempts import Ending, EventAttempts
from lab.providers.lambda_.event_queue import AT_ONCE, Event, EventQueue
from lab.providers.lambda_.metrics import FunctionMetrics
from tests.providers.lambda_.functions import eventually

ACCOUNT, REGION, NAME = "111122223333", "us-east-1", "f"
THROTTLED = TooManyRequestsException("Rate Exceeded.")


def event(request_id: str = "r", received: float = 0.0) -> Event:
    return Event(
        account=ACCOUNT,
        region=REGION,
        name=NAME,
        qualifier="$LATEST",
        is_qualified=False,
        request_id=request_id,
        payload=b"{}",
        trace="",
        received=received,
        due=0.0,
    )


class Attempts:
    """One event, tried again and again while the clock goes to the end of each wait."""

    def __init__(self, outcomes: list[bool | ServiceException]) -> None:
        self.outcomes = outcomes
        self.now = 0.0
        self.endings: list[Ending] = []
        self.attempts = EventAttempts(
            self.run, self.endings.append, lambda: self.now, FunctionMetrics(Publisher())
        )

    def run(self, event: Event) -> InvocationResult:
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, ServiceException):
            raise outcome
        return InvocationResult(event.request_id, b"{}", not outcome, "", "$LATEST")

    def waits(self) -> list[float]:
        """Try until the event is done with; returns the waits between attempts."""
        tried, waits = event(), []
        while (seconds := self.attempts.attempt(tried)) is not None:
            waits.append(seconds)
            self.now += seconds
        return waits

    def end(self) -> tuple[str, int]:
        (ending,) = self.endings
        return str(ending.condition), ending.attempts


@pytest.fixture
def function() -> Iterator[Function]:
    functions = lambda_stores[ACCOUNT][REGION].functions
    functions[NAME] = Function(NAME)
    yield functions[NAME]
    functions.clear()


def configure(function: Function, **options: Any) -> None:
    config = EventInvokeConfig(NAME, "$LATEST", last_modified=None, **options)
    function.event_invoke_configs["$LATEST"] = config


@pytest.mark.fidelity("lambda.asynchronous_retries")
def test_retries_come_after_one_minute_and_after_two_more(function: Function) -> None:
    attempts = Attempts([False, False, False])
    assert attempts.waits() == [60, 120]
    assert attempts.end() == ("RetriesExhausted", 3)


@pytest.mark.fidelity("lambda.asynchronous_retries")
def test_a_retry_may_succeed(function: Function) -> None:
    attempts = Attempts([False, True])
    assert attempts.waits() == [60]
    assert attempts.end() == ("Success", 2)


@pytest.mark.fidelity("lambda.asynchronous_retries")
def test_no_retry_begins_after_the_maximum_age(function: Function) -> None:
    configure(function, maximum_event_age_in_seconds=100)
    attempts = Attempts([False, False])
    assert attempts.waits() == [60]
    assert attempts.end() == ("EventAgeExceeded", 2)
    assert attempts.endings[0].result is not None


@pytest.mark.fidelity("lambda.asynchronous_retries")
def test_event_that_has_waited_too_long_is_not_run(function: Function) -> None:
    attempts = Attempts([])
    attempts.now = 6 * 60 * 60 + 1
    assert attempts.waits() == []
    assert attempts.end() == ("EventAgeExceeded", 0)
    assert attempts.endings[0].result is None


@pytest.mark.fidelity("lambda.asynchronous_throttling")
def test_throttled_event_waits_ever_longer_and_keeps_its_retries(function: Function) -> None:
    attempts = Attempts([*[THROTTLED] * 11, False, ServiceException("broken"), False, False])
    waits = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 60, 1, 120]
    assert attempts.waits() == waits
    assert attempts.end() == ("RetriesExhausted", 3)


@pytest.mark.fidelity("lambda.asynchronous_throttling")
def test_throttled_event_is_given_up_at_its_maximum_age(function: Function) -> None:
    configure(function, maximum_event_age_in_seconds=60)
    attempts = Attempts([THROTTLED] * 10)
    assert attempts.waits() == [1, 2, 4, 8, 16]
    assert attempts.end() == ("EventAgeExceeded", 0)


def test_event_of_a_deleted_function_is_dropped() -> None:
    attempts = Attempts([])
    assert attempts.waits() == []
    assert attempts.endings == []


@pytest.mark.fidelity("lambda.asynchronous_durability")
def test_event_outlives_the_process_until_it_is_done_with(tmp_path: Path) -> None:
    seen: queues.Queue[Event] = queues.Queue()
    never = EventQueue(tmp_path, lambda _: None)
    never.put(event("kept"))
    answers = [3600.0, None]

    def attempt(tried: Event) -> float | None:
        tried.attempts += 1
        seen.put(tried)
        return answers.pop(0)

    first = EventQueue(tmp_path, attempt)
    first.start()
    assert seen.get(timeout=10).request_id == "kept"
    wait_for_file(tmp_path, '"attempts": 1')
    first.stop()
    second = EventQueue(tmp_path, attempt)
    second.start()
    assert [each.attempts for each in second.waiting()] == [1]
    second.release()
    assert seen.get(timeout=10).attempts == 2
    wait_for_file(tmp_path, None)
    second.stop()


def wait_for_file(folder: Path, text: str | None) -> None:
    """Until the only file holds this text, or there is none."""

    def look() -> bool:
        try:
            contents = [path.read_text() for path in folder.glob("*.json")]
        except FileNotFoundError:
            return False
        return text in "".join(contents) if text else not contents

    eventually(look)


def test_unreadable_event_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "broken.json").write_text("{")
    queue = EventQueue(tmp_path, lambda _: None)
    queue.start()
    queue.stop()
    assert [path.name for path in tmp_path.iterdir()] == ["broken.unreadable"]
    assert f"kept as {tmp_path}/broken.unreadable" in caplog.text


@pytest.mark.fidelity("lambda.asynchronous_parallelism")
def test_one_function_does_not_keep_another_waiting(tmp_path: Path) -> None:
    begun: queues.Queue[str] = queues.Queue()
    free: queues.Queue[None] = queues.Queue()

    def attempt(tried: Event) -> None:
        begun.put(tried.name)
        if tried.name == NAME:
            free.get(timeout=10)

    queue = EventQueue(tmp_path, attempt)
    queue.start()
    for number in range(30):
        queue.put(event(f"slow{number}"))
    other = event("other")
    other.name = "other"
    queue.put(other)
    before = iter(lambda: begun.get(timeout=10), "other")
    assert len(list(before)) <= AT_ONCE
    for _ in range(30):
        free.put(None)
    wait_for_file(tmp_path, None)
    queue.stop()
