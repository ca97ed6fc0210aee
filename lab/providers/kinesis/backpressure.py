"""How an answer that is pushed learns of its client: that it reads too slowly, or has gone.

The WSGI server below LocalStack buffers what an application yields without bound, and tells it of a
closed connection only at its next write. Twisted's own producer interface says both at once.
"""

import threading
from collections.abc import Callable
from typing import Any

from localstack.aws.api import RequestContext
from localstack.utils.patch import patch

_ENVIRON_KEY = "lab.connection"


def install() -> None:
    """Let a request's WSGI environment carry its connection and the thread that serves it."""
    from rolo.serving.twisted import HeaderPreservingWSGIResponse

    @patch(HeaderPreservingWSGIResponse.__init__)
    def init(fn: Any, self: Any, *arguments: Any) -> None:
        fn(self, *arguments)
        self.environ[_ENVIRON_KEY] = (self.request, self.reactor)


class Flow:
    """A connection that is written to; open unless the server says otherwise."""

    def __init__(self, request: Any, reactor: Any, gone: Callable[[], None]) -> None:
        self._request = request
        self._reactor = reactor
        self._gone = gone
        self._open = threading.Event()
        self._open.set()
        reactor.callFromThread(self._begin)

    def wait(self, seconds: float) -> bool:
        """Wait until the client has taken most of it or has gone; False when the time is up."""
        return self._open.wait(seconds)

    def end(self) -> None:
        """The answer is complete."""
        self._reactor.callFromThread(self._end)

    # Twisted's thread calls the following.

    def _begin(self) -> None:
        if self._request.channel is None:
            self.stopProducing()
            return
        self._request.notifyFinish().addBoth(lambda _: self.stopProducing())
        self._request.registerProducer(self, True)

    def _end(self) -> None:
        if self._request.channel is not None and self._request.producer is self:
            self._request.unregisterProducer()

    def pauseProducing(self) -> None:  # noqa: N802  # Twisted's name
        self._open.clear()

    def resumeProducing(self) -> None:  # noqa: N802  # Twisted's name
        self._open.set()

    def stopProducing(self) -> None:  # noqa: N802  # Twisted's name
        self._open.set()
        self._gone()


class Unwatched:
    """Stands for the connection of a request that no server of ours has received."""

    def wait(self, _seconds: float) -> bool:
        """There is nothing to wait for."""
        return True

    def end(self) -> None:
        """There is nothing to end."""


def watch(context: RequestContext, gone: Callable[[], None]) -> Flow | Unwatched:
    """The flow of this request's answer; ``gone`` is called when the client has closed."""
    connection = context.request.environ.get(_ENVIRON_KEY)
    if connection is None:
        return Unwatched()
    request, reactor = connection
    return Flow(request, reactor, gone)
