"""Records that wait to be delivered together: until there are enough of them, or long enough.

Source: Firehose guide, "Configure buffering hints": whichever of size and interval is met first
triggers the delivery.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lab.providers.firehose.source import Item, Lanes

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Hints:
    """When a buffer is full (bytes of data) or old enough (seconds)."""

    size: int
    seconds: float

    @classmethod
    def of(cls, given: dict[str, int]) -> "Hints":
        return cls(given["SizeInMBs"] * MIB, given["IntervalInSeconds"])


@dataclass(slots=True)
class Buffer:
    """Records in the order of their arrival; ``opened`` is when the first came (clock)."""

    opened: float
    items: list[Item] = field(default_factory=list)
    size: int = 0
    first: Lanes = field(default_factory=dict)
    """The lowest position of each lane that is in it."""
    retry_at: float = 0.0
    attempts: int = 0

    def add(self, item: Item) -> None:
        self.items.append(item)
        self.size += len(item.data)
        self.first.setdefault(item.lane, item.position)

    @property
    def oldest(self) -> int:
        """When its oldest record arrived (ms)."""
        return min(item.arrival for item in self.items)

    def due_at(self, hints: Hints) -> float:
        """When it is to be delivered (clock); in the past if it is full."""
        due = self.opened if self.size >= hints.size else self.opened + hints.seconds
        return max(due, self.retry_at)


def lowest(buffers: Iterator[Buffer]) -> Lanes:
    """The lowest position of each lane that is in any of the buffers."""
    lanes: Lanes = {}
    for buffer in buffers:
        for lane, position in buffer.first.items():
            lanes[lane] = min(position, lanes.get(lane, position))
    return lanes
