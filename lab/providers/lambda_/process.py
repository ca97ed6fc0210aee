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
import sys
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.providers.lambda_ import memory, runtime_api
from lab.providers.lambda_.filesystem import LAYERS_ROOT, TASK_ROOT
from lab.providers.lambda_.isolation import Isolation
from lab.providers.lambda_.launcher import kind_for, launcher
from lab.providers.lambda_.output import Output
from lab.providers.lambda_.runtime_api import Answer, RuntimeApi
from lab.providers.lambda_.runtimes import RuntimeFolder

LOG = logging.getLogger(__name__)

LINUX = sys.platform == "linux"
MEGABYTE = 1024 * 1024
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


@dataclass(slots=True)
class Sandbox:
    """What an execution environment runs in: interpreter, folders, and how much it may use.

    ``namespaces`` are descriptors that keep its file system alive, and with it /tmp, while it has
    no process.
    """

    runtime: RuntimeFolder
    folders: Folders
    isolation: Isolation
    memory_bytes: int
    storage_bytes: int = 512 * MEGABYTE
    user: int = 0
    namespaces: list[int] = field(default_factory=list)

    @property
    def task_root(self) -> str:
        return TASK_ROOT if self.isolation.private_files else str(self.folders.code)

    @property
    def layers_root(self) -> str:
        return LAYERS_ROOT if self.isolation.private_files else str(self.folders.layers)

    def plan(
        self, handler: str, environment: Mapping[str, str], own_variables: Iterable[str]
    ) -> dict[str, object]:
        """What :mod:`zygote`, :mod:`supervisor`, :mod:`filesystem` and :mod:`bootstrap` are told.

        ``own_variables`` are the names of those variables that the function defines.
        """
        runtime = self.runtime
        wrapper = environment.get("AWS_LAMBDA_EXEC_WRAPPER")
        start = [str(runtime.python), "-P", str(runtime.bootstrap)]
        return {
            "command": [
                *([wrapper] if wrapper else []),
                *start,
                handler,
                self.task_root,
                self.layers_root,
            ],
            # Elsewhere a process that has forked and not executed another program may not use
            # everything of the system.
            "warm": LINUX and not wrapper,
            "environment": environment,
            "own_variables": list(own_variables),
            "private_files": self.isolation.private_files,
            "user": self.user,
            "root": str(runtime.root),
            "visible": [str(folder) for folder in runtime.needs()],
            "code": str(self.folders.code),
            "layers": str(self.folders.layers),
            "task_root": self.task_root,
            "layers_root": self.layers_root,
            "tmp": str(self.folders.tmp),
            "storage_bytes": self.storage_bytes,
        }

    def keep(self, namespaces: list[int]) -> None:
        self.namespaces += namespaces

    def close(self) -> None:
        """Give up what is kept; without processes in it, /tmp is gone."""
        while self.namespaces:
            os.close(self.namespaces.pop())


class HandlerProcess:
    """A running handler with its Runtime API. One thread at a time, except to end it."""

    def __init__(
        self,
        sandbox: Sandbox,
        handler: str,
        environment: Mapping[str, str],
        output: Output,
        own_variables: Iterable[str] = (),
    ) -> None:
        self.api = RuntimeApi()
        self.pid: int | None = None
        self.started = time.monotonic()
        self.peak_memory = 0
        self._sandbox = sandbox
        self._supervisor: int | None = None
        self._output = output
        self._events: deque[Exited] = deque()
        self._said = b""
        self._runs_on = self._frozen = False
        variables = {**environment, "AWS_LAMBDA_RUNTIME_API": self.api.address}
        self._start(sandbox.plan(handler, variables, own_variables))
        self._poll = select.poll()
        for descriptor in (self.api.listener.fileno(), self._control.fileno(), self._log):
            self._poll.register(descriptor, _READABLE)

    def _start(self, plan: dict[str, object]) -> None:
        self._control, supervisors_end = socket.socketpair()
        self._log, written = os.pipe()
        os.set_blocking(self._log, False)
        sandbox = self._sandbox
        kind = kind_for(sandbox.folders.code)
        try:
            launcher(sandbox.runtime, kind).launch(
                plan, [supervisors_end.fileno(), written, *sandbox.namespaces]
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
        if isinstance(event, Answer):
            # Looked at while the runtime waits: what runs now is the function's own.
            self._runs_on = self.pid is not None and memory.has_company(self.pid)
            self.api.accept_answer()
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
        """Until it has closed its end of the socket, which it does by ending."""
        if not self._has_hung_up():
            LOG.warning("process %s did not end when asked to; killing its supervisor", self.pid)
            if self._supervisor is not None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(self._supervisor, signal.SIGKILL)

    def _has_hung_up(self) -> bool:
        poll = select.poll()
        # Nothing but the end is waited for: another thread reads what is said.
        poll.register(self._control, 0)
        return bool(poll.poll(KILLED_WITHIN * 1000))

    def freeze(self) -> None:
        """Stop what runs on after an answer, threads and children, until :meth:`thaw`."""
        if self._runs_on:
            self._frozen = self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self._frozen:
            self._frozen = False
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> bool:
        try:
            os.killpg(self.pid or 0, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True

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
        return used > self._sandbox.memory_bytes

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
            data, namespaces, _, _ = socket.recv_fds(self._control, 4096, 4)
            self._sandbox.keep(namespaces)
        except OSError:
            data = b""
        *lines, self._said = (self._said + data).split(b"\n")
        for line in lines:
            word, *numbers = line.decode().split(" ")
            if word == "pid":
                self.pid, self._supervisor = map(int, numbers)
                self.started = time.monotonic()
            else:
                number, peak = map(int, numbers)
                self.peak_memory = max(self.peak_memory, peak)
                self._events.append(Exited(_reason(word, number)))
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
