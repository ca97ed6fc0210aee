"""The lab in containers: ``MODE=compose``. ``docker compose`` starts and stops them, the engine's
API tells how they are.

The same servers at the same addresses as the embedded way (``docker-compose.yml`` says how); only
OpenSearch is the official image with its plugins. ``COMPOSE_PROFILES=dashboards`` adds Dashboards.

Every function raises LabError where Docker cannot do it: ``compose-no-docker``,
``compose-no-engine``, ``compose-no-plugin``.
"""

import hashlib
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import docker
from docker.errors import DockerException, NotFound

from lab.config import HOST, ROOT, Config
from lab.i18n import lab_error, t
from lab.stack.status import ServerStatus, State

LOG = logging.getLogger(__name__)

COMPOSE_FILE = ROOT / "docker-compose.yml"
PROJECT = "aws-data-lab"
NAMES = ("localstack", "opensearch")
DASHBOARDS = "opensearch-dashboards"
DASHBOARDS_URL = f"http://{HOST}:5601"
READY_WITHIN = 300
STOPPED_BY_SIGNAL = (0, 130, 143)


def up(config: Config) -> None:
    """Build what changed, start what does not run, wait until all works; the terminal shows how.

    Raises LabError ``compose-failed`` when a server does not become healthy in time.
    """
    check()
    # Made here as the learner, since the engine would make it as root.
    config.home.mkdir(parents=True, exist_ok=True)
    _compose(config, "up", "--detach", "--build", "--wait", "--wait-timeout", str(READY_WITHIN))


def down(config: Config, *, volumes: bool = False) -> None:
    """Remove the containers; with ``volumes`` also what OpenSearch has stored. S3's files stay."""
    check()
    _compose(config, "down", "--remove-orphans", *(["--volumes"] if volumes else []))


def status(config: Config) -> list[ServerStatus]:
    """One entry per server, running or not; Dashboards only where it has been started."""
    with _engine() as engine:
        containers = _containers(engine, config)
        names = [*NAMES, *([DASHBOARDS] if DASHBOARDS in containers else [])]
        # Together, since some engines take a second to say what one container's memory is.
        with ThreadPoolExecutor(len(names)) as pool:
            return list(
                pool.map(lambda name: _status_of(config, name, containers.get(name)), names)
            )


def logs(
    config: Config, server: str, *, follow: bool = False, lines: int | None = None
) -> Iterator[str]:
    """The last ``lines`` (None: all) of a server; with ``follow`` those to come until it stops.

    Raises LabError ``compose-no-server`` when the lab has no such container.
    """
    with _engine() as engine:
        containers = _containers(engine, config)
        if server not in containers:
            known = ", ".join(sorted(containers)) or "-"
            raise lab_error("compose-no-server", server=server, known=known)
        tail = "all" if lines is None else lines
        yield from _lines(containers[server].logs(stream=True, follow=follow, tail=tail))


def project(config: Config) -> str:
    """Compose's name for this lab: containers and volumes of different homes never meet."""
    if config.home == ROOT / ".lab":
        return PROJECT
    return f"{PROJECT}-{hashlib.sha256(str(config.home).encode()).hexdigest()[:8]}"


def environment(config: Config) -> dict[str, str]:
    """The variables that ``docker-compose.yml`` reads."""
    uid, gid = _user()
    return {**os.environ, **config.environment(), "LAB_UID": str(uid), "LAB_GID": str(gid)}


def _user() -> tuple[int, int]:
    """Who the container must be for S3's files to be the learner's.

    A rootless engine maps root in the container to the learner.
    """
    rootless = "name=rootless" in _said("docker", "info", "--format", "{{.SecurityOptions}}")[1]
    return (0, 0) if rootless else (os.getuid(), os.getgid())


def _compose(config: Config, verb: str, *arguments: str) -> None:
    command = ["docker", "compose", "--project-name", project(config)]
    command += ["--project-directory", str(ROOT), "--file", str(COMPOSE_FILE)]
    if verb == "down":
        command += ["--profile", "dashboards"]
    command += [verb, *arguments]
    LOG.info("%s", " ".join(command))
    code = subprocess.run(command, env=environment(config), check=False).returncode
    if code != 0:
        raise lab_error("compose-failed", verb=verb, exit_code=code)


