"""Moves the records of one delivery stream from its source to its destination.

One thread per stream: it reads, processes, buffers, delivers what is due, and notes how far all has
been delivered. An update of the destination drops what is buffered and reads it again from there,
so that nothing is lost and the new settings hold for all that has not been delivered.
"""

import logging
import threading
from typing import Any, Protocol

from lab.providers.firehose import error_log, metrics
from lab.providers.firehose.destinations import Destination, backup_of, destination_of
from lab.providers.firehose.failures import Failure
from lab.providers.firehose.models import KINESIS, DeliveryStream
from lab.providers.firehose.processing import Processing
from lab.providers.firehose.source import Item, Lanes, source_of

LOG = logging.getLogger(__name__)

PAUSE_AFTER_ERROR_SECONDS = 1.0
LOOK_AGAIN_SECONDS = 1.0
"""For a Kinesis stream that is not there, or whose shards have changed."""


class Waiting(Protocol):
    """What holds records back."""

    def due_at(self) -> float | None: ...

    def undelivered(self) -> Lanes: ...


class Pipeline:
    """The way of the records through one version of a stream's settings."""

    def __init__(self, stream: DeliveryStream, stopping: threading.Event) -> None:
        self.version = stream.version
        self._stream = stream
        self._settings: dict[str, Any] = stream.definition["destination"]["settings"]
        self._processing = Processing(stream, self._settings, stopping)
        self._destination: Destination = destination_of(stream)
        self._backup = backup_of(stream)
        self._stages: tuple[Waiting, ...] = (self._processing, self._destination)
        if self._backup is not None:
            self._stages = (*self._stages, self._backup)

    @property
    def is_full(self) -> bool:
        """Nothing is to be read before something has been delivered."""
        return self._destination.is_full or (self._backup is not None and self._backup.is_full)

    def add(self, items: list[Item]) -> None:
        if self._backup is not None:
            self._backup.add(items)
        self._pass_on(*self._processing.add(items))

    def deliver_due(self, now: float) -> None:
        due = self._processing.due_at()
        if due is not None and due <= now:
            self._pass_on(*self._processing.take())
        self._destination.deliver_due()
        if self._backup is not None:
            self._backup.deliver_due()

    def _pass_on(self, items: list[Item], failures: list[Failure]) -> None:
        if failures:
            first = failures[0]
            error_log.write(self._stream, self._settings, first.code, first.message)
        self._destination.fail([*failures, *self._destination.add(items)])

    def due_at(self) -> float | None:
        found = [due for stage in self._stages if (due := stage.due_at()) is not None]
        return min(found, default=None)

    def undelivered(self) -> Lanes:
        lanes: Lanes = {}
        for stage in self._stages:
            for lane, position in stage.undelivered().items():
                lanes[lane] = min(position, lanes.get(lane, position))
        return lanes


class Worker:
    """The stream's thread, and the source that records are put into."""

    def __init__(self, stream: DeliveryStream) -> None:
        self._stream = stream
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self.source = source_of(stream, self._wake.set)
        self._pipeline: Pipeline | None = None
        self._thread = threading.Thread(
            target=self._run, name=f"lab-firehose-{stream.name}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Look again: the settings have changed."""
        self._wake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    def join(self, seconds: float) -> None:
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._wake.clear()
                try:
                    moved = self.step()
                except InterruptedError:  # stopped while records were with the function
                    break
                except Exception:  # the edge of the thread: a stream must not fall silent for good
                    LOG.exception("delivery stream %s", self._stream.name)
                    self._pipeline = None
                    self._stopping.wait(PAUSE_AFTER_ERROR_SECONDS)
                    continue
                if not moved and not self._stopping.is_set():
                    self._wake.wait(self._pause())
        finally:
            self.source.close()

    def step(self) -> bool:
        """Read, deliver and commit once; False when there was nothing to read."""
        pipeline = self._pipeline
        if pipeline is None or pipeline.version != self._stream.version:
            self.source.rewind()
            pipeline = self._pipeline = Pipeline(self._stream, self._stopping)
        items = [] if pipeline.is_full else self.source.read()
        if items:
            pipeline.add(items)
            if self._stream.kind == KINESIS:
                self._note_reading(items)
        pipeline.deliver_due(self._stream.timing.clock())
        self.source.commit(pipeline.undelivered())
        return bool(items)

    def _note_reading(self, items: list[Item]) -> None:
        behind = self._stream.timing.now_ms() - items[-1].arrival
        size = sum(len(item.data) for item in items)
        metrics.read_from_kinesis(self._stream, len(items), size, behind)

    def _pause(self) -> float | None:
        due = None if self._pipeline is None else self._pipeline.due_at()
        seconds = None if due is None else max(0.0, due - self._stream.timing.clock())
        if self._stream.kind == KINESIS:
            return LOOK_AGAIN_SECONDS if seconds is None else min(seconds, LOOK_AGAIN_SECONDS)
        return seconds
