"""What is to happen at which time of the lab's clock.

While the clock runs by itself, what comes due is done at once, in threads of its own. What was due
while the lab was off, or while the clock jumped over it, is not done later, as AWS would not have
waited either. When the clock is advanced, everything that comes due on the way is done in its
order, and each time what it started ends first: thirty days take as long as thirty runs.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from lab.providers.clock.lab_time import LabTime
from lab.providers.clock.work import Work

LOG = logging.getLogger(__name__)

LATE_SECONDS = 60.0
"""What is due for longer than this was missed."""
THREADS = 16

Following = Callable[[float], float | None]
"""When something is due next after a moment; None for never again."""
Fire = Callable[[float], None]
"""Does what is due; told the moment at which it was."""


class BusyError(Exception):
    """The clock is being advanced already."""


@dataclass(slots=True)
class Entry:
    due: float
    following: Following
    fire: Fire


class Step(NamedTuple):
    """How far an advance has come: ``number`` of ``total``, the time that it is, what has been
    fired so far, and what would not end.
    """

    number: int
    total: int
    now: float
    fired: int
    stuck: dict[str, int]


class Agenda:
    """The entries by their key. Safe to use from several threads."""

    def __init__(self, clock: LabTime, work: Work) -> None:
        self.clock = clock
        self._work = work
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._advancing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="lab-agenda")
        self._firing = 0
        work.register("schedules", lambda: self._firing)

    def put(self, key: str, following: Following, fire: Fire) -> None:
        """Have ``fire`` called at each moment that ``following`` names, from now on. An entry of
        the same key is replaced.
        """
        due = following(self.clock.now())
        with self._lock:
            self._entries.pop(key, None)
            if due is not None:
                self._entries[key] = Entry(due, following, fire)
            self._start()
        self.clock.wake()

    def remove(self, key: str) -> None:
        with self._lock:
            self._entries.pop(key, None)

    def due(self, key: str) -> float | None:
        """When the entry comes next."""
        with self._lock:
            entry = self._entries.get(key)
            return entry.due if entry else None

    def advance(self, seconds: float, step: float, patience: float) -> Iterator[Step]:
        """Move the clock on, a step at a time, and do what comes due on the way.

        ``patience``: for how many seconds of real time what runs may go on before the advance ends
        there. Raises BusyError while another advance is under way.
        """
        with self._exclusive():
            end, boundary = self.clock.now() + seconds, self.clock.now()
            total = max(1, -int(-seconds // step))
            fired, stuck = 0, self._work.wait(patience)
            for number in range(1, total + 1):
                boundary = min(boundary + step, end)
                while not stuck and (due := self._earliest()) is not None and due <= boundary:
                    self._move(due)
                    fired += self._fire_due(due)
                    stuck = self._work.wait(patience)
                if not stuck:
                    self._move(boundary)
                    stuck = self._work.wait(patience)
                yield Step(number, total, self.clock.now(), fired, stuck)
                if stuck:
                    return

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        if not self._advancing.acquire(blocking=False):
            raise BusyError
        try:
            yield
        finally:
            self._advancing.release()
            self.clock.wake()

    def _move(self, moment: float) -> None:
        """Forward only: the clock has run on while work was waited for."""
        if moment > self.clock.now():
            self.clock.set(moment)

    def _earliest(self) -> float | None:
        with self._lock:
            return min((entry.due for entry in self._entries.values()), default=None)

    def _fire_due(self, moment: float) -> int:
        """Start what is due at ``moment``; returns how much."""
        with self._lock:
            due = [(key, one, one.due) for key, one in self._entries.items() if one.due <= moment]
            for key, entry, when in due:
                self._plan(key, entry, when)
            self._firing += len(due)
        for _, entry, when in due:
            self._pool.submit(self._run, entry.fire, when)
        return len(due)

    def _plan(self, key: str, entry: Entry, after: float) -> None:
        following = entry.following(after)
        if following is None:
            del self._entries[key]
        else:
            entry.due = following

    def _run(self, fire: Fire, when: float) -> None:
        try:
            fire(when)
        except Exception:  # a process edge: the other entries must go on
            LOG.exception("what was scheduled for %s failed", when)
        finally:
            with self._lock:
                self._firing -= 1

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="lab-agenda", daemon=True)
            self._thread.start()

    def _follow(self) -> None:
        """Do what comes due while the clock runs by itself."""
        seen = self.clock.changes
        while True:
            self.clock.wait(self._earliest, seen)
            with self._advancing:
                if seen != self.clock.changes:
                    seen = self.clock.changes
                    self._replan()
                self._skip_missed()
                self._fire_due(self.clock.now())

    def _replan(self) -> None:
        """After the clock was set back, what comes next is earlier than was thought."""
        now = self.clock.now()
        with self._lock:
            for entry in self._entries.values():
                due = entry.following(now)
                if due is not None and due < entry.due:
                    entry.due = due

    def _skip_missed(self) -> None:
        now = self.clock.now()
        with self._lock:
            for key, entry in list(self._entries.items()):
                if entry.due < now - LATE_SECONDS:
                    LOG.warning("%s was missed at %s", key, entry.due)
                    self._plan(key, entry, now)
