"""Reads a shard for a mapping: sleeps until a record arrives, and delivers batches in order.

A mapping with a parallelization factor has several consumers per shard, one per lane: each takes
the records whose partition keys fall into its lane, so that the records of one key stay in order.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

from lab.providers.kinesis.models import Shard, Stream
from lab.providers.kinesis.segment import Record
from lab.providers.lambda_.stream_checkpoints import Checkpoints
from lab.providers.lambda_.stream_delivery import Delivery
from lab.providers.lambda_.stream_destination import OnFailure
from lab.providers.lambda_.stream_events import MAX_PAYLOAD_BYTES, Event, EventWriter, fitting
from lab.providers.lambda_.stream_filter import RecordFilter
from lab.providers.lambda_.stream_invoker import Invoker
from lab.providers.lambda_.stream_settings import StreamSettings
from lab.providers.lambda_.stream_source import Source
from lab.providers.lambda_.stream_window import Window

LOG = logging.getLogger(__name__)

PAUSE_AFTER_ERROR_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Job:
    """What the consumers of one mapping have in common."""

    settings: StreamSettings
    role_arn: str
    checkpoints: Checkpoints
    invoker: Invoker
    filter: RecordFilter
    report: Callable[[str], None]
    stopping: threading.Event


class Ending:
    """The end of a shard's consumer: it is stopped, or its stream is gone."""

    def __init__(self, stopping: threading.Event, stream: Stream) -> None:
        self._stopping = stopping
        self._stream = stream
        self.wait = stopping.wait

    def is_set(self) -> bool:
        return self._stopping.is_set() or self._stream.is_gone


class ShardConsumer:
    """Runs until it is stopped, the closed shard is read to its end, or the stream is gone."""

    def __init__(  # noqa: PLR0913, PLR0917  # which lane of which shard, and how it is read
        self,
        job: Job,
        stream: Stream,
        shard: Shard,
        lane: int,
        source: Source,
        ended: Callable[[], None],
    ) -> None:
        self._settings = job.settings
        self._checkpoints = job.checkpoints
        self._filter = job.filter
        self._ending = ending = Ending(job.stopping, stream)
        self._stream = stream
        self._shard = shard
        self._lane = lane
        self._source = source
        self._ended = ended
        self._writer = EventWriter(shard, self._settings.source_arn, job.role_arn)
        destination = OnFailure(self._settings, shard.id)
        self._delivery = Delivery(
            self._settings, shard.id, job.invoker, destination, job.report, ending
        )
        self._has_ended = False
        self._wake = threading.Event()
        name = f"lab-stream-{shard.id}-{lane}-{self._settings.uuid[:8]}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Look again: at the stop signal, or for records."""
        self._wake.set()

    def join(self, timeout: float | None = None) -> None:
        self._thread.join(timeout)

    @property
    def has_ended(self) -> bool:
        """It processes nothing any more, although its thread may still be there for a moment."""
        return self._has_ended

    def _run(self) -> None:
        self._source.start(self._checkpoints.position(self._shard, self._lane), self.wake)
        try:
            while not self._ending.is_set():
                if not self._guarded_step():
                    return
        finally:
            self._source.stop()
            self._has_ended = True
            self._ended()

    def _guarded_step(self) -> bool:
        try:
            return self._step()
        except Exception:  # the edge of the thread: a shard must not fall silent for good
            LOG.exception("%s of %s", self._shard.id, self._stream.name)
            self._ending.wait(PAUSE_AFTER_ERROR_SECONDS)
            return True

    def _step(self) -> bool:
        """Wait for records and deliver one batch; False at the end of a closed shard."""
        self._wake.clear()
        was_closed = not self._shard.is_open
        self._shard.log.trim(self._stream.horizon_ms())
        position = self._checkpoints.position(self._shard, self._lane)
        at_end = was_closed and position >= self._shard.log.next
        window = self._checkpoints.window(self._shard, self._lane)
        if window is not None and self._ends(window, position, at_end):
            self._finish(window, position)
        elif self._source.end > position:
            self._fill(position)
            self._deliver(position, window)
        elif at_end:
            self._checkpoints.finish(self._shard, self._lane)
            return False
        elif not self._ending.is_set():
            self._wake.wait(self._until_end_of(window))
        return True

    def _ends(self, window: Window, position: int, at_end: bool) -> bool:
        """Whether the window is to be finished before anything else is read."""
        if window.is_too_large or not self._settings.tumbling_seconds:
            return True
        if position < self._shard.log.next:
            return self._shard.log.arrival(position) >= window.end
        return at_end or window.is_over(self._stream.timing.now_ms())

    def _finish(self, window: Window, position: int) -> None:
        early = window.is_too_large
        if self._delivery.finish_window(window, early=early):
            self._settle(position, window.with_state({}) if early else None)

    def _until_end_of(self, window: Window | None) -> float | None:
        """Seconds until there is something to do without a new record; None if never."""
        return None if window is None else window.seconds_left(self._stream.timing.now_ms())

    def _fill(self, position: int) -> None:
        """Let the batch grow until it is full or the time to gather it is over."""
        deadline = time.monotonic() + self._settings.gather_seconds
        lanes = self._settings.lanes  # they share the shard's records about evenly
        while True:
            self._wake.clear()
            left = deadline - time.monotonic()
            if left <= 0 or self._ending.is_set() or not self._shard.is_open:
                return
            count, size = self._shard.log.pending(position)
            full = self._source.end - position >= self._settings.batch_size * lanes
            if full or (_encoded(size) >= MAX_PAYLOAD_BYTES * lanes and count):
                return
            self._wake.wait(left)

    def _deliver(self, position: int, window: Window | None) -> None:
        most = min(self._settings.batch_size * self._settings.lanes, self._source.end - position)
        size = MAX_PAYLOAD_BYTES * self._settings.lanes
        records = self._shard.log.read(position, most, size)
        if self._ending.is_set() or not records:
            return
        wanted = [self._writer.event(record) for record in records if self._wants(record)]
        if self._settings.tumbling_seconds and wanted and window is None:
            window = Window.around(wanted[0].record.arrival, self._settings.tumbling_seconds)
        part = self._batch(wanted, window)
        behind = records[-1].position + 1
        if len(part) < len(wanted):
            behind = wanted[len(part)].record.position
        if part:
            if not self._delivery.deliver(part, self._oldest, self._settle, window):
                return
            window = self._delivery.window
        self._settle(behind, window)

    def _wants(self, record: Record) -> bool:
        lanes = self._settings.lanes
        own = lanes == 1 or crc32(record.key) % lanes == self._lane
        return own and self._filter.passes(record.data)

    def _batch(self, wanted: list[Event], window: Window | None) -> list[Event]:
        """The first events: as many as one invocation takes, of one window."""
        beside = 0
        if window is not None:
            wanted = [each for each in wanted if each.record.arrival < window.end]
            beside = window.size
        return wanted[: min(fitting(wanted, beside), self._settings.batch_size)]

    def _oldest(self) -> int:
        """Records that arrived until then are given up: too old, or expired in the stream."""
        expired = self._stream.horizon_ms() - 1
        if self._settings.max_age_seconds < 0:
            return expired
        age = self._settings.max_age_seconds * 1000
        return max(expired, self._stream.timing.now_ms() - age)

    def _settle(self, position: int, window: Window | None) -> None:
        self._checkpoints.advance(self._shard, self._lane, position, window)


def _encoded(size: int) -> int:
    """How many bytes of base64 text so many bytes give."""
    return size * 4 // 3
