"""The state of Kinesis: streams by account and region, their shards, and the transitions between
stream states.

Consumers in this process (the stream poller) use :class:`Stream` and :class:`Shard` directly; they
are told of every change of a shard through :meth:`Shard.subscribe`, so that waiting costs nothing.

The states that streams pass through are in ``lifecycle``.
"""

import secrets
import shutil
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from lab.providers.kinesis.consumers import Consumer
from lab.providers.kinesis.hashing import HashRange
from lab.providers.kinesis.lifecycle import Lifecycle
from lab.providers.kinesis.lifecycle import Status as Status  # noqa: PLC0414  # for importers of models
from lab.providers.kinesis.lifecycle import Timing as Timing  # noqa: PLC0414  # for importers of models
from lab.providers.kinesis.limits import ShardLimits
from lab.providers.kinesis.limits import enabled as limits_enabled
from lab.providers.kinesis.sequence import COUNTER_SHIFT, COUNTER_STEP, SECOND_SHIFT, SequenceSpace
from lab.providers.kinesis.shard_log import Entry, Record, ShardLog

DEFAULT_RETENTION_HOURS = 24
DEFAULT_RECORD_KIB = 1024
HOUR_MS = 3_600_000


class Mode(StrEnum):
    """How the capacity of a stream is decided, in AWS's words."""

    PROVISIONED = "PROVISIONED"
    ON_DEMAND = "ON_DEMAND"


class ShardClosedError(Exception):
    """The shard was closed between routing a record to it and writing it: route again."""


@dataclass(frozen=True, slots=True)
class ShardSpec:
    """What of a shard never changes: its place in the stream, its range, its parents' ids."""

    index: int
    hash_range: HashRange
    created_second: int
    parents: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"shardId-{self.index:012d}"


