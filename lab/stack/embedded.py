"""The embedded lab: its servers as processes of this machine, started together and waited for until
they work.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
from filelock import FileLock, Timeout

from lab.config import HOST, Config
from lab.errors import LabError
from lab.i18n import lab_error
from lab.stack import aot, localstack, opensearch
from lab.stack.processes import Server, holder_of, memory_of
from lab.stack.status import ServerStatus, State

NAMES = ("localstack", "opensearch")
READY_WITHIN = 90.0
POLL = 0.05
LOG_LINES_SHOWN = 15


@dataclass(frozen=True, slots=True)
class Started:
    """What ``up`` did for one server. ``recovered``: it had been started before and had ended
    without ``down``.
    """

    name: str
    endpoint: str
    seconds: float
    already_running: bool
    recovered: bool


# Told of each server as soon as it is ready.
Report = Callable[[Started], None]


def up(
    config: Config, report: Report = lambda _: None, names: Sequence[str] = NAMES
) -> list[Started]:
    """Start those of ``names`` that do not run and wait until all work; harmless when all run.

    Raises LabError: ``port-in-use``, ``not-installed``, ``server-ended``, ``not-ready``,
    ``wrong-providers``, ``busy``.
    """
    with _exclusive(config), ThreadPoolExecutor(len(NAMES)) as pool:
        _check_ports(config, names)
        futures = [pool.submit(_bring_up, config, name, report) for name in names]
        return [future.result() for future in futures]


def down(config: Config) -> list[str]:
    """Stop the servers and everything they started; the names of those that ran."""
    with _exclusive(config):
        with ThreadPoolExecutor(len(NAMES)) as pool:
            stopped = list(pool.map(lambda name: Server(name, config).stop(), NAMES))
        return [name for name, ran in zip(NAMES, stopped, strict=True) if ran]


def status(config: Config) -> list[ServerStatus]:
    """One entry per server, running or not."""
    return [_status_of(Server(name, config)) for name in NAMES]


def endpoint(config: Config, name: str) -> str:
    return config.endpoint_url if name == "localstack" else config.opensearch_url


def ports(config: Config) -> list[tuple[str, int, str]]:
    """Each server with its port and the setting that changes it."""
    return [
        ("localstack", config.port, "LAB_PORT"),
        ("opensearch", config.opensearch_port, "LAB_OPENSEARCH_PORT"),
    ]


@contextmanager
def _exclusive(config: Config) -> Iterator[None]:
    config.run_dir.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(config.run_dir / "lock", timeout=READY_WITHIN):
            yield
    except Timeout as error:
        raise lab_error("busy") from error


def _bring_up(config: Config, name: str, report: Report) -> Started:
    server = Server(name, config)
    begun = time.monotonic()
    running = server.process()
    recovered = running is None and server.recorded_pid() is not None
    if running is None:
        running = _launch(config, server)
        already_running = False
    else:
        already_running = True
    _wait_until_ready(config, server, running)
    started = Started(
        name, endpoint(config, name), time.monotonic() - begun, already_running, recovered
    )
    report(started)
    return started


def _launch(config: Config, server: Server) -> psutil.Process:
    if server.name == "localstack":
        localstack.prepare(config)
        command = localstack.command(server.marker)
        return server.start(command, localstack.environment(config), config.home)
    folder = opensearch.prepare(config)
    command = opensearch.command(config, f"-D{server.marker}", *aot.options(config))
    return server.start(command, os.environ, folder)


def _wait_until_ready(config: Config, server: Server, process: psutil.Process) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not _is_ready(config, server.name):
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            raise _with_log("server-ended", server)
        if time.monotonic() > deadline:
            raise _with_log("not-ready", server, seconds=int(READY_WITHIN))
        time.sleep(POLL)


def _is_ready(config: Config, name: str) -> bool:
    return localstack.ready(config) if name == "localstack" else opensearch.ready(config)


def _with_log(code: str, server: Server, **fields: object) -> LabError:
    lines = server.log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
    return lab_error(code, server=server.name, log=server.log, lines="\n".join(lines), **fields)


def _check_ports(config: Config, names: Sequence[str]) -> None:
    """Fail before anything starts when another program has a port that we need."""
    for name, port, variable in ports(config):
        if name in names and Server(name, config).process() is None and taken(port):
            holder = holder_of(port) or "?"
            raise lab_error("port-in-use", port=port, holder=holder, variable=variable, server=name)


def taken(port: int) -> bool:
    """True when some program listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        # As the servers do: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def _status_of(server: Server) -> ServerStatus:
    process = server.process()
    address = endpoint(server.config, server.name)
    if process is None:
        ended: State = "failed" if server.recorded_pid() is not None else "stopped"
        return ServerStatus(server.name, ended, address, None, None, None)
    state, detail = _state_of(server)
    return ServerStatus(
        name=server.name,
        state=state,
        endpoint=address,
        pid=process.pid,
        memory_bytes=memory_of(process),
        uptime_seconds=time.time() - process.create_time(),
        detail=detail,
    )


def _state_of(server: Server) -> tuple[State, str]:
    """The state of a running process, and what is wrong with it where something is."""
    try:
        return ("running" if _is_ready(server.config, server.name) else "starting"), ""
    except LabError as error:
        return "failed", error.message
