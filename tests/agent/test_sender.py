"""Nothing is given up, and nothing that was taken is sent again."""

import logging

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lab.agent import sender
from tests.agent.conftest import Bench

MISSING = ClientError(
    {"Error": {"Code": "ResourceNotFoundException", "Message": "Firehose visits not found."}},
    "PutRecordBatch",
)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "FIRST_PAUSE_SECONDS", 0.0)


@pytest.mark.fidelity("kinesis_agent.at_least_once")
def test_only_refused_records_are_sent_again(bench: Bench) -> None:
    bench.write("a", "b", "c", "d")
    bench.stream.refusals = [{1, 3}, {0, 1}, {1}]
    tally = bench.start().tally
    bench.step()
    assert bench.stream.taken == ["a", "c", "b", "d"]
    assert bench.stream.requests == [4, 2, 2, 1]
    assert (tally.sent, tally.attempts, tally.failed, tally.problem) == (4, 9, 5, "")


@pytest.mark.fidelity("kinesis_agent.at_least_once")
def test_it_waits_for_a_service_that_is_not_there(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "lab.agent")
    bench.write("a")
    bench.stream.refusals = [MISSING, MISSING, EndpointConnectionError(endpoint_url="http://x")]
    tally = bench.start().tally
    bench.step()
    assert bench.stream.taken == ["a"]
    assert tally.service_errors == 3
    assert [record.message.partition(": ")[0] for record in caplog.records] == ["visits"] * 2
    assert "Firehose visits not found." in caplog.text


def test_what_was_refused_when_it_was_stopped_is_sent_by_the_next(bench: Bench) -> None:
    bench.write("a", "b")
    bench.stream.refusals = [{0, 1}]
    runner = bench.start()
    bench.stopping.set()
    runner.step(is_last=True)
    assert bench.stream.taken == []
    bench.stopping.clear()
    bench.start()
    bench.step()
    assert bench.stream.taken == ["a", "b"]


def test_batches_keep_to_their_limits(bench: Bench) -> None:
    bench.write(*("x" * 99 for _ in range(25)))
    bench.start(maxBufferSizeRecords=10, maxBufferSizeBytes=800)
    bench.step()
    assert bench.stream.requests == [8, 8, 8, 1]


@pytest.mark.parametrize(("option", "distinct"), [("RANDOM", 3), ("DETERMINISTIC", 2)])
def test_partition_keys_are_random_or_made_from_the_data(
    bench: Bench, option: str, distinct: int
) -> None:
    bench.write("a", "b", "a")
    bench.start(deliveryStream=None, kinesisStream="clicks", partitionKeyOption=option)
    bench.step()
    assert bench.stream.taken == ["a", "b", "a"]
    assert len(set(bench.stream.keys)) == distinct
