"""Shards of a stream: the first ones, and those that splits and merges put in the place of others.

A shard is never altered: it is closed, and its children take over its hash range and name it as
their parent.
"""

from collections.abc import Sequence

from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)

from lab.providers.kinesis import metadata
from lab.providers.kinesis.hashing import HashRange, divide
from lab.providers.kinesis.models import Mode, Shard, ShardSpec, Status, Stream

MAX_SHARDS_PER_STREAM = 10_000


def create(stream: Stream, count: int) -> None:
    """The shards of a new stream."""
    second = int(stream.identity.created)
    for index, hash_range in enumerate(divide(count)):
        stream.add_shard(ShardSpec(index, hash_range, second))
    stream.route()


def split(stream: Stream, shard: Shard, new_start: int) -> None:
    """Two children meet at ``new_start``, the first hash key of the second."""
    start, end = shard.spec.hash_range
    if not start + 1 < new_start < end:
        raise InvalidArgumentException(
            f"NewStartingHashKey {new_start} used in SplitShard() on shard {shard.id} in stream "
            f"{stream.name} under account {stream.identity.account} is not both greater than one "
            f"plus the shard's StartingHashKey {start} and less than the shard's "
            f"EndingHashKey {end}."
        )
    _require_open(stream, shard)
    with stream.lock:
        _split(stream, shard, new_start)
        _settle(stream)


def merge(stream: Stream, first: Shard, second: Shard) -> None:
    """One child takes over two neighbours; ``second`` has the higher hash keys."""
    if first.spec.hash_range.end + 1 != second.spec.hash_range.start:
        raise InvalidArgumentException(
            f"Shards {first.id} and {second.id} in stream {stream.name} under account "
            f"{stream.identity.account} are not an adjacent pair of shards eligible for merging"
        )
    _require_open(stream, first)
    _require_open(stream, second)
    with stream.lock:
        _merge(stream, first, second)
        _settle(stream)


def update_count(stream: Stream, target: int) -> int:
    """Uniform scaling to ``target`` open shards; returns how many there were."""
    with stream.lock:
        current = len(stream.open_shards())
        _check_scaling(current, target)
        scale(stream, target)
        return current


def scale(stream: Stream, target: int) -> None:
    """Bring the open shards to ``target`` equal ranges, under the caller's lock.

    As on AWS by splits and merges, which leave short-lived shards behind: first every boundary of
    the target is cut, then what lies between two of them is joined.
    """
    wanted = divide(target)
    for hash_range in wanted[1:]:
        shard = _open_at(stream, hash_range.start)
        if shard.spec.hash_range.start != hash_range.start:
            _split(stream, shard, hash_range.start)
    for hash_range in wanted:
        shard = _open_at(stream, hash_range.start)
        while shard.spec.hash_range.end < hash_range.end:
            shard = _merge(stream, shard, _open_at(stream, shard.spec.hash_range.end + 1))
    _settle(stream)


def require_ready(stream: Stream) -> None:
    """Shards change only by request where capacity is provisioned, and one change at a time."""
    if stream.settings.mode is Mode.ON_DEMAND:
        raise ValidationException(
            f"Request is invalid. Stream {stream.name} under account {stream.identity.account} "
            "is in On-Demand mode."
        )
    if stream.status is not Status.ACTIVE:
        raise ResourceInUseException(
            f"Stream {stream.name} under account {stream.identity.account} not ACTIVE, "
            f"instead in state {stream.status}"
        )


def shard_or_raise(stream: Stream, shard_id: str) -> Shard:
    shard = stream.shard(shard_id)
    if shard is None:
        raise ResourceNotFoundException(
            f"Could not find shard {shard_id} in stream {stream.name} "
            f"under account {stream.identity.account}."
        )
    return shard


def _check_scaling(current: int, target: int) -> None:
    counts = f"Current open shard count: {current}, Target shard count: {target}"
    if target > MAX_SHARDS_PER_STREAM:
        raise LimitExceededException(
            "Target shard count or number of open shards cannot be greater than "
            f"{MAX_SHARDS_PER_STREAM}. {counts}"
        )
    if target > current * 2:
        raise LimitExceededException(
            f"UpdateShardCount cannot scale up over double your current open shard count. {counts}"
        )
    if target < current / 2:
        raise LimitExceededException(
            f"UpdateShardCount cannot scale down below half your current open shard count. {counts}"
        )


def _require_open(stream: Stream, shard: Shard) -> None:
    if not shard.is_open:
        raise InvalidArgumentException(
            f"Shard {shard.id} in stream {stream.name} under account {stream.identity.account} "
            "has already been merged or split, and thus is not eligible for merging or splitting."
        )


def _split(stream: Stream, shard: Shard, new_start: int) -> None:
    start, end = shard.spec.hash_range
    _replace(stream, [shard], [HashRange(start, new_start - 1), HashRange(new_start, end)])


def _merge(stream: Stream, first: Shard, second: Shard) -> Shard:
    hash_range = HashRange(first.spec.hash_range.start, second.spec.hash_range.end)
    return _replace(stream, [first, second], [hash_range])[0]


def _replace(stream: Stream, retired: Sequence[Shard], ranges: Sequence[HashRange]) -> list[Shard]:
    """Close shards and open their children."""
    second = int(stream.timing.clock())
    # A child is younger than its parents by at least one second, so that its sequence numbers are
    # greater.
    born = max([second, *(shard.spec.created_second for shard in retired)]) + 1
    parents = tuple(shard.id for shard in retired)
    children = []
    for hash_range in ranges:
        spec = ShardSpec(len(stream.shards), hash_range, born, parents)
        children.append(stream.add_shard(spec))
    for shard in retired:
        shard.close(second)
    return children


def _settle(stream: Stream) -> None:
    """Route to the new shards and note them on disk, under the caller's lock."""
    stream.route()
    stream.begin(Status.UPDATING)
    metadata.save(stream)


def _open_at(stream: Stream, hash_key: int) -> Shard:
    """The open shard of a hash key, also before :meth:`Stream.route`."""
    return next(
        shard
        for shard in stream.open_shards()
        if shard.spec.hash_range.start <= hash_key <= shard.spec.hash_range.end
    )
