"""Enhanced fan-out inside this process: a consumer's subscription to a shard, as batches that come
when there are records.

``for batch in Subscription(stream, shard, consumer, position)`` blocks between batches, at no cost:
the shard wakes it. An empty batch comes at least every five seconds. The iteration ends after five
minutes, at the end of a closed shard (the last batch names the children) and after ``close()``. It
raises AWS's exceptions, as the event stream has them: ResourceInUseException when another
subscription has taken over, ResourceNotFoundException when the consumer or the stream is gone, and
those of the stream's key.

A subscription is not thread-safe, but ``close()`` and ``wake()`` may be called from any thread.

Source: API reference, SubscribeToShard and SubscribeToShardEvent.
"""

import threading
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

from localstack.aws.api.kinesis import ResourceInUseException, ResourceNotFoundException

from lab.providers.kinesis import consumers, encryption, metrics
from lab.providers.kinesis.consumers import Consumer
from lab.providers.kinesis.lifecycle import Status
from lab.providers.kinesis.limits import MIB, TokenBucket
from lab.providers.kinesis.limits import enabled as limits_enabled
from lab.providers.kinesis.models import Shard, Stream
from lab.providers.kinesis.shard_log import Record

LIFETIME_SECONDS = 300.0
HEARTBEAT_SECONDS = 5.0
TAKEOVER_SECONDS = 5.0
"""A subscription may be taken over only when it is this old."""
BYTES_PER_SECOND = 2 * MIB
MAX_BATCH_BYTES = MIB
MAX_BATCH_RECORDS = 10_000


class Batch(NamedTuple):
    """What one SubscribeToShardEvent carries."""

    records: list[Record]
    next_position: int
    """The place in the shard's log behind the last record."""
    continuation: str | None
    """The sequence number to go on after; None at the end of the shard."""
    millis_behind: int
    children: tuple[Shard, ...]
    """The shards that took over, at the end of the shard only."""


class Subscription:
    """One consumer reading one shard. Taking the place of an earlier one ends that one."""

    def __init__(
        self,
        stream: Stream,
        shard: Shard,
        consumer: Consumer,
        position: int,
        lifetime: float = LIFETIME_SECONDS,
    ) -> None:
        self.stream = stream
        self.shard = shard
        self.consumer = consumer
        self.position = position
        self._ticks = stream.timing.ticks
        self.started = self._last = self._ticks()
        self._ends = self.started + lifetime
        self._greeted = False
        self._closed = False
        self._superseded = False
        self._budget = TokenBucket(BYTES_PER_SECOND, self._ticks)
        self._wake = threading.Event()
        with consumer.lock:
            earlier = consumer.subscriptions.get(shard.id)
            consumer.subscriptions[shard.id] = self
        if earlier is not None:
            earlier.supersede()
        shard.subscribe(self.wake)

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __next__(self) -> Batch:
        try:
            while True:
                self._wake.clear()  # before looking, so that no change after the look is missed
                if self._is_over():
                    break
                if (batch := self._due()) is not None:
                    return batch
                self._wake.wait(self._pause())
        except BaseException:
            self.close()
            raise
        self.close()
        raise StopIteration

    @property
    def seconds_left(self) -> float:
        return max(self._ends - self._ticks(), 0.0)

    def wake(self) -> None:
        """Look again: for records, or at an end."""
        self._wake.set()

    def close(self) -> None:
        self._closed = True
        self.shard.unsubscribe(self.wake)
        self.wake()

    def supersede(self) -> None:
        """Another subscription of this consumer to this shard has begun."""
        self._superseded = True
        self.wake()

    def _is_over(self) -> bool:
        if self._closed:
            return True
        if self._superseded:
            raise in_use(self.consumer, self.shard)
        if self.stream.status is Status.DELETING:
            raise ResourceNotFoundException(
                f"Stream {self.stream.name} under account {self.consumer.account} not found."
            )
        if self.consumer.status is Status.DELETING:
            raise consumers.not_found(self.consumer.arn, self.consumer.account)
        return self._ticks() >= self._ends

    def _due(self) -> Batch | None:
        """The next batch, if it is time for one."""
        was_closed = not self.shard.is_open  # looked at first: its last records are then readable
        log = self.shard.log
        self.position = max(self.position, log.first)
        if log.next > self.position:
            if limits_enabled() and self._budget.refill() <= 0:
                return self._heartbeat()
            return self._read()
        if was_closed:
            self._closed = True
            return Batch([], self.position, None, 0, tuple(self.stream.children(self.shard.id)))
        return self._heartbeat()

    def _read(self) -> Batch:
        log = self.shard.log
        log.trim(self.stream.horizon_ms())
        records = log.read(self.position, MAX_BATCH_RECORDS, MAX_BATCH_BYTES)
        encryption.require_readable(self.stream, records)
        self._budget.tokens -= sum(len(each.key) + len(each.data) for each in records)
        self.position = records[-1].position + 1 if records else max(self.position, log.first)
        return self._batch(records)

    def _heartbeat(self) -> Batch | None:
        """An empty batch at the beginning, and when none has come for a while."""
        if self._greeted and self._ticks() < self._last + HEARTBEAT_SECONDS:
            return None
        return self._batch([])

    def _batch(self, records: list[Record]) -> Batch:
        self._greeted, self._last = True, self._ticks()
        now = self.stream.timing.now_ms()
        if records:
            continuation = self.shard.sequence_number(records[-1])
        else:
            # Greater than the number of any record before this place, smaller than any behind it.
            continuation = str(self.shard.space.number(self.position, now // 1000 + 1))
        behind = self.shard.millis_behind(self.position, now)
        metrics.subscribe_to_shard_event(self.stream, self.consumer, self.shard, records, behind)
        return Batch(records, self.position, continuation, behind, ())

    def _pause(self) -> float:
        """How long nothing needs to be looked at unless something wakes us."""
        now = self._ticks()
        pauses = [self._last + HEARTBEAT_SECONDS - now, self._ends - now]
        if self.shard.log.next > self.position:  # records wait for the throughput to be earned
            pauses.append(-self._budget.tokens / BYTES_PER_SECOND)
        return max(min(pauses), 0.001)


def subscribe(stream: Stream, shard: Shard, consumer: Consumer, position: int) -> Subscription:
    """What SubscribeToShard does: the consumer must be ACTIVE, and an earlier call not too near."""
    if consumer.status is not Status.ACTIVE:
        raise ResourceInUseException(
            f"Consumer {consumer.name} with creation timestamp {consumer.created} under stream: "
            f"{stream.name} , account {consumer.account} is not in ACTIVE status."
        )
    with consumer.lock:
        earlier = consumer.subscriptions.get(shard.id)
        now = stream.timing.ticks()
        if earlier and limits_enabled() and now < earlier.started + TAKEOVER_SECONDS:
            metrics.subscribe_to_shard(stream, consumer, is_success=False)
            raise in_use(consumer, shard)
        metrics.subscribe_to_shard(stream, consumer, is_success=True)
        return Subscription(stream, shard, consumer, position)


def in_use(consumer: Consumer, shard: Shard) -> ResourceInUseException:
    return ResourceInUseException(
        "Another active subscription exists for this consumer: "
        f"{consumer.account}:{consumer.stream_name}:{shard.id}:{consumer.name}"
    )
