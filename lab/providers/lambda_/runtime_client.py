"""The module ``runtime_client`` of AWS's Python runtime, in plain Python.

awslambdaric speaks the Runtime API through a native module of this name, which exists for Linux
only. Where it is absent (macOS), this file is linked into the runtime's folder under that name.
Same four functions, standard library only, and no ``http.client``, which would cost 20 ms at each
cold start.
"""

import os
import socket

PREFIX = "/2018-06-01/runtime/invocation/"


class _Client:
    """One kept connection to the Runtime API."""

    def __init__(self) -> None:
        self.user_agent = "aws-lambda-python"
        self._socket: socket.socket | None = None
        self._buffer = b""

    def exchange(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """One request and its response: status, headers, body. OSError if the connection breaks."""
        lines = [
            f"{method} {PREFIX}{path} HTTP/1.1",
            f"Host: {os.environ['AWS_LAMBDA_RUNTIME_API']}",
            *(f"{name}: {value}" for name, value in headers.items()),
            f"User-Agent: {self.user_agent}",
            f"Content-Length: {len(body)}",
        ]
        connection = self._connection()
        connection.sendall("\r\n".join([*lines, "", ""]).encode("utf-8") + body)
        return self._response(connection)

    def _connection(self) -> socket.socket:
        if self._socket is None:
            host, _, port = os.environ["AWS_LAMBDA_RUNTIME_API"].partition(":")
            self._socket = socket.create_connection((host, int(port)))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _response(self, connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
        while b"\r\n\r\n" not in self._buffer:
            self._receive(connection)
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("utf-8").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = int(headers["Content-Length"])
        self._buffer = rest
        while len(self._buffer) < length:
            self._receive(connection)
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return int(first.split(" ")[1]), headers, body

    def _receive(self, connection: socket.socket) -> None:
        data = connection.recv(1 << 20)
        if not data:
            raise ConnectionError("The Runtime API closed the connection.")
        self._buffer += data


_CLIENT = _Client()


def initialize_client(user_agent: str) -> None:
    _CLIENT.user_agent = user_agent


def next() -> tuple[bytes, dict[str, str]]:  # the name that awslambdaric calls
    """Wait for an invocation: its payload, and the headers that describe it."""
    status, headers, body = _CLIENT.exchange("GET", "next", {})
    if status != 200:
        raise RuntimeError(f"Failed to get next (status {status})")
    return body, headers


def post_invocation_result(
    invoke_id: str, data: bytes, content_type: str, invocation_id: str | None = None
) -> None:
    _post(f"{invoke_id}/response", data, content_type, {}, invocation_id)


def post_error(
    invoke_id: str, error: str, xray_fault: str, invocation_id: str | None = None
) -> None:
    cause = {"Lambda-Runtime-Function-XRay-Error-Cause": xray_fault}
    _post(f"{invoke_id}/error", error.encode("utf-8"), "application/json", cause, invocation_id)


def _post(
    path: str, body: bytes, content_type: str, headers: dict[str, str], invocation_id: str | None
) -> None:
    if invocation_id is not None:
        headers = {**headers, "Lambda-Runtime-Invocation-Id": invocation_id}
    status, _, _ = _CLIENT.exchange("POST", path, {"Content-Type": content_type, **headers}, body)
    if status != 202:
        raise RuntimeError(f"Failed to post to {path} (status {status})")
