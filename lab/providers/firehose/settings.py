"""The settings of a destination: what is refused, what is filled in, and how they are described.

Source: API reference, CreateDeliveryStream, UpdateDestination and the data types that they name;
Firehose guide, "Understand custom prefixes for Amazon S3 objects".
"""

import copy
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from localstack.aws.api.firehose import InvalidArgumentException

from lab.providers.firehose import prefix
from lab.providers.firehose.processing import compile_query, parameters

Settings = dict[str, Any]

KINDS = ("ExtendedS3", "S3", "Amazonopensearchservice", "HttpEndpoint")
REFUSED = (
    *("Redshift", "Elasticsearch", "Splunk", "AmazonOpenSearchServerless", "Snowflake"),
    "Iceberg",
)
HINTS = {
    "S3": {"SizeInMBs": 5, "IntervalInSeconds": 300},
    "Conversion": {"SizeInMBs": 128, "IntervalInSeconds": 300},
    "Amazonopensearchservice": {"SizeInMBs": 5, "IntervalInSeconds": 300},
    "HttpEndpoint": {"SizeInMBs": 5, "IntervalInSeconds": 300},
}
LARGE_BUFFER_MIB = 64
S3_DEFAULTS: Settings = {
    "CompressionFormat": "UNCOMPRESSED",
    "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
    "CloudWatchLoggingOptions": {"Enabled": False},
}
OTHER_DEFAULTS: Settings = {
    "CloudWatchLoggingOptions": {"Enabled": False},
    "ProcessingConfiguration": {"Enabled": False, "Processors": []},
}
DEFAULTS: dict[str, Settings] = {
    "ExtendedS3": {
        "S3BackupMode": "Disabled",
        "ProcessingConfiguration": {"Enabled": False, "Processors": []},
    },
    "Amazonopensearchservice": {
        **OTHER_DEFAULTS,
        "IndexRotationPeriod": "OneDay",
        "RetryOptions": {"DurationInSeconds": 300},
        "S3BackupMode": "FailedDocumentsOnly",
        "DocumentIdOptions": {"DefaultDocumentIdFormat": "FIREHOSE_DEFAULT"},
    },
    "HttpEndpoint": {
        **OTHER_DEFAULTS,
        "RetryOptions": {"DurationInSeconds": 300},
        "RequestConfiguration": {"ContentEncoding": "NONE", "CommonAttributes": []},
        "S3BackupMode": "FailedDataOnly",
    },
}
UNSUPPORTED = ("VpcConfiguration", "SecretsManagerConfiguration")


def invalid(message: str) -> InvalidArgumentException:
    return InvalidArgumentException(message)


def chosen(request: Mapping[str, Any], ending: str) -> tuple[str, Settings]:
    """The one destination of a request; ``ending`` is Configuration or Update."""
    for name in REFUSED:
        if request.get(f"{name}Destination{ending}"):
            raise invalid(f"The lab does not support {name}Destination{ending}.")
    given = {
        kind: request[f"{kind}Destination{ending}"]
        for kind in KINDS
        if request.get(f"{kind}Destination{ending}")
    }
    if len(given) != 1:
        raise invalid("Exactly one destination configuration is supported for a Firehose")
    [(kind, settings)] = given.items()
    # S3DestinationConfiguration is the older way of saying the same.
    return ("ExtendedS3" if kind == "S3" else kind), copy.deepcopy(dict(settings))


def completed(kind: str, given: Settings) -> Settings:
    """With the defaults; raises InvalidArgumentException for what AWS, or the lab, refuses."""
    settings = {**DEFAULTS[kind], **given}
    for name in UNSUPPORTED:
        if settings.get(name):
            raise invalid(f"The lab does not support {name}.")
    if kind == "ExtendedS3":
        settings = _completed_s3(settings)
        if settings["S3BackupMode"] == "Enabled":
            if "S3BackupConfiguration" not in settings:
                raise invalid("S3BackupConfiguration must be given when S3BackupMode is Enabled.")
            settings["S3BackupConfiguration"] = _completed_s3(settings["S3BackupConfiguration"])
        _check_partitioning(settings)
        _check_conversion(settings)
    else:
        settings["S3Configuration"] = _completed_s3(settings["S3Configuration"])
        settings["BufferingHints"] = HINTS[kind] | (settings.get("BufferingHints") or {})
    _check_destination(kind, settings)
    _check_processors(settings.get("ProcessingConfiguration") or {})
    return settings


