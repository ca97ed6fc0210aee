"""How far the pipeline is, hop by hop, from what costs the pipeline next to nothing to ask.

* sent: what the producer says that the stream has accepted;
* indexed: OpenSearch's own counter of index operations, which needs no refresh;
* archived, malformed, age and bytes: the figures that the function logs for each batch.

These are for the eye. The counts that must agree at the end are taken otherwise, see
``lab.demo.counts``.
"""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from opensearchpy import OpenSearch

from lab.demo.pipeline import Outputs, Producer

HOPS = ("sent", "indexed", "archived")
WINDOW = 4  # snapshots that a rate is taken over
# An aggregation sees only what has been refreshed, which happens every other second.
AGGREGATE_EVERY = 2.0
# A log line may become visible after later ones of another stream.
LOG_OVERLAP_MS = 5_000


@dataclass(frozen=True, slots=True)
class Airline:
    """One bar: the airline, its flights so far, the share of them that were late, the mean delay in
    minutes.
    """

    name: str
    flights: int
    late_share: float
    mean_delay: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One look at the pipeline. ``at`` is seconds since the epoch, ``age`` seconds, sizes bytes."""

    at: float = 0.0
    sent: int = 0
    indexed: int = 0
    archived: int = 0
    malformed: int = 0
    retried: int = 0
    sent_bytes: int = 0
    indexed_bytes: int = 0
    archived_bytes: int = 0
    age: float = 0.0
    airlines: tuple[Airline, ...] = ()

    @property
    def position(self) -> tuple[int, ...]:
        """Changes as long as anything moves."""
        return self.sent, self.indexed, self.archived, self.malformed

    @property
    def lag(self) -> int:
        """Records that were sent and are not through yet."""
        return max(0, self.sent - self.malformed - min(self.indexed, self.archived))

    def bytes_of(self, hop: str) -> int:
        size: int = getattr(self, f"{hop}_bytes")
        return size


class History:
    """The last snapshots, for rates."""

    def __init__(self) -> None:
        self.snapshots: deque[Snapshot] = deque(maxlen=WINDOW)

    @property
    def last(self) -> Snapshot:
        return self.snapshots[-1] if self.snapshots else Snapshot()

    def add(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)

    def rate(self, hop: str) -> float:
        """Records per second over the last snapshots."""
        if len(self.snapshots) < 2:
            return 0.0
        first, last = self.snapshots[0], self.snapshots[-1]
        count: int = getattr(last, hop) - getattr(first, hop)
        return count / (last.at - first.at)


@dataclass(slots=True)
class BatchLog:
    """Adds up the figures that the function logs per batch, in CloudWatch's metric format."""

    logs: Any
    group: str
    records: int = 0
    archived: int = 0
    malformed: int = 0
    indexed_bytes: int = 0
    archived_bytes: int = 0
    age: float = 0.0
    last_batch_at: float = 0.0
    _newest: int = 0
    _seen: dict[str, int] = field(default_factory=dict)

    def read(self) -> None:
        """Take in the lines that are new. A group that does not exist yet has none."""
        for event in self._events():
            if event["eventId"] in self._seen:
                continue
            self._seen[event["eventId"]] = event["timestamp"]
            self._newest = max(self._newest, event["timestamp"])
            if event["message"].startswith('{"_aws"'):
                self._add(json.loads(event["message"]))
        horizon = self._newest - LOG_OVERLAP_MS
        self._seen = {key: at for key, at in self._seen.items() if at >= horizon}

    def _events(self) -> Iterator[dict[str, Any]]:
        paginator = self.logs.get_paginator("filter_log_events")
        start = max(0, self._newest - LOG_OVERLAP_MS)
        try:
            for page in paginator.paginate(logGroupName=self.group, startTime=start):
                yield from page["events"]
        except self.logs.exceptions.ResourceNotFoundException:
            return

    def _add(self, figures: dict[str, Any]) -> None:
        at = figures["_aws"]["Timestamp"] / 1000
        self.records += figures["Records"]
        self.archived += figures["Archived"]
        self.malformed += figures["Malformed"]
        self.indexed_bytes += figures["IndexedBytes"]
        self.archived_bytes += figures["ArchivedBytes"]
        if at > self.last_batch_at:
            self.last_batch_at, self.age = at, figures["AgeMilliseconds"] / 1000


class Probe:
    """Takes snapshots."""

    def __init__(
        self, producer: Producer, log: BatchLog, search: OpenSearch, outputs: Outputs
    ) -> None:
        self.producer = producer
        self.log = log
        self.search = search
        self.index = outputs.index
        self._airlines: tuple[Airline, ...] = ()
        self._airlines_at = 0.0

    def look(self, now: float) -> Snapshot:
        self.log.read()
        if now - self._airlines_at > AGGREGATE_EVERY:
            self._airlines, self._airlines_at = self.airlines(), now
        indexed = self._indexed()
        sent = self.producer.sent  # last, or records would be indexed before they are sent
        return Snapshot(
            at=now,
            sent=sent.records,
            indexed=indexed,
            archived=self.log.archived,
            malformed=self.log.malformed,
            retried=sent.retried,
            sent_bytes=sent.size,
            indexed_bytes=self.log.indexed_bytes,
            archived_bytes=self.log.archived_bytes,
            age=self.log.age,
            airlines=self._airlines,
        )

    def last_look(self, now: float) -> Snapshot:
        """A look that also shows the delays of the last flights."""
        self._airlines_at = 0.0
        return self.look(now)

    def through(self) -> bool:
        """Whether everything that was sent has been through the function.

        A batch that came twice is twice in the log, so the index has the last word.
        """
        sent = self.producer.sent
        if not sent.done or self.log.records < sent.records:
            return False
        self.search.indices.refresh(index=self.index)
        indexed: int = self.search.count(index=self.index)["count"]
        return indexed + self.log.malformed >= sent.records

    def _indexed(self) -> int:
        stats = self.search.indices.stats(index=self.index, metric="indexing")
        total: int = stats["_all"]["primaries"]["indexing"]["index_total"]
        return total

    def airlines(self) -> tuple[Airline, ...]:
        """What a dashboard would draw: one aggregation over all that is indexed."""
        late = {"terms": {"delay_class": ["late", "very_late"]}}
        answer = self.search.search(
            index=self.index,
            body={
                "size": 0,
                "aggs": {
                    "airlines": {
                        "terms": {"field": "airline", "size": 20},
                        "aggs": {
                            "late": {"filter": late},
                            "delay": {"avg": {"field": "arrival_delay"}},
                        },
                    }
                },
            },
        )
        return tuple(
            Airline(
                name=bucket["key"],
                flights=bucket["doc_count"],
                late_share=bucket["late"]["doc_count"] / bucket["doc_count"],
                mean_delay=bucket["delay"]["value"] or 0.0,
            )
            for bucket in answer["aggregations"]["airlines"]["buckets"]
        )
