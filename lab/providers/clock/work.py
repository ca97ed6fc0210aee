"""What is under way in the lab, so that a clock that is advanced can wait for it."""

import threading
import time
from collections.abc import Callable

Count = Callable[[], int]

PAUSE = 0.02
QUIET_LOOKS = 3
"""So many looks in a row must find nothing: what has ended may still be starting something else."""


class Work:
    """Counts of what runs, by name: each service registers its own."""

    def __init__(self) -> None:
        self._counts: dict[str, Count] = {}
        self._lock = threading.Lock()

    def register(self, name: str, count: Count) -> None:
        """``count`` says how much is under way now; it is called often and must be quick."""
        with self._lock:
            self._counts[name] = count

    def under_way(self) -> dict[str, int]:
        """What is under way, without what is not."""
        with self._lock:
            counts = dict(self._counts)
        found = {name: count() for name, count in counts.items()}
        return {name: count for name, count in found.items() if count}

    def wait(self, seconds: float) -> dict[str, int]:
        """Wait until nothing is under way; returns what still is after so many seconds."""
        deadline = time.monotonic() + seconds
        quiet = 0
        while quiet < QUIET_LOOKS:
            found = self.under_way()
            quiet = 0 if found else quiet + 1
            if found and time.monotonic() > deadline:
                return found
            time.sleep(PAUSE)
        return {}
