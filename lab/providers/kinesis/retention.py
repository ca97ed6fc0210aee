"""How long records stay readable, and when they leave the disk.

A reader never gets a record that is too old. On the disk, records go a segment at a time, once a
minute: a shard keeps up to one segment (16 MiB) more than its retention period asks for.

Source: API reference, Increase- and DecreaseStreamRetentionPeriod.
"""

import logging
import threading

from localstack.aws.api.kinesis import InvalidArgumentException

from lab.providers.kinesis.models import Registry, Status, Stream

LOG = logging.getLogger(__name__)

MIN_HOURS = 24
MAX_HOURS = 8760
SWEEP_SECONDS = 60.0


def increase(stream: Stream, hours: int) -> None:
    _check(hours)
    if hours < stream.settings.retention_hours:
        raise _wrong_way(stream, hours, "shorter", "Decrease")
    _apply(stream, hours)


def decrease(stream: Stream, hours: int) -> None:
    _check(hours)
    if hours > stream.settings.retention_hours:
        raise _wrong_way(stream, hours, "longer", "Increase")
    _apply(stream, hours)


def _check(hours: int) -> None:
    if hours < MIN_HOURS:
        raise InvalidArgumentException(
            f"Minimum allowed retention period is {MIN_HOURS} hours. "
            f"Requested retention period ({hours} hours) is too short."
        )
    if hours > MAX_HOURS:
        raise InvalidArgumentException(
            f"Maximum allowed retention period is {MAX_HOURS} hours. "
            f"Requested retention period ({hours} hours) is too long."
        )


def _wrong_way(stream: Stream, hours: int, word: str, other: str) -> InvalidArgumentException:
    return InvalidArgumentException(
        f"Requested retention period ({hours} hours) for stream {stream.name} can not be "
        f"{word} than existing retention period ({stream.settings.retention_hours} hours). "
        f"Use {other}RetentionPeriod API."
    )


def _apply(stream: Stream, hours: int) -> None:
    stream.settings.retention_hours = hours
    stream.begin(Status.UPDATING)


def sweep(registry: Registry) -> None:
    """Remove from the disk what no reader can get any more."""
    for stream in registry.all():
        for shard in stream.shards:
            # A shard with one segment has nothing to remove, and stays unopened if it is.
            if len(list(shard.folder.glob("*.log"))) > 1:
                shard.log.trim(stream.horizon_ms())


def start(registry: Registry) -> None:
    """Sweep as long as the process lives."""
    pause = threading.Event()

    def run() -> None:
        while not pause.wait(SWEEP_SECONDS):
            try:
                sweep(registry)
            except OSError:
                LOG.exception("old records not removed")

    threading.Thread(target=run, name="kinesis-retention", daemon=True).start()
