"""What the delivery of a batch decides, without a server."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from lab.providers.kinesis.shard_log import Record
from lab.providers.lambda_.stream_delivery import Delivery
from lab.providers.lambda_.stream_events import MAX_PAYLOAD_BYTES, Event, fitting
from lab.providers.lambda_.stream_invoker import Outcome
from lab.providers.lambda_.stream_settings import StreamSettings

OK = Outcome(False, None, "id", "$LATEST")
FAILED = Outcome(True, None, "id", "$LATEST")


class Never(threading.Event):
    """A stop that does not come, and that nobody waits for."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002  # as in Event
        return self.is_set()


class Bench:
    """A delivery with a function of the test's; notes what it does."""

    def __init__(self, *outcomes: Outcome | Exception, **settings: Any) -> None:
        self.outcomes = list(outcomes)
        self.payloads: list[bytes] = []
        self.given_up: list[tuple[list[int], str, int]] = []
        self.settled: list[int] = []
        self.results: list[str] = []
        self.stop = Never()
        self.after_invoke: Callable[[], None] = lambda: None
        config = {
            "UUID": "u",
            "FunctionArn": "f",
            "EventSourceArn": "s",
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 100,
            **settings,
        }
        self.delivery = Delivery(
            StreamSettings.of(config), self, self._discard, self.results.append, self.stop
        )

    def invoke(self, payload: bytes) -> Outcome:
        self.payloads.append(payload)
        outcome = self.outcomes.pop(0) if self.outcomes else OK
        self.after_invoke()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _discard(self, events: list[Event], why: str, _: Outcome | None, tries: int) -> None:
        self.given_up.append(([event.record.position for event in events], why, tries))

    def deliver(self, arrivals: list[int], now_ms: int = 0) -> bool:
        events = [
            Event(Record(position, arrival, b"k", b"d"), str(position), f'"{position}"')
            for position, arrival in enumerate(arrivals)
        ]
        return self.delivery.deliver(events, lambda: now_ms, self.settled.append)


def test_records_that_are_too_old_are_given_up_and_the_others_delivered() -> None:
    bench = Bench(MaximumRecordAgeInSeconds=60)
    assert bench.deliver([0, 1000, 70_000], now_ms=100_000)
    assert bench.given_up == [([0, 1], "RecordAgeExceeded", 0)]
    assert bench.payloads == [b'{"Records":["2"]}']
    assert bench.settled[-1] == 3


def test_a_function_that_cannot_be_run_costs_no_retry() -> None:
    bench = Bench(RuntimeError("pending"), RuntimeError("pending"), MaximumRetryAttempts=0)
    assert bench.deliver([0])
    assert len(bench.payloads) == 3
    assert bench.given_up == []
    assert bench.results == ["PROBLEM: pending", "PROBLEM: pending", "OK"]


def test_a_stop_during_a_failure_leaves_the_batch_to_be_done() -> None:
    bench = Bench(FAILED)
    bench.after_invoke = bench.stop.set
    assert not bench.deliver([0, 0])
    assert bench.settled == [0]


def test_splitting_costs_no_retry() -> None:
    bench = Bench(
        FAILED, OK, FAILED, FAILED, BisectBatchOnFunctionError=True, MaximumRetryAttempts=1
    )
    assert bench.deliver([0, 0])
    assert bench.payloads[0] == b'{"Records":["0","1"]}'
    assert bench.payloads[1:] == [b'{"Records":["0"]}', *[b'{"Records":["1"]}'] * 2]
    assert bench.given_up == [([1], "RetryAttemptsExhausted", 2)]


@pytest.mark.parametrize(
    "answer", [{"batchItemFailures": [{"itemIdentifier": "unknown"}]}, "text", ["list"]]
)
def test_an_answer_that_makes_no_sense_fails_the_whole_batch(answer: Any) -> None:
    bench = Bench(
        Outcome(False, answer, "id", None), FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    assert bench.deliver([0, 0])
    assert bench.payloads == [b'{"Records":["0","1"]}'] * 2


def test_six_megabytes_fit_one_invocation() -> None:
    text = "x" * (MAX_PAYLOAD_BYTES // 3)
    events = [Event(Record(number, 0, b"", b""), "", text) for number in range(5)]
    assert fitting(events) == 2
    large = Event(Record(0, 0, b"", b""), "", "x" * (MAX_PAYLOAD_BYTES + 1))
    assert fitting([large, large]) == 1
