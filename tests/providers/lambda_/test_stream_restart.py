"""Mappings of a lab that is killed, and of one that is stopped: they go on where they were."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import psutil
import pytest
from botocore.config import Config as BotoConfig
from botocore.exceptions import BotoCoreError

from lab import config as settings
from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config
from lab.stack import embedded
from lab.stack.processes import Server, free_port
from tests.providers.lambda_.functions import Functions
from tests.providers.lambda_.streams import Event, Pipeline, Recorder, eventually, texts

pytestmark = pytest.mark.lab


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """A lab that may be killed."""
    home = tmp_path_factory.mktemp("restart")
    home.parent.chmod(0o755)
    home.chmod(0o755)
    config = Config(home, settings.load().cache, free_port(), free_port())
    embedded.up(config, names=("localstack",))
    yield config
    embedded.down(config)


def client_of(config: Config) -> Callable[..., Any]:
    def make(service: str, **_: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=config.endpoint_url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
            config=BotoConfig(retries={"max_attempts": 0}),
        )

    return make


def kill(config: Config) -> None:
    localstack = Server("localstack", config).process()
    assert localstack is not None
    os.kill(localstack.pid, signal.SIGKILL)
    psutil.wait_procs([localstack], timeout=10)


def written(config: Config, uuid: str) -> int:
    """The place in the stream's first shard that is on disk."""
    file = config.home / "lambda" / "checkpoints" / f"{uuid}.json"
    (place,) = json.loads(file.read_text())["places"]
    return int(place["position"])


def seen(event: Event) -> dict[str, Any]:
    """A function that keeps in its window what it has seen."""
    return {"return": {"state": {"seen": event["state"].get("seen", []) + texts(event)}}}


@pytest.mark.fidelity("event_source_mapping.restart", "event_source_mapping.at_least_once")
def test_a_kill_loses_nothing_and_a_stop_repeats_nothing(own: Config, recorder: Recorder) -> None:
    client = client_of(own)
    functions = Functions(client)
    plain = Pipeline(client, functions, recorder)
    other = Recorder()
    windowed = Pipeline(client, functions, other)
    other.reply = seen
    for pipeline in (plain, windowed):
        pipeline.create_stream()
    uuid = plain.map(BatchSize=10, StartingPosition="LATEST")
    windowed_uuid = windowed.map(TumblingWindowInSeconds=900)
    sent = [str(number) for number in range(200)]
    plain.put(*sent[:100])
    windowed.put("before")
    plain.received(100)
    eventually(lambda: written(own, uuid) == 100 and written(own, windowed_uuid) == 1)

    # Killed with a batch in hand.
    def reply(_: Event) -> dict[str, Any]:
        recorder.reply = lambda _: {}
        kill(own)
        return {}

    recorder.reply = reply
    acknowledged = sent[:100]
    with pytest.raises(BotoCoreError):
        for text in sent[100:150]:
            plain.put(text)
            acknowledged.append(text)
    eventually(lambda: not embedded.taken(own.port))  # functions end a moment later
    embedded.up(own, names=("localstack",))
    assert set(acknowledged) <= set(records_of(plain))
    assert plain.mapping(uuid)["State"] == "Enabled"
    plain.put(*sent[150:])
    windowed.put("after")
    got = plain.received_all({*acknowledged, *sent[150:]})
    assert got[:100] == sent[:100]
    assert set(got[100:]).isdisjoint(sent[:100])
    other.wait(lambda: len(other.events) == 2)
    assert other.events[1]["state"] == {"seen": ["before"]}

    # Stopped in good order.
    count = len(recorder.records)
    embedded.down(own)
    embedded.up(own, names=("localstack",))
    plain.put("last")
    assert plain.received(count + 1)[count:] == ["last"]
    other.close()


def records_of(pipeline: Pipeline) -> list[str]:
    """What is in the stream."""
    kinesis, stream = pipeline.kinesis, pipeline.stream
    (shard,) = kinesis.list_shards(StreamName=stream)["Shards"]
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = kinesis.get_records(ShardIterator=iterator)["Records"]
    return [record["Data"].decode() for record in records]
