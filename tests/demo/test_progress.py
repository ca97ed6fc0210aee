import json
from types import SimpleNamespace

import pytest

from lab.demo.pipeline import Sent
from lab.demo.progress import Airline, BatchLog, History, Probe, Snapshot


def line(number: int, at: int, **figures: int) -> dict:
    values = {
        "Records": 10,
        "Archived": 9,
        "Malformed": 1,
        "ArchivedBytes": 90,
        "IndexedBytes": 900,
        **figures,
    }
    message = json.dumps(
        {"_aws": {"Timestamp": at}, "AgeMilliseconds": 500, **values}, separators=(",", ":")
    )
    return {"eventId": str(number), "timestamp": at, "message": message}


class FakeLogs:
    """A log group as CloudWatch Logs has it."""

    exceptions = SimpleNamespace(ResourceNotFoundException=LookupError)

    def __init__(self, events: list[dict] | None) -> None:
        self.events = events
        self.asked: list[int] = []

    def get_paginator(self, _: str) -> "FakeLogs":
        return self

    def paginate(self, startTime: int, **_: str) -> list[dict]:  # noqa: N803
        self.asked.append(startTime)
        if self.events is None:
            raise LookupError
        return [{"events": [event for event in self.events if event["timestamp"] >= startTime]}]


def test_a_group_that_is_not_there_is_empty() -> None:
    log = BatchLog(FakeLogs(None), "group")
    log.read()
    assert log.records == 0


def test_batches_are_added_once() -> None:
    logs = FakeLogs([line(1, 100_000), {"eventId": "2", "timestamp": 100_000, "message": "START"}])
    log = BatchLog(logs, "group")
    log.read()
    logs.events.append(line(3, 130_000, Records=20))  # type: ignore[union-attr] # it is a list
    log.read()
    log.read()
    assert (log.records, log.archived, log.malformed) == (30, 18, 2)
    assert (log.last_batch_at, log.age) == (130.0, 0.5)
    assert logs.asked == [0, 95_000, 125_000]


def test_a_late_line_is_seen() -> None:
    logs = FakeLogs([line(1, 100_000)])
    log = BatchLog(logs, "group")
    log.read()
    logs.events.append(line(2, 96_000))  # type: ignore[union-attr] # it is a list
    log.read()
    assert log.records == 20
    assert log.last_batch_at == 100.0


def test_rates_are_over_the_last_snapshots() -> None:
    history = History()
    assert history.rate("sent") == 0
    for second in range(1, 7):
        history.add(Snapshot(at=float(second), sent=second * 100))
    assert history.rate("sent") == 100


def test_lag_is_what_is_not_through() -> None:
    assert Snapshot(sent=100, indexed=60, archived=50, malformed=5).lag == 45


@pytest.mark.parametrize("hop", ["sent", "indexed", "archived"])
def test_every_hop_has_bytes(hop: str) -> None:
    assert Snapshot(sent_bytes=3, indexed_bytes=3, archived_bytes=3).bytes_of(hop) == 3


class FakeSearch:
    """An index of so many documents, all of one airline."""

    def __init__(self, documents: int) -> None:
        self.documents = documents
        self.indices = self

    def refresh(self, **_: str) -> None:
        """Everything is visible at once."""

    def count(self, **_: str) -> dict:
        return {"count": self.documents}

    def stats(self, **_: str) -> dict:
        return {"_all": {"primaries": {"indexing": {"index_total": self.documents}}}}

    def search(self, **_: object) -> dict:
        bucket = {
            "key": "JetBlue Airways",
            "doc_count": self.documents,
            "late": {"doc_count": 2},
            "delay": {"value": None},
        }
        return {"aggregations": {"airlines": {"buckets": [bucket]}}}


def probe(sent: Sent, documents: int, events: list[dict]) -> Probe:
    producer, outputs = SimpleNamespace(sent=sent), SimpleNamespace(index="flights")
    log = BatchLog(FakeLogs(events), "group")
    return Probe(producer, log, FakeSearch(documents), outputs)  # type: ignore[arg-type] # fakes


def test_a_look_takes_each_hop_from_its_source() -> None:
    sent = Sent(started=1.0, at=2.0, records=12, size=300, retried=3)
    snapshot = probe(sent, 8, [line(1, 100_000)]).look(200.0)
    assert snapshot == Snapshot(
        at=200.0,
        sent=12,
        indexed=8,
        archived=9,
        malformed=1,
        retried=3,
        sent_bytes=300,
        indexed_bytes=900,
        archived_bytes=90,
        age=0.5,
        airlines=(Airline("JetBlue Airways", 8, 0.25, 0.0),),
    )


@pytest.mark.parametrize(
    ("done", "documents", "batches", "through"),
    [(True, 18, 2, True), (False, 18, 2, False), (True, 18, 1, False), (True, 9, 3, False)],
)
def test_all_is_through_when_the_index_agrees(
    done: bool, documents: int, batches: int, through: bool
) -> None:
    """A batch that came twice is twice in the log: the log alone would end the wait too early."""
    events = [line(number, 100_000) for number in range(batches)]
    subject = probe(Sent(records=20, done=done), documents, events)
    subject.look(200.0)
    assert subject.through() == through