def merged(settings: Settings, update: Settings, kind: str) -> Settings:
    """After an update: what it does not give stays as it was."""
    update = copy.deepcopy(update)
    for old, new in (("S3Update", "S3Configuration"), ("S3BackupUpdate", "S3BackupConfiguration")):
        if old in update:
            update[new] = {**settings.get(new, {}), **update.pop(old)}
    before = (settings.get("DynamicPartitioningConfiguration") or {}).get("Enabled", False)
    after = update.get("DynamicPartitioningConfiguration")
    if after is not None and after.get("Enabled", False) != before:
        raise invalid("Dynamic partitioning cannot be enabled or disabled for an existing stream.")
    return completed(kind, {**settings, **update})


def described(kind: str, settings: Settings) -> dict[str, Any]:
    """As a DestinationDescription has it; secrets are left out."""
    shown = copy.deepcopy(settings)
    for given, described_as in (
        ("S3Configuration", "S3DestinationDescription"),
        ("S3BackupConfiguration", "S3BackupDescription"),
    ):
        if given in shown:
            shown[described_as] = shown.pop(given)
    if kind == "HttpEndpoint":
        shown["EndpointConfiguration"].pop("AccessKey", None)
    description = {f"{kind}DestinationDescription": shown}
    if kind == "ExtendedS3":
        own = ("RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix", "BufferingHints")
        members = (*own, *S3_DEFAULTS)
        description["S3DestinationDescription"] = {
            name: shown[name] for name in members if name in shown
        }
    return description


