"""Functions for tests: made of source text, invoked, and read back from their logs."""

import base64
import io
import itertools
import json
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ROLE = "arn:aws:iam::000000000000:role/function"
WITHIN_SECONDS = 20.0
PAUSE_SECONDS = 0.02
_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Outcome:
    """What an invocation gave: the JSON document, if it is an error, the tail of the log."""

    payload: Any
    error: str | None
    log: str
    request_id: str


def archive(source: str, name: str = "app.py") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr(name, source)
    return content.getvalue()


def eventually[T](look: Callable[[], T], within: float = WITHIN_SECONDS) -> T:
    """Ask the lab now and then until there is something to see."""
    deadline = time.monotonic() + within
    pause = threading.Event()
    while not (seen := look()):
        assert time.monotonic() < deadline, "nothing to see"
        pause.wait(PAUSE_SECONDS)
    return seen


class Functions:
    """Makes and invokes functions of one lab."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self.client = client("lambda", read_timeout=30)
        self.logs = client("logs")

    def create(self, source: str, **options: Any) -> str:
        """A function with the module ``source`` and the handler ``handler``; returns its name."""
        name = f"function-{next(_NUMBERS)}"
        options = {
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "Code": {"ZipFile": archive(source)},
            "Timeout": 10,
            **options,
        }
        self.client.create_function(FunctionName=name, Role=ROLE, **options)
        self.wait(name, "function_active_v2")
        return name

    def wait(self, name: str, what: str) -> None:
        waiter = self.client.get_waiter(what)
        waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.02, "MaxAttempts": 500})

    def invoke(self, name: str, event: Any = None, **options: Any) -> Outcome:
        answer = self.client.invoke(
            FunctionName=name, Payload=json.dumps(event), LogType="Tail", **options
        )
        return Outcome(
            payload=json.loads(answer["Payload"].read()),
            error=answer.get("FunctionError"),
            log=base64.b64decode(answer["LogResult"]).decode(errors="replace"),
            request_id=answer["ResponseMetadata"]["RequestId"],
        )

    def run(self, source: str, event: Any = None, **options: Any) -> Outcome:
        """Make a function and invoke it once."""
        return self.invoke(self.create(source, **options), event)

    def messages(self, name: str, last: str) -> list[str]:
        """The function's log, once an event that starts with ``last`` is in it."""

        def look() -> list[str]:
            try:
                found = self.logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")
            except self.logs.exceptions.ResourceNotFoundException:
                return []
            messages = [event["message"] for event in found["events"]]
            return messages if any(text.startswith(last) for text in messages) else []

        return eventually(look)
