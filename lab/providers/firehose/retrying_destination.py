"""What destinations over HTTP have in common: a buffer, attempts for some time, then the backup.

Source: Firehose guide, "Handle data delivery failures".
"""

from typing import Any

from lab.providers.firehose import error_log, metrics
from lab.providers.firehose.buffers import Buffer, Hints, lowest
from lab.providers.firehose.failures import Failure
from lab.providers.firehose.models import DeliveryStream
from lab.providers.firehose.s3_destination import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    S3Destination,
)
from lab.providers.firehose.source import Item, Lanes

ALL = ("AllDocuments", "AllData")


class DeliveryError(Exception):
    """Why records were not taken; ``code`` is AWS's, or the HTTP status."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class RetryingDestination:
    """Delivers one buffer at a time, so that records stay in order."""

    name = ""
    """In the names of metrics"""
    error_type = ""
    """In the error prefix of the backup"""

    def __init__(
        self, stream: DeliveryStream, settings: dict[str, Any], backup: S3Destination
    ) -> None:
        self.stream = stream
        self.settings = settings
        self._backup = backup
        self._hints = Hints.of(settings["BufferingHints"])
        self._duration = settings["RetryOptions"]["DurationInSeconds"]
        self._buffer: Buffer | None = None
        self._began: float | None = None

    @property
    def is_full(self) -> bool:
        waiting = self._buffer is not None and self._buffer.size >= self._hints.size
        return waiting or self._backup.is_full

    def add(self, items: list[Item]) -> list[Failure]:
        if self.settings.get("S3BackupMode") in ALL:
            self._backup.add(items)
        for item in items:
            if self._buffer is None:
                self._buffer = Buffer(self.stream.timing.clock())
            self._buffer.add(item)
            if self._buffer.size >= self._hints.size:
                self._deliver(self._buffer)
        return []

    def fail(self, failures: list[Failure]) -> None:
        self._backup.fail(failures)

    def undelivered(self) -> Lanes:
        lanes = self._backup.undelivered()
        for lane, position in lowest(iter(() if not self._buffer else (self._buffer,))).items():
            lanes[lane] = min(position, lanes.get(lane, position))
        return lanes

    def due_at(self) -> float | None:
        own = None if self._buffer is None else self._buffer.due_at(self._hints)
        return min((due for due in (own, self._backup.due_at()) if due is not None), default=None)

    def deliver_due(self) -> None:
        buffer = self._buffer
        if buffer is not None and buffer.due_at(self._hints) <= self.stream.timing.clock():
            self._deliver(buffer)
        self._backup.deliver_due()

    def send(self, items: list[Item]) -> list[tuple[Item, DeliveryError, bool]]:
        """Deliver; returns the records that were not taken, why, and whether to try them again.

        Raises DeliveryError when none was taken, which is tried again.
        """
        raise NotImplementedError

    def details(self, _item: Item) -> dict[str, Any]:
        """What the document of a failed record says beside what all say."""
        return {}

    def _deliver(self, buffer: Buffer) -> None:
        now = self.stream.timing.clock()
        if buffer.retry_at > now:
            return
        self._began = now if self._began is None else self._began
        buffer.attempts += 1
        try:
            refused = self.send(buffer.items)
        except DeliveryError as error:
            refused = [(item, error, True) for item in buffer.items]
        if refused:
            error_log.write(self.stream, self.settings, refused[0][1].code, refused[0][1].message)
        over = self.stream.timing.clock() - self._began >= self._duration
        again = [] if over else [entry for entry in refused if entry[2]]
        lost = refused if over else [entry for entry in refused if not entry[2]]
        metrics.delivery(self.stream, self.name, buffer, now, is_success=not refused)
        self.fail([self._failure(item, error, buffer.attempts) for item, error, _ in lost])
        if again:
            self._keep(buffer, [entry[0] for entry in again], now)
        else:
            self._buffer = self._began = None

    def _keep(self, buffer: Buffer, items: list[Item], now: float) -> None:
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (buffer.attempts - 1), LONGEST_PAUSE_SECONDS)
        left = Buffer(buffer.opened, retry_at=now + pause, attempts=buffer.attempts)
        for item in items:
            left.add(item)
        self._buffer = left

    def _failure(self, item: Item, error: DeliveryError, attempts: int) -> Failure:
        now = self.stream.timing.now_ms()
        details = self.details(item)
        return Failure(item, self.error_type, error.code, error.message, attempts, now, details)
