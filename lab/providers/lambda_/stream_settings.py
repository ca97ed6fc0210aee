"""What an event source mapping for a Kinesis stream asks of the poller.

Source: Lambda API reference, CreateEventSourceMapping; Lambda guide, "Process Amazon Kinesis Data
Streams records".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

REPORT_ITEM_FAILURES = "ReportBatchItemFailures"


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """One mapping's settings; -1 means without limit, as in the API."""

    uuid: str
    function_arn: str
    source_arn: str
    """``EventSourceArn``: of a stream, or of a consumer of one (enhanced fan-out)."""
    starting_position: str
    starting_timestamp: datetime | None
    batch_size: int
    gather_seconds: float
    """``MaximumBatchingWindowInSeconds``"""
    tumbling_seconds: int
    max_retries: int
    max_age_seconds: int
    bisect: bool
    report_item_failures: bool
    lanes: int
    """``ParallelizationFactor``: how many batches of one shard are processed at once."""
    patterns: tuple[str, ...]
    """JSON texts of ``FilterCriteria``"""
    on_failure: str | None
    """ARN of the on-failure destination"""

    @property
    def stream_arn(self) -> str:
        return stream_of(self.source_arn)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "StreamSettings":
        """Read an event source mapping configuration, in which every default has been filled in."""
        on_failure = (config.get("DestinationConfig") or {}).get("OnFailure") or {}
        filters = (config.get("FilterCriteria") or {}).get("Filters") or ()
        return cls(
            uuid=config["UUID"],
            function_arn=config["FunctionArn"],
            source_arn=config["EventSourceArn"],
            starting_position=config["StartingPosition"],
            starting_timestamp=config.get("StartingPositionTimestamp"),
            batch_size=config["BatchSize"],
            gather_seconds=config.get("MaximumBatchingWindowInSeconds") or 0,
            tumbling_seconds=config.get("TumblingWindowInSeconds") or 0,
            max_retries=config.get("MaximumRetryAttempts", -1),
            max_age_seconds=config.get("MaximumRecordAgeInSeconds", -1),
            bisect=bool(config.get("BisectBatchOnFunctionError")),
            report_item_failures=REPORT_ITEM_FAILURES in config.get("FunctionResponseTypes", ()),
            lanes=config.get("ParallelizationFactor") or 1,
            patterns=tuple(each["Pattern"] for each in filters),
            on_failure=on_failure.get("Destination") or None,
        )


def is_kinesis(request: Mapping[str, Any]) -> bool:
    return str(request.get("EventSourceArn", "")).startswith("arn:aws:kinesis:")


def stream_of(source_arn: str) -> str:
    """The stream's ARN in an EventSourceArn, which may be that of a consumer of it."""
    return source_arn.split("/consumer/", 1)[0]
