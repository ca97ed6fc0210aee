"""Where a delivery stream's records come from: its spool on disk, or a Kinesis stream's shards.

Both are logs that are read by position, in lanes (a shard each; a spool is one lane). What has been
delivered is written to ``checkpoint.json``, so that after a crash reading goes on from there: at
least once, as on AWS. A spool is bounded; nobody's record is accepted that it has no room for.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from lab.providers.firehose.aggregation import user_records
from lab.providers.firehose.models import KINESIS, DeliveryStream, write_json
from lab.providers.kinesis.metadata import registry as kinesis_registry
from lab.providers.kinesis.models import Shard, Stream
from lab.providers.kinesis.segment import Entry
from lab.providers.kinesis.shard_log import ShardLog

CHECKPOINT = "checkpoint.json"
SPOOL_KEY = b"-"
READ_RECORDS = 5000
READ_BYTES = 4 << 20

Lanes = dict[str, int]
"""A position for each lane."""


class Item(NamedTuple):
    """A record on its way: its data now, and where it came from."""

    data: bytes
    arrival: int
    """Milliseconds of the Unix epoch"""
    lane: str
    position: int
    keys: tuple[tuple[tuple[str, str], str], ...] = ()
    """Partition keys: ((namespace, name), value)."""


class SpoolFullError(Exception):
    """The spool has no room: the producer must come again later."""


class Source(Protocol):
    """What a worker reads from. ``read`` goes on where it was; ``rewind`` to what is committed."""

    def read(self) -> list[Item]: ...

    def rewind(self) -> None: ...

    def commit(self, undelivered: Lanes) -> None:
        """Everything that has been read is delivered, but what lies from these positions on."""

    def close(self) -> None: ...


def spool_bytes() -> int:
    """How many bytes a spool may hold: ``LAB_FIREHOSE_SPOOL_MIB`` MiB, 1,024 by default."""
    return int(os.environ.get("LAB_FIREHOSE_SPOOL_MIB") or 1024) << 20


class Spool:
    """The accepted records of a DirectPut stream."""

    def __init__(self, stream: DeliveryStream, wake: Callable[[], None]) -> None:
        self._path = stream.folder / CHECKPOINT
        self._timing = stream.timing
        self._log = ShardLog(stream.folder / "spool")
        self._wake = wake
        self._lock = threading.Lock()
        self._delivered = min(_document(self._path).get("", self._log.first), self._log.next)
        self._next = self._delivered
        self._limit = spool_bytes()

    def put(self, records: Sequence[bytes]) -> int:
        """Accept records, which outlast the process from now on; returns the first's position.

        Raises SpoolFullError, and accepts none, when there is no room for all of them.
        """
        with self._lock:
            size = sum(map(len, records)) + len(records)
            if self._log.pending(self._delivered)[1] + size > self._limit:
                raise SpoolFullError
            try:
                position, _ = self._log.append(
                    [Entry(SPOOL_KEY, data) for data in records], self._timing.now_ms()
                )
            except OSError as error:  # the disk is full
                raise SpoolFullError from error
        self._wake()
        return position

    def read(self) -> list[Item]:
        records = self._log.read(self._next, READ_RECORDS, READ_BYTES)
        if records:
            self._next = records[-1].position + 1
        return [Item(each.data, each.arrival, "", each.position) for each in records]

    def rewind(self) -> None:
        self._next = self._delivered

    def commit(self, undelivered: Lanes) -> None:
        delivered = undelivered.get("", self._next)
        if delivered == self._delivered:
            return
        write_json(self._path, {"": delivered})
        with self._lock:
            self._delivered = delivered
            if delivered < self._log.next:
                self._log.trim(self._log.arrival(delivered))
            else:
                self._log.trim(self._timing.now_ms() + 1)

    def close(self) -> None:
        self._log.close()


class Shards:
    """The shards of a Kinesis stream, a parent before its children.

    It begins at what is put after the delivery stream was made, as Firehose does (LATEST).
    """

    def __init__(self, stream: DeliveryStream, wake: Callable[[], None]) -> None:
        self._path = stream.folder / CHECKPOINT
        self._arn = str(stream.definition["source"]["KinesisStreamARN"])
        self._wake = wake
        document = _document(self._path)
        self._token = document.get("token")
        self._delivered: Lanes = document.get("positions", {})
        self._next: Lanes = dict(self._delivered)
        self._subscribed: dict[str, Shard] = {}
        if self._token is None and (found := self._stream()):
            self._token = found.identity.token
            self._delivered = {shard.id: shard.log.next for shard in found.shards}
            self.rewind()
            self._save()

    def read(self) -> list[Item]:
        stream = self._stream()
        if stream is None:
            return []
        if stream.identity.token != self._token:  # another stream of this name: all of it
            self._token, self._delivered, self._next = stream.identity.token, {}, {}
        for shard in self._readable(stream):
            self._subscribe(shard)
            first = max(self._next.get(shard.id, 0), shard.log.first)
            records = shard.log.read(first, READ_RECORDS, READ_BYTES)
            if records:
                self._next[shard.id] = records[-1].position + 1
                return [
                    item
                    for each in records
                    for item in _deaggregated(each.data, each.arrival, shard.id, each.position)
                ]
        return []

    def rewind(self) -> None:
        self._next = dict(self._delivered)

    def commit(self, undelivered: Lanes) -> None:
        delivered = {**self._next, **undelivered}
        if delivered != self._delivered:
            self._delivered = delivered
            self._save()

    def close(self) -> None:
        for shard in self._subscribed.values():
            shard.unsubscribe(self._wake)

    def _stream(self) -> Stream | None:
        return kinesis_registry().find_arn(self._arn)

    def _readable(self, stream: Stream) -> Iterator[Shard]:
        """Shards whose parents, as far as they are there, have been read to their ends."""
        shards = {shard.id: shard for shard in stream.shards}
        # The shard that has waited longest comes first, so that none starves another.
        for shard in sorted(shards.values(), key=lambda shard: self._next.get(shard.id, 0)):
            parents = (shards[each] for each in shard.spec.parents if each in shards)
            if all(
                not parent.is_open and self._next.get(parent.id, 0) >= parent.log.next
                for parent in parents
            ):
                yield shard

    def _subscribe(self, shard: Shard) -> None:
        if self._subscribed.get(shard.id) is not shard:
            self._subscribed[shard.id] = shard
            shard.subscribe(self._wake)

    def _save(self) -> None:
        write_json(self._path, {"token": self._token, "positions": self._delivered})


def source_of(stream: DeliveryStream, wake: Callable[[], None]) -> Spool | Shards:
    return Shards(stream, wake) if stream.kind == KINESIS else Spool(stream, wake)


def _document(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return document


def _deaggregated(data: bytes, arrival: int, lane: str, position: int) -> Iterator[Item]:
    for record in user_records(data):
        yield Item(record, arrival, lane, position)
