"""The OpenSearch of a further domain: ``python -m lab.stack.domain HOME PORT``.

The provider starts it inside LocalStack and holds the other end of its standard input; when that
closes, by intention or because LocalStack was killed, OpenSearch is ended, and so nothing is left
behind. ``--check`` only says, by its exit code, whether this machine can run one.
"""

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

from lab.config import load
from lab.stack import aot, artifacts, opensearch

CANNOT = 3


def main(arguments: list[str]) -> int:
    """The exit code: that of OpenSearch, or CANNOT where none is installed."""
    config = load()
    if not artifacts.installed(config):
        return CANNOT
    if arguments == ["--check"]:
        return 0
    home, port = Path(arguments[0]), int(arguments[1])
    own = replace(config, home=home, opensearch_port=port)
    folder = opensearch.prepare(own)
    command = opensearch.command(own, *aot.options(own))
    server = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL)
    # Daemonic: should OpenSearch end by itself, so does this process.
    threading.Thread(target=_end_with_input, args=[server], daemon=True).start()
    return server.wait()


def _end_with_input(server: "subprocess.Popen[bytes]") -> None:
    sys.stdin.buffer.read()
    server.terminate()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
