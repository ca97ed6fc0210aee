import json
from types import ModuleType
from typing import Any

import pytest

from lab.data import flights

THROTTLED = {
    "ErrorCode": "ProvisionedThroughputExceededException",
    "ErrorMessage": "Rate exceeded for shard shardId-000000000000 in stream flights",
}


class FakeKinesis:
    """Refuses what ``refuse`` says, by request number and position."""

    def __init__(self, refuse: Any = lambda *_: False) -> None:
        self.refuse = refuse
        self.requests: list[list[dict]] = []

    def describe_stream_summary(self, **_: str) -> dict:
        return {"StreamDescriptionSummary": {"OpenShardCount": 2}}

    def put_records(self, Records: list[dict], **_: str) -> dict:  # noqa: N803
        request = len(self.requests)
        self.requests.append(Records)
        results = [
            THROTTLED if self.refuse(request, position) else {"SequenceNumber": "1"}
            for position in range(len(Records))
        ]
        return {"Records": results}


@pytest.fixture
def produce(solution: Any, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = solution("produce")
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    return module


def send(produce: ModuleType, kinesis: FakeKinesis, lines: list[bytes]) -> Any:
    report = produce.Report()
    produce.replay(lines, produce.Producer(kinesis, "flights", report), None)
    return report.figures


def lines_of(count: int) -> list[bytes]:
    return [record.data + b"\n" for record in flights.records(7, count)]


def test_a_request_holds_at_most_500_records(produce: ModuleType) -> None:
    kinesis = FakeKinesis()
    lines = lines_of(1_200)
    figures = send(produce, kinesis, lines)
    assert [len(request) for request in kinesis.requests] == [500, 500, len(lines) - 1_000]
    sent = [record["Data"] + b"\n" for request in kinesis.requests for record in request]
    assert sent == lines
    assert figures["sent"] == len(lines)


def test_a_request_holds_at_most_5_mb(produce: ModuleType) -> None:
    kinesis = FakeKinesis()
    send(produce, kinesis, [b"x" * 999_000 + b"\n"] * 7)
    assert [len(request) for request in kinesis.requests] == [5, 2]


def test_only_refused_records_are_sent_again_and_first(produce: ModuleType) -> None:
    kinesis = FakeKinesis(lambda request, position: request == 0 and position % 100 == 0)
    lines = lines_of(600)
    figures = send(produce, kinesis, lines)
    again = [record["Data"] + b"\n" for record in kinesis.requests[1][:5]]
    assert again == lines[:500:100]
    assert figures["retried"] == 5
    assert figures["sent"] == len(lines)
    assert figures["bytes"] == sum(
        produce.size_of({"Data": line[:-1], "PartitionKey": produce.partition_key(line[:-1])})
        for line in lines
    )


def test_a_stream_that_accepts_nothing_is_given_up(produce: ModuleType) -> None:
    kinesis = FakeKinesis(lambda *_: True)
    with pytest.raises(SystemExit, match="ProvisionedThroughputExceededException: Rate exceeded"):
        send(produce, kinesis, lines_of(10))
    assert len(kinesis.requests) == produce.GIVE_UP_AFTER


def test_the_key_is_the_plane_or_what_there_is(produce: ModuleType) -> None:
    assert produce.partition_key(b'{"tailnum": "N1", "event_id": "e"}') == "N1"
    assert produce.partition_key(b'{"tailnum": null, "event_id": "e"}') == "e"
    assert produce.partition_key(b"rubbish") == produce.partition_key(b"rubbish")


def test_the_pace_is_what_the_shards_take(
    produce: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(produce.time, "monotonic", lambda: 100.0)
    monkeypatch.setattr(produce.time, "sleep", slept.append)
    pace = produce.Pace(2_000)
    for _ in range(3):
        pace.wait(500)
    assert slept == [0.0, 0.25, 0.5]


def test_the_clock_runs_faster_than_the_events(
    produce: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(produce.time, "time", lambda: 1_000.0)
    clock = produce.EventClock(60.0)
    at = '{{"scheduled_departure": "2013-01-01T05:{}:00-05:00"}}'
    assert clock.due_in(at.format(15).encode()) == 0.0
    assert clock.due_in(at.format(25).encode()) == 10.0
    assert clock.due_in(b"rubbish") == 0.0


def test_the_report_is_one_json_object_per_line(
    produce: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    report = produce.Report()
    report.start()
    report.add(300, 2, 1)
    report.print(done=True)
    first, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["sent"], first["done"]) == (1, False)
    assert (last["sent"], last["bytes"], last["retried"], last["done"]) == (1, 300, 1, True)
