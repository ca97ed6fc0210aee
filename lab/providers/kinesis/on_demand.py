"""On-demand streams: how many shards their traffic asks for, and the change of a stream's mode.

A stream can take twice the highest throughput of the last 30 days, and at least 4 MiB/s. The
throughput is the average of a minute (AWS does not say over which time it averages); it is looked
at when the first record of the next minute arrives.

Source: "Choose the right mode to stream in" in the Kinesis Data Streams guide.
"""

import math

from localstack.aws.api.kinesis import InvalidArgumentException, ValidationException

from lab.providers.kinesis import metadata, resharding
from lab.providers.kinesis.limits import MIB, WRITE_RECORDS_PER_SECOND
from lab.providers.kinesis.models import Mode, Status, Stream

MIN_SHARDS = 4
MAX_SHARDS = 200
LARGE_MAX_SHARDS = 10_240
LARGE_REGIONS = ("us-east-1", "us-west-2", "eu-west-1")
DAY_SECONDS = 86_400
PEAK_DAYS = 30
WINDOW_SECONDS = 60


def observe(stream: Stream, records: int, size: int) -> None:
    """Count what has been written; at the end of a minute, make room for twice as much."""
    traffic, now = stream.traffic, stream.timing.clock()
    with traffic.lock:
        finished = now - traffic.since >= WINDOW_SECONDS
        if finished:
            rate = max(traffic.size / MIB, traffic.records / WRITE_RECORDS_PER_SECOND)
            rate /= WINDOW_SECONDS  # all of it came before the window ended
            traffic.since, traffic.records, traffic.size = now, 0, 0
        traffic.records += records
        traffic.size += size
    if finished:
        note_peak(stream, rate)
        adapt(stream)


def begin(stream: Stream, shards: int) -> None:
    """The stream becomes one on demand; it keeps these shards for 30 days whatever its traffic."""
    stream.settings.peaks = {}
    note_peak(stream, shards / 2)
    stream.traffic.since = stream.timing.clock()


def note_peak(stream: Stream, rate: float) -> None:
    """Remember a throughput (in shards' worth) if it is the highest of today."""
    today = int(stream.timing.clock() // DAY_SECONDS)
    peaks = stream.settings.peaks
    if rate > peaks.get(today, 0.0):
        recent = {day: peak for day, peak in peaks.items() if day > today - PEAK_DAYS}
        stream.settings.peaks = {**recent, today: rate}


def wanted_shards(stream: Stream) -> int:
    today = int(stream.timing.clock() // DAY_SECONDS)
    peaks = [peak for day, peak in stream.settings.peaks.items() if day > today - PEAK_DAYS]
    doubled = math.ceil(2 * max(peaks, default=0.0))
    wanted = max(doubled, MIN_SHARDS, stream.settings.warm_mib or 0)
    return min(wanted, max_shards(stream.identity.region))


def max_shards(region: str) -> int:
    return LARGE_MAX_SHARDS if region in LARGE_REGIONS else MAX_SHARDS


def adapt(stream: Stream) -> None:
    """Bring the shards to the number that traffic and warm throughput ask for."""
    with stream.lock:
        if stream.status is not Status.ACTIVE or stream.settings.mode is not Mode.ON_DEMAND:
            return
        wanted = wanted_shards(stream)
        if wanted != len(stream.open_shards()):
            resharding.scale(stream, wanted)
        else:
            metadata.save(stream)


def change_mode(stream: Stream, mode: Mode) -> None:
    """Under the stream's lock; the shards stay as they are."""
    stream.settings.mode = mode
    if mode is Mode.ON_DEMAND:
        begin(stream, len(stream.open_shards()))
    else:
        stream.settings.warm_mib = None
    stream.begin(Status.UPDATING)


def warm(stream: Stream, mib: int, is_committed: bool) -> None:
    """Ask for a write throughput in advance, under the stream's lock; 0 takes that back."""
    check_warm(stream.identity.region, stream.settings.mode, mib, is_committed)
    stream.settings.warm_mib = mib
    wanted = wanted_shards(stream)
    if wanted != len(stream.open_shards()):
        resharding.scale(stream, wanted)
    stream.begin(Status.UPDATING)


def check_warm(region: str, mode: Mode, mib: int, is_committed: bool) -> None:
    """Warm throughput is for on-demand streams of accounts with a billing commitment."""
    if mode is not Mode.ON_DEMAND:
        raise ValidationException("WarmThroughputMiBps is only supported in On-Demand mode.")
    if not is_committed:
        raise ValidationException(
            "WarmThroughputMiBps requires MinimumThroughputBillingCommitment to be enabled for "
            "the account."
        )
    if mib > max_shards(region):
        raise InvalidArgumentException(
            f"WarmThroughputMiBps must not be greater than {max_shards(region)}."
        )
