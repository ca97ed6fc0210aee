"""Requests for event source mappings of Kinesis: what AWS refuses and LocalStack does not, and
what the lab refuses by name.

Source: Lambda API reference, CreateEventSourceMapping; Lambda guide, "Lambda parameters for Amazon
Kinesis Data Streams event source mappings".
"""

import time
from collections.abc import Mapping
from typing import Any

from botocore.model import Shape
from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.aws.spec import load_service

from lab.providers.kinesis.metadata import registry
from lab.providers.lambda_.stream_filter import InvalidPatternError, RecordFilter
from lab.providers.lambda_.stream_settings import stream_of
from lab.providers.lambda_.stream_source import exists
from lab.providers.validation import FrontEnd, violation

FRONT_END = FrontEnd()
MAX_FILTERS = 5
MAX_PATTERN = 4096
DESTINATIONS = ("sqs", "sns", "s3")

# Members of other event sources, and two of Kinesis that the poller does not act upon.
UNSUPPORTED = (
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "KMSKeyArn",
    "LoggingConfig",
    "MetricsConfig",
    "ProvisionedPollerConfig",
    "Queues",
    "ScalingConfig",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "SourceAccessConfigurations",
    "Topics",
)


def check(request: Mapping[str, Any]) -> None:
    """Raise AWS's exception for a request, or for a mapping as an update would leave it."""
    FRONT_END.validate(_input_shape(), dict(request), skip=("UUID", "FilterCriteria"))
    for name in UNSUPPORTED:
        if request.get(name):
            raise _invalid(f"The lab does not support {name} for Kinesis event sources.")
    _check_start(request)
    _check_age(request.get("MaximumRecordAgeInSeconds", -1))
    _check_windows(request)
    _check_filters((request.get("FilterCriteria") or {}).get("Filters") or ())
    _check_destination((request.get("DestinationConfig") or {}).get("OnFailure") or {})


def check_source(source_arn: str) -> None:
    """The stream exists, and so does its consumer if the ARN is that of one."""
    if registry().find_arn(stream_of(source_arn)) is None:
        raise _invalid(f"Stream not found: {source_arn}")
    if "/consumer/" in source_arn and not exists(source_arn):
        raise _invalid(f"Consumer not found: {source_arn}")


def _input_shape() -> Shape:
    return load_service("lambda").operation_model("UpdateEventSourceMapping").input_shape


def _check_start(request: Mapping[str, Any]) -> None:
    timestamp = request.get("StartingPositionTimestamp")
    if request.get("StartingPosition") == "AT_TIMESTAMP" and timestamp is None:
        raise _invalid(
            "StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP."
        )
    if timestamp is not None and request.get("StartingPosition") != "AT_TIMESTAMP":
        raise _invalid(
            "StartingPositionTimestamp is only allowed when StartingPosition is AT_TIMESTAMP."
        )
    if timestamp is not None and timestamp.timestamp() > time.time():
        raise _invalid("StartingPositionTimestamp cannot be in the future.")


def _check_age(seconds: int) -> None:
    """Within the bounds of the model, from 0 to 59 is not allowed."""
    if 0 <= seconds < 60:
        raise _invalid("MaximumRecordAgeInSeconds must be -1 or between 60 and 604800.")


def _check_windows(request: Mapping[str, Any]) -> None:
    if request.get("TumblingWindowInSeconds") and (request.get("ParallelizationFactor") or 1) > 1:
        raise _invalid(
            "The lab does not support a ParallelizationFactor greater than 1 together with "
            "TumblingWindowInSeconds."
        )


def _check_filters(filters: Any) -> None:
    if len(filters) > MAX_FILTERS:
        raise _invalid(f"Only {MAX_FILTERS} filters are allowed for an event source mapping.")
    patterns = [each.get("Pattern") or "" for each in filters]
    if any(len(pattern) > MAX_PATTERN for pattern in patterns):
        constraint = f"Member must have length less than or equal to {MAX_PATTERN}"
        FRONT_END.refuse([violation("filterCriteria.filters", constraint)])
    try:
        RecordFilter(patterns)
    except InvalidPatternError as error:
        raise _invalid(f"Invalid filter pattern definition. {error}".strip()) from error


def _check_destination(on_failure: Mapping[str, Any]) -> None:
    """A standard queue, a standard topic or a bucket."""
    arn = on_failure.get("Destination")
    if not arn:
        return
    service = arn.split(":")[2]
    if service not in DESTINATIONS or arn.endswith(".fifo"):
        raise _invalid(
            "The provided destination config DestinationConfig(onSuccess=null, "
            f"onFailure=OnFailure(destination={arn})) is invalid."
        )


def _invalid(message: str) -> InvalidParameterValueException:
    return InvalidParameterValueException(message, Type="User")
