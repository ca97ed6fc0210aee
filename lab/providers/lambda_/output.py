"""What an execution environment prints, cut into log events.

Two things come through one pipe, in their order: lines, from print and from child processes, and
frames, in which the runtime puts records of the logging module and errors. A frame is one event
however many lines it has, and knows its level.

A function that prints without end must fill neither the lab's memory nor its logs: of one
invocation, the first 4 MB are kept; then a line says how much was not. AWS has no such limit.

Sources: AWS documentation, "Log-level filtering"; the runtime interface client's framing of logs.
"""

import json
import time
from dataclasses import dataclass
from datetime import datetime

MAX_KEPT_BYTES = 4 * 1024 * 1024
# CloudWatch Logs documentation, "PutLogEvents": what each event counts beside its message.
EVENT_OVERHEAD_BYTES = 26
# A longer line becomes several events. CloudWatch Logs documentation, "PutLogEvents": at most 1 MB
# per event.
MAX_EVENT_BYTES = 256 * 1024

LEVELS = {"TRACE": 0, "DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40}
LEVELS |= {"FATAL": 50, "CRITICAL": 50}
# A frame begins with a word that names its level, then its length, then a time of eight bytes.
FRAME_START = b"\xa5\x5a\x00"
FRAME_LEVELS = {0x02: 20, 0x0A: 10, 0x0E: 20, 0x12: 30, 0x16: 40, 0x1A: 50}
HEADER_BYTES = 16
MAX_FRAME_BYTES = 2 * MAX_KEPT_BYTES


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of a log stream. ``timestamp`` is Unix time in milliseconds; the message ends with
    a newline.
    """

    timestamp: int
    message: str


@dataclass(frozen=True, slots=True)
class LogSettings:
    """A function's LoggingConfig without its group. Levels only mean something in JSON."""

    is_json: bool = False
    application_level: str = "INFO"
    system_level: str = "INFO"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Output:
    """Collects bytes, gives out lines. Lines that the platform itself adds are never dropped."""

    def __init__(self, settings: LogSettings | None = None) -> None:
        settings = settings or LogSettings()
        self._least = LEVELS[settings.application_level] if settings.is_json else 0
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
        self._partial += data
        searched = 0
        while (start := self._partial.find(FRAME_START, searched)) >= 0:
            length = _frame_bytes(self._partial[start : start + HEADER_BYTES])
            end = start + length
            if length == 0:
                searched = start + 1
            elif len(self._partial) < end:
                return
            else:
                data, searched = self._partial, 0
                self._add_lines(data[:start])
                self._flush_line()
                self._add_frame(data[start:end])
                self._partial = data[end:]
        self._add_lines(self._partial)

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
        self._flush_line()
        if self._dropped:
            message = (
                f"[{self._dropped} more bytes of output are not kept: {MAX_KEPT_BYTES} is the most]"
            )
            self._events.append(LogEvent(now_ms(), message + "\n"))
            self._dropped = 0

    def _flush_line(self) -> None:
        """Take what waits for the end of its line, or of its frame, as it is."""
        rest, self._partial = self._partial, b""
        start = rest.find(FRAME_START)
        if start >= 0 and _frame_bytes(rest[start : start + HEADER_BYTES]):
            self._add_line(rest[:start])
            rest = rest[start + HEADER_BYTES :]
        if rest:
            self._add_line(rest)

    def _add_lines(self, data: bytes) -> None:
        """Add whole lines; what follows the last of them waits for its end."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._add_line(line)
        while len(rest) > MAX_EVENT_BYTES:
            self._add_line(rest[:MAX_EVENT_BYTES])
            rest = rest[MAX_EVENT_BYTES:]
        self._partial = rest

    def _add_line(self, line: bytes) -> None:
        if self._least == 0 or _level_of(line) >= self._least:
            self._add(line)

    def _add_frame(self, frame: bytes) -> None:
        if FRAME_LEVELS[frame[3] & ~1] >= self._least:
            self._add(frame[HEADER_BYTES:].removesuffix(b"\n"))

    def _add(self, text: bytes) -> None:
        """CloudWatch Logs refuses empty events, so that an empty line is none."""
        for start in range(0, len(text), MAX_EVENT_BYTES):
            part = text[start : start + MAX_EVENT_BYTES]
            self._events.append(LogEvent(now_ms(), part.decode(errors="replace") + "\n"))
            self._kept += EVENT_OVERHEAD_BYTES


def _frame_bytes(header: bytes) -> int:
    """How long the frame is that may begin here: 0 if none does, more than there is if only the
    beginning of its header has arrived.
    """
    if len(header) < HEADER_BYTES:
        return HEADER_BYTES
    length = int.from_bytes(header[4:8])
    if header[3] & ~1 not in FRAME_LEVELS or length > MAX_FRAME_BYTES:
        return 0
    return HEADER_BYTES + length


def _level_of(line: bytes) -> int:
    """The level that Lambda takes a printed line for: what its JSON says, if it also has a time."""
    if line.startswith(b"{"):
        try:
            document = json.loads(line)
            datetime.fromisoformat(document["timestamp"])
            return LEVELS[document["level"].upper()]
        except (ValueError, KeyError, TypeError, AttributeError):
            return LEVELS["INFO"]
    return LEVELS["INFO"]
