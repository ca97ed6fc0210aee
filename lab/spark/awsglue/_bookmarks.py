"""What a job remembers of the objects it has read, by transformation context.

An object is new when it was written after the latest that was read, or at the same second as the
last ones and is none of them.

Source: AWS Glue Developer Guide, "Tracking processed data using job bookmarks".
"""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

NEAR_SECONDS = 60.0
ENABLED, PAUSED = "job-bookmark-enable", "job-bookmark-pause"


class Object(NamedTuple):
    """An object of S3 that may be read; ``modified`` in seconds since 1970."""

    path: str
    modified: float
    size: int
    partition: tuple[str, ...] = ()


class Bookmarks:
    """The state of one run: read at ``Job.init``, written at ``Job.commit``."""

    def __init__(self) -> None:
        self._run: dict[str, Any] = json.loads(os.environ.get("AWSGLUE_RUN") or "{}")
        self._state: dict[str, Any] = {}
        self._begun = False

    def begin(self) -> None:
        self._begun = True
        if self._option in (ENABLED, PAUSED):
            self._state = json.loads(Path(self._run["bookmark"]).read_text())

    @property
    def _option(self) -> str:
        return str(self._run.get("bookmarks", ""))

    def fresh(self, context: str, objects: list[Object]) -> list[Object]:
        """Those that this context has not read; all of them without a bookmark."""
        if not self._begun or not context or self._option not in (ENABLED, PAUSED):
            return objects
        known = self._state.get(context) or {"latest": 0.0, "near": []}
        near = set(known["near"])
        found = [
            each
            for each in objects
            if each.modified > known["latest"]
            or (each.modified > known["latest"] - NEAR_SECONDS and each.path not in near)
        ]
        if found:
            latest = max(each.modified for each in found)
            latest = max(latest, known["latest"])
            close = [each.path for each in objects if each.modified > latest - NEAR_SECONDS]
            self._state[context] = {"latest": latest, "near": sorted({*close})}
        return found

    def commit(self) -> None:
        if self._begun and self._option == ENABLED:
            target = Path(self._run["committed"])
            written = target.with_suffix(".new")
            written.write_text(json.dumps(self._state))
            written.replace(target)


BOOKMARKS = Bookmarks()
"""Those of this run."""
