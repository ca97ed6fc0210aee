"""Tumbling windows: the state that a function hands on from batch to batch, for a time of records.

A record belongs to the window of its approximate arrival. Windows are aligned to the Unix epoch.

Source: Lambda guide, "Implementing stateful Kinesis Data Streams processing in Lambda".
"""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

MAX_STATE_BYTES = 1024 * 1024
# A record gets its time of arrival a moment before it can be read.
GRACE_MS = 500


@dataclass(frozen=True, slots=True)
class Window:
    """One window of one shard; ``start`` and ``end`` are milliseconds of the Unix epoch."""

    start: int
    end: int
    state: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def around(cls, arrival: int, seconds: int) -> "Window":
        length = seconds * 1000
        start = arrival - arrival % length
        return cls(start, start + length)

    @property
    def is_too_large(self) -> bool:
        """Lambda ends a window early whose state is over 1 MB."""
        return self.size > MAX_STATE_BYTES

    @property
    def size(self) -> int:
        """Bytes of the state as JSON text."""
        return len(json.dumps(self.state))

    def with_state(self, state: dict[str, Any]) -> "Window":
        return replace(self, state=state)

    def is_over(self, now: int) -> bool:
        """No record can arrive in it any more."""
        return self.seconds_left(now) <= 0

    def seconds_left(self, now: int) -> float:
        return max(0, self.end + GRACE_MS - now) / 1000

    def members(self, shard_id: str, stream_arn: str, *, final: bool, early: bool) -> str:
        """What an event has beside its records, as JSON text that follows them."""
        shown = {
            "window": {"start": _moment(self.start), "end": _moment(self.end)},
            "state": self.state,
            "shardId": shard_id,
            "eventSourceARN": stream_arn,
            "isFinalInvokeForWindow": final,
            "isWindowTerminatedEarly": early,
        }
        return f",{json.dumps(shown, separators=(',', ':'))[1:-1]}"


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
