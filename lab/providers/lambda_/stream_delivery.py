"""One batch until it is processed or given up: retries, splitting, partial failures, age.

Source: Lambda guide, "Retain discarded batch records for a Kinesis Data Streams event source in
Lambda" and "Configuring partial batch response with Kinesis Data Streams and Lambda".
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from localstack.utils.backoff import ExponentialBackoff

from lab.providers.lambda_.stream_answers import first_failure, window_state
from lab.providers.lambda_.stream_destination import Condition, Destination, Discarded
from lab.providers.lambda_.stream_events import Event, payload
from lab.providers.lambda_.stream_invoker import Invoker, Outcome
from lab.providers.lambda_.stream_settings import StreamSettings
from lab.providers.lambda_.stream_window import Window

LOG = logging.getLogger(__name__)

OK = "OK"
FAILED = "PROBLEM: Function call failed"
# About; each wait is half as long again as the one before, up to a minute.
FIRST_WAIT_SECONDS = 0.25

Settle = Callable[[int, Window | None], None]
"""Told the position behind each part of a batch that is done, and the window's state there."""


class Stop(Protocol):
    """Whether the batch in hand is to be left; a :class:`threading.Event` is one."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool: ...


@dataclass(slots=True)
class Batch:
    """Events that go to the function together; ``attempts`` counts its failures."""

    events: list[Event]
    attempts: int = 0
    outcome: Outcome | None = None
    """That of the last attempt"""


class Delivery:
    """Brings batches of one shard to the function, in order."""

    def __init__(  # noqa: PLR0913, PLR0917  # its collaborators, each of one kind
        self,
        settings: StreamSettings,
        shard_id: str,
        invoker: Invoker,
        destination: Destination,
        report: Callable[[str], None],
        stopping: Stop,
    ) -> None:
        self.window: Window | None = None
        """The window of the batch, with the state after what has been settled of it."""
        self._settings = settings
        self._shard_id = shard_id
        self._invoker = invoker
        self._destination = destination
        self._report = report
        self._stopping = stopping
        self._backoff = ExponentialBackoff(initial_interval=FIRST_WAIT_SECONDS)

    def deliver(
        self,
        events: Sequence[Event],
        oldest: Callable[[], int],
        settle: Settle,
        window: Window | None = None,
    ) -> bool:
        """Deliver all events, all of ``window`` if there is one.

        ``oldest`` gives the time of arrival (ms) before which records are given up. Returns False
        when the poller was stopped first; what is not settled then stays to be done.
        """
        self.window = window
        self._backoff.reset()
        batches = [Batch(list(events))]
        while batches:
            if self._stopping.is_set():
                return False
            batch = batches.pop(0)
            self._drop_aged(batch, oldest())
            if batch.events:
                batches[:0] = self._attempt(batch)
            if batches:
                settle(batches[0].events[0].record.position, self.window)
        settle(events[-1].record.position + 1, self.window)
        return True

    def finish_window(self, window: Window, *, early: bool) -> bool:
        """Let the function process a window's state; until it does, nothing else is processed.

        Returns False when the poller was stopped first.
        """
        self._backoff.reset()
        while not self._stopping.is_set():
            outcome = self._invoke([], window, early=early, final=not early)
            if outcome is not None:
                if not outcome.failed and window_state(outcome.answer) is not None:
                    self._report(OK)
                    return True
                self._report(FAILED)
            self._wait()
        return False

    def _attempt(self, batch: Batch) -> list[Batch]:
        """Invoke once; returns the batches that remain of this one."""
        batch.outcome = outcome = self._invoke(batch.events, self.window)
        if outcome is None:
            self._wait()
            return [batch]
        failure = self._failure(batch, outcome)
        if failure is None or failure > 0:
            self._keep_state(outcome)
        if failure is None:
            self._report(OK)
            self._backoff.reset()
            return []
        self._report(FAILED)
        if self._stopping.is_set():  # perhaps it failed because the lab is going down
            return [batch]
        batch.attempts += 1
        if failure > 0:
            batch.events, batch.attempts = batch.events[failure:], 1
            self._backoff.reset()
        return self._after_failure(batch, is_new=failure > 0)

    def _after_failure(self, batch: Batch, *, is_new: bool) -> list[Batch]:
        if self._settings.bisect and len(batch.events) > 1 and not is_new:
            middle = len(batch.events) // 2
            attempts = batch.attempts - 1  # splitting does not count towards the retry quota
            return [
                Batch(batch.events[:middle], attempts, batch.outcome),
                Batch(batch.events[middle:], attempts, batch.outcome),
            ]
        if 0 <= self._settings.max_retries < batch.attempts:
            self._give_up(batch, batch.events, Condition.RETRIES_EXHAUSTED)
            return []
        self._wait()
        return [batch]

    def _invoke(
        self,
        events: list[Event],
        window: Window | None,
        *,
        final: bool = False,
        early: bool = False,
    ) -> Outcome | None:
        """None when the function could not be run, which does not count as its failure."""
        members = ""
        if window is not None:
            arn = self._settings.stream_arn
            members = window.members(self._shard_id, arn, final=final, early=early)
        try:
            outcome = self._invoker.invoke(payload(events, members).encode())
        except Exception as error:  # noqa: BLE001  # the edge to LocalStack: no batch may be lost
            LOG.warning("%s not invoked: %s", self._settings.function_arn, error)
            self._report(FAILED)
            return None
        if events:
            self._invoker.note_age(events[-1].record.arrival)
        return outcome

    def _failure(self, batch: Batch, outcome: Outcome) -> int | None:
        """Index of the first event that failed, None when none did."""
        if outcome.failed:
            return 0
        if self.window is not None and window_state(outcome.answer) is None:
            return 0
        if not self._settings.report_item_failures:
            return None
        return first_failure(outcome.answer, batch.events)

    def _keep_state(self, outcome: Outcome) -> None:
        """The function's state covers what it processed of the batch."""
        state = window_state(outcome.answer)
        if self.window is not None and state is not None:
            self.window = self.window.with_state(state)

    def _drop_aged(self, batch: Batch, oldest: int) -> None:
        aged = [event for event in batch.events if event.record.arrival <= oldest]
        if aged:
            batch.events = batch.events[len(aged) :]
            self._give_up(batch, aged, Condition.AGE_EXCEEDED)

    def _give_up(self, batch: Batch, events: list[Event], condition: Condition) -> None:
        self._destination.send(Discarded(events, condition, batch.attempts, batch.outcome))

    def _wait(self) -> None:
        self._stopping.wait(self._backoff.next_backoff())
