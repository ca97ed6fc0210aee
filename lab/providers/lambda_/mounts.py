"""Whether a function can be given a mount table of its own, and so a private /tmp and read-only
code.

It can on Linux when the lab runs as root, or where people may make user namespaces (some
distributions forbid it). Elsewhere a function gets TMPDIR, which `tempfile` obeys and a literal
"/tmp" does not.
"""

import logging
import shutil
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path

from lab.providers.lambda_.process import SUPERVISOR
from lab.providers.lambda_.runtimes import RuntimeFolder

LOG = logging.getLogger(__name__)

PROBE_SECONDS = 10.0


@cache
def private_mounts_work(runtime: RuntimeFolder) -> bool:
    """Try it once, with a process that does nothing."""
    works = sys.platform == "linux" and _probe(runtime)
    if works:
        LOG.info("Lambda functions have a /tmp of their own and cannot write to their code")
    else:
        LOG.warning(
            "Lambda functions share /tmp: private mounts are not allowed here; TMPDIR is their own"
        )
    return works


def _probe(runtime: RuntimeFolder) -> bool:
    folder = runtime.path.with_name("probe")
    tmp, code = folder / "tmp", folder / "code"
    for made in (tmp, code):
        made.mkdir(parents=True, exist_ok=True)
    try:
        return _runs(runtime, tmp, code)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _runs(runtime: RuntimeFolder, tmp: Path, code: Path) -> bool:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        arguments = [str(tmp), "mounts", str(code), f"{runtime.path}:{code}", str(code)]
        command = [str(runtime.python), "-I", "-S", "-c", "pass"]
        subprocess.run(
            [str(runtime.python), "-I", "-S", str(SUPERVISOR), *arguments, *command],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_SECONDS,
            check=False,
        )
        return b"\nexit 0 " in ours.recv(4096)
