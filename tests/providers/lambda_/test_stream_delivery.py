"""What the delivery of a batch decides, without a server."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from lab.providers.kinesis.segment import Record
from lab.providers.lambda_.stream_delivery import FAILED as PROBLEM
from lab.providers.lambda_.stream_delivery import Delivery
from lab.providers.lambda_.stream_destination import Discarded
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
            StreamSettings.of(config), "shard", self, self, self.results.append, self.stop
        )

    def invoke(self, payload: bytes) -> Outcome:
        self.payloads.append(payload)
        outcome = self.outcomes.pop(0) if self.outcomes else OK
        self.after_invoke()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def note_age(self, arrival: int) -> None:
        """A metric, which is not looked at here."""

    def send(self, discarded: Discarded) -> None:
        positions = [event.record.position for event in discarded.events]
        self.given_up.append((positions, discarded.condition, discarded.attempts))

    def deliver(self, arrivals: list[int], oldest: int = -1) -> bool:
        events = [
            Event(Record(position, arrival, b"k", b"d"), str(position), f'"{position}"')
            for position, arrival in enumerate(arrivals)
        ]
        return self.delivery.deliver(
            events, lambda: oldest, lambda position, _: self.settled.append(position)
        )


@pytest.mark.fidelity("event_source_mapping.record_age")
def test_records_that_are_too_old_are_given_up_and_the_others_delivered() -> None:
    bench = Bench()
    assert bench.deliver([0, 1000, 70_000], oldest=40_000)
    assert bench.given_up == [([0, 1], "RecordAgeExceeded", 0)]
    assert bench.payloads == [b'{"Records":["2"]}']
    assert bench.settled[-1] == 3


@pytest.mark.fidelity("event_source_mapping.throttling")
def test_a_function_that_cannot_be_run_costs_no_retry() -> None:
    bench = Bench(RuntimeError("pending"), RuntimeError("pending"), MaximumRetryAttempts=0)
    assert bench.deliver([0])
    assert len(bench.payloads) == 3
    assert bench.given_up == []
    assert bench.results == [PROBLEM, PROBLEM, "OK"]


def test_a_failure_while_the_lab_goes_down_gives_nothing_up() -> None:
    bench = Bench(FAILED, MaximumRetryAttempts=0)
    bench.after_invoke = bench.stop.set
    assert not bench.deliver([0])
    assert bench.given_up == []


def test_a_stop_during_a_failure_leaves_the_batch_to_be_done() -> None:
    bench = Bench(FAILED)
    bench.after_invoke = bench.stop.set
    assert not bench.deliver([0, 0])
    assert bench.settled == [0]


@pytest.mark.fidelity("event_source_mapping.bisect")
def test_splitting_costs_no_retry() -> None:
    bench = Bench(
        FAILED, OK, FAILED, FAILED, BisectBatchOnFunctionError=True, MaximumRetryAttempts=1
    )
    assert bench.deliver([0, 0])
    assert bench.payloads[0] == b'{"Records":["0","1"]}'
    assert bench.payloads[1:] == [b'{"Records":["0"]}', *[b'{"Records":["1"]}'] * 2]
    assert bench.given_up == [([1], "RetryAttemptsExhausted", 2)]


@pytest.mark.fidelity("event_source_mapping.item_failures")
@pytest.mark.parametrize(
    "answer",
    [
        {"batchItemFailures": [{"itemIdentifier": "unknown"}]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"id": "1"}]},
        {"batchItemFailures": "1"},
        "text",
        ["list"],
    ],
)
def test_an_answer_that_makes_no_sense_fails_the_whole_batch(answer: Any) -> None:
    bench = Bench(
        Outcome(False, answer, "id", None), FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    assert bench.deliver([0, 0])
    assert bench.payloads == [b'{"Records":["0","1"]}'] * 2


@pytest.mark.fidelity("event_source_mapping.item_failures")
@pytest.mark.parametrize(
    "answer", [None, {}, "", {"batchItemFailures": []}, {"batchItemFailures": None}]
)
def test_an_empty_answer_is_a_success(answer: Any) -> None:
    bench = Bench(
        Outcome(False, answer, "id", None), FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    assert bench.deliver([0, 0])
    assert len(bench.payloads) == 1


@pytest.mark.fidelity("event_source_mapping.item_failures", "event_source_mapping.bisect")
def test_the_lowest_of_several_failures_is_where_the_batch_is_split() -> None:
    failures = {"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "2"}]}
    bench = Bench(
        Outcome(False, failures, "id", None),
        FunctionResponseTypes=["ReportBatchItemFailures"],
        BisectBatchOnFunctionError=True,
    )
    assert bench.deliver([0, 0, 0, 0])
    assert bench.payloads == [b'{"Records":["0","1","2","3"]}', b'{"Records":["2","3"]}']


@pytest.mark.fidelity("event_source_mapping.batch_size")
def test_six_megabytes_fit_one_invocation() -> None:
    text = "x" * (MAX_PAYLOAD_BYTES // 3)
    events = [Event(Record(number, 0, b"", b""), "", text) for number in range(5)]
    assert fitting(events) == 2
    large = Event(Record(0, 0, b"", b""), "", "x" * (MAX_PAYLOAD_BYTES + 1))
    assert fitting([large, large]) == 1
