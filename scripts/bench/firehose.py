"""How many records per second a delivery stream accepts, and how many it delivers.

    python scripts/bench/firehose.py [--endpoint URL] [--records N] [--peer-python PATH]

PutRecordBatch of 500 records of 300 bytes by one boto3 client, its own time included, and the time
until all of them are in the bucket. Measures the running lab and, if it is installed (``python
scripts/bench/peer.py``), the peer in the same run: they take turns, three rounds, and the best
figure of each counts. Start the lab with ``LAB_FIREHOSE_LIMITS=off``: a real stream takes 5 MiB/s.
"""

import argparse
import contextlib
import json
import time
import uuid
from pathlib import Path
from typing import Any

import boto3
import peer
from botocore.config import Config

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, load

RECORDS_PER_CALL = 500
DATA = b"x" * 299 + b"\n"
ROUNDS = 3
GIVE_UP_AFTER = 60.0
ROLE = "arn:aws:iam::000000000000:role/bench"

Rates = dict[str, float]


class Subject:
    """One local AWS under measurement."""

    def __init__(self, name: str, endpoint_url: str) -> None:
        self.name = name
        self.firehose = client("firehose", endpoint_url)
        self.s3 = client("s3", endpoint_url)

    def measure(self, records: int) -> Rates:
        """Records per second, by what was done with them; 0 when not all were delivered."""
        bucket = stream = f"bench-{uuid.uuid4().hex[:8]}"
        self.s3.create_bucket(Bucket=bucket)
        self.firehose.create_delivery_stream(
            DeliveryStreamName=stream,
            DeliveryStreamType="DirectPut",
            ExtendedS3DestinationConfiguration={
                "RoleARN": ROLE,
                "BucketARN": f"arn:aws:s3:::{bucket}",
                "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 1},
            },
        )
        try:
            start = time.perf_counter()
            self._put(stream, records)
            put = records / (time.perf_counter() - start)
            delivered = self._wait(bucket, records * len(DATA))
            deliver = records / (time.perf_counter() - start) if delivered else 0.0
        finally:
            self.firehose.delete_delivery_stream(DeliveryStreamName=stream)
        return {"PutRecordBatch": put, "put to S3": deliver}

    def _put(self, stream: str, count: int) -> None:
        batch = [{"Data": DATA}] * RECORDS_PER_CALL
        for _ in range(count // RECORDS_PER_CALL):
            answer = self.firehose.put_record_batch(DeliveryStreamName=stream, Records=batch)
            if answer["FailedPutCount"]:
                raise SystemExit("The lab keeps to its rates: LAB_FIREHOSE_LIMITS=off lifts them.")

    def _wait(self, bucket: str, size: int) -> bool:
        deadline = time.monotonic() + GIVE_UP_AFTER
        while time.monotonic() < deadline:
            pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            if sum(each["Size"] for page in pages for each in page.get("Contents", [])) >= size:
                return True
            time.sleep(0.1)
        return False


def client(service: str, endpoint_url: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        config=Config(retries={"max_attempts": 0}, read_timeout=120),
    )


def report(measured: dict[str, Rates]) -> None:
    """A line for each figure; the lab's divided by the peer's, where both are there."""
    ours, *theirs = measured.values()
    for what, figure in ours.items():
        line = f"{what:15} {figure:10,.0f} records/s"
        for name, rates in zip(list(measured)[1:], theirs, strict=True):
            other = rates[what]
            ratio = f"{figure / other:.2f} times" if other else "not all delivered"
            line += f"   {name} {other:10,.0f}   {ratio}"
        print(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", default=load().endpoint_url)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--peer-python", type=Path, default=peer.MINISTACK.python)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        subjects = [Subject("lab", arguments.endpoint)]
        if arguments.peer_python.exists():
            url = stack.enter_context(peer.running(peer.MINISTACK, arguments.peer_python))
            subjects.append(Subject(peer.MINISTACK.name, url))
        measured: dict[str, Rates] = {subject.name: {} for subject in subjects}
        for _ in range(ROUNDS):
            for subject in subjects:
                best = measured[subject.name]
                for what, figure in subject.measure(arguments.records).items():
                    best[what] = max(figure, best.get(what, 0.0))
    print(json.dumps({"records": arguments.records}))
    report(measured)


if __name__ == "__main__":
    main()