def check() -> str:
    """The versions of the engine and of Compose. Raises the LabError that says what is missing: the
    command, an engine, the Compose plugin.
    """
    if shutil.which("docker") is None:
        raise lab_error("compose-no-docker")
    code, engine = _said("docker", "version", "--format", "{{.Server.Version}}")
    if code != 0:
        raise lab_error("compose-no-engine", reason=engine or f"docker version: {code}")
    code, plugin = _said("docker", "compose", "version", "--short")
    if code != 0:
        raise lab_error("compose-no-plugin")
    return f"{engine}, Compose {plugin}"


def _said(*command: str) -> tuple[int, str]:
    """The exit code of a command, and the last line of what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return done.returncode, lines[-1] if lines else ""


@contextmanager
def _engine() -> Iterator[Any]:
    """A client of the engine that the ``docker`` command talks to ($DOCKER_HOST or its context)."""
    try:
        client = docker.from_env()
    except DockerException as error:
        raise lab_error("compose-no-engine", reason=error) from error
    try:
        yield client
    except (DockerException, OSError) as error:
        raise lab_error("compose-no-engine", reason=error) from error
    finally:
        client.close()


def _containers(engine: Any, config: Config) -> dict[str, Any]:
    """This lab's servers by name, running or not."""
    label = f"com.docker.compose.project={project(config)}"
    found = engine.containers.list(all=True, filters={"label": label})
    by_name = {each.labels["com.docker.compose.service"]: each for each in found}
    return {name: each for name, each in by_name.items() if name in (*NAMES, DASHBOARDS)}


def _endpoint(config: Config, name: str) -> str:
    urls = {"localstack": config.endpoint_url, "opensearch": config.opensearch_url}
    return urls.get(name, DASHBOARDS_URL)


def _status_of(config: Config, name: str, container: Any | None) -> ServerStatus:
    endpoint = _endpoint(config, name)
    if container is None:
        return ServerStatus(name, "stopped", endpoint, None, None, None)
    found = container.attrs["State"]
    alive = found["Status"] == "running"
    return ServerStatus(
        name=name,
        state=_state(found),
        endpoint=endpoint,
        pid=found["Pid"] if alive else None,
        memory_bytes=_memory(container) if alive else None,
        uptime_seconds=_uptime(found["StartedAt"]) if alive else None,
        detail=_detail(found),
    )


def _state(found: dict[str, Any]) -> State:
    """The engine's word for a container, in ours; one that fails its health check has failed."""
    match found["Status"], found.get("Health", {}).get("Status"):
        case ("running", "starting") | ("restarting", _):
            return "starting"
        case ("running", "unhealthy") | ("dead", _):
            return "failed"
        case "running", _:
            return "running"
        case "exited", _ if found["ExitCode"] not in STOPPED_BY_SIGNAL:
            return "failed"
    return "stopped"


def _detail(found: dict[str, Any]) -> str:
    """Why a server is not well: what its health check last said, or how it ended."""
    health = found.get("Health", {})
    if found["Status"] == "running" and health.get("Status") == "unhealthy":
        return str(health["Log"][-1]["Output"]).strip() if health.get("Log") else ""
    if found["Status"] == "paused":
        return t("compose.paused")
    if found.get("OOMKilled"):
        return t("compose.out-of-memory")
    if found["Status"] in ("exited", "restarting") and found["ExitCode"] not in STOPPED_BY_SIGNAL:
        return t("compose.exited", code=found["ExitCode"])
    return ""


def _memory(container: Any) -> int | None:
    """Bytes in use without the page cache, which the kernel takes back when others want it."""
    try:
        memory = container.stats(stream=False, one_shot=True).get("memory_stats", {})
    except NotFound:  # removed since it was listed
        return None
    if "usage" not in memory:
        return None
    details = memory.get("stats", {})
    cache = (details.get(f"{use}_file", 0) for use in ("active", "inactive"))
    return int(memory["usage"] - sum(cache))


def _uptime(started: str) -> float:
    """Seconds since a time as the engine writes it (RFC 3339, with nanoseconds)."""
    return time.time() - datetime.fromisoformat(started).timestamp()


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Whole lines from chunks that end anywhere."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")
