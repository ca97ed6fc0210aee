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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.config import HOST, load
from lab.stack.processes import free_port

READY_WITHIN = 60.0


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
