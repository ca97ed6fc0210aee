"""One handler process under its supervisor: started, listened to, killed.

Everything that can happen to it arrives in :meth:`HandlerProcess.wait`, in the thread of whoever
invokes the function: requests to the Runtime API, output, its end, its deadline, its memory. There
are no threads and no callbacks here, and an idle process costs nothing.
"""

import contextlib
import logging
import os
import select
import signal
import socket
import subprocess
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from lab.providers.lambda_ import memory, runtime_api
from lab.providers.lambda_.output import Output
from lab.providers.lambda_.runtime_api import RuntimeApi
from lab.providers.lambda_.runtimes import RuntimeFolder

LOG = logging.getLogger(__name__)

SUPERVISOR = Path(__file__).with_name("supervisor.py")
SAMPLE_SECONDS = 0.025
KILLED_WITHIN = 5.0
_READABLE = select.POLLIN | select.POLLHUP | select.POLLERR


@dataclass(frozen=True, slots=True)
class Exited:
    """The handler process has ended, and with it whatever it had started. ``reason`` is AWS's
    wording.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The deadline has passed; the process still runs."""


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """The process uses more memory than the function has; it still runs."""


Event = runtime_api.Event | Exited | TimedOut | OutOfMemory


@dataclass(frozen=True, slots=True)
class Folders:
    """Where one execution environment works."""

    code: Path
    layers: Path
    tmp: Path


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What an execution environment runs in: interpreter, folders, and how much it may use."""

    runtime: RuntimeFolder
    folders: Folders
    private_mounts: bool
    memory_bytes: int

    def command(self, handler: str) -> list[str]:
        """The supervisor's command line, then the handler's (see :mod:`supervisor`)."""
        folders, python = self.folders, str(self.runtime.python)
        read_only = (folders.code, folders.layers)
        supervisor = [python, "-I", "-S", str(SUPERVISOR), str(folders.tmp)]
        places = [
            "mounts" if self.private_mounts else "plain",
            os.pathsep.join(map(str, read_only)),
            os.pathsep.join(map(str, (*self.runtime.needs(), *read_only))),
            str(folders.code),
        ]
        bootstrap = [python, "-P", str(self.runtime.bootstrap), handler, str(folders.layers)]
        return [*supervisor, *places, *bootstrap]


class HandlerProcess:
    """A running handler with its Runtime API. One thread at a time, except to end it."""

    def __init__(
        self, sandbox: Sandbox, handler: str, environment: dict[str, str], output: Output
    ) -> None:
        self.api = RuntimeApi()
        self.pid: int | None = None
        self.started = time.monotonic()
        self.peak_memory = 0
        self._output = output
        self._memory_bytes = sandbox.memory_bytes
        self._events: deque[Exited] = deque()
        self._said = b""
        self._start(sandbox.command(handler), environment)
        self._poll = select.poll()
        for descriptor in (self.api.listener.fileno(), self._control.fileno(), self._log):
            self._poll.register(descriptor, _READABLE)

    def _start(self, command: list[str], environment: dict[str, str]) -> None:
        self._control, supervisors_end = socket.socketpair()
        self._log, written = os.pipe()
        os.set_blocking(self._log, False)
        try:
            self._supervisor = subprocess.Popen(
                command,
                env={**environment, "AWS_LAMBDA_RUNTIME_API": self.api.address},
                stdin=supervisors_end.fileno(),
                stdout=written,
                stderr=written,
                start_new_session=True,
            )
        finally:
            supervisors_end.close()
            os.close(written)

    def wait(self, deadline: float) -> Event:
        """The next event. ``deadline`` is in ``time.monotonic()`` seconds."""
        next_sample = time.monotonic() + SAMPLE_SECONDS
        while True:
            if self.api.events:
                return self._return(self.api.events.popleft())
            if self._events:
                return self._return(self._events[0])
            now = time.monotonic()
            if now >= deadline:
                return TimedOut()
            if now >= next_sample:
                next_sample = now + SAMPLE_SECONDS
                if self._is_out_of_memory():
                    return OutOfMemory()
            wake = min(deadline, next_sample)
            for descriptor, _ in self._poll.poll(max((wake - now) * 1000, 1)):
                self._handle(descriptor)

    def _return(self, event: Event) -> Event:
        """What was printed before an event belongs to it."""
        self.drain()
        return event

    def kill(self) -> None:
        """Kill the handler and everything it started; its /tmp stays. Any thread may call this."""
        # A supervisor that cannot be told has ended, and the handler before it.
        with contextlib.suppress(OSError):
            self._control.send(b"k")
        self._wait_for_supervisor()

    def destroy(self) -> None:
        """Kill the handler and have its /tmp removed. Any thread may call this."""
        self.begin_destruction()
        self._wait_for_supervisor()

    def begin_destruction(self) -> None:
        """As :meth:`destroy`, without waiting for the end."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)

    def _wait_for_supervisor(self) -> None:
        try:
            self._supervisor.wait(KILLED_WITHIN)
        except subprocess.TimeoutExpired:
            LOG.warning("process %s did not end when asked to; killing its supervisor", self.pid)
            self._supervisor.kill()

    def close(self) -> None:
        """Give back the descriptors of a process that has ended."""
        self.api.close()
        self._control.close()
        os.close(self._log)

    def measure(self) -> int:
        """The most memory in bytes that the process and its children were seen to use."""
        if self.pid is not None:
            self.peak_memory = max(self.peak_memory, memory.peak_bytes(self.pid))
        return self.peak_memory

    def _is_out_of_memory(self) -> bool:
        if self.pid is None:
            return False
        used = memory.used_bytes(self.pid)
        self.peak_memory = max(self.peak_memory, used)
        return used > self._memory_bytes

    def _handle(self, descriptor: int) -> None:
        if descriptor == self._log:
            self._read_log()
        elif descriptor == self._control.fileno():
            self._read_control()
        elif descriptor == self.api.listener.fileno():
            self._poll.register(self.api.accept(), _READABLE)
        elif not self.api.read(descriptor):
            self._poll.unregister(descriptor)

    def drain(self) -> None:
        """Take all output that has been written up to now, but no more than a pipe holds."""
        for _ in range(4):
            if not self._read_log():
                return

    def _read_log(self) -> bool:
        try:
            data = os.read(self._log, 65536)
        except BlockingIOError:
            return False
        if not data:
            # Nobody can write any more. Unregistered twice is no error: draining may come here
            # again.
            with contextlib.suppress(KeyError):
                self._poll.unregister(self._log)
            return False
        self._output.feed(data)
        return len(data) == 65536

    def _read_control(self) -> None:
        """Hear what the supervisor says: the handler's pid, then how it ended."""
        try:
            data = self._control.recv(4096)
        except OSError:
            data = b""
        *lines, self._said = (self._said + data).split(b"\n")
        for line in lines:
            word, number, *peak = line.decode().split(" ")
            if word == "pid":
                self.pid, self.started = int(number), time.monotonic()
            else:
                self.peak_memory = max(self.peak_memory, int(peak[0]))
                self._events.append(Exited(_reason(word, int(number))))
        if not data:
            self._poll.unregister(self._control)
            if not self._events:
                self._outlive_supervisor()

    def _outlive_supervisor(self) -> None:
        """The supervisor has ended without a word, which only the handler can have caused. Linux
        kills the handler then; elsewhere it is up to us.
        """
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self._events.append(Exited(_reason("signal", signal.SIGKILL)))


def _reason(word: str, number: int) -> str:
    """AWS's words for the end of a runtime process."""
    if word == "exit":
        if number == 0:
            return "Runtime exited without providing a reason"
        return f"Runtime exited with error: exit status {number}"
    name = signal.strsignal(number) or f"signal {number}"
    return f"Runtime exited with error: signal: {name.lower()}"
