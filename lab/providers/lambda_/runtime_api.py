"""The Lambda Runtime API of one execution environment: what the runtime asks, turned into events.

Each environment has a listening socket of its own, so that a request says by its port which
environment it comes from; there is no server thread. The thread that invokes the function reads the
socket itself, which saves two thread switches per invocation. Answers are written at once, with
TCP_NODELAY: a second small packet would wait 40 ms for a delayed ACK.

Source: AWS documentation, "Using the Lambda runtime API for custom runtimes".
"""

import json
import logging
import socket
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from lab.config import HOST

LOG = logging.getLogger(__name__)

PREFIX = "/2018-06-01/runtime/"
MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100
ACCEPTED = b'{"status":"OK"}\n'


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the runtime needs to know of one invocation. ``deadline_ms`` is Unix time."""

    request_id: str
    function_arn: str
    payload: bytes
    deadline_ms: int
    trace_id: str = ""
    client_context: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """The runtime asks for an invocation: it is initialised, or done with the previous one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The runtime's answer to an invocation: the function's result, or its error as a JSON
    document.
    """

    request_id: str
    body: bytes
    is_error: bool


@dataclass(frozen=True, slots=True)
class AnswerTooLarge:
    """The function's result was longer than an answer may be; it has been thrown away."""

    request_id: str


@dataclass(frozen=True, slots=True)
class InitError:
    """The runtime could not load the function: its error as a JSON document, and its type."""

    body: bytes
    error_type: str


Event = Ready | Answer | AnswerTooLarge | InitError


