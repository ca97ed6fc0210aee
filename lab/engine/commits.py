"""Files of one statement appear together: whoever lists files waits while others are put in place.

There is one engine for a store, so that a lock in this process is enough.
"""

import threading
from types import TracebackType


class _Gate:
    """Many may read at once; who writes does so alone, and readers that come later wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers = 0
        self._writing = False

    def enter(self, writing: bool) -> None:
        with self._changed:
            while self._writing:
                self._changed.wait()
            if not writing:
                self._readers += 1
                return
            self._writing = True
            while self._readers:
                self._changed.wait()

    def leave(self, writing: bool) -> None:
        with self._changed:
            if writing:
                self._writing = False
            else:
                self._readers -= 1
            self._changed.notify_all()


class _Side:
    """One side of the gate, for ``with``."""

    def __init__(self, gate: _Gate, writing: bool) -> None:
        self._gate, self._writing = gate, writing

    def __enter__(self) -> None:
        self._gate.enter(self._writing)

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._gate.leave(self._writing)


_GATE = _Gate()
READING = _Side(_GATE, writing=False)
WRITING = _Side(_GATE, writing=True)
