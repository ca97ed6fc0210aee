"""How long records stay readable. Source: API reference, Increase- and
DecreaseStreamRetentionPeriod.
"""

from localstack.aws.api.kinesis import InvalidArgumentException

from lab.providers.kinesis.models import Status, Stream

MIN_HOURS = 24
MAX_HOURS = 8760


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
