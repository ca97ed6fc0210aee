"""What the ``localstack`` container runs: the embedded lab's LocalStack, reachable from outside it.

Inside the container it listens on every address, since the engine forwards the published port to
the container's own address; the port is published on 127.0.0.1 only (``docker-compose.yml``).
Nothing on the learner's machine imports this module: the image calls
``python -m lab.stack.container prepare`` while it is built, then ``... serve`` and ``... health``.
"""

import http.client
import os
import sys
from collections.abc import Sequence

from lab.config import HOST, Config, load
from lab.stack import catalog, localstack

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - of the container, see above


def environment(config: Config) -> dict[str, str]:
    """LocalStack's settings in the container."""
    return {
        **localstack.environment(config),
        "GATEWAY_LISTEN": f"{EVERY_ADDRESS}:{config.port}",
    }


def serve(config: Config) -> None:
    """Become LocalStack: this process is replaced, so that the engine's signals reach it."""
    localstack.prepare(config)
    command = localstack.command()
    os.execve(command[0], command, environment(config))  # noqa: S606 - no shell is wanted


def health(config: Config) -> tuple[bool, str]:
    """Whether all our providers are loaded, and what the server said about it."""
    connection = http.client.HTTPConnection(HOST, config.port, timeout=4)
    try:
        connection.request("GET", "/_lab/health")
        answer = connection.getresponse()
        return answer.status == 200, answer.read().decode()
    except OSError as error:
        return False, str(error)
    finally:
        connection.close()


def main(arguments: Sequence[str]) -> int:
    match arguments:
        case ["prepare"]:
            catalog.make(load())
            return 0
        case ["serve"]:
            serve(load())
        case ["health"]:
            healthy, said = health(load())
            sys.stdout.write(said)
            return 0 if healthy else 1
    sys.stderr.write("usage: python -m lab.stack.container prepare|serve|health\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
