"""What is in a Kinesis stream, shard by shard, read as any consumer would and leaving no trace."""

import time
from dataclasses import dataclass
from typing import Any

# GetRecords may be called five times a second for each shard; a pause keeps us, and a learner's
# consumer beside us, below it.
PAUSE = 0.25


@dataclass(frozen=True, slots=True)
class Found:
    """A record and the shard that holds it."""

    shard: str
    key: str
    data: bytes


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
        found += [Found(shard, r["PartitionKey"], r["Data"]) for r in answer["Records"]]
        if not answer["MillisBehindLatest"]:
            break
        iterator = answer.get("NextShardIterator")
        time.sleep(PAUSE)
    return found
