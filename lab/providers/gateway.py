"""LocalStack's HTTP server, kept to the address it is told to listen on, and ended when it is told
to end.

LocalStack binds an IPv4 gateway to every address whatever ``GATEWAY_LISTEN`` says. With functions
that run as processes of this machine that would let the whole network run code on it.

At its end LocalStack waits for every request, and a request may last: a synchronous execution of a
state machine that waits for an hour, or an invocation that began when the functions had just been
stopped. Its client is gone for good then, so the request may go too.
"""

import logging
import tempfile
import threading
from functools import partial
from io import BytesIO
from typing import IO, Any

from localstack import config
from localstack.runtime.server.twisted import TwistedRuntimeServer
from localstack.utils.patch import patch
from rolo.serving.twisted import TwistedGateway
from twisted.internet import reactor

HEALTH_PATH = "/_lab/health"
MAX_BODY_IN_MEMORY = 16 << 20
"""More than any request but an object of S3 has: the largest PutRecords is 14 MB."""
MAX_BODIES_IN_MEMORY = 64 << 20
REQUESTS_END_WITHIN = 2.0  # seconds, after all services have been stopped


def install() -> None:
    """Called before the runtime is created."""
    patch(TwistedRuntimeServer.register)(_register)
    patch(TwistedRuntimeServer.shutdown)(_shutdown)
    # Python waits for threads at its end, but not for these.
    reactor.getThreadPool().threadFactory = partial(threading.Thread, daemon=True)
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
    site = Site(gateway)
    for address in listen:
        reactor.listenTCP(address.port, site, interface=address.host)


def _shutdown(_original: Any, server: TwistedRuntimeServer) -> None:
    """Give the requests that are being answered a moment, then have the reactor return."""
    if server.thread_pool:
        server.thread_pool.stop(timeout=REQUESTS_END_WITHIN)
    reactor.callFromThread(reactor.stop)


class Site(TwistedGateway):
    """Receives the bodies of requests in memory, as long as all of them together are not too large.

    Twisted writes each body of 100 KB or more to a temporary file, which takes longer than to store
    the records in it.
    """

    def __init__(self, gateway: Any) -> None:
        super().__init__(gateway)
        self.bytes_in_memory = 0

    def getContentFile(self, length: int | None) -> IO[bytes]:  # noqa: N802  # Twisted's name
        """Where a body of this length goes; None is a length that the client does not tell."""
        if length is None or length > MAX_BODY_IN_MEMORY:
            return tempfile.TemporaryFile()
        if self.bytes_in_memory + length > MAX_BODIES_IN_MEMORY:
            return tempfile.TemporaryFile()
        return Body(self, length)


class Body(BytesIO):
    """A body in memory, counted until it is closed. Twisted does all this in one thread."""

    def __init__(self, site: Site, length: int) -> None:
        super().__init__()
        self._site = site
        self._length = length
        site.bytes_in_memory += length

    def close(self) -> None:
        if not self.closed:
            self._site.bytes_in_memory -= self._length
        super().close()