class Shard:
    """A range of hash keys and the records that fell into it. Safe to use from any thread."""

    def __init__(self, spec: ShardSpec, folder: Path, timing: Timing) -> None:
        self.spec = spec
        self.id = spec.id
        self.folder = folder
        self.space = SequenceSpace(spec.index, spec.created_second)
        self.closed_second: int | None = None
        self._timing = timing
        self._limits = ShardLimits(timing.ticks)
        self._lock = threading.Lock()
        self._listeners: tuple[Callable[[], None], ...] = ()

    @cached_property
    def log(self) -> ShardLog:
        """Opened at first use: a stream that nobody touches costs no file."""
        return ShardLog(self.folder)

    @property
    def is_open(self) -> bool:
        return self.closed_second is None

    @property
    def ending_sequence_number(self) -> str | None:
        return None if self.closed_second is None else self.space.end(self.closed_second)

    def put(self, entries: Sequence[Entry]) -> list[str | None]:
        """Append entries; returns their sequence numbers, None for what the rate limits refuse."""
        with self._lock:
            if not self.is_open:
                raise ShardClosedError(self.id)
            if not limits_enabled():
                return list(self._append(entries))
            admitted = self._limits.admit_writes([len(key) + len(data) for key, data in entries])
            if all(admitted):
                return list(self._append(entries))
            accepted = [entry for entry, yes in zip(entries, admitted, strict=True) if yes]
            numbers = iter(self._append(accepted))
            return [next(numbers) if yes else None for yes in admitted]

    def _append(self, entries: Sequence[Entry]) -> list[str]:
        if not entries:
            return []
        position, arrival = self.log.append(entries, self._timing.now_ms())
        self._notify()
        first = self.space.number(position + 1, arrival // 1000)
        return [str(first + COUNTER_STEP * index) for index in range(len(entries))]

    def admit_read(self) -> bool:
        """Whether a GetRecords call may go ahead now; see :meth:`charge_read`."""
        with self._lock:
            return not limits_enabled() or self._limits.admit_read()

    def charge_read(self, size: int) -> None:
        with self._lock:
            if limits_enabled():
                self._limits.charge_read(size)

    def sequence_number(self, record: Record) -> str:
        offset = ((record.position + 1) << COUNTER_SHIFT) + (
            (record.arrival // 1000) << SECOND_SHIFT
        )
        return str(self.space.base + offset)

    def millis_behind(self, position: int, now_ms: int) -> int:
        """How old the record at ``position`` is; 0 at the tip of the shard."""
        if position >= self.log.next:
            return 0
        return max(0, now_ms - self.log.arrival(max(position, self.log.first)))

    def close(self, second: int) -> None:
        """Accept no more records; what is there stays readable."""
        with self._lock:
            self.closed_second = second
            self._notify()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` (which returns at once) after each append, and at the shard's end."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

    def unsubscribe(self, listener: Callable[[], None]) -> None:
        with self._lock:
            self._listeners = tuple(each for each in self._listeners if each != listener)

    def discard(self) -> None:
        """The stream is being deleted: let go of the files."""
        with self._lock:
            self.log.close()
            self._notify()

    def _notify(self) -> None:
        for listener in self._listeners:
            listener()


@dataclass(frozen=True, slots=True)
class StreamIdentity:
    """What of a stream never changes; ``token`` tells it from others of its name."""

    account: str
    region: str
    name: str
    created: float
    token: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def arn(self) -> str:
        return f"arn:aws:kinesis:{self.region}:{self.account}:stream/{self.name}"


@dataclass(slots=True)
class StreamSettings:
    """What of a stream can be changed by a call of its own."""

    mode: Mode = Mode.PROVISIONED
    retention_hours: int = DEFAULT_RETENTION_HOURS
    max_record_kib: int = DEFAULT_RECORD_KIB
    tags: dict[str, str] = field(default_factory=dict)
    keys: list[tuple[int, str | None]] = field(default_factory=list)
    """From which millisecond on which KMS key, as it was given, or none encrypts the records."""
    shard_level_metrics: list[str] = field(default_factory=list)
    policy: str | None = None
    warm_mib: int | None = None
    """The warm throughput that was asked for, MiB per second."""
    peaks: dict[int, float] = field(default_factory=dict)
    """The highest throughput of each day (since the epoch) on demand, in shards' worth."""
    changes: dict[str, list[float]] = field(default_factory=dict)
    """When what AWS allows a few times a day was done, by the operation's name."""


@dataclass(slots=True)
class Traffic:
    """What has been written since a time (seconds of the epoch), to an on-demand stream."""

    since: float
    records: int = 0
    size: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Stream(Lifecycle):
    """A stream's settings, its state and its shards, open and closed, in the order of ids."""

    def __init__(
        self, identity: StreamIdentity, settings: StreamSettings, folder: Path, timing: Timing
    ) -> None:
        super().__init__(timing)
        self.identity = identity
        self.settings = settings
        self.folder = folder
        self.timing = timing
        self.lock = threading.RLock()
        self.shards: list[Shard] = []
        self.consumers: dict[str, Consumer] = {}
        self.traffic = Traffic(timing.clock())
        self._routes: tuple[list[int], list[Shard]] = ([], [])

    @property
    def name(self) -> str:
        return self.identity.name

    @property
    def arn(self) -> str:
        return self.identity.arn

    def add_shard(self, spec: ShardSpec) -> Shard:
        shard = Shard(spec, self.folder / spec.id, self.timing)
        self.shards.append(shard)
        return shard

    def route(self) -> None:
        """Rebuild the table of open shards by hash range, after every change of the shards."""
        shards = sorted(self.open_shards(), key=lambda shard: shard.spec.hash_range.start)
        self._routes = ([shard.spec.hash_range.start for shard in shards], shards)

    def shard_for(self, hash_key: int) -> Shard:
        starts, shards = self._routes
        return shards[bisect_right(starts, hash_key) - 1]

    def open_shards(self) -> list[Shard]:
        return [shard for shard in self.shards if shard.is_open]

    def shard(self, shard_id: str) -> Shard | None:
        return next((shard for shard in self.shards if shard.id == shard_id), None)

    def children(self, shard_id: str) -> list[Shard]:
        return [shard for shard in self.shards if shard_id in shard.spec.parents]

    def horizon_ms(self) -> int:
        """Records that arrived before this have been forgotten."""
        return self.timing.now_ms() - self.settings.retention_hours * HOUR_MS

    def discard(self) -> None:
        for consumer in self.consumers.values():
            consumer.close()
        for shard in self.shards:
            shard.discard()
        shutil.rmtree(self.folder, ignore_errors=True)


class Registry:
    """All streams. Those whose deletion is over disappear at the next look."""

    def __init__(self, home: Path, timing: Timing | None = None) -> None:
        self.home = home
        self.timing = timing or Timing()
        self.lock = threading.RLock()
        self._streams: dict[tuple[str, str, str], Stream] = {}

    def add(self, stream: Stream) -> None:
        identity = stream.identity
        self._streams[identity.account, identity.region, identity.name] = stream

    def find(self, account: str, region: str, name: str) -> Stream | None:
        stream = self._streams.get((account, region, name))
        if stream is not None and stream.is_gone:
            self._drop(stream)
            return None
        return stream

    def find_arn(self, arn: str) -> Stream | None:
        """The stream of ``arn:aws:kinesis:REGION:ACCOUNT:stream/NAME``, or of a consumer's ARN."""
        _, _, _, region, account, resource = arn.split(":", 5)
        return self.find(account, region, resource.split("/")[1])

    def list(self, account: str, region: str) -> list[Stream]:
        """The streams of one account and region, by name."""
        return sorted(self._of(account, region), key=lambda stream: stream.name)

    def all(self) -> tuple[Stream, ...]:
        """Every stream there is, of all accounts and regions."""
        return tuple(self._streams.values())

    def delete(self, stream: Stream) -> None:
        stream.begin(Status.DELETING)
        if stream.is_gone:
            self._drop(stream)

    def new_folder(self, identity: StreamIdentity) -> Path:
        """Named after the stream, and unlike that of any other, also where case does not count."""
        name = f"{identity.name}.{identity.token[:8]}"
        return self.home / identity.account / identity.region / name

    def _of(self, account: str, region: str) -> Iterator[Stream]:
        for key in list(self._streams):
            if key[:2] == (account, region) and (stream := self.find(*key)):
                yield stream

    def _drop(self, stream: Stream) -> None:
        identity = stream.identity
        with self.lock:
            key = (identity.account, identity.region, identity.name)
            if self._streams.get(key) is stream:
                del self._streams[key]
                stream.discard()
