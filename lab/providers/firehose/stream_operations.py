"""Operations on delivery streams: their life, their destination, their encryption and their tags.

Source: Amazon Data Firehose API reference.
"""

import re
from datetime import UTC, datetime
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.firehose import (
    ConcurrentModificationException,
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)

from lab.providers.firehose import settings
from lab.providers.firehose.models import DIRECT_PUT, KINESIS, DeliveryStream
from lab.providers.firehose.operations import Answer, Operations, Request
from lab.providers.kinesis.lifecycle import Status
from lab.providers.kinesis.metadata import registry as kinesis_registry

DESTINATION_ID = "destinationId-000000000001"
MAX_STREAMS = 5000
MAX_TAGS = 50
REFUSED_SOURCES = ("MSKSourceConfiguration", "DatabaseSourceConfiguration")
STOP_SECONDS = 5.0
_INVALID = re.compile(r"[^\w\s./=+\-%@:]")


class StreamOperations(Operations):
    """Everything but the records."""

    @handler("CreateDeliveryStream", expand=False)
    def create_delivery_stream(self, context: RequestContext, request: Request) -> Answer:
        name, account = request["DeliveryStreamName"], context.account_id
        kind = request.get("DeliveryStreamType") or DIRECT_PUT
        source = _source(request, kind)
        destination, given = settings.chosen(request, "Configuration")
        definition = {
            "name": name,
            "account": account,
            "region": context.region,
            "type": kind,
            "source": source,
            "encryption": _encryption(request.get("DeliveryStreamEncryptionConfigurationInput")),
            "destination": {
                "kind": destination,
                "settings": settings.completed(destination, given),
            },
            "tags": _checked_tags({}, request.get("Tags") or ()),
        }
        if source and definition["encryption"]["Status"] == "ENABLED":
            raise InvalidArgumentException(
                "Encryption can only be enabled for streams with DirectPut as their source."
            )
        with self.registry.lock:
            if self.registry.find(account, context.region, name):
                raise ResourceInUseException(
                    f"Firehose {name} under accountId {account} already exists"
                )
            if len(self.registry.list(account, context.region)) >= MAX_STREAMS:
                raise LimitExceededException(
                    f"You have already consumed your firehose quota of {MAX_STREAMS} hoses. "
                    "Firehose names: "
                )
            stream = self.registry.create(definition)
        self.worker(stream)
        return {"DeliveryStreamARN": stream.arn}

    @handler("DescribeDeliveryStream", expand=False)
    def describe_delivery_stream(self, context: RequestContext, request: Request) -> Answer:
        return {"DeliveryStreamDescription": _description(self.find(context, request))}

    @handler("ListDeliveryStreams", expand=False)
    def list_delivery_streams(self, context: RequestContext, request: Request) -> Answer:
        names = [
            stream.name
            for stream in self.registry.list(context.account_id, context.region)
            if request.get("DeliveryStreamType") in (None, stream.kind)
            and stream.name > (request.get("ExclusiveStartDeliveryStreamName") or "")
        ]
        limit = request.get("Limit") or 10
        return {
            "DeliveryStreamNames": names[:limit],
            "HasMoreDeliveryStreams": len(names) > limit,
        }

    @handler("DeleteDeliveryStream", expand=False)
    def delete_delivery_stream(self, context: RequestContext, request: Request) -> Answer:
        stream = self.find(context, request)
        with stream.lock:
            stream.begin(Status.DELETING)
            stream.save()
        self.end(stream, STOP_SECONDS)
        self.registry.find(stream.account, stream.region, stream.name)
        return {}

    @handler("UpdateDestination", expand=False)
    def update_destination(self, context: RequestContext, request: Request) -> Answer:
        stream = self.find(context, request)
        with stream.lock:
            given = request["CurrentDeliveryStreamVersionId"]
            if given != stream.version:
                raise ConcurrentModificationException(
                    f"Cannot update firehose: {stream.name} since the current version id: "
                    f"{stream.version} and specified version id: {given} do not match"
                )
            if request["DestinationId"] != DESTINATION_ID:
                raise InvalidArgumentException(
                    f"Destination Id {request['DestinationId']} not found"
                )
            kind, update = settings.chosen(request, "Update")
            current = stream.definition["destination"]
            if kind != current["kind"]:
                raise InvalidArgumentException(
                    f"Changing the destination type to or from {kind} is not supported at this "
                    "time."
                )
            merged = settings.merged(current["settings"], update, kind)
            self._change(stream, destination={"kind": kind, "settings": merged})
        self.worker(stream).wake()
        return {}

    @handler("StartDeliveryStreamEncryption", expand=False)
    def start_delivery_stream_encryption(self, context: RequestContext, request: Request) -> Answer:
        given = request.get("DeliveryStreamEncryptionConfigurationInput")
        self._encrypt(context, request, _encryption(given or {"KeyType": "AWS_OWNED_CMK"}))
        return {}

    @handler("StopDeliveryStreamEncryption", expand=False)
    def stop_delivery_stream_encryption(self, context: RequestContext, request: Request) -> Answer:
        self._encrypt(context, request, {"Status": "DISABLED"})
        return {}

    @handler("TagDeliveryStream", expand=False)
    def tag_delivery_stream(self, context: RequestContext, request: Request) -> Answer:
        stream = self.find(context, request)
        with stream.lock:
            stream.definition["tags"] = _checked_tags(stream.definition["tags"], request["Tags"])
            stream.save()
        return {}

    @handler("UntagDeliveryStream", expand=False)
    def untag_delivery_stream(self, context: RequestContext, request: Request) -> Answer:
        stream = self.find(context, request)
        with stream.lock:
            for key in request["TagKeys"]:
                stream.definition["tags"].pop(key, None)
            stream.save()
        return {}

    @handler("ListTagsForDeliveryStream", expand=False)
    def list_tags_for_delivery_stream(self, context: RequestContext, request: Request) -> Answer:
        tags = self.find(context, request).definition["tags"]
        start = request.get("ExclusiveStartTagKey") or ""
        keys = sorted(key for key in tags if key > start)
        limit = request.get("Limit") or MAX_TAGS
        return {
            "Tags": [{"Key": key, "Value": tags[key]} for key in keys[:limit]],
            "HasMoreTags": len(keys) > limit,
        }

    def _encrypt(self, context: RequestContext, request: Request, wanted: Answer) -> None:
        stream = self.find(context, request)
        if stream.kind != DIRECT_PUT:
            raise InvalidArgumentException(
                f"This operation is not permitted on {stream.kind} delivery stream type."
            )
        with stream.lock:
            stream.definition["encryption"] = wanted
            stream.save()

    @staticmethod
    def _change(stream: DeliveryStream, **changed: Any) -> None:
        """Replace parts of the definition: a new version of the stream."""
        version = str(int(stream.version) + 1)
        updated = stream.timing.clock()
        stream.definition = {**stream.definition, **changed, "version": version, "updated": updated}
        stream.save()


