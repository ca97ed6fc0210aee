"""The CloudWatch metrics of functions: what there is to count, and who calls what.

Source: AWS documentation, "Types of metrics for Lambda functions". As there, a metric is kept by
function and, without dimensions, for all functions together.

==============================  ===================================================================
called                          metrics
==============================  ===================================================================
``record``                      Invocations, Errors, Duration, after each invocation
``record_throttle``             Throttles, for each invocation that found no concurrency left
``running``                     ConcurrentExecutions; a context manager around each invocation
``record_async_received``       AsyncEventsReceived, when an event is queued
``record_async_age``            AsyncEventAge, when a queued event is given to the function
``record_async_dropped``        AsyncEventsDropped, when an event is given up
``record_dead_letter_error``    DeadLetterErrors, when the dead-letter queue refuses an event
``record_destination_failure``  DestinationDeliveryFailures, when a destination refuses a record
``record_iterator_age``         IteratorAge, for each batch that a stream's mapping sends
==============================  ===================================================================

All take the :class:`FunctionName` first; times are in milliseconds. How metrics reach CloudWatch is
in ``lab.providers.cloudwatch``.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

from lab.providers.cloudwatch import Metric, Publisher, Source, publisher

NAMESPACE = "AWS/Lambda"
MILLISECONDS = "Milliseconds"

INVOCATIONS = Metric("Invocations")
ERRORS = Metric("Errors")
DURATION = Metric("Duration", MILLISECONDS)
THROTTLES = Metric("Throttles")
CONCURRENT_EXECUTIONS = Metric("ConcurrentExecutions")
ASYNC_EVENTS_RECEIVED = Metric("AsyncEventsReceived")
ASYNC_EVENT_AGE = Metric("AsyncEventAge", MILLISECONDS)
ASYNC_EVENTS_DROPPED = Metric("AsyncEventsDropped")
DEAD_LETTER_ERRORS = Metric("DeadLetterErrors")
DESTINATION_DELIVERY_FAILURES = Metric("DestinationDeliveryFailures")
ITERATOR_AGE = Metric("IteratorAge", MILLISECONDS)


class FunctionName(NamedTuple):
    """Whose metrics these are."""

    account: str
    region: str
    name: str


class FunctionMetrics:
    """Counts what happens to functions; may be called from any thread."""

    def __init__(self, target: Publisher) -> None:
        self._publisher = target
        self._running: Counter[FunctionName | tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def record(self, function: FunctionName, milliseconds: float, *, is_error: bool) -> None:
        self._add(function, (INVOCATIONS, 1), (ERRORS, is_error), (DURATION, milliseconds))

    def record_throttle(self, function: FunctionName) -> None:
        self._add(function, (THROTTLES, 1))

    @contextmanager
    def running(self, function: FunctionName) -> Iterator[None]:
        """Counts an execution as one that goes on while the block does."""
        account = function[:2]
        with self._lock:
            self._running.update((function, account))
            own, total = self._running[function], self._running[account]
        self._publisher.add(_source(function), [(CONCURRENT_EXECUTIONS, own)])
        self._publisher.add(_account(function), [(CONCURRENT_EXECUTIONS, total)])
        try:
            yield
        finally:
            with self._lock:
                self._running.subtract((function, account))
                for key in (function, account):
                    if not self._running[key]:
                        del self._running[key]

    def record_async_received(self, function: FunctionName) -> None:
        self._add(function, (ASYNC_EVENTS_RECEIVED, 1))

    def record_async_age(self, function: FunctionName, milliseconds: float) -> None:
        self._add(function, (ASYNC_EVENT_AGE, milliseconds))

    def record_async_dropped(self, function: FunctionName) -> None:
        self._add(function, (ASYNC_EVENTS_DROPPED, 1))

    def record_dead_letter_error(self, function: FunctionName) -> None:
        self._add(function, (DEAD_LETTER_ERRORS, 1))

    def record_destination_failure(self, function: FunctionName) -> None:
        self._add(function, (DESTINATION_DELIVERY_FAILURES, 1))

    def record_iterator_age(self, function: FunctionName, milliseconds: float) -> None:
        self._add(function, (ITERATOR_AGE, milliseconds))

    def _add(self, function: FunctionName, *samples: tuple[Metric, float]) -> None:
        self._publisher.add(_source(function), samples)
        self._publisher.add(_account(function), samples)


def _source(function: FunctionName) -> Source:
    dimensions = (("FunctionName", function.name),)
    return Source(NAMESPACE, function.account, function.region, dimensions)


def _account(function: FunctionName) -> Source:
    return Source(NAMESPACE, function.account, function.region)


@cache
def metric_publisher() -> FunctionMetrics:
    """The metrics of this lab's functions."""
    return FunctionMetrics(publisher())
