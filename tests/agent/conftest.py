"""A flow with its files, a clock that is turned by hand, and a stream that takes what it is told
to.
"""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.agent import settings
from lab.agent.agent import FlowRunner
from lab.agent.checkpoints import Checkpoints
from lab.agent.settings import Flow

MakeFlow = Callable[..., Flow]


class Stream:
    """In the place of boto3's client. ``refusals`` are what the next requests are answered with: a
    set of indexes that are refused, or an exception.
    """

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.requests: list[int] = []
        self.refusals: list[set[int] | Exception] = []
        self.keys: list[str] = []

    def put_record_batch(self, **given: Any) -> Any:
        return {"RequestResponses": self._take(given["Records"])}

    def put_records(self, **given: Any) -> Any:
        self.keys += [record["PartitionKey"] for record in given["Records"]]
        return {"Records": self._take(given["Records"])}

    def _take(self, records: list[Any]) -> list[dict[str, str]]:
        self.requests.append(len(records))
        refused = self.refusals.pop(0) if self.refusals else set()
        if isinstance(refused, Exception):
            raise refused
        self.taken += [
            record["Data"].decode().rstrip("\n")
            for index, record in enumerate(records)
            if index not in refused
        ]
        code = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
        return [code if index in refused else {} for index in range(len(records))]


class Bench:
    """One agent's flow, which can be stopped, killed and started again."""

    def __init__(self, folder: Path, make_flow: MakeFlow) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.stream = Stream()
        self.now = 0.0
        self.stopping = threading.Event()
        self._make_flow = make_flow
        self._runner: FlowRunner | None = None

    def start(self, **options: Any) -> FlowRunner:
        flow = self._make_flow(**options)
        checkpoints = Checkpoints(self.folder / "state" / "checkpoints.json")
        self._runner = FlowRunner(
            flow, self.stream, checkpoints, self.stopping, clock=lambda: self.now
        )
        return self._runner

    def write(self, *lines: str, name: str = "log", end: str = "\n") -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}{end}" for line in lines)

    def step(self, seconds: float = 1.0) -> None:
        """Look at the files, and again when so much time has gone by."""
        assert self._runner is not None
        self._runner.step()
        self.now += seconds
        self._runner.step()


@pytest.fixture
def make_flow(tmp_path: Path) -> MakeFlow:
    """A flow of ``log*`` to a delivery stream; keyword arguments are keys of agent.json."""

    def make(**options: Any) -> Flow:
        flow: dict[str, Any] = {
            "filePattern": str(tmp_path / "log*"),
            "deliveryStream": "visits",
            "initialPosition": "START_OF_FILE",
            "maxBufferAgeMillis": 1000,
            **options,
        }
        flow = {name: value for name, value in flow.items() if value is not None}
        file = tmp_path / "agent.json"
        file.write_text(json.dumps({"flows": [flow]}))
        return settings.load(file, tmp_path).flows[0]

    return make


@pytest.fixture
def bench(tmp_path: Path, make_flow: MakeFlow) -> Bench:
    return Bench(tmp_path, make_flow)
