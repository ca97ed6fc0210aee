"""How far functions can be kept apart from this machine and from each other, tried once.

A file system of their own (:mod:`filesystem`) needs Linux, and either root or a machine where
people may make user namespaces (some distributions forbid it). Elsewhere a function sees the
machine's files, and gets TMPDIR, which `tempfile` obeys and a literal "/tmp" does not.

A user of their own, another one for each execution environment, needs root, and without files of
their own also that others may read the interpreter and the lab's home.
"""

import logging
import os
import socket
import sys
import zlib
from dataclasses import dataclass
from functools import cache

from lab.providers.lambda_.launcher import RUNTIME, launcher
from lab.providers.lambda_.runtimes import RuntimeFolder

LOG = logging.getLogger(__name__)

PROBE_SECONDS = 10.0
# Numbers that no account has: below them people, above them systemd's dynamic users.
FIRST_USER, USERS = 50_000, 10_000


@dataclass(frozen=True, slots=True)
class Isolation:
    """What is possible here."""

    private_files: bool
    own_user: bool

    def user(self, environment_id: str) -> int:
        """The user of an execution environment, 0 for the lab's own."""
        return FIRST_USER + zlib.crc32(environment_id.encode()) % USERS if self.own_user else 0


@cache
def isolation(runtime: RuntimeFolder) -> Isolation:
    """The most that works, found with a process that imports something and ends."""
    for found in _candidates():
        if _works(runtime, found):
            LOG.info(
                "Lambda functions run with files of their own: %s, as users of their own: %s",
                found.private_files,
                found.own_user,
            )
            return found
    LOG.warning("Lambda functions see this machine's files and run as the user of the lab")
    return Isolation(private_files=False, own_user=False)


def _candidates() -> list[Isolation]:
    users = (True, False) if os.geteuid() == 0 else (False,)
    files = (True, False) if sys.platform == "linux" else (False,)
    return [
        Isolation(private_files, own_user)
        for private_files in files
        for own_user in users
        if private_files or own_user
    ]


def _works(runtime: RuntimeFolder, isolation: Isolation) -> bool:
    ours, theirs = socket.socketpair()
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        with theirs:
            plan = _plan(runtime, isolation)
            launcher(runtime, RUNTIME).launch(plan, [theirs.fileno(), nothing])
        ours.settimeout(PROBE_SECONDS)
        said = b""
        while data := ours.recv(4096):
            said += data
    except TimeoutError:
        return False
    finally:
        os.close(nothing)
        ours.close()
    return b"\nexit 0 " in said


def _plan(runtime: RuntimeFolder, isolation: Isolation) -> dict[str, object]:
    """A plan as of :class:`process.Sandbox`, with a program instead of a handler."""
    nothing = str(runtime.python.parent)
    return {
        "command": [str(runtime.python), "-c", "import json"],
        "warm": False,
        "environment": {},
        "private_files": isolation.private_files,
        "user": isolation.user("probe"),
        "root": str(runtime.root),
        "visible": [str(folder) for folder in runtime.needs()],
        "code": nothing,
        "layers": nothing,
        "task_root": "/",
        "tmp": "",
        "storage_bytes": 1 << 20,
    }
