"""The checkpoints of all mappings on disk: ``lambda/checkpoints/UUID.json`` under the lab's home.

One thread writes what has changed, at most once per half second and mapping: whole to another file,
which then takes the place of the one before, so that a kill at any moment leaves the old one or
the new one. It does not wait for the disk: a loss of power may cost some seconds, which are then
processed again.
"""

import json
import logging
import threading
from functools import cache
from pathlib import Path

from lab import config
from lab.providers.lambda_.stream_checkpoints import Checkpoints

LOG = logging.getLogger(__name__)

WRITE_SECONDS = 0.5


class CheckpointFiles:
    """The checkpoints by mapping, read at first use and written when they change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Checkpoints] = {}
        self._lock = threading.RLock()
        self._changed: set[str] = set()
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._pause = threading.Event()

    def of(self, uuid: str) -> Checkpoints:
        """The checkpoints of a mapping: the same object each time."""
        with self._lock:
            if uuid not in self._known:
                self._known[uuid] = self._read(uuid)
            return self._known[uuid]

    def forget(self, uuid: str) -> None:
        """The mapping has been deleted."""
        with self._lock:
            self._known.pop(uuid, None)
            self._path(uuid).unlink(missing_ok=True)

    def flush(self) -> None:
        """Write now what has changed, in the caller's thread."""
        with self._change:
            changed, self._changed = self._changed, set()
        while changed:
            uuid = changed.pop()
            try:
                self._write(uuid)
            except OSError:  # a full disk: again at the next occasion
                LOG.exception("checkpoints of %s not written", uuid)
                with self._change:
                    self._changed.add(uuid)

    def _path(self, uuid: str) -> Path:
        return self._folder / f"{uuid}.json"

    def _read(self, uuid: str) -> Checkpoints:
        checkpoints = Checkpoints(lambda: self._note(uuid))
        try:
            checkpoints.restore(json.loads(self._path(uuid).read_text(encoding="utf-8")))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError) as error:
            LOG.error(
                "%s cannot be read (%r): its mapping begins again at the oldest record",
                self._path(uuid),
                error,
            )
            checkpoints.read_all()
        return checkpoints

    def _note(self, uuid: str) -> None:
        with self._change:
            self._changed.add(uuid)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="lab-checkpoints", daemon=True
                )
                self._thread.start()
            self._change.notify()

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._changed)
            self.flush()
            self._pause.wait(WRITE_SECONDS)

    def _write(self, uuid: str) -> None:
        with self._lock:
            checkpoints = self._known.get(uuid)
            if checkpoints is None:  # deleted meanwhile
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            draft = self._path(uuid).with_suffix(".new")
            draft.write_text(json.dumps(checkpoints.document()), encoding="utf-8")
            draft.replace(self._path(uuid))


@cache
def checkpoint_files() -> CheckpointFiles:
    """Those of this lab."""
    return CheckpointFiles(config.load().home / "lambda" / "checkpoints")
