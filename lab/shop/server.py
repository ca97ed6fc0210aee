"""The shop over HTTP on this machine, and a line of the access log for each request.

It listens on 127.0.0.1 only. What is no HTTP at all is answered as a web server does, with a
status, and logged as it came: scanners are part of every access log.
"""

import io
import socket
import socketserver
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from typing import Any, cast

from lab.config import HOST
from lab.i18n import lab_error
from lab.shop.access_log import AccessLog, Entry
from lab.shop.site import Answer, Request, Site

IDLE_SECONDS = 15
MOST_BODY_BYTES = 64 << 10
LONGEST_LINE = 8190
"""Apache's LimitRequestLine"""


class Handler(BaseHTTPRequestHandler):
    """One connection. ``send_error`` and ``respond`` are the two places that answer."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: "Shop"

    def handle(self) -> None:
        self.visitor = ""
        try:
            self._read_proxy_line()
        except OSError:
            return
        super().handle()

    def handle_one_request(self) -> None:
        self.answered = 0
        self.size = 0
        self.raw_requestline = b""
        self.requestline = ""
        super().handle_one_request()
        if self.answered:
            self.server.note(self._entry())

    def respond(self) -> None:
        if len(self.raw_requestline) > LONGEST_LINE:
            self.send_error(414)
            return
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if not 0 <= length <= MOST_BODY_BYTES or self.headers.get("Transfer-Encoding"):
            self.send_error(400 if length < 0 else 413)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length)
        self._send(self.server.site.respond(Request(self.command, self.path, headers, body)))

    # Names that the base class looks for.
    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = respond  # noqa: N815

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A request that could not be read, or a method that is not HTTP's."""
        del message, explain
        self.close_connection = True
        self.command = self.command or ""
        self._send(self.server.site.message(code))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the access log is written when the answer has been sent."""

    def version_string(self) -> str:
        return "lantern"

    def _send(self, answer: Answer) -> None:
        self.answered = int(answer.status)
        if self.request_version == "HTTP/0.9":  # which has no place for a status
            self.request_version = "HTTP/1.0"
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        # One write: two would wait for each other.
        buffered: list[bytes] = getattr(self, "_headers_buffer", [])
        buffered.append(b"\r\n")
        if self.command != "HEAD" and answer.body:
            self.size = len(answer.body)
            buffered.append(answer.body)
        self.wfile.write(b"".join(buffered))
        self._headers_buffer: list[bytes] = []

    def _entry(self) -> Entry:
        headers = getattr(self, "headers", None) if self.command else None
        line = self.raw_requestline.decode("latin-1").rstrip("\r\n")[:LONGEST_LINE]
        return Entry(
            address=self._address(headers),
            when=datetime.now(UTC),
            request=line,
            status=self.answered,
            size=self.size,
            referrer=(headers.get("Referer") or "") if headers else "",
            agent=(headers.get("User-Agent") or "") if headers else "",
        )

    def _read_proxy_line(self) -> None:
        """A proxy that says whose bytes follow, before any of them (PROXY protocol, version 1)."""
        rfile = cast(io.BufferedReader, self.rfile)
        if rfile.peek(6).startswith(b"PROXY "):
            words = rfile.readline(108).split()
            self.visitor = self._believed(words[2].decode("ascii", "replace") if words[2:] else "")

    def _address(self, headers: Any) -> str:
        """The visitor's. The last entry of X-Forwarded-For is the one that the proxy wrote."""
        given = str(headers.get("X-Forwarded-For") or "") if headers else ""
        forwarded = self._believed(given.rpartition(",")[2].strip())
        return forwarded or self.visitor or str(self.client_address[0])

    def _believed(self, address: str) -> str:
        """An address that was told, if this machine told it, where a proxy would stand; else ""."""
        try:
            is_near = ip_address(self.client_address[0]).is_loopback
            return str(ip_address(address)) if is_near and address else ""
        except ValueError:
            return ""


class Shop(socketserver.ThreadingTCPServer):
    """The site on a port. ``note`` takes each entry of the log."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, site: Site, note: Callable[[Entry], None], port: int) -> None:
        self.site = site
        self.note = note
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            raise lab_error("shop-port-taken", port=port, other=port + 1) from error

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A visitor who goes away in the middle is no error of the shop's."""


class Counter:
    """Writes to the log, and counts what it wrote."""

    def __init__(self, log: AccessLog) -> None:
        self._log = log
        self._lock = threading.Lock()
        self.count = 0

    def __call__(self, entry: Entry) -> None:
        self._log.write(entry)
        with self._lock:
            self.count += 1


class _Memory:
    """A connection that is two buffers, see :func:`answer`."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def makefile(self, *_mode: object) -> io.BufferedReader:
        return io.BufferedReader(cast(io.RawIOBase, self._data))

    def sendall(self, data: bytes) -> None:
        """Nobody reads it."""

    def settimeout(self, _seconds: float) -> None:
        """It never blocks."""

    def setsockopt(self, *_option: int) -> None:
        """It has none."""


class _Counter:
    """What a handler needs of its server, without a port."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.entries: list[Entry] = []
        self.note = self.entries.append


def answer(site: Site, data: bytes) -> list[Entry]:
    """What the shop logs for these bytes of a connection, without any network."""
    server = _Counter(site)
    connection = cast(socket.socket, _Memory(data))
    Handler(connection, (HOST, 0), cast(socketserver.BaseServer, server))
    return server.entries
