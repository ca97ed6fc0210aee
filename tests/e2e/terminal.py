"""A real terminal for the tests: a pseudo-terminal in which the ``lab`` command runs as for a
person, who reads, types and presses Ctrl-C.
"""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

LAB = str(Path(sys.executable).with_name("lab"))
CTRL_C = "\x03"
ESCAPES = re.compile(r"\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b\[[0-9;?]*[A-Za-z]")


def _control() -> None:
    """Make the standard input the terminal that controls the process: else Ctrl-C is a letter."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """``with Terminal(["next"], environ) as terminal``: one command. ``text`` is what it has shown
    so far, without colours and links.
    """

    def __init__(
        self, words: Sequence[str], environ: Mapping[str, str], *, columns: int = 100
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self._raw = b""
        self._seen = 0
        self._process = subprocess.Popen(
            [LAB, *words],
            env={**environ, "TERM": "xterm-256color"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_control,  # noqa: PLW1509  # it takes no lock
        )
        os.close(slave)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    @property
    def text(self) -> str:
        shown = ESCAPES.sub("", self._raw.decode(errors="replace"))
        return re.sub(r"[^\n]*\r(?!\n)", "", shown.replace("\r\n", "\n"))

    @property
    def coloured(self) -> bool:
        return b"\x1b[" in self._raw

    def wait_for(self, words: str, within: float = 120) -> None:
        """Until ``words`` are shown, after those that were waited for before."""
        deadline = time.monotonic() + within
        while words not in self.text[self._seen :]:
            if not self._read(deadline):
                raise AssertionError(f"{words!r} not shown:\n{self.text[-3000:]}")
        self._seen = self.text.index(words, self._seen) + len(words)

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def end(self, within: float = 240) -> int:
        """Read all that comes; the exit code."""
        deadline = time.monotonic() + within
        while self._read(deadline):
            pass
        return self._process.wait(timeout=30)

    def _read(self, deadline: float) -> bool:
        """False when there is no more to come."""
        ready, _, _ = select.select([self._master], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise AssertionError(f"took too long:\n{self.text[-3000:]}")
        try:
            found = os.read(self._master, 65536)
        except OSError:  # the other end is closed
            return False
        self._raw += found
        return bool(found)
