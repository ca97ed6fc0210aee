"""Tumbling windows: the state that goes from batch to batch, and what ends a window."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.providers.lambda_.streams import ARN, SHARDS, Event, Pipeline, eventually, texts

pytestmark = pytest.mark.lab

SECONDS = 2
REFUSED = (
    "The lab does not support a ParallelizationFactor greater than 1 together with "
    "TumblingWindowInSeconds."
)


def collect(event: Event) -> dict[str, Any]:
    """A function whose state is all that it has seen in the window."""
    return {"return": {"state": {"seen": event["state"].get("seen", []) + texts(event)}}}


def final(pipeline: Pipeline) -> list[Event]:
    return [event for event in pipeline.recorder.events if event["isFinalInvokeForWindow"]]


def put_until_windows_end(pipeline: Pipeline, count: int) -> list[str]:
    """Put records until so many windows have ended; returns what was put."""
    put: list[str] = []

    def look() -> bool:
        put.append(str(len(put)))
        pipeline.put(put[-1], hash_key=0)
        return len(final(pipeline)) >= count

    eventually(look)
    return put


@pytest.mark.fidelity("event_source_mapping.tumbling_window")
def test_the_state_goes_from_batch_to_batch_until_the_window_ends(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.recorder.reply = collect
    pipeline.map(TumblingWindowInSeconds=SECONDS, BatchSize=3)
    put = put_until_windows_end(pipeline, 2)
    pipeline.received_all(set(put))
    open_state: list[str] = []
    for event in pipeline.recorder.events:
        start, end = (datetime.fromisoformat(event["window"][edge]) for edge in ("start", "end"))
        assert (end - start).total_seconds() == SECONDS
        assert start.timestamp() % SECONDS == 0
        assert (event["shardId"], event["eventSourceARN"]) == (SHARDS[0], ARN + pipeline.stream)
        assert event["isWindowTerminatedEarly"] is False
        assert event["state"] == ({"seen": open_state} if open_state else {})
        for record in event["Records"]:
            arrival = record["kinesis"]["approximateArrivalTimestamp"]
            assert start <= datetime.fromtimestamp(arrival, UTC) < end
        open_state = [] if event["isFinalInvokeForWindow"] else open_state + texts(event)
        assert not (event["isFinalInvokeForWindow"] and event["Records"])
    assert pipeline.recorder.records == put


@pytest.mark.fidelity("event_source_mapping.window_end")
def test_a_window_ends_without_another_record(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.recorder.reply = collect
    pipeline.put("a")
    pipeline.map(TumblingWindowInSeconds=1)
    pipeline.recorder.wait(lambda: final(pipeline))
    assert final(pipeline)[0]["state"] == {"seen": ["a"]}


@pytest.mark.fidelity("event_source_mapping.window_end")
def test_a_window_ends_with_its_shard(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.recorder.reply = collect
    pipeline.put("parent")
    pipeline.split(SHARDS[0])
    pipeline.put("child", hash_key=0)
    pipeline.map(TumblingWindowInSeconds=900)
    pipeline.received_all({"child"})
    shown = [
        (event["shardId"], texts(event), event["state"], event["isFinalInvokeForWindow"])
        for event in pipeline.recorder.events
    ]
    assert shown[:2] == [
        (SHARDS[0], ["parent"], {}, False),
        (SHARDS[0], [], {"seen": ["parent"]}, True),
    ]
    assert (SHARDS[1], ["child"], {}, False) in shown


@pytest.mark.fidelity("event_source_mapping.window_state")
def test_an_answer_without_a_state_is_a_failure(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    answers = iter([{"return": None}, {"return": {"count": 1}}, {"return": {"state": [1]}}])
    pipeline.recorder.reply = lambda event: next(answers, None) or collect(event)
    pipeline.put("a")
    uuid = pipeline.map(TumblingWindowInSeconds=900)
    pipeline.received(4)
    assert pipeline.recorder.batches == [["a"]] * 4
    pipeline.wait_for_result(uuid, "OK")


@pytest.mark.fidelity("event_source_mapping.window_size")
def test_a_window_whose_state_is_too_large_ends_early(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    large = "x" * (1024 * 1024)
    answers = iter([{"return": {"state": {"large": large}}}])
    pipeline.recorder.reply = lambda event: next(answers, None) or collect(event)
    pipeline.put("a", "b")
    pipeline.map(TumblingWindowInSeconds=900, BatchSize=1)
    pipeline.received(2)
    shown = [
        (texts(event), event["state"], event["isWindowTerminatedEarly"])
        for event in pipeline.recorder.events
    ]
    assert shown == [(["a"], {}, False), ([], {"large": large}, True), (["b"], {}, False)]
    assert final(pipeline) == []
    assert len({event["window"]["start"] for event in pipeline.recorder.events}) == 1


@pytest.mark.fidelity("event_source_mapping.window_errors")
def test_a_failed_batch_leaves_the_state_as_it_was(pipeline: Pipeline) -> None:
    pipeline.create_stream()

    def reply(event: Event) -> dict[str, Any]:
        return {"raise": "bad"} if "bad" in texts(event) else collect(event)

    pipeline.recorder.reply = reply
    pipeline.put("a", "bad", "b", "c")
    pipeline.map(
        TumblingWindowInSeconds=900, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0
    )
    pipeline.recorder.wait(lambda: ["b", "c"] in pipeline.recorder.batches)
    pipeline.put("d")
    pipeline.received_all({"d"})
    succeeded = [event for event in pipeline.recorder.events if "bad" not in texts(event)]
    assert [(texts(event), event["state"].get("seen")) for event in succeeded] == [
        (["a"], None),
        (["b", "c"], ["a"]),
        (["d"], ["a", "b", "c"]),
    ]


@pytest.mark.fidelity("event_source_mapping.window_errors")
def test_the_last_call_of_a_window_is_repeated_until_it_succeeds(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    failures = iter([{"raise": "once"}, {"raise": "twice"}])

    def reply(event: Event) -> dict[str, Any]:
        failure = next(failures, None) if event["isFinalInvokeForWindow"] else None
        return failure or collect(event)

    pipeline.recorder.reply = reply
    pipeline.put("a")
    pipeline.split(SHARDS[0])
    pipeline.put("child", hash_key=0)
    pipeline.map(TumblingWindowInSeconds=900, MaximumRetryAttempts=0)
    pipeline.received_all({"child"})
    assert [event["state"] for event in final(pipeline)] == [{"seen": ["a"]}] * 3


@pytest.mark.fidelity("event_source_mapping.window_errors")
def test_a_state_covers_the_items_that_did_not_fail(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    put = pipeline.put("a", "b")
    failed = [{"itemIdentifier": put[1]["SequenceNumber"]}]
    answers = iter([{"return": {"state": {"seen": ["a"]}, "batchItemFailures": failed}}])
    pipeline.recorder.reply = lambda event: next(answers, None) or collect(event)
    pipeline.map(TumblingWindowInSeconds=900, FunctionResponseTypes=["ReportBatchItemFailures"])
    pipeline.received(3)
    shown = [(texts(event), event["state"]) for event in pipeline.recorder.events]
    assert shown == [(["a", "b"], {}), (["b"], {"seen": ["a"]})]


def test_a_mapping_that_has_no_window_any_more_ends_the_open_one(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.recorder.reply = collect
    pipeline.put("a")
    uuid = pipeline.map(TumblingWindowInSeconds=900)
    pipeline.received(1)
    pipeline.wait_for_result(uuid, "OK")
    pipeline.lambda_.update_event_source_mapping(UUID=uuid, TumblingWindowInSeconds=0)
    pipeline.recorder.wait(lambda: final(pipeline))
    pipeline.recorder.reply = lambda _: {}
    pipeline.put("b")
    pipeline.received(2)
    assert pipeline.recorder.events[-1].keys() == {"Records"}


@pytest.mark.fidelity("event_source_mapping.window_lanes")
def test_windows_with_several_batches_at_once_are_refused(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    answer = pipeline.refused(TumblingWindowInSeconds=10, ParallelizationFactor=2)
    assert answer == ("InvalidParameterValueException", REFUSED)