@dataclass(slots=True)
class Request:
    """One HTTP request. Of a body beyond the limit only the length is kept."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    body_bytes: int = 0


class Connection:
    """One HTTP/1.1 connection of the runtime; cuts what arrives into requests."""

    def __init__(self, accepted: socket.socket) -> None:
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = accepted
        self.closed = False
        self._buffer = bytearray()
        self._request: Request | None = None
        self._missing = 0

    def read(self) -> Iterator[Request]:
        """The requests that are complete after one more read. At the end of the stream, sets
        ``closed``.
        """
        try:
            data = self.socket.recv(256 * 1024)
        except OSError:
            data = b""
        if not data:
            self.closed = True
        self._buffer += data
        while (request := self._next_request()) is not None:
            yield request

    def _next_request(self) -> Request | None:
        if self._request is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return None
            self._start(bytes(self._buffer[:end]).decode("latin-1"))
            del self._buffer[: end + 4]
        request = self._request
        if request is None or not self._fill(request):
            return None
        self._request = None
        return request

    def _start(self, head: str) -> None:
        first, *lines = head.split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        # A chunked body has no length: a request that cannot be read ends the connection.
        if "transfer-encoding" in headers:
            self.answer("411 Length Required", "", b"")
            self.closed = True
        self._missing = int(headers.get("content-length", "0"))
        self._request = Request(method, path, headers, body_bytes=self._missing)

    def _fill(self, request: Request) -> bool:
        """Move body bytes from the buffer to the request; says whether it is complete."""
        if request.body_bytes > MAX_RESPONSE_BYTES:
            taken = min(self._missing, len(self._buffer))
            del self._buffer[:taken]
            self._missing -= taken
            return self._missing == 0
        if len(self._buffer) < request.body_bytes:
            return False
        request.body = bytes(self._buffer[: request.body_bytes])
        del self._buffer[: request.body_bytes]
        return True

    def answer(self, status: str, headers: str, body: bytes) -> None:
        """Write one whole response. A runtime that has gone away meanwhile is not an error here."""
        head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        try:
            self.socket.sendall(head.encode("utf-8") + body)
        except OSError as error:
            LOG.debug("the runtime closed its connection: %s", error)
            self.closed = True


class RuntimeApi:
    """The sockets of one runtime process and what it said. One thread at a time."""

    def __init__(self) -> None:
        self.listener = socket.create_server((HOST, 0), backlog=8)
        self.connections: dict[int, Connection] = {}
        self.events: deque[Event] = deque()
        self._waiting: Connection | None = None
        self._answered: Connection | None = None
        self._request_id: str | None = None

    @property
    def address(self) -> str:
        host, port = self.listener.getsockname()
        return f"{host}:{port}"

    @property
    def is_asked(self) -> bool:
        """Whether the runtime waits for an invocation."""
        return self._waiting is not None

    def accept(self) -> int:
        """Take a new connection; returns its descriptor."""
        accepted, _ = self.listener.accept()
        self.connections[accepted.fileno()] = Connection(accepted)
        return accepted.fileno()

    def read(self, descriptor: int) -> bool:
        """Handle what arrived on a connection; says whether it is still open."""
        connection = self.connections[descriptor]
        for request in connection.read():
            self._handle(connection, request)
        if connection.closed:
            del self.connections[descriptor]
            connection.socket.close()
        return not connection.closed

    def send(self, invocation: Invocation) -> None:
        """Hand an invocation to the runtime, which must have asked for one."""
        if self._waiting is None:
            raise RuntimeError("The runtime has not asked for an invocation.")
        headers = [
            "Content-Type: application/json",
            f"Lambda-Runtime-Aws-Request-Id: {invocation.request_id}",
            f"Lambda-Runtime-Deadline-Ms: {invocation.deadline_ms}",
            f"Lambda-Runtime-Invoked-Function-Arn: {invocation.function_arn}",
        ]
        if invocation.trace_id:
            headers.append(f"Lambda-Runtime-Trace-Id: {invocation.trace_id}")
        if invocation.client_context:
            headers.append(f"Lambda-Runtime-Client-Context: {invocation.client_context}")
        waiting, self._waiting = self._waiting, None
        self._request_id = invocation.request_id
        waiting.answer("200 OK", "\r\n".join(headers) + "\r\n", invocation.payload)

    def accept_answer(self) -> None:
        """Tell the runtime that its answer has arrived; until then it waits."""
        if self._answered is not None:
            self._answered.answer("202 Accepted", "", ACCEPTED)
            self._answered = None

    def close(self) -> None:
        self.listener.close()
        for connection in self.connections.values():
            connection.socket.close()
        self.connections.clear()

    def _handle(self, connection: Connection, request: Request) -> None:
        path = request.path.removeprefix(PREFIX)
        if request.method == "GET" and path == "invocation/next":
            self._waiting = connection
            self.events.append(Ready())
        elif request.method == "POST" and path == "init/error":
            error_type = request.headers.get("lambda-runtime-function-error-type", "")
            self.events.append(InitError(request.body, error_type))
            connection.answer("202 Accepted", "", ACCEPTED)
        elif request.method == "POST" and path.startswith("invocation/"):
            self._handle_answer(connection, request, path)
        else:
            _refuse(connection, "404 Not Found", "NotFound", f"{request.method} {request.path}")

    def _handle_answer(self, connection: Connection, request: Request, path: str) -> None:
        _, request_id, kind = path.split("/", 2)
        if request_id != self._request_id or kind not in ("response", "error"):
            _refuse(connection, "400 Bad Request", "InvalidRequestID", "Invalid request ID")
            return
        self._request_id = None
        if request.body_bytes > MAX_RESPONSE_BYTES:
            self.events.append(AnswerTooLarge(request_id))
            message = f"Exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
            _refuse(connection, "413 Payload Too Large", "RequestEntityTooLarge", message)
            return
        self.events.append(Answer(request_id, request.body, kind == "error"))
        self._answered = connection


def _refuse(connection: Connection, status: str, error_type: str, message: str) -> None:
    body = json.dumps({"errorMessage": message, "errorType": error_type})
    connection.answer(status, "Content-Type: application/json\r\n", body.encode())
