"""Reads a shard for a mapping: sleeps until a record arrives, and delivers batches in order.

A mapping with a parallelization factor has several consumers per shard, one per lane: each takes
the records whose partition keys fall into its lane, so that the records of one key stay in order.
"""

import logging
import threading
import time
from collections.abc import Callable
from zlib import crc32

from lab.providers.kinesis.models import Shard, Stream
from lab.providers.lambda_.stream_checkpoints import Checkpoints
from lab.providers.lambda_.stream_delivery import Delivery
from lab.providers.lambda_.stream_events import (
    MAX_PAYLOAD_BYTES,
    EventFilter,
    EventWriter,
    fitting,
)
from lab.providers.lambda_.stream_settings import StreamSettings

LOG = logging.getLogger(__name__)

PAUSE_AFTER_ERROR_SECONDS = 1.0


class ShardConsumer:
    """Runs until it is stopped, the closed shard is read to its end, or the stream is gone."""

    def __init__(  # noqa: PLR0913, PLR0917  # its collaborators, each of one kind
        self,
        stream: Stream,
        shard: Shard,
        lane: int,
        settings: StreamSettings,
        checkpoints: Checkpoints,
        writer: EventWriter,
        event_filter: EventFilter,
        delivery: Delivery,
        stopping: threading.Event,
        ended: Callable[[], None],
    ) -> None:
        self._stream = stream
        self._shard = shard
        self._lane = lane
        self._settings = settings
        self._checkpoints = checkpoints
        self._writer = writer
        self._filter = event_filter
        self._delivery = delivery
        self._stopping = stopping
        self._ended = ended
        self._wake = threading.Event()
        name = f"lab-stream-{shard.id}-{lane}-{settings.uuid[:8]}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Look again: at the stop signal, or for records."""
        self._wake.set()

    def join(self) -> None:
        self._thread.join()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        self._shard.subscribe(self.wake)
        try:
            while not self._stopping.is_set() and not self._stream.is_gone:
                if not self._guarded_step():
                    return
        finally:
            self._shard.unsubscribe(self.wake)
            self._ended()

    def _guarded_step(self) -> bool:
        try:
            return self._step()
        except Exception:  # the edge of the thread: a shard must not fall silent for good
            LOG.exception("%s of %s", self._shard.id, self._stream.name)
            self._stopping.wait(PAUSE_AFTER_ERROR_SECONDS)
            return True

    def _step(self) -> bool:
        """Wait for records and deliver one batch; False at the end of a closed shard."""
        self._wake.clear()
        was_closed = not self._shard.is_open
        self._shard.log.trim(self._stream.horizon_ms())
        position = self._checkpoints.position(self._shard, self._lane)
        if self._shard.log.next > position:
            self._fill(position)
            self._deliver(position)
        elif was_closed:
            self._checkpoints.finish(self._shard, self._lane)
            return False
        elif not self._stopping.is_set() and not self._stream.is_gone:
            self._wake.wait()
        return True

    def _fill(self, position: int) -> None:
        """Let the batch grow until it is full or its window is over."""
        deadline = time.monotonic() + self._settings.window_seconds
        while not self._stopping.is_set() and self._shard.is_open:
            self._wake.clear()
            count, size = self._shard.log.pending(position)
            left = deadline - time.monotonic()
            # Lanes share the shard's records about evenly.
            full = count >= self._settings.batch_size * self._settings.lanes
            if left <= 0 or full or _encoded(size) >= MAX_PAYLOAD_BYTES * self._settings.lanes:
                return
            self._wake.wait(left)

    def _deliver(self, position: int) -> None:
        lanes = self._settings.lanes
        records = self._shard.log.read(
            position, self._settings.batch_size * lanes, MAX_PAYLOAD_BYTES * lanes
        )
        if self._stopping.is_set() or not records:
            return
        own = [each for each in records if lanes == 1 or crc32(each.key) % lanes == self._lane]
        wanted = self._filter.keep([self._writer.event(record) for record in own])
        part = wanted[: min(fitting(wanted), self._settings.batch_size)]
        behind = records[-1].position + 1
        if len(part) < len(wanted):
            behind = wanted[len(part)].record.position
        settled = not part or self._delivery.deliver(part, self._stream.timing.now_ms, self._settle)
        if settled:
            self._settle(behind)

    def _settle(self, position: int) -> None:
        self._checkpoints.advance(self._shard, self._lane, position)


def _encoded(size: int) -> int:
    """How many bytes of base64 text so many bytes give."""
    return size * 4 // 3
