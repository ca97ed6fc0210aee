"""What is done with an asynchronous event: run it, try it again, or give it up and tell of it.

A function that returned an error is tried again after one minute and after two more. An event that
could not run (throttled, or an error of the service) waits from one second to five minutes, twice
as long each time, and does not use up a retry by it.

Source: Lambda guide, "How Lambda handles errors and retries with asynchronous invocation".
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from localstack.aws.api import ServiceException
from localstack.aws.api.lambda_ import ResourceNotFoundException
from localstack.services.lambda_.invocation.lambda_models import (
    EventInvokeConfig,
    Function,
    InvocationResult,
)
from localstack.services.lambda_.invocation.models import lambda_stores

from lab.providers.lambda_.event_queue import Event
from lab.providers.lambda_.metrics import FunctionMetrics, metric_publisher

LOG = logging.getLogger(__name__)

MAX_AGE_SECONDS = 6 * 60 * 60
MAX_RETRIES = 2
RETRY_SECONDS = 60.0
MAX_BACKOFF_SECONDS = 300.0


class Condition(StrEnum):
    """How an event has ended, in AWS's words."""

    SUCCESS = "Success"
    RETRIES_EXHAUSTED = "RetriesExhausted"
    AGE_EXCEEDED = "EventAgeExceeded"
    ZERO_CONCURRENCY = "ZeroReservedConcurrency"


@dataclass(frozen=True, slots=True)
class Ending:
    """An event that is done with; ``result`` is None if its last attempt did not run."""

    event: Event
    condition: Condition
    attempts: int
    result: InvocationResult | None = None
    refusal: ServiceException | None = None


Run = Callable[[Event], InvocationResult]
Tell = Callable[[Ending], None]


class EventAttempts:
    """Tries events with ``run`` and tells of their endings with ``tell``."""

    def __init__(
        self,
        run: Run,
        tell: Tell,
        now: Callable[[], float] = time.time,
        metrics: FunctionMetrics | None = None,
    ) -> None:
        self._run = run
        self._tell = tell
        self._now = now
        self._metrics = metrics or metric_publisher()

    def attempt(self, event: Event) -> float | None:
        """Try an event; in how many seconds to try again, None if it is done with."""
        function = function_of(event)
        if function is None:
            LOG.info("event %s dropped: function %s is gone", event.request_id, event.name)
            return None
        age = self._now() - event.received
        config = function.event_invoke_configs.get(event.qualifier)
        if age > max_age(config):
            return self._give_up(event, Condition.AGE_EXCEEDED)
        self._metrics.record_async_age(event.function, age * 1000)
        try:
            result = self._run(event)
        except ResourceNotFoundException as error:
            LOG.info("event %s dropped: %s", event.request_id, error.message)
            return None
        except ServiceException as error:
            return self._refused(event, function, config, error)
        event.attempts += 1
        event.refusals = 0
        if not result.is_error:
            self._tell(Ending(event, Condition.SUCCESS, event.attempts, result))
            return None
        return self._failed(event, config, result)

    def _failed(
        self, event: Event, config: EventInvokeConfig | None, result: InvocationResult
    ) -> float | None:
        if event.attempts > max_retries(config):
            return self._give_up(event, Condition.RETRIES_EXHAUSTED, result)
        wait = RETRY_SECONDS * event.attempts
        if self._now() - event.received + wait > max_age(config):
            return self._give_up(event, Condition.AGE_EXCEEDED, result)
        return wait

    def _refused(
        self,
        event: Event,
        function: Function,
        config: EventInvokeConfig | None,
        error: ServiceException,
    ) -> float | None:
        if function.reserved_concurrent_executions == 0:
            return self._give_up(event, Condition.ZERO_CONCURRENCY, refusal=error)
        wait = min(2.0**event.refusals, MAX_BACKOFF_SECONDS)
        if self._now() - event.received + wait > max_age(config):
            return self._give_up(event, Condition.AGE_EXCEEDED, refusal=error)
        event.refusals += 1
        return wait

    def _give_up(
        self,
        event: Event,
        condition: Condition,
        result: InvocationResult | None = None,
        refusal: ServiceException | None = None,
    ) -> float | None:
        LOG.info("event %s of %s given up: %s", event.request_id, event.name, condition)
        self._metrics.record_async_dropped(event.function)
        self._tell(Ending(event, condition, event.attempts, result, refusal))
        return None


def function_of(event: Event) -> Function | None:
    found: Function | None = lambda_stores[event.account][event.region].functions.get(event.name)
    return found


def max_age(config: EventInvokeConfig | None) -> int:
    """Seconds."""
    chosen = config and config.maximum_event_age_in_seconds
    return MAX_AGE_SECONDS if chosen is None else int(chosen)


def max_retries(config: EventInvokeConfig | None) -> int:
    chosen = config and config.maximum_retry_attempts
    return MAX_RETRIES if chosen is None else int(chosen)


def document(content: bytes | None) -> object:
    """What a function has returned, or was given, as a JSON value."""
    return json.loads(content) if content else None
