"""How many records per second go from a stream through a Lambda function to S3, and whether all
arrive, each once.

    python scripts/bench/delivery.py [--endpoint URL] [--records N] [--shards N]
                                     [--peer-python PATH]

The stream holds all records when the event source mapping is made; the time is from there to the
last object. The function writes an object for each batch of 1,000. Measures the running lab and, if
it is installed (``python scripts/bench/peer.py``), the peer in the same run. Start the lab with
``LAB_KINESIS_LIMITS=off``: four shards would take 25 seconds to be filled otherwise.
"""

import argparse
import contextlib
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peer
from kinesis import RECORDS_PER_CALL, ROLE, archive

from lab.config import REGION, load

BATCH = 1000
GIVE_UP_AFTER = 120.0
# Without boto3, which the peer's functions do not have.
SOURCE = """
import base64, os, urllib.request
def handler(event, context):
    records = event["Records"]
    body = b"".join(base64.b64decode(record["kinesis"]["data"]) for record in records)
    key = records[0]["eventID"].replace(":", "-")
    url = f"{os.environ['ENDPOINT']}/{os.environ['BUCKET']}/{key}"
    urllib.request.urlopen(urllib.request.Request(url, data=body, method="PUT")).close()
"""


class Delivery:
    """One service to measure."""

    def __init__(self, name: str, endpoint_url: str) -> None:
        self.name = name
        self.endpoint_url = endpoint_url
        self.kinesis, self.lambda_, self.s3 = (
            peer.client(service, endpoint_url) for service in ("kinesis", "lambda", "s3")
        )
        self.id = f"bench-{uuid.uuid4().hex[:8]}"

    def measure(self, count: int, shards: int) -> str:
        """A line: the rate, and what is missing or there twice."""
        with self._made(shards):
            self._put(count)
            started = time.perf_counter()
            mapping = self.lambda_.create_event_source_mapping(
                FunctionName=self.id,
                EventSourceArn=f"arn:aws:kinesis:{REGION}:000000000000:stream/{self.id}",
                StartingPosition="TRIM_HORIZON",
                BatchSize=BATCH,
            )
            try:
                found, seconds = self._wait(count, started)
            finally:
                self.lambda_.delete_event_source_mapping(UUID=mapping["UUID"])
        missing, twice = count - len(set(found)), len(found) - len(set(found))
        rate = f"{len(found) / seconds:10,.0f} records/s"
        return f"{self.name:10} {rate}   {missing} missing, {twice} there twice"

    @contextlib.contextmanager
    def _made(self, shards: int) -> Iterator[None]:
        self.s3.create_bucket(Bucket=self.id)
        self.kinesis.create_stream(StreamName=self.id, ShardCount=shards)
        self.kinesis.get_waiter("stream_exists").wait(StreamName=self.id, WaiterConfig={"Delay": 1})
        self.lambda_.create_function(
            FunctionName=self.id,
            Role=ROLE,
            Runtime="python3.13",
            Handler="app.handler",
            Timeout=60,
            MemorySize=512,
            Code={"ZipFile": archive(SOURCE)},
            Environment={"Variables": {"BUCKET": self.id, "ENDPOINT": self.endpoint_url}},
        )
        self.lambda_.get_waiter("function_active_v2").wait(FunctionName=self.id)
        try:
            yield
        finally:
            self.lambda_.delete_function(FunctionName=self.id)
            self.kinesis.delete_stream(StreamName=self.id)

    def _put(self, count: int) -> None:
        """Records are lines of 300 bytes with their number."""
        waiting = [f"{number:<299}\n".encode() for number in range(count)]
        while waiting:
            batch, waiting = waiting[:RECORDS_PER_CALL], waiting[RECORDS_PER_CALL:]
            entries = [{"Data": line, "PartitionKey": line[:12].decode()} for line in batch]
            answer = self.kinesis.put_records(StreamName=self.id, Records=entries)
            if answer["FailedRecordCount"]:
                results = zip(batch, answer["Records"], strict=True)
                waiting += [line for line, result in results if "ErrorCode" in result]
                time.sleep(0.05)

    def _wait(self, count: int, started: float) -> tuple[list[int], float]:
        """All lines in S3, and the seconds until the last of them was seen there."""
        found: dict[str, list[int]] = {}
        moved = started
        while sum(map(len, found.values())) < count and time.perf_counter() - moved < GIVE_UP_AFTER:
            for key in self._keys() - found.keys():
                body = self.s3.get_object(Bucket=self.id, Key=key)["Body"].read()
                found[key] = [int(line) for line in body.splitlines()]
                moved = time.perf_counter()
        time.sleep(1)  # what comes twice may come later
        for key in self._keys() - found.keys():
            body = self.s3.get_object(Bucket=self.id, Key=key)["Body"].read()
            found[key] = [int(line) for line in body.splitlines()]
        return [number for numbers in found.values() for number in numbers], moved - started

    def _keys(self) -> set[str]:
        pages: Any = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.id)
        return {item["Key"] for page in pages for item in page.get("Contents", [])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", default=load().endpoint_url)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--peer-python", type=Path, default=peer.MINISTACK.python)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        subjects = [Delivery("lab", arguments.endpoint)]
        if arguments.peer_python.exists():
            url = stack.enter_context(peer.running(peer.MINISTACK, arguments.peer_python))
            subjects.append(Delivery(peer.MINISTACK.name, url))
        for subject in subjects:
            print(subject.measure(arguments.records, arguments.shards), flush=True)


if __name__ == "__main__":
    main()
