"""How long an invocation of an empty Lambda function takes, through boto3, warm and cold; how long
a record takes from put to handler; what idle streams and mappings cost.

    python scripts/bench/lambda_.py [--endpoint URL] [--invocations N] [--cold N]
                                    [--peer-python PATH]
    python scripts/bench/lambda_.py --latency [--seconds N] [--endpoint URL] [--peer-python PATH]
    python scripts/bench/lambda_.py --idle [--seconds N]

Measures the running lab and, if it is installed (``python scripts/bench/peer.py``), the peer in the
same run: the two take turns, so that both see the same state of the machine. A cold start is the
first invocation of a function that is already Active. The latency is from before PutRecord to the
first line of the handler, by the clock of this machine, at ten records a second. ``--idle`` reads
the processor time of the lab's LocalStack, without the processes of functions.
"""

import argparse
import contextlib
import io
import json
import statistics
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import peer
from botocore.config import Config

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, load
from lab.stack.processes import Server

ROLE = "arn:aws:iam::000000000000:role/bench"
STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/"
SOURCE = "def handler(event, context):\n    return None\n"
TELLING = """
import base64, json, time, urllib.request
def handler(event, context):
    now = time.time()
    sent = [float(base64.b64decode(each["kinesis"]["data"])) for each in event["Records"]]
    body = json.dumps([now - moment for moment in sent]).encode()
    urllib.request.urlopen(urllib.request.Request("URL", data=body)).read()
"""
ROUNDS = 4
RECORDS_PER_SECOND = 10
IDLE_STREAMS, IDLE_MAPPINGS = 100, 50
SETTLE_SECONDS = 5.0


class Subject:
    """One local AWS under measurement: its client and the times it took, in milliseconds."""

    def __init__(self, name: str, endpoint_url: str) -> None:
        self.name = name
        self.warm: list[float] = []
        self.cold: list[float] = []
        self.latency: list[float] = []
        self._client = client("lambda", endpoint_url)
        # A hundred streams are more than may be made in a second.
        self._kinesis = client("kinesis", endpoint_url, attempts=10)

    def measure_cold(self) -> None:
        with self._function() as invoke:
            self.cold.append(milliseconds(invoke))

    def measure_warm(self, count: int) -> None:
        with self._function() as invoke:
            invoke()
            self.warm += [milliseconds(invoke) for _ in range(count)]

    def measure_latency(self, seconds: int) -> None:
        """One record at a time to a stream of one shard; the first few records are not counted."""
        count = seconds * RECORDS_PER_SECOND
        with (
            listening() as (url, heard),
            self.function(TELLING.replace("URL", url)) as name,
            self.mappings(name, streams=1, mappings=1) as (stream,),
        ):
            begun = time.monotonic()
            for number in range(count):
                pause(begun + number / RECORDS_PER_SECOND - time.monotonic())
                self._kinesis.put_record(
                    StreamName=stream, Data=str(time.time()).encode(), PartitionKey="key"
                )
            deadline = time.monotonic() + 30
            while len(heard) < count and time.monotonic() < deadline:
                pause(0.1)
        if len(heard) < count:
            raise SystemExit(f"{self.name}: {count - len(heard)} of {count} records did not arrive")
        self.latency = [each * 1000 for each in heard[RECORDS_PER_SECOND:]]

    @contextlib.contextmanager
    def mappings(self, function: str, streams: int, mappings: int) -> Iterator[list[str]]:
        """Streams of one shard, the first of which are mapped to the function."""
        names = [f"bench-{uuid.uuid4().hex[:8]}" for _ in range(streams)]
        made = []
        try:
            for name in names:
                self._kinesis.create_stream(StreamName=name, ShardCount=1)
                self._kinesis.get_waiter("stream_exists").wait(
                    StreamName=name, WaiterConfig={"Delay": 1}
                )
            for name in names[:mappings]:
                answer = self._client.create_event_source_mapping(
                    FunctionName=function,
                    EventSourceArn=STREAM + name,
                    StartingPosition="TRIM_HORIZON",
                )
                made.append(answer["UUID"])
            yield names
        finally:
            for mapping in made:
                self._client.delete_event_source_mapping(UUID=mapping)
            for name in names:
                self._kinesis.delete_stream(StreamName=name)

    @contextlib.contextmanager
    def function(self, source: str) -> Iterator[str]:
        name = f"bench-{uuid.uuid4().hex[:8]}"
        self._client.create_function(
            FunctionName=name,
            Role=ROLE,
            Runtime="python3.13",
            Handler="app.handler",
            Code={"ZipFile": archive(source)},
        )
        try:
            self._client.get_waiter("function_active_v2").wait(FunctionName=name)
            yield name
        finally:
            self._client.delete_function(FunctionName=name)

    @contextlib.contextmanager
    def _function(self) -> Iterator[Callable[[], None]]:
        with self.function(SOURCE) as name:
            yield lambda: self._invoke(name)

    def _invoke(self, name: str) -> None:
        answer = self._client.invoke(FunctionName=name, Payload=b"{}")
        body = answer["Payload"].read()
        if "FunctionError" in answer or body != b"null":
            raise SystemExit(f"{self.name}: the empty function answered {body!r}")


