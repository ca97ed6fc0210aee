import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import ModuleType
from typing import Any

import pytest


class Recorder(BaseHTTPRequestHandler):
    """An HTTP server that notes what it was asked and answers as it was told."""

    seen: list[dict[str, Any]]
    answer: tuple[int, bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append({"path": self.path, "headers": self.headers, "body": body})
        status, text = self.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    recorder = type("OneRecorder", (Recorder,), {"seen": [], "answer": (200, b'{"errors":false}')})
    with HTTPServer(("127.0.0.1", 0), recorder) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def search_for(module: ModuleType, server: HTTPServer) -> Any:
    return module.Search(f"http://127.0.0.1:{server.server_port}/")


def test_requests_are_signed_for_es(solution: Any, server: HTTPServer) -> None:
    search = search_for(solution("search"), server)
    answer = search.request("POST", "/flights/_bulk", b'{"a":1}\n', filter_path="errors,items.*")
    search.http.clear()
    assert answer == {"errors": False}
    (request,) = server.RequestHandlerClass.seen  # type: ignore[attr-defined] # our own class
    assert request["path"] == "/flights/_bulk?filter_path=errors%2Citems.%2A"
    assert request["body"] == b'{"a":1}\n'
    assert request["headers"]["Content-Type"] == "application/x-ndjson"
    signature = request["headers"]["Authorization"]
    assert signature.startswith("AWS4-HMAC-SHA256 Credential=key/")
    assert "/eu-west-3/es/aws4_request" in signature
    assert "content-type;host;x-amz-date" in signature


def test_a_dict_is_sent_as_json(solution: Any, server: HTTPServer) -> None:
    search = search_for(solution("search"), server)
    search.request("POST", "/flights/_search", {"size": 0})
    search.http.clear()
    (request,) = server.RequestHandlerClass.seen  # type: ignore[attr-defined] # our own class
    assert json.loads(request["body"]) == {"size": 0}
    assert request["headers"]["Content-Type"] == "application/json"


def test_a_refusal_raises_with_its_status(solution: Any, server: HTTPServer) -> None:
    module = solution("search")
    server.RequestHandlerClass.answer = (429, b"too much")  # type: ignore[attr-defined] # our own
    search = search_for(module, server)
    with pytest.raises(module.SearchError, match="OpenSearch answered 429: too much") as caught:
        search.request("POST", "/flights/_bulk", b"{}\n")
    search.http.clear()
    assert caught.value.status == 429
