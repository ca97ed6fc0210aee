"""How many records per second a stream takes, gives back, and brings to a Lambda function.

    python scripts/bench/kinesis.py [--endpoint URL] [--records N] [--shards N] [--peer-python PATH]

PutRecords of 500 records of 300 bytes and GetRecords of up to 10,000, one boto3 client, its own
time included; and an empty function fed by an event source mapping of 1,000 records a batch.
Measures the running lab and, if it is installed (``python scripts/bench/peer.py``), the peer in the
same run: they take turns, three rounds, and the best figure of each counts. With 40 shards the
rates of a real stream allow 40,000 records per second, and the lab keeps to them; what it throttles
is put again, and the time counts.

    python scripts/bench/kinesis.py --large [MIB]

puts a stream of 2 GiB (or of that many MiB) into the running lab, reads it from its beginning, and
says how much memory the lab's LocalStack had before, at most, and afterwards. Start the lab with
``LAB_KINESIS_LIMITS=off`` for it, and with 3 GB free on the disk.
"""

import argparse
import contextlib
import io
import json
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import peer
from botocore.exceptions import ClientError

from lab.config import HOST, REGION, load
from lab.stack.processes import Server

RECORDS_PER_CALL = 500
DATA = b"x" * 300
LARGE_DATA = b"x" * 1000
LARGE_SHARDS = 4
MIB = 1 << 20
BATCH = 1000
GIVE_UP_AFTER = 60.0
ROUNDS = 3
ROLE = "arn:aws:iam::000000000000:role/bench"
SOURCE = """
import urllib.request
def handler(event, context):
    urllib.request.urlopen("URL", data=str(len(event["Records"])).encode()).close()
"""


class Counter:
    """A server that functions tell how many records they got."""

    def __init__(self) -> None:
        self.total = 0
        self.changed = threading.Condition()
        counter = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                count = int(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                with counter.changed:
                    counter.total += count
                    counter.changed.notify_all()

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_address[1]}/"

    def wait(self, total: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.total >= total, GIVE_UP_AFTER)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Resident:
    """The memory of the running lab's LocalStack, looked at ten times a second."""

    def __init__(self) -> None:
        process = Server("localstack", load()).process()
        if process is None:
            raise SystemExit("No lab of this home runs on this machine.")
        self._process = process
        self._over = threading.Event()
        self.peak = self.now()

    def __enter__(self) -> "Resident":
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def now(self) -> int:
        return int(self._process.memory_info().rss)

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self.peak = max(self.peak, self.now())


