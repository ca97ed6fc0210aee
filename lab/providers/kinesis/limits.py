"""What a shard lets through per second: token buckets, one set per shard.

Rates are those of "Quotas and limits" in the Kinesis Data Streams guide: 1,000 records and 1 MiB
written, 5 calls and 2 MiB read per second. A bucket holds one second's worth.
``LAB_KINESIS_LIMITS=off`` lifts the rates (never the sizes); the control plane's are in ``rates``.
"""

import os
import time
from collections.abc import Callable, Sequence

Clock = Callable[[], float]

MIB = 1 << 20
WRITE_RECORDS_PER_SECOND = 1000
WRITE_BYTES_PER_SECOND = MIB
READ_CALLS_PER_SECOND = 5
READ_BYTES_PER_SECOND = 2 * MIB


def enabled() -> bool:
    """Whether the rates of the data plane hold."""
    return _setting() != "off"


def control_plane_enabled() -> bool:
    """Whether the rates of all other operations hold; see ``rates``."""
    return _setting() not in ("off", "records")


def _setting() -> str:
    return os.environ.get("LAB_KINESIS_LIMITS", "on").lower()


class TokenBucket:
    """Refills steadily up to one second's worth; may be in debt, which is earned back first."""

    __slots__ = ("_clock", "_filled_at", "rate", "tokens")

    def __init__(self, rate: float, clock: Clock) -> None:
        self.rate = rate
        self.tokens = float(rate)
        self._clock = clock
        self._filled_at = clock()

    def refill(self) -> float:
        """Credit the time that has passed; returns the tokens now held."""
        now = self._clock()
        earned = max(now - self._filled_at, 0.0) * self.rate
        self.tokens = min(self.rate, self.tokens + earned)
        self._filled_at = now
        return self.tokens


class ShardLimits:
    """The four buckets of one shard. Not thread-safe: the shard calls it under its own lock."""

    __slots__ = ("read_bytes", "read_calls", "write_bytes", "write_records")

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.write_records = TokenBucket(WRITE_RECORDS_PER_SECOND, clock)
        self.write_bytes = TokenBucket(WRITE_BYTES_PER_SECOND, clock)
        self.read_calls = TokenBucket(READ_CALLS_PER_SECOND, clock)
        self.read_bytes = TokenBucket(READ_BYTES_PER_SECOND, clock)

    def admit_writes(self, sizes: Sequence[int]) -> list[bool]:
        """Which of these records (bytes of data and key each) the shard accepts now, in order.

        A record larger than a second's worth passes when the bucket is full, and is paid for
        afterwards.
        """
        records, space = self.write_records, self.write_bytes
        total = sum(sizes)
        if records.refill() >= len(sizes) and space.refill() >= total:
            records.tokens -= len(sizes)
            space.tokens -= total
            return [True] * len(sizes)
        space.refill()
        return [self._admit_write(size) for size in sizes]

    def _admit_write(self, size: int) -> bool:
        records, space = self.write_records, self.write_bytes
        if records.tokens < 1 or space.tokens < min(size, space.rate):
            return False
        records.tokens -= 1
        space.tokens -= size
        return True

    def admit_read(self) -> bool:
        """Whether a GetRecords call may go ahead; a call that may not costs nothing."""
        if self.read_calls.refill() < 1 or self.read_bytes.refill() <= 0:
            return False
        self.read_calls.tokens -= 1
        return True

    def charge_read(self, size: int) -> None:
        """Pay for what a call returned: 10 MiB close the shard to readers for five seconds."""
        bucket = self.read_bytes
        bucket.tokens = min(bucket.tokens, 0) - size if size > bucket.rate else bucket.tokens - size
