"""How many records per second a delivery stream accepts, and how many it delivers.

    python scripts/bench/firehose.py [--endpoint URL] [--records N] [--peer-python PATH]
    python scripts/bench/firehose.py --parquet [--records N]

PutRecordBatch of 500 records of 300 bytes by one boto3 client, its own time included, and the time
until all of them are in the bucket. Measures the running lab and, if it is installed (``python
scripts/bench/peer.py``), the peer in the same run: they take turns, three rounds, and the best
figure of each counts. Start the lab with ``LAB_FIREHOSE_LIMITS=off``: a real stream takes 5 MiB/s.

``--parquet``: JSON documents through dynamic partitioning (JQ, ten partitions) and conversion to
Parquet, until every row is in the bucket, with the memory of LocalStack at its highest; the peer
does neither. Beside it, what pyarrow alone takes for the same documents in this process.
"""

import argparse
import contextlib
import io
import json
import time
import uuid
from pathlib import Path

import peer
import pyarrow.compute
import pyarrow.json
import pyarrow.parquet

from lab.config import load
from lab.stack import embedded

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


class Lake:
    """A delivery stream that partitions JSON by its ``city`` and writes Parquet."""

    COLUMNS = (("id", "bigint"), ("city", "string"), ("at", "timestamp"), ("ms", "double"))
    CITIES = tuple(f"city{number}" for number in range(10))

    def __init__(self, endpoint_url: str) -> None:
        self.name = f"bench{uuid.uuid4().hex[:8]}"
        self.firehose = peer.client("firehose", endpoint_url)
        self.s3 = peer.client("s3", endpoint_url)
        self.glue = peer.client("glue", endpoint_url)

    def create(self) -> None:
        self.s3.create_bucket(Bucket=self.name)
        self.glue.create_database(DatabaseInput={"Name": self.name})
        columns = [{"Name": name, "Type": kind} for name, kind in self.COLUMNS]
        table = {"Name": "events", "StorageDescriptor": {"Columns": columns}}
        self.glue.create_table(DatabaseName=self.name, TableInput=table)
        query = {"MetadataExtractionQuery": "{city: .city}", "JsonParsingEngine": "JQ-1.6"}
        self.firehose.create_delivery_stream(
            DeliveryStreamName=self.name,
            DeliveryStreamType="DirectPut",
            ExtendedS3DestinationConfiguration={
                "RoleARN": ROLE,
                "BucketARN": f"arn:aws:s3:::{self.name}",
                "Prefix": "city=!{partitionKeyFromQuery:city}/",
                "ErrorOutputPrefix": "errors/",
                "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 1},
                "DynamicPartitioningConfiguration": {"Enabled": True},
                "ProcessingConfiguration": {
                    "Enabled": True,
                    "Processors": [{"Type": "MetadataExtraction", "Parameters": _pairs(query)}],
                },
                "DataFormatConversionConfiguration": {
                    "Enabled": True,
                    "SchemaConfiguration": {
                        "RoleARN": ROLE,
                        "DatabaseName": self.name,
                        "TableName": "events",
                    },
                    "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
                    "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
                },
            },
        )

    def delete(self) -> None:
        self.firehose.delete_delivery_stream(DeliveryStreamName=self.name)
        self.glue.delete_database(Name=self.name)

    def documents(self, start: int, count: int) -> list[bytes]:
        return [
            b'{"id": %d, "city": "%s", "at": "2013-01-01T05:15:00.000Z", "ms": %d.5}\n'
            % (number, self.CITIES[number % 10].encode(), number % 977)
            for number in range(start, start + count)
        ]

    def refused(self, batch: list[dict[str, bytes]]) -> list[dict[str, bytes]]:
        """Send the batch; returns the records that must be sent again."""
        answer = self.firehose.put_record_batch(DeliveryStreamName=self.name, Records=batch)
        answers = zip(batch, answer["RequestResponses"], strict=True)
        return [record for record, each in answers if "ErrorCode" in each]

    def rows(self, seen: dict[str, int]) -> int:
        """How many rows the bucket holds; ``seen`` remembers the objects that were counted."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        for each in (each for page in pages for each in page.get("Contents", [])):
            if each["Key"].startswith("errors/"):
                raise SystemExit(f"Records failed: see s3://{self.name}/{each['Key']}")
            if each["Key"] not in seen:
                body = self.s3.get_object(Bucket=self.name, Key=each["Key"])["Body"].read()
                seen[each["Key"]] = pyarrow.parquet.read_metadata(io.BytesIO(body)).num_rows
        return sum(seen.values())


def _pairs(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"ParameterName": name, "ParameterValue": value} for name, value in values.items()]


def measure_parquet(endpoint_url: str, records: int) -> None:
    lake = Lake(endpoint_url)
    lake.create()
    seen: dict[str, int] = {}
    highest = 0
    start = time.perf_counter()
    for first in range(0, records, RECORDS_PER_CALL):
        batch = [{"Data": data} for data in lake.documents(first, RECORDS_PER_CALL)]
        while batch := lake.refused(batch):
            time.sleep(0.05)  # The spool is full: the lab writes slower than we send.
        if first % 10_000 == 0:
            highest = max(highest, _memory())
    sent = time.perf_counter() - start
    while lake.rows(seen) < records and time.perf_counter() - start < GIVE_UP_AFTER * 5:
        highest = max(highest, _memory())
        time.sleep(0.1)
    delivered = time.perf_counter() - start
    print(
        json.dumps(
            {
                "records": records,
                "rows": lake.rows(seen),
                "objects": len(seen),
                "sent_per_second": round(records / sent),
                "delivered_per_second": round(records / delivered),
                "localstack_mib_at_most": highest >> 20,
                "pyarrow_alone_per_second": round(_pyarrow_alone(lake, records)),
            }
        )
    )
    lake.delete()


def _memory() -> int:
    [server] = [each for each in embedded.status(load()) if each.name == "localstack"]
    return server.memory_bytes or 0


def _pyarrow_alone(lake: Lake, records: int) -> float:
    """The bare libraries on the same documents: read JSON, write a file a partition."""
    content = b"".join(lake.documents(0, records))
    start = time.perf_counter()
    table = pyarrow.json.read_json(io.BytesIO(content))
    for city in lake.CITIES:
        rows = table.filter(pyarrow.compute.field("city") == city)
        pyarrow.parquet.write_table(rows, io.BytesIO())
    return records / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", default=load().endpoint_url)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--peer-python", type=Path, default=peer.MINISTACK.python)
    parser.add_argument("--parquet", action="store_true")
    arguments = parser.parse_args()
    if arguments.parquet:
        measure_parquet(arguments.endpoint, arguments.records)
        return
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
