"""How far each mapping has come in each shard, and the state of its open windows.

It belongs to the mapping's UUID and is written to a file of that name (:mod:`stream_files`), so
that a mapping that is there again after a restart goes on where it was. What was processed after
the last writing is processed again: at least once, as on AWS.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.providers.kinesis.models import Shard, Stream
from lab.providers.lambda_.stream_settings import StreamSettings
from lab.providers.lambda_.stream_window import Window

Lane = tuple[str, int]
"""A shard's id and one of the lanes that its partition keys are divided into."""

Document = dict[str, Any]
VERSION = 1


class Turn:
    """Whose turn it is to poll for a mapping.

    The worker of an update begins when the batch in hand of the worker before is done.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_taken = False

    def take(self, given_up: threading.Event) -> bool:
        """Wait for the turn; False when ``given_up`` was set meanwhile (see :meth:`look`)."""
        with self._changed:
            self._changed.wait_for(lambda: given_up.is_set() or not self._is_taken)
            if given_up.is_set():
                return False
            self._is_taken = True
            return True

    def give_back(self) -> None:
        with self._changed:
            self._is_taken = False
            self._changed.notify_all()

    def look(self) -> None:
        """Let those who wait see that they are to give up."""
        with self._changed:
            self._changed.notify_all()


@dataclass(slots=True)
class Place:
    """Where one lane is in one shard: everything before ``position`` has been processed."""

    position: int = 0
    window: Window | None = None
    is_finished: bool = False
    """The shard is closed, and all of this lane has been processed."""


class Checkpoints:
    """One mapping's places in the shards of its stream, through every change of it."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self.turn = Turn()
        self._changed = changed
        self._lock = threading.RLock()
        self._places: dict[Lane, Place] = {}
        self._done: set[str] = set()
        self._lanes = 0
        self._stream_token: str | None = None
        self._reads_all = False

    @property
    def has_begun(self) -> bool:
        return self._stream_token is not None

    def read_all(self) -> None:
        """What was known is lost: begin at the oldest record, which repeats but loses nothing."""
        self._reads_all = True

    def begin(self, stream: Stream, settings: StreamSettings) -> None:
        """Fix where the mapping starts, once; a new stream of that name is read whole.

        After the first time only in one's turn: lanes of before must not be at work.
        """
        with self._lock:
            if self._lanes != settings.lanes:
                self._divide(stream, settings.lanes)
            token = stream.identity.token
            if self._stream_token == token:
                return
            first_time = self._stream_token is None and not self._reads_all
            self._stream_token = token
            self._places.clear()
            self._done.clear()
            if first_time:
                for shard in stream.shards:
                    self._start(shard, settings)
            self._changed()

    def _divide(self, stream: Stream, lanes: int) -> None:
        """Each new lane goes on where the slowest of before was, so that no record is left out."""
        places = {}
        for shard in stream.shards:
            before = [self._place(shard.id, lane) for lane in range(self._lanes or 1)]
            slowest = min(place.position for place in before)
            for lane in range(lanes):
                places[shard.id, lane] = Place(slowest)
            # With a window there is one lane, which is the first here.
            places[shard.id, 0].window = before[0].window
        self._places = places
        self._lanes = lanes
        self._changed()

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
        self._places.update({(shard.id, lane): Place(position) for lane in range(self._lanes)})

    def _place(self, shard_id: str, lane: int) -> Place:
        return self._places.setdefault((shard_id, lane), Place())

    def position(self, shard: Shard, lane: int) -> int:
        """Where a lane goes on; the oldest record for a shard that the mapping has not met.

        Never behind the end: a loss of power may have taken records that had been processed.
        """
        with self._lock:
            place = self._place(shard.id, lane)
            place.position = min(place.position, shard.log.next)
            return max(place.position, shard.log.first)

    def window(self, shard: Shard, lane: int) -> Window | None:
        """The lane's open window."""
        with self._lock:
            return self._place(shard.id, lane).window

    def advance(self, shard: Shard, lane: int, position: int, window: Window | None = None) -> None:
        """Everything of this lane before ``position`` has been processed, up to this state."""
        with self._lock:
            place = self._place(shard.id, lane)
            place.position, place.window = position, window
            self._changed()

    def finish(self, shard: Shard, lane: int) -> None:
        """The shard is closed and all of this lane has been processed."""
        with self._lock:
            self._place(shard.id, lane).is_finished = True
            if all(self._place(shard.id, each).is_finished for each in range(self._lanes)):
                self._done.add(shard.id)
            self._changed()

    def ready(self, stream: Stream) -> list[tuple[Shard, int]]:
        """Lanes to read now: not finished, and every parent that still exists is done."""
        with self._lock:
            known = {shard.id for shard in stream.shards}
            return [
                (shard, lane)
                for shard in stream.shards
                if shard.id not in self._done
                and all(
                    parent in self._done or parent not in known for parent in shard.spec.parents
                )
                for lane in range(self._lanes)
                if not self._place(shard.id, lane).is_finished
            ]

    def document(self) -> Document:
        """All of it, for a file."""
        with self._lock:
            return {
                "version": VERSION,
                "stream": self._stream_token,
                "lanes": self._lanes,
                "done": sorted(self._done),
                "places": [
                    {"shard": shard, "lane": lane, **_place_document(place)}
                    for (shard, lane), place in sorted(self._places.items())
                    if shard not in self._done
                ],
            }

    def restore(self, document: Document) -> None:
        """Take over what a file held; raises ValueError, KeyError or TypeError if it is damaged."""
        if document["version"] != VERSION:
            raise ValueError(f"version {document['version']}")
        places = {
            (str(each["shard"]), int(each["lane"])): _place(each) for each in document["places"]
        }
        with self._lock:
            self._stream_token = document["stream"]
            self._lanes = int(document["lanes"])
            self._done = set(document["done"])
            self._places = places


def _place_document(place: Place) -> Document:
    document: Document = {"position": place.position, "finished": place.is_finished}
    if (window := place.window) is not None:
        document["window"] = {"start": window.start, "end": window.end, "state": window.state}
    return document


def _place(document: Document) -> Place:
    window = document.get("window")
    return Place(
        position=int(document["position"]),
        window=None if window is None else Window(**window),
        is_finished=bool(document["finished"]),
    )
