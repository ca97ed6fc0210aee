"""Streams and shards in the shapes of the API's answers."""

from datetime import UTC, datetime
from typing import Any

from lab.providers.kinesis import encryption
from lab.providers.kinesis.consumers import Consumer
from lab.providers.kinesis.models import Shard, Stream, StreamIdentity


def created(identity: StreamIdentity) -> datetime:
    return datetime.fromtimestamp(identity.created, UTC)


def common(stream: Stream) -> dict[str, Any]:
    """What DescribeStream and DescribeStreamSummary both tell."""
    settings = stream.settings
    shown = {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": stream.status.value,
        "StreamModeDetails": {"StreamMode": settings.mode.value},
        "RetentionPeriodHours": settings.retention_hours,
        "StreamCreationTimestamp": created(stream.identity),
        "EnhancedMonitoring": [{"ShardLevelMetrics": settings.shard_level_metrics}],
        "EncryptionType": encryption.kind(stream),
    }
    if key := encryption.current_key(stream):
        shown["KeyId"] = key
    return shown


def warm_throughput(stream: Stream) -> dict[str, int]:
    """The write throughput of an on-demand stream, asked for and present, in MiB per second."""
    current = len(stream.open_shards())
    return {"TargetMiBps": stream.settings.warm_mib or current, "CurrentMiBps": current}


def consumer(one: Consumer) -> dict[str, Any]:
    return {
        "ConsumerName": one.name,
        "ConsumerARN": one.arn,
        "ConsumerStatus": one.status.value,
        "ConsumerCreationTimestamp": datetime.fromtimestamp(one.created, UTC),
    }


def entry(stream: Stream) -> dict[str, Any]:
    """A stream as ListStreams shows it."""
    shown = common(stream)
    names = ("StreamName", "StreamARN", "StreamStatus", "StreamModeDetails")
    return {name: shown[name] for name in (*names, "StreamCreationTimestamp")}


def shard(one: Shard) -> dict[str, Any]:
    spec = one.spec
    numbers = {"StartingSequenceNumber": one.space.start()}
    if ending := one.ending_sequence_number:
        numbers["EndingSequenceNumber"] = ending
    parents = zip(("ParentShardId", "AdjacentParentShardId"), spec.parents, strict=False)
    return {
        "ShardId": one.id,
        **dict(parents),
        "HashKeyRange": hash_key_range(one),
        "SequenceNumberRange": numbers,
    }


def child(one: Shard) -> dict[str, Any]:
    """A shard as GetRecords announces it at the end of its parent."""
    return {
        "ShardId": one.id,
        "ParentShards": list(one.spec.parents),
        "HashKeyRange": hash_key_range(one),
    }


def hash_key_range(one: Shard) -> dict[str, str]:
    start, end = one.spec.hash_range
    return {"StartingHashKey": str(start), "EndingHashKey": str(end)}
