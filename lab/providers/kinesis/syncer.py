"""Brings what has been appended to the disk itself, once a second.

A record is acknowledged when the system has it: the end of the process, however it comes, loses
nothing. Only a loss of power, or of the whole machine, may take the records of the last second.

One thread serves all shards of the process, and sleeps while nothing is written.
"""

import logging
import threading
import time
from functools import cache
from typing import Protocol

LOG = logging.getLogger(__name__)

SYNC_SECONDS = 1.0


class Syncable(Protocol):
    """What can be brought to the disk."""

    def sync(self) -> None: ...


class Syncer:
    """Collects what has been written to, and syncs each of it once a second."""

    def __init__(self) -> None:
        self._waiting: dict[int, Syncable] = {}
        self._lock = threading.Lock()
        self._written = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, log: Syncable) -> None:
        """Called at the first write after a sync."""
        with self._lock:
            self._waiting[id(log)] = log
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="kinesis-sync", daemon=True)
                self._thread.start()
            self._written.set()

    def sync(self) -> None:
        """Sync all that waits, in the caller's thread."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            self._written.clear()
        for log in waiting.values():
            try:
                log.sync()
            except OSError:
                LOG.exception("records of the last second may not outlast a loss of power")

    def _run(self) -> None:
        while self._written.wait():
            time.sleep(SYNC_SECONDS)
            self.sync()


@cache
def syncer() -> Syncer:
    """The syncer of this process."""
    return Syncer()