def _completed_s3(given: Settings) -> Settings:
    is_converted = (given.get("DataFormatConversionConfiguration") or {}).get("Enabled")
    hints = HINTS["Conversion" if is_converted or _is_partitioned(given) else "S3"]
    settings = {
        **S3_DEFAULTS,
        **given,
        "BufferingHints": hints | (given.get("BufferingHints") or {}),
    }
    _check_prefixes(settings)
    try:
        ZoneInfo(settings.get("CustomTimeZone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise invalid(f"CustomTimeZone {settings['CustomTimeZone']} is invalid.") from error
    return settings


def _check_prefixes(settings: Settings) -> None:
    given, failed = settings.get("Prefix") or "", settings.get("ErrorOutputPrefix") or ""
    try:
        expressions = prefix.expressions(given)
        error_expressions = prefix.expressions(failed)
    except prefix.InvalidPrefixError as error:
        raise invalid(str(error)) from error
    if expressions and not failed:
        raise invalid("ErrorOutputPrefix can't be null or empty when Prefix contains expressions.")
    if ("firehose", prefix.ERROR_TYPE) in expressions:
        raise invalid("Prefix cannot contain !{firehose:error-output-type}.")
    if error_expressions and ("firehose", prefix.ERROR_TYPE) not in error_expressions:
        raise invalid("ErrorOutputPrefix must contain !{firehose:error-output-type}.")
    partitioned = (prefix.QUERY, prefix.LAMBDA)
    if any(namespace in partitioned for namespace, _ in error_expressions):
        raise invalid("ErrorOutputPrefix cannot contain partition keys.")
    found = any(namespace in partitioned for namespace, _ in expressions)
    if found and not _is_partitioned(settings):
        raise invalid(
            "Prefix cannot contain partition keys unless dynamic partitioning is enabled."
        )


def _is_partitioned(settings: Settings) -> bool:
    return bool((settings.get("DynamicPartitioningConfiguration") or {}).get("Enabled"))


def _processors(settings: Settings) -> dict[str, dict[str, str]]:
    given = settings.get("ProcessingConfiguration") or {}
    if not given.get("Enabled"):
        return {}
    return {each["Type"]: parameters(each) for each in given.get("Processors") or ()}


def _check_partitioning(settings: Settings) -> None:
    processors = _processors(settings)
    if not _is_partitioned(settings):
        for name in ("MetadataExtraction", "RecordDeAggregation"):
            if name in processors:
                raise invalid(f"{name} processor requires dynamic partitioning to be enabled.")
        return
    if settings["BufferingHints"]["SizeInMBs"] < LARGE_BUFFER_MIB:
        raise invalid(
            "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled."
        )
    keys = prefix.expressions(settings.get("Prefix") or "")
    if not any(namespace in (prefix.QUERY, prefix.LAMBDA) for namespace, _ in keys):
        raise invalid("Prefix must contain partition keys when dynamic partitioning is enabled.")
    if any(space == prefix.QUERY for space, _ in keys) and "MetadataExtraction" not in processors:
        raise invalid(
            "MetadataExtraction processor should be present when Dynamic Partitioning "
            "uses partitionKeyFromQuery."
        )
    if any(space == prefix.LAMBDA for space, _ in keys) and "Lambda" not in processors:
        raise invalid(
            "Lambda processor should be present when Dynamic Partitioning uses "
            "partitionKeyFromLambda."
        )


def _check_conversion(settings: Settings) -> None:
    given = settings.get("DataFormatConversionConfiguration") or {}
    if not given.get("Enabled"):
        return
    if settings["BufferingHints"]["SizeInMBs"] < LARGE_BUFFER_MIB:
        raise invalid(
            "BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled."
        )
    if settings["CompressionFormat"] != "UNCOMPRESSED":
        raise invalid(
            "CompressionFormat must be UNCOMPRESSED when data format conversion is enabled."
        )
    for name in ("SchemaConfiguration", "InputFormatConfiguration", "OutputFormatConfiguration"):
        if not given.get(name):
            raise invalid(f"{name} must be given when data format conversion is enabled.")
    if (given["SchemaConfiguration"].get("VersionId") or "LATEST") != "LATEST":
        raise invalid("The lab does not support a VersionId other than LATEST.")
    hive = given["InputFormatConfiguration"].get("Deserializer", {}).get("HiveJsonSerDe") or {}
    if set(hive.get("TimestampFormats") or ()) - {"millis"}:
        raise invalid("The lab does not support TimestampFormats other than millis.")
    serializer = given["OutputFormatConfiguration"].get("Serializer") or {}
    if (serializer.get("OrcSerDe") or {}).get("EnablePadding"):
        raise invalid("The lab does not support EnablePadding of OrcSerDe.")


def _check_destination(kind: str, settings: Settings) -> None:
    if kind == "Amazonopensearchservice":
        if bool(settings.get("DomainARN")) == bool(settings.get("ClusterEndpoint")):
            raise invalid("Exactly one of DomainARN and ClusterEndpoint must be given.")
        if settings.get("TypeName"):
            raise invalid("TypeName must be empty for OpenSearch and Elasticsearch 7.x and later.")


def _check_processors(given: Settings) -> None:
    if not given.get("Enabled"):
        return
    for processor in given.get("Processors") or ():
        found = parameters(processor)
        for name in _REQUIRED.get(processor["Type"], ()):
            if name not in found:
                raise invalid(f"{processor['Type']} processor requires the parameter {name}.")
        if processor["Type"] == "MetadataExtraction":
            try:
                compile_query(found["MetadataExtractionQuery"])
            except ValueError as error:
                raise invalid(f"MetadataExtractionQuery is invalid: {error}") from error
        if found.get("SubRecordType") == "DELIMITED" and "Delimiter" not in found:
            raise invalid("RecordDeAggregation processor requires the parameter Delimiter.")


_REQUIRED = {
    "Lambda": ("LambdaArn",),
    "MetadataExtraction": ("MetadataExtractionQuery", "JsonParsingEngine"),
    "RecordDeAggregation": ("SubRecordType",),
    "Decompression": ("CompressionFormat",),
    "CloudWatchLogProcessing": ("DataMessageExtraction",),
}
