"""The peers that our benchmarks measure against: installed aside, started on a free port, stopped.

A peer lives in a virtual environment of its own under the lab's cache, so that its dependencies
never meet ours, and is pinned, so that a figure can be had again. Benchmarks use it like this::

    with peer.running(peer.MINISTACK) as endpoint_url:
        ...

By hand: ``python scripts/bench/peer.py`` installs what is missing and says where it is.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import boto3
from botocore.config import Config

from lab.config import ACCESS_KEY_ID, HOST, REGION, SECRET_ACCESS_KEY, load
from lab.stack.processes import free_port

READY_WITHIN = 60.0

Rates = dict[str, float]
"""Records per second, by what was done with them; 0 when not all came through."""


class Subject(Protocol):
    """One local AWS under measurement."""

    name: str


@dataclass(frozen=True)
class Peer:
    """Another local AWS: its package, how it is started, and which page says that it is ready."""

    name: str
    version: str
    module: str
    health_path: str
    port_variable: str
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def folder(self) -> Path:
        return load().cache / "peers" / self.name

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"


# It listens on 0.0.0.0 unless BIND_HOST says otherwise, and on one port for everything.
MINISTACK = Peer(
    name="ministack",
    version="1.5.33",
    module="ministack",
    health_path="/_ministack/health",
    port_variable="GATEWAY_PORT",
    settings=(("BIND_HOST", HOST), ("MINISTACK_HOST", HOST)),
)


def install(peer: Peer) -> Path:
    """Install the peer if it is not there; returns its Python. Needs uv and a package index."""
    if peer.python.exists():
        return peer.python
    uv = shutil.which("uv")
    if uv is None:
        sys.exit("uv is not on the PATH; it is what installs the peer.")
    subprocess.run([uv, "venv", "--python", sys.executable, str(peer.folder)], check=True)
    requirement = f"{peer.name}=={peer.version}"
    command = [uv, "pip", "install", "--python", str(peer.python), requirement]
    try:
        subprocess.run(command, check=True)
    except subprocess.CalledProcessError:
        # A folder without the package would count as installed next time.
        shutil.rmtree(peer.folder)
        raise
    return peer.python


@contextlib.contextmanager
def running(peer: Peer, python: Path | None = None) -> Iterator[str]:
    """The peer's endpoint URL while the block runs. ``python`` is another installation's."""
    port = free_port()
    endpoint_url = f"http://{HOST}:{port}"
    process = subprocess.Popen(
        [str(python or peer.python), "-m", peer.module],
        env={**_inherited(), **dict(peer.settings), peer.port_variable: str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait(process, endpoint_url + peer.health_path)
        yield endpoint_url
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def client(service: str, endpoint_url: str) -> Any:
    """A boto3 client that tries once, so that a figure hides no second attempt."""
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        config=Config(retries={"max_attempts": 0}, read_timeout=120),
    )


def best_of[S: Subject](
    rounds: int, subjects: Sequence[S], measure: Callable[[S], Rates]
) -> dict[str, Rates]:
    """The best figures of each subject; they take turns, so that all see the same machine."""
    measured: dict[str, Rates] = {subject.name: {} for subject in subjects}
    for _ in range(rounds):
        for subject in subjects:
            best = measured[subject.name]
            for what, figure in measure(subject).items():
                best[what] = max(figure, best.get(what, 0.0))
    return measured


def report(measured: dict[str, Rates]) -> None:
    """A line for each figure; the lab's divided by the peer's, where both are there."""
    ours, *theirs = measured.values()
    for what, figure in ours.items():
        line = f"{what:18} {figure:10,.0f} records/s"
        for name, rates in zip(list(measured)[1:], theirs, strict=True):
            other = rates[what]
            ratio = f"{figure / other:.2f} times" if other else "not all delivered"
            line += f"   {name} {other:10,.0f}   {ratio}"
        print(line)


def _inherited() -> dict[str, str]:
    """The person's environment without AWS settings, which a peer would take for its own."""
    return {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    sys.exit(f"The peer did not become ready: {url}")


if __name__ == "__main__":
    print(install(MINISTACK))
