"""The end of a server's log, and what is added to it."""

import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from lab.config import Config
from lab.i18n import lab_error
from lab.stack.embedded import NAMES
from lab.stack.processes import Server

POLL = 0.2


def read(config: Config, name: str, *, lines: int = 50, follow: bool = False) -> Iterator[str]:
    """The last lines without their line ends, then, with ``follow``, the new ones until
    interrupted.

    Raises LabError ``no-such-server`` or ``no-log``.
    """
    if name not in NAMES:
        raise lab_error("no-such-server", server=name, known=", ".join(NAMES))
    file = Server(name, config).log
    if not file.exists():
        raise lab_error("no-log", server=name)
    return _follow(file, lines) if follow else iter(_tail(file, lines))


def _tail(file: Path, lines: int) -> list[str]:
    with file.open(encoding="utf-8", errors="replace") as stream:
        return [line.rstrip("\n") for line in deque(stream, maxlen=lines)]


def _follow(file: Path, lines: int) -> Iterator[str]:
    with file.open(encoding="utf-8", errors="replace") as stream:
        yield from (line.rstrip("\n") for line in deque(stream, maxlen=lines))
        while True:
            if line := stream.readline():
                yield line.rstrip("\n")
            else:
                time.sleep(POLL)
