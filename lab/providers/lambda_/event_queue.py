"""The queue between an asynchronous caller and its function.

An event is a file from the moment the caller gets its 202 to the moment the event has succeeded or
is given up, so that a killed lab repeats an event rather than lose it: at least once, as on AWS.
What happens to an event is decided by whoever makes the queue (:mod:`event_attempts`).
"""

import base64
import heapq
import itertools
import json
import logging
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from lab.providers.lambda_.metrics import FunctionName

LOG = logging.getLogger(__name__)

AT_ONCE = 10
"""How many events of one function are processed at the same time."""
PAUSE_AFTER_ERROR_SECONDS = 30.0


@dataclass(slots=True)
class Event:
    """One asynchronous invocation. Times are seconds since the epoch."""

    account: str
    region: str
    name: str
    qualifier: str
    """What the caller named: a version, an alias, or ``$LATEST`` if nothing."""
    is_qualified: bool
    request_id: str
    payload: bytes
    trace: str
    received: float
    due: float
    attempts: int = 0
    """How often the function has run with it."""
    refusals: int = 0
    """How often in a row it could not run, because of throttling or an error of the service."""

    @property
    def function(self) -> FunctionName:
        return FunctionName(self.account, self.region, self.name)

    def encode(self) -> bytes:
        return json.dumps(
            {**asdict(self), "payload": base64.b64encode(self.payload).decode()}
        ).encode()

    @classmethod
    def decode(cls, content: bytes) -> "Event":
        """Raises ValueError, KeyError or TypeError if that is no event."""
        document = json.loads(content)
        document["payload"] = base64.b64decode(document["payload"], validate=True)
        return cls(**{each.name: document[each.name] for each in fields(cls)})


Attempt = Callable[[Event], float | None]
"""Tries an event; says in how many seconds to try it again, or None if it is done with."""


class EventQueue:
    """The events of all functions; :meth:`start` makes it try them."""

    def __init__(self, folder: Path, attempt: Attempt) -> None:
        self._folder = folder
        self._attempt = attempt
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, Event]] = []
        self._order = itertools.count()
        self._ready: dict[FunctionName, deque[Event]] = defaultdict(deque)
        self._running: Counter[FunctionName] = Counter()
        self._stopped = False

    def start(self) -> None:
        """Take up what a lab before has left, and begin."""
        for unfinished in self._folder.glob("*.new"):
            unfinished.unlink()
        for path in sorted(self._folder.glob("*.json")):
            try:
                self._wait(Event.decode(path.read_bytes()))
            except (ValueError, KeyError, TypeError) as error:
                kept = path.rename(path.with_suffix(".unreadable"))
                LOG.error("asynchronous event not processed, kept as %s: %s", kept, error)
        threading.Thread(target=self._run, name="lab-async-events", daemon=True).start()

    def put(self, event: Event) -> None:
        """Accept an event: when this returns, it is not lost by a kill."""
        self._write(event)
        self._wait(event)

    def waiting(self) -> list[Event]:
        """Events that wait for their time, the first first."""
        with self._changed:
            return [event for *_, event in sorted(self._waiting)]

    def due(self) -> int:
        """How many events are being tried, or could be now."""
        with self._changed:
            now = time.time()
            ready = sum(map(len, self._ready.values())) + sum(self._running.values())
            return ready + sum(due <= now for due, *_ in self._waiting)

    def release(self) -> None:
        """Let everything that waits for its next attempt have it now."""
        with self._changed:
            now = time.time()
            self._waiting = [(now, order, event) for _, order, event in self._waiting]
            heapq.heapify(self._waiting)
            self._changed.notify_all()

    def stop(self) -> None:
        """Begin nothing any more; what is under way is repeated by the next lab."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _wait(self, event: Event) -> None:
        with self._changed:
            heapq.heappush(self._waiting, (event.due, next(self._order), event))
            self._changed.notify_all()

    def _run(self) -> None:
        while (event := self._next_due()) is not None:
            self._make_ready(event)

    def _next_due(self) -> Event | None:
        with self._changed:
            while not self._stopped:
                now = time.time()
                if self._waiting and self._waiting[0][0] <= now:
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(self._waiting[0][0] - now if self._waiting else None)
        return None

    def _make_ready(self, event: Event) -> None:
        with self._changed:
            self._ready[event.function].append(event)
            if self._running[event.function] >= AT_ONCE:
                return
            self._running[event.function] += 1
        name = f"lab-async-{event.name}"
        threading.Thread(target=self._work, args=(event.function,), name=name, daemon=True).start()

    def _work(self, function: FunctionName) -> None:
        while (event := self._take(function)) is not None:
            self._try(event)

    def _take(self, function: FunctionName) -> Event | None:
        with self._changed:
            if not self._stopped and self._ready[function]:
                return self._ready[function].popleft()
            self._running[function] -= 1
            if not self._running[function]:
                del self._running[function]
                del self._ready[function]
            return None

    def _try(self, event: Event) -> None:
        try:
            seconds = self._attempt(event)
        except Exception:  # the edge of a thread: the event must not be lost
            LOG.exception("asynchronous event %s of %s", event.request_id, event.name)
            seconds = PAUSE_AFTER_ERROR_SECONDS
        if self._stopped:
            return
        if seconds is None:
            self._path(event).unlink(missing_ok=True)
            return
        event.due = time.time() + seconds
        self._write(event)
        self._wait(event)

    def _path(self, event: Event) -> Path:
        return self._folder / f"{event.request_id}.json"

    def _write(self, event: Event) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(event)
        written = path.with_suffix(".new")
        written.write_bytes(event.encode())
        written.replace(path)
