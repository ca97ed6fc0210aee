"""How far a mapping may read in a shard: to its end, or as far as its consumer has been pushed.

Both read records from the shard's log; a consumer's subscription (enhanced fan-out) says when, and
keeps to the throughput of its own that it has on AWS.
"""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from localstack.aws.api import ServiceException
from localstack.aws.api.kinesis import ResourceInUseException

from lab.providers.kinesis import consumers, subscription
from lab.providers.kinesis.metadata import registry
from lab.providers.kinesis.models import Shard, Stream

LOG = logging.getLogger(__name__)

RETRY_SECONDS = 1.0


class Source(Protocol):
    """Where the records of one shard come from, while its consumer runs."""

    @property
    def end(self) -> int:
        """The place in the log behind the last record that may be read."""

    def start(self, position: int, wake: Callable[[], None]) -> None:
        """``wake`` is to be called when there is more to read, or to be looked at."""

    def stop(self) -> None: ...


class SharedThroughput:
    """The whole shard, at once."""

    def __init__(self, shard: Shard) -> None:
        self._shard = shard
        self._wake: Callable[[], None] = lambda: None

    @property
    def end(self) -> int:
        return self._shard.log.next

    def start(self, position: int, wake: Callable[[], None]) -> None:  # noqa: ARG002  # as Source
        self._wake = wake
        self._shard.subscribe(wake)

    def stop(self) -> None:
        self._shard.unsubscribe(self._wake)


class FanOut:
    """A consumer's subscription, renewed for as long as the mapping reads."""

    def __init__(
        self, stream: Stream, shard: Shard, consumer_arn: str, report: Callable[[str], None]
    ) -> None:
        self.end = 0
        self._stream = stream
        self._shard = shard
        self._consumer_arn = consumer_arn
        self._report = report
        self._stopping = threading.Event()
        self._current: subscription.Subscription | None = None
        self._wake: Callable[[], None] = lambda: None

    def start(self, position: int, wake: Callable[[], None]) -> None:
        self.end = position
        self._wake = wake
        name = f"lab-fan-out-{self._shard.id}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        if (current := self._current) is not None:
            current.close()

    def _run(self) -> None:
        while not self._stopping.is_set() and not self._stream.is_gone and not self._is_read():
            try:
                self._follow()
            except ResourceInUseException:  # subscribed a moment ago, or not active yet
                self._stopping.wait(RETRY_SECONDS)
            except ServiceException as error:
                LOG.info("%s of %s: %s", self._shard.id, self._consumer_arn, error.message)
                self._report(f"PROBLEM: {error.message}")
                self._stopping.wait(RETRY_SECONDS)
        self._wake()

    def _follow(self) -> None:
        _, consumer = consumers.find(registry(), {"ConsumerARN": self._consumer_arn})
        with subscription.subscribe(self._stream, self._shard, consumer, self.end) as batches:
            self._current = batches
            if self._stopping.is_set():
                return
            for batch in batches:
                self.end = batch.next_position
                self._wake()

    def _is_read(self) -> bool:
        return not self._shard.is_open and self.end >= self._shard.log.next


def exists(source_arn: str) -> bool:
    """Whether there is such a consumer, of such a stream."""
    try:
        consumers.find(registry(), {"ConsumerARN": source_arn})
    except ServiceException:
        return False
    return True
