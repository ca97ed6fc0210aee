"""The lab's server processes: started detached, found again by the process table, stopped with
their children.

A server is recognised by a marker on its command line that names the lab's home, so that a lost pid
file or a reused pid can neither hide a server nor point at somebody else's. The record file only
remembers that a server was started, which is how the next ``up`` can say that it had ended without
``down``.
"""

import contextlib
import json
import logging
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from lab.config import HOST, Config

LOG = logging.getLogger(__name__)

STOP_WITHIN = 15.0

# What this process started and does not wait for: a Popen that is forgotten while its process runs
# is warned about.
_STARTED: list["subprocess.Popen[bytes]"] = []


@dataclass(frozen=True, slots=True)
class Server:
    """One server of one lab: its name, and where its output and its record are."""

    name: str
    config: Config

    @property
    def marker(self) -> str:
        """What stands on the command line of this server of this lab, and on no other."""
        return f"lab.{self.name}={self.config.home}"

    @property
    def log(self) -> Path:
        return self.config.logs_dir / f"{self.name}.log"

    @property
    def record(self) -> Path:
        return self.config.run_dir / f"{self.name}.json"

    def process(self) -> psutil.Process | None:
        """The running process, or None."""
        for process in _with_cmdline():
            if any(word.removeprefix("-D") == self.marker for word in process.info["cmdline"]):
                return process
        return None

    def recorded_pid(self) -> int | None:
        """The pid of the last start that no ``stop`` followed, or None."""
        try:
            return int(json.loads(self.record.read_text())["pid"])
        except (OSError, ValueError, KeyError):
            return None

    def start(self, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> psutil.Process:
        """Start detached from this terminal: a closed terminal or Ctrl-C must not end the lab."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            started = subprocess.Popen(
                list(command),
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        _STARTED.append(started)
        write_atomically(self.record, json.dumps({"pid": started.pid, "at": time.time()}))
        return psutil.Process(started.pid)

    def stop(self) -> bool:
        """End the process and all its descendants; True if there was one."""
        process = self.process()
        if process is not None:
            _end(process)
        self.record.unlink(missing_ok=True)
        return process is not None


def write_atomically(file: Path, text: str) -> None:
    """Replace ``file`` so that a crash leaves the old text or the new one, never a part."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)


def free_port() -> int:
    """A TCP port of 127.0.0.1 on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def tree(process: psutil.Process) -> list[psutil.Process]:
    """The process and its descendants that are alive."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return [process, *process.children(recursive=True)]
    return []


def memory_of(process: psutil.Process) -> int:
    """Resident bytes of the process and its descendants. Where the system tells it (Linux), what
    several of them share counts once: functions are forked and share much.
    """
    total = 0
    for member in tree(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += resident(member)
    return total


def resident(process: psutil.Process) -> int:
    """Bytes of one process; its share of what it has in common with others, if that is known."""
    try:
        shared = getattr(process.memory_full_info(), "pss", None)
    except psutil.AccessDenied:
        shared = None
    return shared or process.memory_info().rss


def holder_of(port: int) -> str | None:
    """Who listens on this TCP port, as ``name (pid 123)``; None where the system does not tell."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        # An unbound socket's address is an empty tuple.
        bound = connection.laddr.port if connection.laddr else None
        # Without a pid it is somebody else's, or of a process that is ending.
        if connection.status == psutil.CONN_LISTEN and bound == port and connection.pid:
            with contextlib.suppress(psutil.Error):
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return None


def _with_cmdline() -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["cmdline", "status"]):
        if process.info["cmdline"] and process.info["status"] != psutil.STATUS_ZOMBIE:
            yield process


def _end(process: psutil.Process) -> None:
    """SIGTERM to the server, so that it can close what it holds; SIGKILL to what is left of its
    tree.
    """
    members = tree(process)
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
    if psutil.wait_procs([process], timeout=STOP_WITHIN)[1]:
        LOG.info("Process %s did not end within %s s and is killed", process.pid, STOP_WITHIN)
    _, alive = psutil.wait_procs(members, timeout=1)
    for member in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(alive, timeout=5)
    for started in _STARTED:
        started.poll()
