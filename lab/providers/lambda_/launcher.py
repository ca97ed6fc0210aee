"""Has processes of functions started: the lab's end of its zygotes.

A zygote (see :mod:`zygote`) is started when the first function of its kind is prepared, and anew if
something has killed it.
"""

import json
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.providers.lambda_.runtimes import RuntimeFolder

LOG = logging.getLogger(__name__)

ZYGOTE = Path(__file__).with_name("zygote.py")
RUNTIME, SDK = "runtime", "sdk"
SDK_NAMES = (b"boto3", b"botocore")
END_SECONDS = 5.0
# Nothing of the lab's; a home that does not exist, because the person's holds ~/.aws.
ENVIRONMENT = {"LANG": "en_US.UTF-8", "PATH": os.defpath, "HOME": "/home/sbx_user1051"}


def kind_for(code: Path) -> str:
    """Which zygote a function is forked from: one with boto3 if a module beside the handler names
    it. If the guess is wrong, the function only uses more memory. Elsewhere than on Linux functions
    get an interpreter of their own, to which it is all the same.
    """
    if sys.platform != "linux":
        return RUNTIME
    for module in code.glob("*.py"):
        source = module.read_bytes()
        if any(name in source for name in SDK_NAMES):
            return SDK
    return RUNTIME


class Launcher:
    """One zygote. Any thread may call it."""

    def __init__(self, runtime: RuntimeFolder, kind: str) -> None:
        self._command = [str(runtime.python), "-P", str(ZYGOTE)]
        self._kind = kind
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def warm(self) -> None:
        """Start the zygote, without waiting until it is ready."""
        with self._lock:
            if self._control is None:
                self._control = self._start()

    def launch(self, plan: Mapping[str, Any], descriptors: Sequence[int]) -> None:
        """Have a process forked that follows the plan and owns copies of the descriptors."""
        body = json.dumps(plan).encode()
        message = len(body).to_bytes(4) + body
        with self._lock:
            try:
                self._send(message, descriptors)
            except OSError as error:
                LOG.warning("The %s zygote has ended (%s); starting it anew", self._kind, error)
                self._end()
                self._send(message, descriptors)

    def stop(self) -> None:
        with self._lock:
            self._end()

    def _send(self, message: bytes, descriptors: Sequence[int]) -> None:
        if self._control is None:
            self._control = self._start()
        sent = socket.send_fds(self._control, [message], descriptors)
        self._control.sendall(message[sent:])

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [*self._command, str(theirs.fileno()), self._kind],
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        return ours

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.wait(END_SECONDS)
            self._process = None


_LAUNCHERS: dict[tuple[RuntimeFolder, str], Launcher] = {}


def launcher(runtime: RuntimeFolder, kind: str) -> Launcher:
    """The zygote of that kind for a runtime's folder; the same one for all threads."""
    return _LAUNCHERS.setdefault((runtime, kind), Launcher(runtime, kind))
