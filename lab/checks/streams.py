"""What is in a Kinesis stream, shard by shard, read as any consumer would and leaving no trace; and
streams made and filled for an exercise, as any producer would.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.checks.bench import Answer, Bench

# GetRecords may be called five times a second for each shard; a pause keeps us, and a learner's
# consumer beside us, below it.
PAUSE = 0.25
MOST_RECORDS = 500  # in a call of PutRecords


@dataclass(frozen=True, slots=True)
class Found:
    """A record, the shard that holds it, and when it arrived there."""

    shard: str
    key: str
    data: bytes
    at: datetime


def need(bench: "Bench", stream: str, exercise: str, *, code: str) -> "Answer":
    """Failed, with the way out, when a stream that ``lab start`` has made is no longer there."""
    return bench.ask(
        "kinesis",
        "describe_stream_summary",
        code=code,
        fr=f"le flux {stream} existe ; lab goto {exercise} le recrée",
        en=f"the stream {stream} exists; lab goto {exercise} makes it again",
        StreamName=stream,
    )


def make(client: Any, stream: str, shards: int) -> None:
    """A provisioned stream that is ACTIVE; one that is there already stays as it is."""
    with suppress(client.exceptions.ResourceInUseException):
        client.create_stream(StreamName=stream, ShardCount=shards)
    wait(client, stream)


def wait(client: Any, stream: str) -> None:
    """Until the stream is ACTIVE, after it was made or changed."""
    client.get_waiter("stream_exists").wait(
        StreamName=stream, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def drop(client: Any, stream: str) -> None:
    """Delete a stream, its consumers too, and wait until it is gone; content with its absence."""
    with suppress(client.exceptions.ResourceNotFoundException):
        client.delete_stream(StreamName=stream, EnforceConsumerDeletion=True)
    client.get_waiter("stream_not_exists").wait(
        StreamName=stream, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def put(client: Any, stream: str, records: Iterable[tuple[str, bytes]]) -> None:
    """Put keys and data, waiting where a shard refuses some, until all are there once."""
    for some in batched(records, MOST_RECORDS):
        wanted = [{"PartitionKey": key, "Data": data} for key, data in some]
        while wanted:
            results = client.put_records(StreamName=stream, Records=wanted)["Records"]
            pairs = zip(wanted, results, strict=True)
            wanted = [record for record, result in pairs if "ErrorCode" in result]
            time.sleep(PAUSE if wanted else 0)


def offer(client: Any, stream: str, records: int, size: int, seconds: int) -> int:
    """Put ``records`` of ``size`` bytes (key included) every second, under as many keys; how many
    were refused. A second that took longer is not caught up with: the rate is never exceeded.
    """
    refused = 0
    for second in range(seconds):
        began = time.monotonic()
        keys = (f"{second:04}-{number:07}" for number in range(records))
        for some in batched(keys, MOST_RECORDS):
            wanted = [{"PartitionKey": key, "Data": b"x" * (size - len(key))} for key in some]
            refused += client.put_records(StreamName=stream, Records=wanted)["FailedRecordCount"]
        time.sleep(max(began + 1 - time.monotonic(), 0))
    return refused


def during(client: Any, stream: str, step: Callable[[], object]) -> list[Found]:
    """The records that arrive while ``step`` runs."""
    since = bookmarks(client, stream)
    step()
    return read(client, stream, since)


def shards(client: Any, stream: str) -> list[dict[str, Any]]:
    """Every shard that the stream still holds, open or closed, in Kinesis's own order."""
    pages = client.get_paginator("list_shards").paginate(StreamName=stream)
    return [shard for page in pages for shard in page["Shards"]]


def open_shards(client: Any, stream: str) -> list[dict[str, Any]]:
    found = shards(client, stream)
    return [s for s in found if "EndingSequenceNumber" not in s["SequenceNumberRange"]]


def bookmarks(client: Any, stream: str) -> dict[str, str]:
    """An iterator for each shard that will return what arrives from now on."""
    return {
        s["ShardId"]: _iterator(client, stream, s["ShardId"], "LATEST")
        for s in shards(client, stream)
    }


def read(client: Any, stream: str, since: dict[str, str] | None = None) -> list[Found]:
    """The records of every shard, those of one shard in their order: all of them, or those that
    have arrived ``since`` the bookmarks.
    """
    begun = since or {
        s["ShardId"]: _iterator(client, stream, s["ShardId"], "TRIM_HORIZON")
        for s in shards(client, stream)
    }
    return [found for shard, iterator in begun.items() for found in _drain(client, shard, iterator)]


def _iterator(client: Any, stream: str, shard: str, kind: str) -> str:
    answer = client.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType=kind)
    return str(answer["ShardIterator"])


def _drain(client: Any, shard: str, iterator: str | None) -> list[Found]:
    found: list[Found] = []
    while iterator:
        answer = client.get_records(ShardIterator=iterator, Limit=10_000)
        found += [
            Found(shard, r["PartitionKey"], r["Data"], r["ApproximateArrivalTimestamp"])
            for r in answer["Records"]
        ]
        if not answer["MillisBehindLatest"]:
            break
        iterator = answer.get("NextShardIterator")
        time.sleep(PAUSE)
    return found
