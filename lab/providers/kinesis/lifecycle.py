"""States that end by themselves, and the clock that ends them.

A state is declared by a time, not by a thread: what is CREATING stays so until ``clock()`` reaches
the end of the transition. ``LAB_KINESIS_TRANSITION_SECONDS`` (default 0) is how long one lasts; AWS
takes 10 to 30 seconds.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lab.providers.kinesis.limits import Clock


def transition_seconds() -> float:
    return float(os.environ.get("LAB_KINESIS_TRANSITION_SECONDS") or 0)


class Status(StrEnum):
    """The states of a stream or of a consumer (which is never UPDATING), in AWS's words."""

    CREATING = "CREATING"
    ACTIVE = "ACTIVE"
    UPDATING = "UPDATING"
    DELETING = "DELETING"


@dataclass(frozen=True, slots=True)
class Timing:
    """``clock`` gives the seconds of the Unix epoch, ``ticks`` drives the rate limits."""

    clock: Clock = time.time
    ticks: Clock = time.monotonic
    transition: Callable[[], float] = transition_seconds

    def now_ms(self) -> int:
        return int(self.clock() * 1000)


class Lifecycle:
    """The state of one resource."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._status = Status.ACTIVE
        self._settled_at = 0.0

    @property
    def status(self) -> Status:
        if self._status is Status.DELETING or not self.is_settled:
            return self._status
        return Status.ACTIVE

    @property
    def is_settled(self) -> bool:
        """Whether the last transition is over."""
        return self._timing.clock() >= self._settled_at

    @property
    def is_gone(self) -> bool:
        """Deleted, and the transition is over."""
        return self._status is Status.DELETING and self.is_settled

    def begin(self, status: Status) -> None:
        """Enter a transitional state."""
        self._status = status
        self._settled_at = self._timing.clock() + self._timing.transition()