def _source(request: Request, kind: str) -> dict[str, Any] | None:
    for name in REFUSED_SOURCES:
        if request.get(name):
            raise InvalidArgumentException(f"The lab does not support {name}.")
    if kind not in (DIRECT_PUT, KINESIS):
        raise InvalidArgumentException(f"The lab does not support the source type {kind}.")
    source: dict[str, Any] | None = request.get("KinesisStreamSourceConfiguration")
    if (kind == KINESIS) != bool(source):
        raise InvalidArgumentException(
            "KinesisStreamSourceConfig is only applicable for KinesisStreamAsSource stream type."
            if source
            else "KinesisStreamSourceConfig is required for KinesisStreamAsSource stream type."
        )
    if source is not None and kinesis_registry().find_arn(source["KinesisStreamARN"]) is None:
        _, _, _, _, account, resource = source["KinesisStreamARN"].split(":", 5)
        name = resource.split("/")[-1]
        raise ResourceNotFoundException(f"Stream {name} under account {account} not found.")
    return dict(source) if source else None


def _encryption(given: dict[str, Any] | None) -> dict[str, Any]:
    if not given:
        return {"Status": "DISABLED"}
    if (given["KeyType"] == "CUSTOMER_MANAGED_CMK") != bool(given.get("KeyARN")):
        raise InvalidArgumentException(
            "KeyARN must be given when KeyType is CUSTOMER_MANAGED_CMK, and only then."
        )
    return {**given, "Status": "ENABLED"}


def _checked_tags(present: dict[str, str], added: Any) -> dict[str, str]:
    tags = {**present, **{tag["Key"]: tag.get("Value") or "" for tag in added}}
    if any(_INVALID.search(text) for text in (*tags, *tags.values())):
        raise InvalidArgumentException("Some tags contain invalid characters.")
    if any(re.match("aws:", key, re.IGNORECASE) for key in tags):
        raise InvalidArgumentException("Tag keys starting with 'aws:' are reserved.")
    if len(tags) > MAX_TAGS:
        raise LimitExceededException(f"A Firehose stream can have at most {MAX_TAGS} tags.")
    return tags


def _description(stream: DeliveryStream) -> dict[str, Any]:
    definition = stream.definition
    destination = definition["destination"]
    described = settings.described(destination["kind"], destination["settings"])
    description = {
        "DeliveryStreamName": stream.name,
        "DeliveryStreamARN": stream.arn,
        "DeliveryStreamStatus": stream.status,
        "DeliveryStreamEncryptionConfiguration": definition["encryption"],
        "DeliveryStreamType": stream.kind,
        "VersionId": stream.version,
        "CreateTimestamp": datetime.fromtimestamp(definition["created"], UTC),
        "Destinations": [{"DestinationId": DESTINATION_ID, **described}],
        "HasMoreDestinations": False,
    }
    if "updated" in definition:
        description["LastUpdateTimestamp"] = datetime.fromtimestamp(definition["updated"], UTC)
    if source := definition["source"]:
        began = datetime.fromtimestamp(definition["created"], UTC)
        shown = {**source, "DeliveryStartTimestamp": began}
        description["Source"] = {"KinesisStreamSourceDescription": shown}
    return description
