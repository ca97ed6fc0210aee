"""A server that speaks Trino's protocol and answers as a test has told it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = dict[str, Any]
STATISTICS = {"state": "FINISHED", "physicalInputBytes": 0, "planningTimeMillis": 0}


class TrinoDouble:
    """``answers`` holds what each statement is answered with; the last answer of an ``endless``
    statement is repeated. What came in is kept.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.endless: set[str] = set()
        self.statements: list[str] = []
        self.headers: dict[str, dict[str, str]] = {}
        self.deleted = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def page(self, sql: str, place: int) -> Answer:
        """One answer, with the address of the next if there is one."""
        answers = self.answers.get(sql, [{"updateCount": 0}])
        found = {"stats": STATISTICS, **answers[min(place, len(answers) - 1)]}
        if place + 1 < len(answers) or sql in self.endless:
            number = self.statements.index(sql)
            found["nextUri"] = f"http://{self.address}/v1/statement/{number}/{place + 1}"
        return found

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        double = self

        class Handler(BaseHTTPRequestHandler):
            """POST a statement, GET its pages, DELETE it."""

            def do_POST(self) -> None:
                sql = self.rfile.read(int(self.headers["Content-Length"])).decode()
                double.statements.append(sql)
                double.headers[sql] = {name.lower(): value for name, value in self.headers.items()}
                self._answer(double.page(sql, 0))

            def do_GET(self) -> None:
                *_, number, place = self.path.split("/")
                self._answer(double.page(double.statements[int(number)], int(place)))

            def do_DELETE(self) -> None:
                double.deleted.set()
                self.send_response(204)
                self.end_headers()

            def _answer(self, answer: Answer) -> None:
                body = json.dumps(answer).encode()
                self.send_response(answer.get("status", 200))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def column(name: str, kind: str, *arguments: Any) -> Answer:
    """A column of an answer; its arguments are numbers."""
    signature = {
        "rawType": kind,
        "arguments": [{"kind": "LONG", "value": value} for value in arguments],
    }
    return {"name": name, "typeSignature": signature}


def failed(name: str, kind: str, message: str) -> list[Answer]:
    return [{"error": {"errorName": name, "errorType": kind, "message": message}}]
