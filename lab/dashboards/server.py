"""The site on a port of 127.0.0.1. One connection is one thread; nothing is kept between them."""

import gzip
import socketserver
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lab.config import HOST, Config
from lab.dashboards.domains import Domains
from lab.dashboards.site import Answer, Request, Site
from lab.i18n import lab_error

MOST_BODY_BYTES = 4 << 20
WORTH_PACKING = 2000


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    disable_nagle_algorithm = True
    server: "Dashboards"

    def respond(self) -> None:
        text = self.headers.get("Content-Length") or "0"
        length = int(text) if text.isdecimal() else MOST_BODY_BYTES + 1
        if length > MOST_BODY_BYTES or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            self.send_error(413)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        self._send(self.server.site.respond(request))

    # Names that the base class looks for.
    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = respond  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a page that looks every second would fill the terminal."""

    def _send(self, answer: Answer) -> None:
        body = answer.body
        self.send_response(answer.status)
        if len(body) > WORTH_PACKING and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 5)
            self.send_header("Content-Encoding", "gzip")
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        for name, value in (headers | answer.headers).items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Dashboards(ThreadingHTTPServer):
    """``port`` 0 takes a free one. LabError when the port is taken."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, config: Config, port: int, domain: str = "") -> None:
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            raise lab_error("dashboards-port-taken", port=port, other=port + 1) from error
        self.site = Site(Domains(config), self.server_address[1], domain)

    def server_bind(self) -> None:
        """Without the look-up of this machine's name, which may ask the network."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle is no error."""
