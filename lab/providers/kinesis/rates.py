"""How often an account may call the control plane: a token bucket per operation, account and region
(for some operations, per stream), each of one second's worth.

``LAB_KINESIS_LIMITS`` says which limits hold: ``on`` (the default) all; ``records`` those of the
data plane only, for programs that create streams by the dozen; ``off`` none. Quotas (shards,
consumers, tags, sizes) always hold.

Source: "Quotas and limits" in the Kinesis Data Streams guide and each operation's page in the API
reference.
"""

import threading
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.kinesis import (
    LimitExceededException,
    ProvisionedThroughputExceededException,
)

from lab.providers.kinesis import limits
from lab.providers.kinesis.limits import Clock, TokenBucket
from lab.providers.kinesis.models import Stream

DAY_SECONDS = 86_400

PER_ACCOUNT = {
    "AddTagsToStream": 5,
    "CreateStream": 5,
    "DecreaseStreamRetentionPeriod": 5,
    "DeleteStream": 5,
    "DescribeAccountSettings": 5,
    "DescribeLimits": 1,
    "DescribeStream": 10,
    "DescribeStreamSummary": 20,
    "DisableEnhancedMonitoring": 5,
    "EnableEnhancedMonitoring": 5,
    "IncreaseStreamRetentionPeriod": 5,
    "ListStreams": 5,
    "ListTagsForStream": 5,
    "MergeShards": 5,
    "RegisterStreamConsumer": 5,
    "RemoveTagsFromStream": 5,
    "SplitShard": 5,
    "UpdateAccountSettings": 5,
    "UpdateShardCount": 10,
    "UpdateStreamWarmThroughput": 5,
}
PER_STREAM = {
    "DeregisterStreamConsumer": 5,
    "DescribeStreamConsumer": 20,
    "ListShards": 1000,
    "ListStreamConsumers": 5,
}
PER_SHARD = {"GetShardIterator": 5}

PER_DAY = {
    "StartStreamEncryption": 25,
    "StopStreamEncryption": 25,
    "UpdateShardCount": 10,
    "UpdateStreamMode": 2,
}
"""How often a stream may be changed so in a rolling 24 hours."""

RATES = {**PER_ACCOUNT, **PER_STREAM, **PER_SHARD}


class Rates:
    """The buckets that have been used. Safe to use from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, ...], TokenBucket] = {}

    def check(self, context: RequestContext, operation: str, request: dict[str, Any]) -> None:
        """Count a call; raise LimitExceededException when it is one too many."""
        rate = RATES.get(operation)
        if rate is None:
            return
        account, region = context.account_id, context.region
        stream = _stream_name(request)
        key: tuple[str, ...] = (operation, account, region)
        if operation in PER_SHARD:
            shard = request.get("ShardId", "")
            if limits.enabled() and not self._admit((*key, stream, shard), rate):
                raise ProvisionedThroughputExceededException(
                    f"Rate exceeded for shard {shard} in stream {stream} under account {account}."
                )
            return
        if operation in PER_STREAM:
            key = (*key, stream)
        if limits.control_plane_enabled() and not self._admit(key, rate):
            subject = f"stream {stream} under account {account}" if stream else f"account {account}"
            raise LimitExceededException(f"Rate exceeded for {subject}.")

    def _admit(self, key: tuple[str, ...], rate: int) -> bool:
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                self._forget_full()
                bucket = self._buckets[key] = TokenBucket(rate, self._clock)
            if bucket.refill() < 1:
                return False
            bucket.tokens -= 1
            return True

    def _forget_full(self) -> None:
        """A bucket that has filled up again says nothing; there may be one per shard."""
        if len(self._buckets) >= 1000:
            used = self._buckets.items()
            self._buckets = {key: each for key, each in used if each.refill() < each.rate}


def check_day(stream: Stream, operation: str) -> None:
    """Raise LimitExceededException when a stream has been changed so too often in 24 hours."""
    most, now = PER_DAY[operation], stream.timing.clock()
    recent = [at for at in stream.settings.changes.get(operation, []) if at > now - DAY_SECONDS]
    if limits.control_plane_enabled() and len(recent) >= most:
        raise LimitExceededException(
            f"{operation} can be called at most {most} times per rolling 24-hour period for "
            f"stream {stream.name} under account {stream.identity.account}."
        )


def note_day(stream: Stream, operation: str) -> None:
    """Count a successful change; see :func:`check_day`."""
    most, now = PER_DAY[operation], stream.timing.clock()
    stream.settings.changes[operation] = [*stream.settings.changes.get(operation, []), now][-most:]


def _stream_name(request: dict[str, Any]) -> str:
    arn = request.get("StreamARN") or request.get("ConsumerARN") or ""
    return str(request.get("StreamName") or (arn.split("/")[1] if "/" in arn else ""))
