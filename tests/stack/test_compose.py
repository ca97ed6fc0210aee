"""MODE=compose without Docker: the calls of ``docker``, the engine's answers.

``docker`` is a script on the PATH and the engine an HTTP server, both the test's own, so that the
real subprocesses and the real client library run. ``scripts/test_compose.sh`` tries it all with a
real engine.
"""

import json
import re
import struct
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lab.config import ROOT, Config
from lab.errors import LabError
from lab.stack import compose, doctor
from lab.stack.processes import free_port

FILE = ROOT / "docker-compose.yml"

FAKE_DOCKER = """#!/bin/sh
case "$1 $2" in
    "version --format") {engine} ;;
    "compose version") {plugin} ;;
    "info --format") echo "{security}" ;;
    *) echo "$LAB_UID:$LAB_GID $LAB_PORT $*" >> "{calls}"; exit {code} ;;
esac
"""


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LANG", "en")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(home=tmp_path / "home", cache=tmp_path / "cache", port=14566)


# --- docker, called -------------------------------------------------------------------------------


@pytest.fixture
def fake_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put a ``docker`` on the PATH that writes down its calls; returns the file of the calls."""

    def make(**behaviour: object) -> Path:
        calls = tmp_path / "calls"
        fields: dict[str, object] = {
            "engine": "echo 28.0",
            "plugin": "echo v2",
            "security": "[name=seccomp]",
            "code": 0,
            "calls": calls,
        }
        script = tmp_path / "bin" / "docker"
        script.parent.mkdir()
        script.write_text(FAKE_DOCKER.format(**{**fields, **behaviour}))
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(script.parent))
        return calls

    return make


def test_every_variable_of_the_file_is_set_or_documented_as_a_choice(
    fake_docker: Callable[..., Path], config: Config
) -> None:
    fake_docker()
    used = set(re.findall(r"\$\{(\w+)", FILE.read_text()))
    assert used - set(compose.environment(config)) == {"LAB_IMAGE", "LAB_BASE_IMAGE"}


def test_up_builds_starts_and_waits_as_the_learner(
    fake_docker: Callable[..., Path], config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getuid", lambda: 501)
    monkeypatch.setattr("os.getgid", lambda: 20)
    calls = fake_docker()
    compose.up(config)
    assert calls.read_text() == (
        f"501:20 14566 compose --project-name {compose.project(config)} --project-directory {ROOT} "
        f"--file {FILE} up --detach --build --wait --wait-timeout 300\n"
    )
    assert config.home.is_dir()


def test_a_rootless_engine_maps_root_to_the_learner(
    fake_docker: Callable[..., Path], config: Config
) -> None:
    calls = fake_docker(security="[name=seccomp name=rootless]")
    compose.up(config)
    assert calls.read_text().startswith("0:0 ")


@pytest.mark.parametrize(("volumes", "end"), [(False, ""), (True, " --volumes")])
def test_down_also_stops_dashboards(
    fake_docker: Callable[..., Path], config: Config, volumes: bool, end: str
) -> None:
    calls = fake_docker()
    compose.down(config, volumes=volumes)
    assert calls.read_text().endswith(f" --profile dashboards down --remove-orphans{end}\n")


def test_labs_of_two_homes_never_meet(config: Config, tmp_path: Path) -> None:
    other = Config(home=tmp_path / "other", cache=config.cache)
    assert re.fullmatch(r"aws-data-lab-[0-9a-f]{8}", compose.project(config))
    assert compose.project(config) != compose.project(other)
    assert compose.project(Config(home=ROOT / ".lab", cache=config.cache)) == "aws-data-lab"


@pytest.mark.parametrize(
    ("behaviour", "code", "message"),
    [
        (
            {"engine": "echo Cannot connect. >&2; exit 1"},
            "compose-no-engine",
            "The Docker engine does not answer: Cannot connect.",
        ),
        (
            {"plugin": "exit 1"},
            "compose-no-plugin",
            "Docker is here, but its Compose plugin (docker compose) is not.",
        ),
        (
            {"code": 17},
            "compose-failed",
            "docker compose up failed with exit code 17; what it said stands above.",
        ),
    ],
)
def test_up_says_what_is_missing(
    fake_docker: Callable[..., Path],
    config: Config,
    behaviour: dict[str, object],
    code: str,
    message: str,
) -> None:
    fake_docker(**behaviour)
    with pytest.raises(LabError) as error:
        compose.up(config)
    assert (error.value.code, error.value.message) == (code, message)
    assert error.value.next_step


@pytest.mark.parametrize("verb", [compose.up, compose.down])
def test_without_docker_the_embedded_way_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, config: Config, verb: Callable[..., None]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError) as error:
        verb(config)
    assert error.value.code == "compose-no-docker"
    assert "make up" in error.value.next_step


# --- the engine, asked ----------------------------------------------------------------------------


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, config: Config) -> Iterator[dict[str, Any]]:
    """An engine that has the containers put into this dict: its ``State`` of each, by service."""
    containers: dict[str, Any] = {}

    class Engine(BaseHTTPRequestHandler):
        """The five calls of the Docker Engine API that the lab makes."""

        def do_GET(self) -> None:
            path = self.path.split("?")[0].removeprefix("/v1.44")
            if path.endswith("/logs"):
                assert "tail=3" in self.path
                body = frame(b"first line\nsecond ") + frame(b"line\nthird")
            else:
                body = json.dumps(self.answer(path)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def answer(self, path: str) -> object:
            if path == "/version":
                return {"Version": "28.0", "ApiVersion": "1.44"}
            if path == "/containers/json":
                assert compose.project(config) in self.path
                return [{"Id": name} for name in containers]
            name = path.split("/")[2]
            if path.endswith("/stats"):
                usage = {"usage": 300, "stats": {"inactive_file": 30, "active_file": 10}}
                return {"memory_stats": usage}
            labels = {"com.docker.compose.service": name}
            return {
                "Id": name,
                "State": containers[name],
                "Config": {"Labels": labels, "Tty": False},
            }

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Engine) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        yield containers
        server.shutdown()
        thread.join()


def frame(text: bytes) -> bytes:
    """A piece of standard output as the engine sends it: stream, length, bytes."""
    return struct.pack(">BxxxL", 1, len(text)) + text


def state(status: str, **fields: object) -> dict[str, object]:
    started = {"StartedAt": "2026-01-02T03:04:05.123456789Z", "Pid": 42, "ExitCode": 0}
    return {"Status": status, **started, **fields}


def health(status: str, said: str = "") -> dict[str, object]:
    return {"Status": status, "Log": [{"Output": said}]}


def test_status_of_a_running_lab(engine: dict[str, Any], config: Config) -> None:
    engine["network"] = state("running")
    engine["localstack"] = state("running", Health=health("healthy"))
    engine["opensearch"] = state("running", Health=health("starting"))
    first, second = compose.status(config)
    assert (first.name, first.state, first.endpoint) == (
        "localstack",
        "running",
        "http://127.0.0.1:14566",
    )
    assert (first.pid, first.memory_bytes, first.detail) == (42, 260, "")
    assert first.uptime_seconds is not None
    assert first.uptime_seconds > 0
    assert (second.name, second.state, second.endpoint) == (
        "opensearch",
        "starting",
        "http://127.0.0.1:9200",
    )


def test_status_without_containers(engine: dict[str, Any], config: Config) -> None:
    found = [(s.name, s.state, s.pid, s.memory_bytes) for s in compose.status(config)]
    assert found == [("localstack", "stopped", None, None), ("opensearch", "stopped", None, None)]


def test_status_names_dashboards_once_it_was_started(
    engine: dict[str, Any], config: Config
) -> None:
    engine["opensearch-dashboards"] = state("running", Health=health("healthy"))
    last = compose.status(config)[-1]
    assert (last.name, last.endpoint) == ("opensearch-dashboards", "http://127.0.0.1:5601")


@pytest.mark.parametrize(
    ("found", "expected", "detail"),
    [
        (state("running", Health=health("unhealthy", "no index\n")), "failed", "no index"),
        (state("restarting", ExitCode=1), "starting", "ended with exit code 1"),
        (state("exited", ExitCode=1), "failed", "ended with exit code 1"),
        (state("exited", ExitCode=143), "stopped", ""),
        (
            state("exited", ExitCode=137, OOMKilled=True),
            "failed",
            "ended by the system for want of memory",
        ),
        (state("paused"), "stopped", "paused"),
        (state("created"), "stopped", ""),
        (state("dead"), "failed", ""),
    ],
)
def test_states_in_words(
    engine: dict[str, Any],
    config: Config,
    found: dict[str, object],
    expected: str,
    detail: str,
) -> None:
    engine["localstack"] = found
    status = compose.status(config)[0]
    assert (status.state, status.detail) == (expected, detail)


def test_logs_are_whole_lines_wherever_the_engine_cuts(
    engine: dict[str, Any], config: Config
) -> None:
    engine["localstack"] = state("running")
    assert list(compose.logs(config, "localstack", lines=3)) == [
        "first line",
        "second line",
        "third",
    ]


def test_logs_of_a_server_that_is_not_there(engine: dict[str, Any], config: Config) -> None:
    engine["opensearch"] = state("running")
    with pytest.raises(LabError) as error:
        list(compose.logs(config, "localstack"))
    assert error.value.code == "compose-no-server"
    assert error.value.message == "This lab has no container localstack; it has: opensearch."


def test_without_an_engine_status_says_so(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{free_port()}")
    with pytest.raises(LabError) as error:
        compose.status(config)
    assert error.value.code == "compose-no-engine"
    assert error.value.message.startswith("The Docker engine does not answer: ")


# --- doctor ---------------------------------------------------------------------------------------


def test_doctor_without_an_engine_says_how_to_get_one(
    fake_docker: Callable[..., Path], config: Config
) -> None:
    fake_docker(engine="exit 1")
    (finding,) = doctor.examine_containers(config)
    assert (finding.level, finding.subject) == ("problem", "Docker")
    assert finding.detail.startswith("The Docker engine does not answer")
    assert finding.next_step.startswith("Start it")


@pytest.mark.parametrize(
    ("found", "level", "detail"),
    [
        (state("created"), "ok", "not started (make up MODE=compose starts it)"),
        (
            state("running", Health=health("starting")),
            "warning",
            "localstack starts; it is not ready yet",
        ),
        (
            state("exited", ExitCode=1),
            "problem",
            "localstack failed: ended with exit code 1",
        ),
    ],
)
def test_doctor_examines_each_container(
    engine: dict[str, Any],
    fake_docker: Callable[..., Path],
    config: Config,
    found: dict[str, object],
    level: str,
    detail: str,
) -> None:
    fake_docker()
    engine["localstack"] = found
    findings = doctor.examine_containers(config)
    assert (findings[0].level, findings[0].detail) == ("ok", "28.0, Compose v2")
    examined = next(f for f in findings if f.detail == detail)
    assert examined.level == level
    assert bool(examined.next_step) == (level != "ok")


def test_doctor_asks_a_container_that_runs_whether_it_works(
    engine: dict[str, Any], fake_docker: Callable[..., Path], config: Config
) -> None:
    fake_docker()
    engine["localstack"] = state("running", Health=health("healthy"))
    closed = Config(config.home, config.cache, free_port(), free_port())
    findings = doctor.examine_containers(closed)
    mute = next(f for f in findings if f.level == "problem")
    assert mute.detail.startswith("localstack runs but does not answer: ")
