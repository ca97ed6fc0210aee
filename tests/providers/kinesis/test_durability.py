"""What a stream keeps: through kill -9, on a full disk, and until its retention period is over."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from localstack.aws.api import ServiceException

from lab.providers.kinesis import metadata, retention
from lab.providers.kinesis.models import Registry
from lab.providers.kinesis.syncer import syncer
from tests.providers.kinesis.conftest import Api, Clock

PRODUCER = """
import json, sys
from pathlib import Path
from lab.providers.kinesis.models import Registry
from tests.providers.kinesis.conftest import Api
api, number = Api(Registry(Path(sys.argv[1]))), 0
api("CreateStream", StreamName="s", ShardCount=3)
while True:
    records = [{"Data": b"x", "PartitionKey": str(number + each)} for each in range(20)]
    answer = api("PutRecords", StreamName="s", Records=records)
    for record, kept in zip(records, answer["Records"]):
        record["SequenceNumber"], record["Data"] = kept.get("SequenceNumber"), None
    print(json.dumps(records), flush=True)
    number += 20
"""
HASHES = ["0", str(1 << 127)]


def stored(api: Api) -> dict[str, list[tuple[str, str]]]:
    """What readers of stream s find: by shard, the keys and sequence numbers in order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for shard in api("ListShards", StreamName="s")["Shards"]:
        place = {"StreamName": "s", "ShardId": shard["ShardId"]}
        token = api("GetShardIterator", **place, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        records = api("GetRecords", ShardIterator=token)["Records"]
        found[shard["ShardId"]] = [
            (each["PartitionKey"], each["SequenceNumber"]) for each in records
        ]
    return found


@pytest.mark.fidelity("kinesis_storage.process_end")
def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path) -> None:
    producer = subprocess.Popen(
        [sys.executable, "-c", PRODUCER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert producer.stdout is not None
    with producer, producer.stdout:
        lines = [producer.stdout.readline() for _ in range(40)]
        os.kill(producer.pid, signal.SIGKILL)
        lines += producer.stdout.readlines()
    answers = [json.loads(line) for line in lines if line.endswith("\n")]
    kept = {
        (each["PartitionKey"], each["SequenceNumber"])
        for answer in answers
        for each in answer
        if each["SequenceNumber"]
    }
    found = Registry(tmp_path)
    metadata.load_all(found)
    shards = stored(Api(found))
    assert len(kept) >= 800
    assert kept <= {record for records in shards.values() for record in records}
    for records in shards.values():
        numbers = [int(number) for _, number in records]
        assert numbers == sorted(set(numbers))


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """As on a full disk, the system refuses to write more of a file than these bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def record(key: str, kib: int, shard: int = 0) -> dict[str, Any]:
    return {"PartitionKey": key, "Data": bytes(kib << 10), "ExplicitHashKey": HASHES[shard]}


@pytest.mark.fidelity("kinesis_storage.disk_full")
def test_a_full_disk_refuses_records_and_keeps_the_others(api: Api, clock: Clock) -> None:
    api("CreateStream", StreamName="s", ShardCount=2)
    clock.advance(10)
    api("PutRecord", StreamName="s", **record("before", 700))
    clock.advance(10)
    with no_file_above(1 << 20):
        answer = api(
            "PutRecords", StreamName="s", Records=[record("lost", 600), record("beside", 1, 1)]
        )
        clock.advance(10)
        with pytest.raises(ServiceException) as caught:
            api("PutRecord", StreamName="s", **record("lost", 600))
    assert answer["FailedRecordCount"] == 1
    assert answer["Records"][0] == {
        "ErrorCode": "InternalFailure",
        "ErrorMessage": "Internal service failure.",
    }
    error = caught.value
    assert (error.code, error.message, error.status_code) == (
        "InternalFailure",
        "Internal service failure.",
        500,
    )
    clock.advance(10)
    api("PutRecord", StreamName="s", **record("after", 600))
    keys = [[key for key, _ in records] for records in stored(api).values()]
    assert keys == [["before", "after"], ["beside"]]
    clock.advance(10)
    found = Registry(api.registry.home, api.registry.timing)
    metadata.load_all(found)
    assert [[key for key, _ in records] for records in stored(Api(found)).values()] == keys


@pytest.mark.fidelity("kinesis_storage.retention")
def test_what_is_too_old_leaves_readers_at_once_and_the_disk_by_segments(
    api: Api, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.providers.kinesis.shard_log.ShardLog.__init__.__defaults__", (1000,))
    api("CreateStream", StreamName="s", ShardCount=1)
    clock.advance(10)
    for key in ("one", "two", "three"):
        api("PutRecord", StreamName="s", **record(key, 1))
        clock.advance(3600)
    (stream,) = api.registry.all()
    syncer().sync()
    folder = stream.shards[0].folder
    assert len(list(folder.glob("*.log"))) == 3
    clock.advance(21.5 * 3600)
    assert [key for key, _ in stored(api)["shardId-000000000000"]] == ["two", "three"]
    clock.advance(3600)
    retention.sweep(api.registry)
    assert [path.stem for path in folder.iterdir()] == [f"{2:020}"]
