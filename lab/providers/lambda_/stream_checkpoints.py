"""How far each mapping has come in each shard.

Kept in memory, by the mapping's UUID: LocalStack forgets functions and mappings when it stops, so
there is nothing that a checkpoint on disk could belong to.
"""

import threading

from lab.providers.kinesis.models import Shard, Stream
from lab.providers.lambda_.stream_settings import StreamSettings

Lane = tuple[str, int]
"""A shard's id and one of the lanes that its partition keys are divided into."""


class Checkpoints:
    """One mapping's places in the shards of its stream, through every change of it.

    ``running`` is held by the worker that polls for the mapping, so that the worker of an update
    starts only when the batch in hand of the one before is done.
    """

    def __init__(self) -> None:
        self.running = threading.Lock()
        self._positions: dict[Lane, int] = {}
        self._finished: set[Lane] = set()
        self._done: set[str] = set()
        self._lanes = 0
        self._stream_token: str | None = None

    @property
    def has_begun(self) -> bool:
        return self._stream_token is not None

    def begin(self, stream: Stream, settings: StreamSettings) -> None:
        """Fix where the mapping starts, once; a new stream of that name is read whole.

        After the first time only under ``running``: lanes of before must not be at work.
        """
        if self._lanes != settings.lanes:
            self._divide(stream, settings.lanes)
        token = stream.identity.token
        if self._stream_token == token:
            return
        first_time = self._stream_token is None
        self._stream_token = token
        self._positions.clear()
        self._finished.clear()
        self._done.clear()
        if first_time:
            for shard in stream.shards:
                self._start(shard, settings)

    def _divide(self, stream: Stream, lanes: int) -> None:
        """Each new lane goes on where the slowest of before was, so that no record is left out."""
        for shard in stream.shards:
            slowest = min(
                self._positions.get((shard.id, lane), 0) for lane in range(self._lanes or 1)
            )
            self._positions.update({(shard.id, lane): slowest for lane in range(lanes)})
        self._finished.clear()
        self._lanes = lanes

    def _start(self, shard: Shard, settings: StreamSettings) -> None:
        match settings.starting_position:
            case "LATEST" if not shard.is_open:
                self._done.add(shard.id)
            case "LATEST":
                self._begin_at(shard, shard.log.next)
            case "AT_TIMESTAMP" if settings.starting_timestamp is not None:
                moment = round(settings.starting_timestamp.timestamp() * 1000)
                self._begin_at(shard, shard.log.position_at(moment))

    def _begin_at(self, shard: Shard, position: int) -> None:
        self._positions.update({(shard.id, lane): position for lane in range(self._lanes)})

    def position(self, shard: Shard, lane: int) -> int:
        """Where a lane goes on; the oldest record for a shard that the mapping has not met."""
        return max(self._positions.get((shard.id, lane), 0), shard.log.first)

    def advance(self, shard: Shard, lane: int, position: int) -> None:
        """Everything of this lane before ``position`` has been processed."""
        self._positions[shard.id, lane] = position

    def finish(self, shard: Shard, lane: int) -> None:
        """The shard is closed and all of this lane has been processed."""
        self._finished.add((shard.id, lane))
        if all((shard.id, each) in self._finished for each in range(self._lanes)):
            self._done.add(shard.id)

    def ready(self, stream: Stream) -> list[tuple[Shard, int]]:
        """Lanes to read now: not finished, and every parent that still exists is done."""
        known = {shard.id for shard in stream.shards}
        return [
            (shard, lane)
            for shard in stream.shards
            if shard.id not in self._done
            and all(parent in self._done or parent not in known for parent in shard.spec.parents)
            for lane in range(self._lanes)
            if (shard.id, lane) not in self._finished
        ]


_checkpoints: dict[str, Checkpoints] = {}
_lock = threading.Lock()


def of(uuid: str) -> Checkpoints:
    """The checkpoints of a mapping."""
    with _lock:
        return _checkpoints.setdefault(uuid, Checkpoints())


def forget(uuid: str) -> None:
    """The mapping has been deleted."""
    with _lock:
        _checkpoints.pop(uuid, None)
