"""What an event source mapping for a Kinesis stream asks of the poller, and what is refused.

Source: Lambda API reference, CreateEventSourceMapping; Lambda guide, "Process Amazon Kinesis Data
Streams records".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localstack.aws.api.lambda_ import InvalidParameterValueException

# Members that would change what the function receives, and that the poller does not act upon.
UNSUPPORTED = (
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "KMSKeyArn",
    "MetricsConfig",
    "ProvisionedPollerConfig",
    "Queues",
    "ScalingConfig",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "SourceAccessConfigurations",
    "Topics",
)


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """One mapping's settings; -1 means without limit, as in the API."""

    uuid: str
    function_arn: str
    stream_arn: str
    starting_position: str
    starting_timestamp: datetime | None
    batch_size: int
    window_seconds: float
    max_retries: int
    max_age_seconds: int
    bisect: bool
    report_item_failures: bool
    lanes: int
    """``ParallelizationFactor``: how many batches of one shard are processed at once."""

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "StreamSettings":
        """Read an event source mapping configuration, in which every default has been filled in."""
        return cls(
            uuid=config["UUID"],
            function_arn=config["FunctionArn"],
            stream_arn=config["EventSourceArn"],
            starting_position=config["StartingPosition"],
            starting_timestamp=config.get("StartingPositionTimestamp"),
            batch_size=config["BatchSize"],
            window_seconds=config.get("MaximumBatchingWindowInSeconds") or 0,
            max_retries=config.get("MaximumRetryAttempts", -1),
            max_age_seconds=config.get("MaximumRecordAgeInSeconds", -1),
            bisect=bool(config.get("BisectBatchOnFunctionError")),
            report_item_failures="ReportBatchItemFailures"
            in config.get("FunctionResponseTypes", ()),
            lanes=config.get("ParallelizationFactor") or 1,
        )


def is_kinesis(request: Mapping[str, Any]) -> bool:
    return str(request.get("EventSourceArn", "")).startswith("arn:aws:kinesis:")


def refuse_unsupported(request: Mapping[str, Any]) -> None:
    """Raise InvalidParameterValueException, naming what would otherwise be ignored."""
    for name in UNSUPPORTED:
        if request.get(name):
            raise _refused(name)
    if request.get("TumblingWindowInSeconds"):
        raise _refused("TumblingWindowInSeconds")
    if "/consumer/" in request["EventSourceArn"]:
        raise _refused("a stream consumer (enhanced fan-out) as EventSourceArn")
    timestamp = request.get("StartingPositionTimestamp")
    if request.get("StartingPosition") == "AT_TIMESTAMP" and timestamp is None:
        raise InvalidParameterValueException(
            "StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP.",
            Type="User",
        )


def _refused(what: str) -> InvalidParameterValueException:
    return InvalidParameterValueException(
        f"The lab does not support {what} for Kinesis event sources.", Type="User"
    )
