"""All files of one flow: those that are there, those that come, and what rotation does to them.

Renamed, a file is read to its end under whatever name. Copied and emptied (``copytruncate``), the
rest is read from the copy. Compressed files are passed over: their lines were read before.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from lab.agent.checkpoints import Place
from lab.agent.settings import Flow
from lab.agent.tail import Record, Tail

LOG = logging.getLogger(__name__)

COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".tar", ".tgz")
QUIET_SECONDS = 2.0
"""After that a rotated file will not get the rest of its last record any more."""
FORGET_SECONDS = 60.0


class Files:
    """The files of a flow. ``places`` is where the agent stopped; None at the very first start."""

    def __init__(
        self,
        flow: Flow,
        places: list[Place] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._flow = flow
        self._clock = clock
        self._tails: dict[tuple[int, int], Tail] = {}
        self._folder, self._name = Path(flow.pattern).parent, Path(flow.pattern).name
        for place in places or ():
            self._restore(place)
        if places is None and flow.start_at_end:
            for path in self._matching():
                self._adopt(path, path.stat().st_size)

    def poll(self, *, is_last: bool = False) -> Iterator[Record]:
        """What has come since the last call, older files first. ``is_last``: nobody will call
        again, so records of several lines end with the file.
        """
        self._look_again()
        for tail in list(self._tails.values()):
            to_the_end = self._is_finished(tail) or (
                is_last and self._flow.record_start is not None
            )
            yield from tail.records(
                self._flow.skip_lines,
                self._flow.record_start,
                self._flow.max_record,
                to_the_end=to_the_end,
            )

    def places(self) -> list[Place]:
        """How far all has been sent."""
        return [tail.place(tail.sent_to) for tail in self._tails.values()]

    def close(self) -> None:
        for tail in self._tails.values():
            tail.close()
        self._tails.clear()

    def _look_again(self) -> None:
        for tail in list(self._tails.values()):
            if not tail.is_same:
                self._follow_copy(tail)
        matching = self._matching()
        seen = set()
        for path in matching:
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            key = (found.st_dev, found.st_ino)
            seen.add(key)
            if key in self._tails:
                self._tails[key].is_rotated |= self._tails[key].path != path
                self._tails[key].path = path
            else:
                self._adopt(path, 0)
        for key, tail in list(self._tails.items()):
            if key not in seen:
                tail.is_rotated = True
                self._forget(tail)
        order = {path: number for number, path in enumerate(matching)}
        ordered = sorted(self._tails.items(), key=lambda item: order.get(item[1].path, -1))
        self._tails = dict(ordered)

    def _matching(self) -> list[Path]:
        """By age, the oldest first."""
        found = []
        for path in self._folder.glob(self._name):
            if path.suffix in COMPRESSED or not path.is_file():
                continue
            found.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(found)]

    def _adopt(self, path: Path, offset: int) -> None:
        try:
            tail = Tail(path, offset)
        except FileNotFoundError:
            return
        if offset == 0 and any(self._is_copy(tail, known) for known in self._tails.values()):
            tail.close()
            return
        LOG.info("following %s from byte %d", path, offset)
        self._tails[tail.key] = tail

    def _is_copy(self, tail: Tail, known: Tail) -> bool:
        """A copy of a file that is about to be emptied: its lines are read from the original."""
        if known.is_rotated or not known.read_to or tail.size > known.size:
            return False
        return tail.begins_like(known.place(0))

    def _follow_copy(self, tail: Tail) -> None:
        """The file was emptied: what was not read of it may be in a copy beside it."""
        LOG.info("%s was emptied", tail.path)
        del self._tails[tail.key]
        if copy := self._find_copy(tail.last_place):
            # The same object, because records of it wait in a batch.
            tail.become(copy)
            self._tails[tail.key] = tail
        else:
            tail.close()

    def _restore(self, place: Place) -> None:
        for path in self._neighbours():
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            if (found.st_dev, found.st_ino) != (place.device, place.inode):
                continue
            tail = Tail(path, place.offset)
            if tail.begins_like(place):
                LOG.info("going on with %s at byte %d", path, place.offset)
                tail.is_rotated = str(path) != place.path
                self._tails[tail.key] = tail
                return
            tail.close()
        if copy := self._find_copy(place):
            self._tails[copy.key] = copy

    def _find_copy(self, place: Place) -> Tail | None:
        if not place.head_length:
            return None
        for path in self._neighbours():
            try:
                tail = Tail(path, place.offset)
            except OSError:
                continue
            if tail.key not in self._tails and tail.begins_like(place):
                LOG.info("the rest of %s is in %s, from byte %d", place.path, path, place.offset)
                tail.is_rotated = True
                return tail
            tail.close()
        LOG.warning("%s is gone; it had been sent up to byte %d", place.path, place.offset)
        return None

    def _neighbours(self) -> list[Path]:
        """Files of the folder, whatever their names: rotation may take one out of the pattern."""
        return [
            path
            for path in self._folder.glob("*")
            if path.is_file() and path.suffix not in COMPRESSED
        ]

    def _is_finished(self, tail: Tail) -> bool:
        """Whether the last record of the file has all its bytes, as far as one can know."""
        size = tail.size
        if size == tail.read_to:
            tail.unfinished_since = None
            return False
        if tail.unfinished_since is None or tail.unfinished_since[0] != size:
            tail.unfinished_since = (size, self._clock())
            return False
        quiet = self._clock() - tail.unfinished_since[1]
        if tail.is_rotated:
            return quiet >= QUIET_SECONDS
        several_lines: re.Pattern[str] | None = self._flow.record_start
        return several_lines is not None and quiet >= self._flow.max_age

    def _forget(self, tail: Tail) -> None:
        """A file outside of the pattern, all of which has been sent, some time ago."""
        if tail.sent_to < tail.size:
            return
        if tail.quiet_since is None:
            tail.quiet_since = self._clock()
        if tail.is_deleted or self._clock() - tail.quiet_since >= FORGET_SECONDS:
            LOG.info("%s has been sent to its end", tail.path)
            tail.close()
            del self._tails[tail.key]
