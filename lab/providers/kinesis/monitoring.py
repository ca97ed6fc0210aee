"""Enhanced monitoring: which metrics a stream publishes for each of its shards.

Source: API reference, EnableEnhancedMonitoring and DisableEnhancedMonitoring.
"""

from collections.abc import Iterable

from lab.providers.kinesis.models import Status, Stream

ALL = "ALL"
METRICS = (
    "IncomingBytes",
    "IncomingRecords",
    "IteratorAgeMilliseconds",
    "OutgoingBytes",
    "OutgoingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
)


def enable(stream: Stream, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Returns the metrics before and after."""
    return _change(stream, {*stream.settings.shard_level_metrics, *_spelled_out(names)})


def disable(stream: Stream, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Returns the metrics before and after."""
    return _change(stream, {*stream.settings.shard_level_metrics} - _spelled_out(names))


def _change(stream: Stream, wanted: set[str]) -> tuple[list[str], list[str]]:
    before = stream.settings.shard_level_metrics
    stream.settings.shard_level_metrics = [name for name in METRICS if name in wanted]
    stream.begin(Status.UPDATING)
    return before, stream.settings.shard_level_metrics


def _spelled_out(names: Iterable[str]) -> set[str]:
    names = set(names)
    return set(METRICS) if ALL in names else names