class Subject:
    """One local AWS under measurement."""

    def __init__(self, name: str, endpoint_url: str) -> None:
        self.name = name
        self.kinesis = peer.client("kinesis", endpoint_url)
        self.lambda_ = peer.client("lambda", endpoint_url)

    def measure(self, records: int, shards: int) -> peer.Rates:
        """Records per second, by what was done with them."""
        with self._stream(shards) as stream:
            put = rate(records, lambda: self._put(stream, records))
            get = rate(records, lambda: self._get(stream, records))
        with self._stream(4) as stream:
            self._put(stream, records)
            deliver = self._deliver(stream, records)
        return {"PutRecords": put, "GetRecords": get, "stream to Lambda": deliver}

    @contextlib.contextmanager
    def _stream(self, shards: int) -> Iterator[str]:
        name = f"bench-{uuid.uuid4().hex[:8]}"
        self.kinesis.create_stream(StreamName=name, ShardCount=shards)
        try:
            while self._status(name) != "ACTIVE":
                time.sleep(0.05)
            yield name
        finally:
            self.kinesis.delete_stream(StreamName=name)

    def _status(self, name: str) -> str:
        answer = self.kinesis.describe_stream_summary(StreamName=name)
        return str(answer["StreamDescriptionSummary"]["StreamStatus"])

    def measure_large(self, mib: int) -> None:
        """Print what a stream of this size costs in memory and time."""
        count = mib * MIB // len(LARGE_DATA)
        with Resident() as memory, self._stream(LARGE_SHARDS) as stream:
            before = memory.now()
            put = rate(count, lambda: self._put_many(stream, count))
            after_put, put_peak = memory.now(), memory.peak
            get = rate(count, lambda: self._get(stream, count))
            figures = (before, put_peak, after_put, memory.peak, memory.now())
        print(f"{count:,} records of {len(LARGE_DATA):,} bytes: put {put:,.0f}/s, got {get:,.0f}/s")
        names = ("before", "peak of puts", "after puts", "peak of all", "after gets")
        for name, resident in zip(names, figures, strict=True):
            grown = (resident - before) / MIB
            print(f"{name:14} {resident / MIB:6.0f} MiB resident {grown:+6.0f}")

    def _put_many(self, stream: str, count: int) -> None:
        for first in range(0, count, RECORDS_PER_CALL):
            numbers = range(first, min(first + RECORDS_PER_CALL, count))
            batch = [{"Data": LARGE_DATA, "PartitionKey": f"key-{number}"} for number in numbers]
            answer = self.kinesis.put_records(StreamName=stream, Records=batch)
            if answer["FailedRecordCount"]:
                raise SystemExit("The lab keeps to its rates: LAB_KINESIS_LIMITS=off lifts them.")

    def _put(self, stream: str, count: int) -> None:
        waiting = [{"Data": DATA, "PartitionKey": f"key-{number}"} for number in range(count)]
        while waiting:
            batch, waiting = waiting[:RECORDS_PER_CALL], waiting[RECORDS_PER_CALL:]
            answer = self.kinesis.put_records(StreamName=stream, Records=batch)
            if answer["FailedRecordCount"]:
                entries = zip(batch, answer["Records"], strict=True)
                waiting += [record for record, entry in entries if "ErrorCode" in entry]

    def _get(self, stream: str, count: int) -> None:
        left = count
        for shard in self.kinesis.list_shards(StreamName=stream)["Shards"]:
            token = self.kinesis.get_shard_iterator(
                StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            behind = 1
            while behind and left:
                try:
                    answer = self.kinesis.get_records(ShardIterator=token, Limit=10_000)
                except ClientError as error:
                    if "ThroughputExceeded" not in error.response["Error"]["Code"]:
                        raise
                    time.sleep(0.05)
                    continue
                token, behind = answer["NextShardIterator"], answer["MillisBehindLatest"]
                left -= len(answer["Records"])
        if left:
            raise SystemExit(f"{self.name}: {left} of {count} records did not come back.")

    def _deliver(self, stream: str, count: int) -> float:
        """0 when not all records reached the function in time."""
        counter = Counter()
        name = f"bench-{uuid.uuid4().hex[:8]}"
        self.lambda_.create_function(
            FunctionName=name,
            Role=ROLE,
            Runtime="python3.13",
            Handler="app.handler",
            Timeout=30,
            Code={"ZipFile": archive(SOURCE.replace("URL", counter.url))},
        )
        self.lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
        start = time.perf_counter()
        mapping = self.lambda_.create_event_source_mapping(
            FunctionName=name,
            EventSourceArn=f"arn:aws:kinesis:{REGION}:000000000000:stream/{stream}",
            StartingPosition="TRIM_HORIZON",
            BatchSize=BATCH,
        )
        try:
            complete = counter.wait(count)
            return count / (time.perf_counter() - start) if complete else 0.0
        finally:
            self.lambda_.delete_event_source_mapping(UUID=mapping["UUID"])
            self.lambda_.delete_function(FunctionName=name)
            counter.close()


def rate(count: int, work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def archive(source: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("app.py", source)
    return content.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", default=load().endpoint_url)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--shards", type=int, default=40)
    parser.add_argument("--large", type=int, nargs="?", const=2048, metavar="MIB")
    parser.add_argument("--peer-python", type=Path, default=peer.MINISTACK.python)
    arguments = parser.parse_args()
    if arguments.large:
        Subject("lab", arguments.endpoint).measure_large(arguments.large)
        return
    with contextlib.ExitStack() as stack:
        subjects = [Subject("lab", arguments.endpoint)]
        if arguments.peer_python.exists():
            url = stack.enter_context(peer.running(peer.MINISTACK, arguments.peer_python))
            subjects.append(Subject(peer.MINISTACK.name, url))
        measured = peer.best_of(
            ROUNDS, subjects, lambda one: one.measure(arguments.records, arguments.shards)
        )
    print(json.dumps({"records": arguments.records, "shards": arguments.shards}))
    peer.report(measured)


if __name__ == "__main__":
    main()
