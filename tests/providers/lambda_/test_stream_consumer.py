"""A shard's consumer without a server: what is too old, what the stream has forgotten, stopping."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from lab.providers.lambda_.stream_checkpoints import Checkpoints
from lab.providers.lambda_.stream_consumer import Job, ShardConsumer
from lab.providers.lambda_.stream_filter import RecordFilter
from lab.providers.lambda_.stream_invoker import Outcome
from lab.providers.lambda_.stream_source import SharedThroughput
from tests.providers.lambda_.streams import ARN
from tests.providers.lambda_.test_stream_checkpoints import NOW, make_stream, settings

WITHIN_SECONDS = 60.0
DAY = 86_400


class Function:
    """Notes how many records each of its events had."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def invoke(self, payload: bytes) -> Outcome:
        self.sizes.append(len(json.loads(payload)["Records"]))
        return Outcome(False, None, "id", "$LATEST")

    def note_age(self, arrival: int) -> None:
        """A metric, which is not looked at here."""


def consumer_of(stream: Any, function: Function, **options: Any) -> tuple[ShardConsumer, Job]:
    """A consumer of the stream's first shard."""
    job = Job(
        settings=settings(BatchSize=100, EventSourceArn=f"{ARN}s", **options),
        role_arn="role",
        checkpoints=Checkpoints(),
        invoker=function,
        filter=RecordFilter([]),
        report=lambda _: None,
        stopping=threading.Event(),
    )
    job.checkpoints.begin(stream, job.settings)
    shard = stream.shards[0]
    return ShardConsumer(job, stream, shard, 0, SharedThroughput(shard), lambda: None), job


@pytest.mark.fidelity("event_source_mapping.record_age")
@pytest.mark.parametrize(
    ("seconds_later", "options", "sizes"),
    [
        (61, {}, [3]),
        (61, {"MaximumRecordAgeInSeconds": 60}, [1]),
        (62, {"MaximumRecordAgeInSeconds": 60}, []),
        (DAY + 1, {}, [2]),
    ],
)
def test_records_that_are_too_old_do_not_reach_the_function(
    tmp_path: Path, seconds_later: float, options: dict[str, int], sizes: list[int]
) -> None:
    """The shard's records arrived at NOW and one and two seconds later; it keeps them for a day."""
    stream = make_stream(tmp_path, NOW + seconds_later)
    function = Function()
    consumer, _ = consumer_of(stream, function, **options)
    stream.shards[0].close(int(NOW))
    consumer.start()
    consumer.join(WITHIN_SECONDS)
    assert consumer.has_ended
    assert function.sizes == sizes


def test_a_stop_is_heard_while_records_are_gathered(tmp_path: Path) -> None:
    function = Function()
    consumer, job = consumer_of(make_stream(tmp_path), function, MaximumBatchingWindowInSeconds=300)
    consumer.start()
    job.stopping.set()
    consumer.wake()
    consumer.join(WITHIN_SECONDS)
    assert (consumer.has_ended, function.sizes) == (True, [])