def client(service: str, endpoint_url: str, attempts: int = 1) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
    )


def archive(source: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("app.py", source)
    return content.getvalue()


@contextlib.contextmanager
def listening() -> Iterator[tuple[str, list[float]]]:
    """A server that handlers tell the seconds that each record took: its URL, and what it heard."""
    heard: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", heard
    finally:
        server.shutdown()
        server.server_close()


def pause(seconds: float) -> None:
    if seconds > 0:
        time.sleep(seconds)


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


def measure_idle(subject: Subject, seconds: int) -> None:
    """Percent of one core that LocalStack takes, with and without the streams and mappings."""
    process = Server("localstack", load()).process()
    if process is None:
        raise SystemExit("LocalStack does not run in this lab: lab up")

    def percent() -> float:
        pause(SETTLE_SECONDS)
        before = process.cpu_times()
        begun = time.monotonic()
        pause(seconds)
        after = process.cpu_times()
        used = after.user + after.system - before.user - before.system
        return max(0.0, 100 * used / (time.monotonic() - begun))

    print(f"{subject.name:10} nothing in it: {percent():.2f} % of one core")
    with (
        subject.function(SOURCE) as name,
        subject.mappings(name, IDLE_STREAMS, IDLE_MAPPINGS),
    ):
        took = percent()
    print(
        f"{subject.name:10} {IDLE_STREAMS} streams, {IDLE_MAPPINGS} mappings, idle: {took:.2f} % "
        f"of one core   ({seconds} s)"
    )


def report_latency(subject: Subject) -> str:
    ordered = sorted(subject.latency)
    p95 = ordered[int(len(ordered) * 0.95)]
    return (
        f"{subject.name:10} put to handler median {statistics.median(ordered):6.1f} ms   "
        f"p95 {p95:6.1f} ms   max {ordered[-1]:6.1f} ms   ({len(ordered)} records)"
    )


def report(subject: Subject) -> str:
    ordered = sorted(subject.warm)
    p95 = ordered[int(len(ordered) * 0.95)]
    return (
        f"{subject.name:10} warm median {statistics.median(ordered):6.2f} ms   p95 {p95:6.2f} ms"
        f"   cold median {statistics.median(subject.cold):7.1f} ms"
        f"   ({len(ordered)} warm, {len(subject.cold)} cold)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--endpoint", default=load().endpoint_url, help="the lab's endpoint")
    parser.add_argument("--invocations", type=int, default=400, help="warm invocations of each")
    parser.add_argument("--cold", type=int, default=10, help="cold starts of each")
    parser.add_argument("--latency", action="store_true", help="from put to handler instead")
    parser.add_argument("--idle", action="store_true", help="cost of idle mappings instead")
    parser.add_argument("--seconds", type=int, default=20, help="of --latency and --idle")
    parser.add_argument("--peer-python", type=Path, default=peer.MINISTACK.python)
    arguments = parser.parse_args()
    subjects = [Subject("lab", arguments.endpoint)]
    if arguments.idle:
        measure_idle(subjects[0], arguments.seconds)
        return
    with contextlib.ExitStack() as stack:
        if arguments.peer_python.exists():
            url = stack.enter_context(peer.running(peer.MINISTACK, arguments.peer_python))
            subjects.append(Subject(peer.MINISTACK.name, url))
        else:
            print(f"No peer at {arguments.peer_python}: only the lab is measured.")
        if arguments.latency:
            for subject in subjects:
                subject.measure_latency(arguments.seconds)
        else:
            measure(subjects, arguments.invocations, arguments.cold)
    for subject in subjects:
        print(report_latency(subject) if arguments.latency else report(subject))


if __name__ == "__main__":
    main()
