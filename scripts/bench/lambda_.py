"""How long an invocation of an empty Lambda function takes, through boto3, warm and cold.

    python scripts/bench/lambda_.py [--endpoint URL] [--invocations N] [--cold N]
                                    [--peer-python PATH]

Measures the running lab and, if it is installed (``python scripts/bench/peer.py``), the peer in the
same run: the two take turns, so that both see the same state of the machine. A cold start is the
first invocation of a function that is already Active.
"""

import argparse
import contextlib
import io
import statistics
import time
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import peer
from botocore.config import Config

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, load

ROLE = "arn:aws:iam::000000000000:role/bench"
SOURCE = "def handler(event, context):\n    return None\n"
ROUNDS = 4


class Subject:
    """One local AWS under measurement: its client and the times it took, in milliseconds."""

    def __init__(self, name: str, endpoint_url: str) -> None:
        self.name = name
        self.warm: list[float] = []
        self.cold: list[float] = []
        self._client = boto3.client(
            "lambda",
            endpoint_url=endpoint_url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
            config=Config(retries={"max_attempts": 0}),
        )

    def measure_cold(self) -> None:
        with self._function() as invoke:
            self.cold.append(milliseconds(invoke))

    def measure_warm(self, count: int) -> None:
        with self._function() as invoke:
            invoke()
            self.warm += [milliseconds(invoke) for _ in range(count)]

    @contextlib.contextmanager
    def _function(self) -> Any:
        name = f"bench-{uuid.uuid4().hex[:8]}"
        self._client.create_function(
            FunctionName=name,
            Role=ROLE,
            Runtime="python3.13",
            Handler="app.handler",
            Code={"ZipFile": archive()},
        )
        try:
            self._client.get_waiter("function_active_v2").wait(FunctionName=name)
            yield lambda: self._invoke(name)
        finally:
            self._client.delete_function(FunctionName=name)

    def _invoke(self, name: str) -> None:
        answer = self._client.invoke(FunctionName=name, Payload=b"{}")
        body = answer["Payload"].read()
        if "FunctionError" in answer or body != b"null":
            raise SystemExit(f"{self.name}: the empty function answered {body!r}")


def archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("app.py", SOURCE)
    return content.getvalue()


def milliseconds(call: Callable[[], None]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def measure(subjects: list[Subject], invocations: int, cold: int) -> None:
    for _ in range(ROUNDS):
        for subject in subjects:
            subject.measure_warm(invocations // ROUNDS)
    for _ in range(cold):
        for subject in subjects:
            subject.measure_cold()


def report(subject: Subject) -> str:
    ordered = sorted(subject.warm)
    p95 = ordered[int(len(ordered) * 0.95)]
    return (
        f"{subject.name:10} warm median {statistics.median(ordered):6.2f} ms   p95 {p95:6.2f} ms"
        f"   cold median {statistics.median(subject.cold):7.1f} ms"
        f"   ({len(ordered)} warm, {len(subject.cold)} cold)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--endpoint", default=load().endpoint_url, help="the lab's endpoint")
    parser.add_argument("--invocations", type=int, default=400, help="warm invocations of each")
    parser.add_argument("--cold", type=int, default=10, help="cold starts of each")
    parser.add_argument("--peer-python", type=Path, default=peer.MINISTACK.python)
    arguments = parser.parse_args()
    subjects = [Subject("lab", arguments.endpoint)]
    with contextlib.ExitStack() as stack:
        if arguments.peer_python.exists():
            url = stack.enter_context(peer.running(peer.MINISTACK, arguments.peer_python))
            subjects.append(Subject(peer.MINISTACK.name, url))
        else:
            print(f"No peer at {arguments.peer_python}: only the lab is measured.")
        measure(subjects, arguments.invocations, arguments.cold)
    for subject in subjects:
        print(report(subject))


if __name__ == "__main__":
    main()
