"""A clock that can be stopped, set and moved, and is kept over a restart."""

import json
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

LOG = logging.getLogger(__name__)

LONGEST_WAIT = 3600.0


class LabTime:
    """Seconds since 1970, as the lab has it: the machine's time and an offset, or a moment at which
    it stands still. Safe to use from several threads.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._offset = 0.0
        self._stopped_at: float | None = None
        self._changes = 0
        self._changed = threading.Condition()
        self._read()

    def now(self) -> float:
        stopped_at = self._stopped_at
        return time.time() + self._offset if stopped_at is None else stopped_at

    def span(self) -> tuple[float, float]:
        """The earlier and the later of the lab's time and the machine's: senders have either."""
        now, machine = self.now(), time.time()
        return min(now, machine), max(now, machine)

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.now(), UTC)

    @property
    def changes(self) -> int:
        """How often somebody has changed it."""
        return self._changes

    @property
    def is_real(self) -> bool:
        return self._stopped_at is None and self._offset == 0

    @property
    def is_stopped(self) -> bool:
        return self._stopped_at is not None

    @property
    def offset(self) -> float:
        """Seconds ahead of the machine's time; negative behind it."""
        return self.now() - time.time() if self.is_stopped else self._offset

    def stop(self) -> None:
        self._change(self._offset, self.now())

    def run(self) -> None:
        """Go on from where the clock stands."""
        self._change(self.now() - time.time() if self.is_stopped else self._offset, None)

    def set(self, moment: float) -> None:
        """Show another time; a clock that stands still goes on standing."""
        stopped_at = moment if self.is_stopped else None
        self._change(moment - time.time(), stopped_at)

    def reset(self) -> None:
        """Tell real time again."""
        self._change(0.0, None)

    def wait(self, until: Callable[[], float | None], seen: int) -> None:
        """Return when the clock shows the moment that ``until`` says (None for never), or when
        somebody has woken those who wait, or changed the clock since ``changes`` was ``seen``.
        """
        with self._changed:
            moment = until()
            if self._changes != seen or (moment is not None and moment <= self.now()):
                return
            if moment is None or self.is_stopped:
                self._changed.wait()
            else:
                self._changed.wait(min(moment - self.now(), LONGEST_WAIT))

    def wake(self) -> None:
        """Have all who wait look again."""
        with self._changed:
            self._changed.notify_all()

    def _change(self, offset: float, stopped_at: float | None) -> None:
        with self._changed:
            self._offset, self._stopped_at = offset, stopped_at
            self._changes += 1
            self._write()
            self._changed.notify_all()

    def _read(self) -> None:
        if self._path is None or not self._path.exists():
            return
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            self._offset, self._stopped_at = float(kept["offset"]), kept["stopped_at"]
        except (ValueError, KeyError, TypeError) as error:
            LOG.error("the clock in %s cannot be read (%s): real time it is", self._path, error)

    def _write(self) -> None:
        if self._path is None:
            return
        if self.is_real:
            self._path.unlink(missing_ok=True)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        written = self._path.with_suffix(".new")
        kept = {"offset": self._offset, "stopped_at": self._stopped_at}
        written.write_text(json.dumps(kept), encoding="utf-8")
        written.replace(self._path)
