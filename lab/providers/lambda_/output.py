"""What an execution environment prints, cut into log events.

A function that prints without end must fill neither the lab's memory nor its logs: of one
invocation, the first 4 MB are kept; then a line says how much was not. AWS has no such limit.
"""

import time
from dataclasses import dataclass

MAX_KEPT_BYTES = 4 * 1024 * 1024
# CloudWatch Logs documentation, "PutLogEvents": what each event counts beside its message.
EVENT_OVERHEAD_BYTES = 26
# A longer line becomes several events. CloudWatch Logs documentation, "PutLogEvents": at most 1 MB
# per event.
MAX_EVENT_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of a log stream. ``timestamp`` is Unix time in milliseconds; the message ends with
    a newline.
    """

    timestamp: int
    message: str


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Output:
    """Collects bytes, gives out lines. Lines that the platform itself adds are never dropped."""

    def __init__(self) -> None:
        self._events: list[LogEvent] = []
        self._partial = b""
        self._kept = 0
        self._dropped = 0

    def feed(self, data: bytes) -> None:
        """Add what the handler printed."""
        room = max(MAX_KEPT_BYTES - self._kept, 0)
        if len(data) > room:
            self._dropped += len(data) - room
            data = data[:room]
        self._kept += len(data)
        *lines, rest = (self._partial + data).split(b"\n")
        for line in lines:
            self._add(line)
        while len(rest) > MAX_EVENT_BYTES:
            self._add(rest[:MAX_EVENT_BYTES])
            rest = rest[MAX_EVENT_BYTES:]
        self._partial = rest

    def write(self, line: str) -> None:
        """Add a line of the platform, after what the handler has printed so far."""
        self._flush()
        self._events.append(LogEvent(now_ms(), line + "\n"))

    def take(self) -> list[LogEvent]:
        """All events since the last call; counting what is kept starts anew."""
        self._flush()
        events, self._events = self._events, []
        self._kept = 0
        return events

    def _flush(self) -> None:
        if self._partial:
            self._add(self._partial)
            self._partial = b""
        if self._dropped:
            message = (
                f"[{self._dropped} more bytes of output are not kept: {MAX_KEPT_BYTES} is the most]"
            )
            self._events.append(LogEvent(now_ms(), message + "\n"))
            self._dropped = 0

    def _add(self, line: bytes) -> None:
        """CloudWatch Logs refuses empty events, so that an empty line is none."""
        for start in range(0, len(line), MAX_EVENT_BYTES):
            part = line[start : start + MAX_EVENT_BYTES]
            self._events.append(LogEvent(now_ms(), part.decode(errors="replace") + "\n"))
            self._kept += EVENT_OVERHEAD_BYTES
