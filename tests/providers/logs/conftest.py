"""A client of the lab's CloudWatch Logs, and groups of a test's own."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

WITHIN_SECONDS = 60


def now() -> int:
    """Milliseconds."""
    return int(time.time() * 1000)


def eventually[T](look: Callable[[], T], every: float = 0.1) -> T:
    """Ask the lab now and then until there is something to see."""
    deadline = time.monotonic() + WITHIN_SECONDS
    pause = threading.Event()
    while not (seen := look()):
        assert time.monotonic() < deadline, "nothing to see"
        pause.wait(every)
    return seen


def refusal(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    """The code and message with which a call is refused."""
    with pytest.raises(ClientError) as raised:
        call(**request)
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


class Group:
    """A log group with a stream ``s``."""

    def __init__(self, logs: Any, name: str) -> None:
        self.logs = logs
        self.name = name
        logs.create_log_group(logGroupName=name)
        self.stream("s")

    def stream(self, name: str) -> None:
        self.logs.create_log_stream(logGroupName=self.name, logStreamName=name)

    def put(self, *messages: str, stream: str = "s", at: int | None = None) -> Any:
        """Events a millisecond apart."""
        first = now() if at is None else at
        return self.logs.put_log_events(
            logGroupName=self.name,
            logStreamName=stream,
            logEvents=[
                {"timestamp": first + n, "message": message} for n, message in enumerate(messages)
            ],
        )

    def filter(self, pattern: str, **options: Any) -> list[str]:
        answer = self.logs.filter_log_events(
            logGroupName=self.name, filterPattern=pattern, **options
        )
        return [each["message"] for each in answer["events"]]


@pytest.fixture(scope="session")
def logs(client: Callable[..., Any]) -> Any:
    return client("logs", parameter_validation=False)


@pytest.fixture
def group(logs: Any) -> Iterator[Group]:
    found = Group(logs, f"/test/{uuid4().hex}")
    yield found
    logs.delete_log_group(logGroupName=found.name)
