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

import peer

from lab.config import load

RECORDS_PER_CALL = 500
DATA = b"x" * 299 + b"\n"
ROUNDS = 3
GIVE_UP_AFTER = 60.0
ROLE = "arn:aws:iam::000000000000:role/bench"


class Subject:
    """One local AWS under measurement."""

    def __init__(self, name: str, endpoint_url: str) -> None:
        self.name = name
        self.firehose = peer.client("firehose", endpoint_url)
        self.s3 = peer.client("s3", endpoint_url)

    def measure(self, records: int) -> peer.Rates:
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
        measured = peer.best_of(ROUNDS, subjects, lambda one: one.measure(arguments.records))
    print(json.dumps({"records": arguments.records}))
    peer.report(measured)


if __name__ == "__main__":
    main()
