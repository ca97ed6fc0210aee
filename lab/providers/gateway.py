"""LocalStack's HTTP server, kept to the address it is told to listen on.

LocalStack binds an IPv4 gateway to every address whatever ``GATEWAY_LISTEN`` says. With functions
that run as processes of this machine that would let the whole network run code on it.
"""

import logging
from typing import Any

from localstack import config
from localstack.runtime.server.twisted import TwistedRuntimeServer
from localstack.utils.patch import patch
from rolo.serving.twisted import TwistedGateway
from twisted.internet import reactor

HEALTH_PATH = "/_lab/health"


def install() -> None:
    """Called before the runtime is created."""
    patch(TwistedRuntimeServer.register)(_register)
    # Whoever waits for the lab asks several times a second; the log is for the learner's requests.
    request_log = logging.getLogger("localstack.request.http")
    request_log.addFilter(lambda record: HEALTH_PATH not in record.getMessage())


def _register(
    _original: Any,
    _server: TwistedRuntimeServer,
    gateway: Any,
    listen: list[config.HostAndPort],
    _ssl_creds: tuple[str, str] | None = None,
) -> None:
    """Listen on each host and port, plain HTTP. A port that is taken ends the process."""
    site = TwistedGateway(gateway)
    for address in listen:
        reactor.listenTCP(address.port, site, interface=address.host)
