"""A run's process under its keeper: started, listened to until it ends, its time is over or it is
stopped.
"""

import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

KEEPER = Path(__file__).with_name("keeper.py")
CHUNK = 65536
LOOK_SECONDS = 1.0

Listener = Callable[[str, bytes], None]
"""Told what was written, and where to: ``output`` or ``error``."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is started: the program with its arguments, its variables and its folder."""

    command: list[str]
    environment: dict[str, str]
    folder: Path


class Process:
    """One process. :meth:`listen` in one thread, :meth:`kill` in any."""

    def __init__(self, plan: Plan) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(KEEPER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={},
        )
        self._lock = threading.Lock()
        order = {
            "command": plan.command,
            "environment": plan.environment,
            "folder": str(plan.folder),
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()

    def listen(self, listener: Listener, deadline: float) -> int | None:
        """Pass on what it writes until it ends; returns its exit code, or None when it was still
        running at the deadline (``time.monotonic()``) and has been killed.
        """
        late = False
        with selectors.DefaultSelector() as selector:
            for name, pipe in (("output", self._process.stdout), ("error", self._process.stderr)):
                assert pipe is not None
                selector.register(pipe, selectors.EVENT_READ, name)
            while selector.get_map():
                if not late and time.monotonic() >= deadline:
                    late = True
                    self.kill()
                wait = min(LOOK_SECONDS, max(0.0, deadline - time.monotonic()) or LOOK_SECONDS)
                for key, _ in selector.select(wait):
                    data = os.read(key.fd, CHUNK)
                    if data:
                        listener(key.data, data)
                    else:
                        selector.unregister(key.fileobj)
        code = self._process.wait()
        self._close()
        return None if late else code

    def kill(self) -> None:
        """Have it killed, with everything that it has started."""
        with self._lock:
            if self._process.stdin is not None and not self._process.stdin.closed:
                self._process.stdin.close()

    def _close(self) -> None:
        self.kill()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
