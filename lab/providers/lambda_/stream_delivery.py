"""One batch until it is processed or given up: retries, splitting, partial failures, age,
on-failure destination.

Source: Lambda guide, "Retain discarded batch records for a Kinesis Data Streams event source in
Lambda" and "Configuring partial batch response with Kinesis Data Streams and Lambda".
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from localstack.services.lambda_.event_source_mapping.pollers.poller import get_batch_item_failures
from localstack.utils.backoff import ExponentialBackoff

from lab.providers.lambda_.stream_events import Event, payload
from lab.providers.lambda_.stream_invoker import Outcome
from lab.providers.lambda_.stream_settings import StreamSettings

LOG = logging.getLogger(__name__)

RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
AGE_EXCEEDED = "RecordAgeExceeded"


class Invoker(Protocol):
    """Runs the function with a payload; raises when it could not be run."""

    def invoke(self, payload: bytes) -> Outcome: ...


Discard = Callable[[list[Event], str, Outcome | None, int], None]
"""Called with the events given up, why, the last outcome, and how often they were tried."""


@dataclass(slots=True)
class Batch:
    """Events that go to the function together; ``attempts`` counts its failures."""

    events: list[Event]
    attempts: int = 0


class Delivery:
    """Brings batches of one shard to the function, in order."""

    def __init__(
        self,
        settings: StreamSettings,
        invoker: Invoker,
        discard: Discard,
        report: Callable[[str], None],
        stopping: threading.Event,
    ) -> None:
        self._settings = settings
        self._invoker = invoker
        self._discard = discard
        self._report = report
        self._stopping = stopping
        self._backoff = ExponentialBackoff()

    def deliver(
        self, events: list[Event], now_ms: Callable[[], int], done: Callable[[int], None]
    ) -> bool:
        """Deliver all events. ``done`` gets the position behind each part that is settled.

        Returns False when the poller was stopped first; what is not settled then stays to be done.
        """
        batches = [Batch(events)]
        self._backoff.reset()
        while batches:
            if self._stopping.is_set():
                return False
            batch = batches.pop(0)
            self._drop_aged(batch, now_ms())
            if batch.events:
                batches[:0] = self._attempt(batch, done)
            if batches:
                done(batches[0].events[0].record.position)
        done(events[-1].record.position + 1)
        return True

    def _attempt(self, batch: Batch, done: Callable[[int], None]) -> list[Batch]:
        """Invoke once; returns the batches that remain of this one."""
        outcome = self._invoke(batch)
        if outcome is None:
            self._wait()
            return [batch]
        failures = self._failures(batch, outcome)
        if failures is None:
            self._report("OK")
            self._backoff.reset()
            return []
        self._report("PROBLEM: Function call failed")
        batch.attempts += 1
        if failures:
            batch.events = batch.events[failures:]
            done(batch.events[0].record.position)
        return self._after_failure(batch, outcome, partial=failures > 0)

    def _after_failure(self, batch: Batch, outcome: Outcome, partial: bool) -> list[Batch]:
        splits = self._settings.bisect and len(batch.events) > 1 and not partial
        if splits:  # does not count towards the retry quota
            middle = len(batch.events) // 2
            attempts = batch.attempts - 1
            halves = [
                Batch(batch.events[:middle], attempts),
                Batch(batch.events[middle:], attempts),
            ]
            self._wait()
            return halves
        if 0 <= self._settings.max_retries < batch.attempts:
            self._give_up(batch.events, RETRIES_EXHAUSTED, outcome, batch.attempts)
            return []
        self._wait()
        return [batch]

    def _invoke(self, batch: Batch) -> Outcome | None:
        """None when the function could not be run, which does not count as its failure."""
        try:
            return self._invoker.invoke(payload(batch.events))
        except Exception as error:  # noqa: BLE001  # the edge to LocalStack: no batch may be lost
            LOG.warning("%s not invoked: %s", self._settings.function_arn, error)
            self._report(f"PROBLEM: {error}")
            return None

    def _failures(self, batch: Batch, outcome: Outcome) -> int | None:
        """Index of the first event that failed, None when none did."""
        if outcome.failed:
            return 0
        if not self._settings.report_item_failures:
            return None
        places = {event.sequence_number: index for index, event in enumerate(batch.events)}
        if outcome.answer is not None and not isinstance(outcome.answer, dict):
            return 0
        failed = get_batch_item_failures(outcome.answer, set(places))
        if failed is None:
            return 0
        return min((places[number] for number in failed), default=None)

    def _drop_aged(self, batch: Batch, now_ms: int) -> None:
        if self._settings.max_age_seconds < 0:
            return
        oldest = now_ms - self._settings.max_age_seconds * 1000
        aged = [event for event in batch.events if event.record.arrival <= oldest]
        if aged:
            batch.events = batch.events[len(aged) :]
            self._give_up(aged, AGE_EXCEEDED, None, batch.attempts)

    def _give_up(self, events: list[Event], why: str, outcome: Outcome | None, tries: int) -> None:
        try:
            self._discard(events, why, outcome, tries)
        except Exception:  # the edge to LocalStack: the shard must go on
            LOG.exception("%d records not sent to the on-failure destination", len(events))

    def _wait(self) -> None:
        self._stopping.wait(self._backoff.next_backoff())
