"""The Kinesis API: finds the stream that a request means, and puts answers in the API's shapes.

Operations that are not here are refused by LocalStack as not implemented. What the operations do
is in ``resharding``, ``records``, ``listing`` and ``tags``; what they do it to, in ``models``.
"""

from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    KinesisApi,
    ProvisionedThroughputExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from localstack.aws.skeleton import Skeleton, create_dispatch_table
from localstack.aws.spec import load_service
from localstack.http import Response
from localstack.services.plugins import Service

from lab.providers.kinesis import (
    descriptions,
    iterator,
    listing,
    metadata,
    quotas,
    records,
    resharding,
    retention,
    tags,
    validation,
    wire,
)
from lab.providers.kinesis.models import (
    Mode,
    Registry,
    Status,
    Stream,
    StreamIdentity,
    StreamSettings,
)

Request = dict[str, Any]
Answer = dict[str, Any]


def create_service() -> Service:
    wire.install()
    return Service("kinesis", skeleton=create_skeleton(KinesisProvider(metadata.registry())))


def create_skeleton(provider: "KinesisProvider") -> Skeleton:
    """The provider's operations, each behind the validation of its input; the others refuse."""
    table = {}
    for name, call in create_dispatch_table(provider).items():
        is_ours = call.fn.__func__ is not getattr(KinesisApi, call.fn.__name__)
        table[name] = _validated(name, call) if is_ours else _refusal(name)
    return Skeleton(load_service("kinesis"), table)


def _refusal(operation: str) -> Any:
    def refuse(_context: RequestContext, _request: Request) -> None:
        raise NotImplementedError(f"The lab does not implement {operation} of Kinesis.")

    return refuse


def _validated(operation: str, call: Any) -> Any:
    if operation == "PutRecords":  # checks its records itself, for speed
        return call

    def checked(context: RequestContext, request: Request) -> Any:
        if context.operation.input_shape is not None:
            validation.validate(context.operation.input_shape, request or {})
        return call(context, request)

    return checked


class KinesisProvider(KinesisApi):
    """The operations of Kinesis Data Streams that the lab has."""

    def __init__(self, streams: Registry) -> None:
        self.registry = streams

    # Streams

    @handler("CreateStream", expand=False)
    def create_stream(self, context: RequestContext, request: Request) -> None:
        if "WarmThroughputMiBps" in request:
            raise NotImplementedError("CreateStream: WarmThroughputMiBps is not supported.")
        name, account = request["StreamName"], context.account_id
        mode = Mode((request.get("StreamModeDetails") or {}).get("StreamMode", "PROVISIONED"))
        count = quotas.initial_shards(mode, request.get("ShardCount"))
        given_tags = dict(request.get("Tags") or {})
        tags.check(given_tags)
        with self.registry.lock:
            if self.registry.find(account, context.region, name):
                raise ResourceInUseException(
                    f"Stream {name} under account {account} already exists."
                )
            if mode is Mode.PROVISIONED:
                quotas.check(self.registry, account, context.region, count)
            identity = StreamIdentity(account, context.region, name, self.registry.timing.clock())
            settings = StreamSettings(mode=mode, tags=given_tags)
            settings.max_record_kib = request.get("MaxRecordSizeInKiB", settings.max_record_kib)
            folder = self.registry.new_folder(identity)
            stream = Stream(identity, settings, folder, self.registry.timing)
            resharding.create(stream, count)
            stream.begin(Status.CREATING)
            metadata.save(stream)
            self.registry.add(stream)

    @handler("DeleteStream", expand=False)
    def delete_stream(self, context: RequestContext, request: Request) -> None:
        stream = self._stream(context, request)
        with stream.lock:
            self.registry.delete(stream)
            if not stream.is_gone:
                metadata.save(stream)

    @handler("DescribeStream", expand=False)
    def describe_stream(self, context: RequestContext, request: Request) -> Answer:
        stream = self._stream(context, request)
        limit = request.get("Limit", 100)
        shards = listing.after(listing.visible(stream), request.get("ExclusiveStartShardId"))
        description = {
            **descriptions.common(stream),
            "Shards": [descriptions.shard(shard) for shard in shards[:limit]],
            "HasMoreShards": len(shards) > limit,
        }
        return {"StreamDescription": description}

    @handler("DescribeStreamSummary", expand=False)
    def describe_stream_summary(self, context: RequestContext, request: Request) -> Answer:
        stream = self._stream(context, request)
        summary = {
            **descriptions.common(stream),
            "OpenShardCount": len(stream.open_shards()),
            "ConsumerCount": 0,
            "MaxRecordSizeInKiB": stream.settings.max_record_kib,
        }
        return {"StreamDescriptionSummary": summary}

    @handler("ListStreams", expand=False)
    def list_streams(self, context: RequestContext, request: Request) -> Answer:
        now = self.registry.timing.now_ms()
        start = request.get("ExclusiveStartStreamName") or ""
        if token := request.get("NextToken"):
            start = str(listing.unpack_token(token, now).get("name"))
        limit = request.get("Limit", 100)
        streams = self.registry.list(context.account_id, context.region)
        streams = [stream for stream in streams if stream.name > start]
        shown = streams[:limit]
        answer: Answer = {
            "StreamNames": [stream.name for stream in shown],
            "StreamSummaries": [descriptions.entry(stream) for stream in shown],
            "HasMoreStreams": len(streams) > limit,
        }
        if len(streams) > limit:
            answer["NextToken"] = listing.pack_token({"name": shown[-1].name}, now)
        return answer

    @handler("DescribeLimits", expand=False)
    def describe_limits(self, context: RequestContext, _request: Request) -> Answer:
        account, region = context.account_id, context.region
        on_demand = [
            stream
            for stream in self.registry.list(account, region)
            if stream.settings.mode is Mode.ON_DEMAND
        ]
        return {
            "ShardLimit": quotas.shard_limit(region),
            "OpenShardCount": quotas.open_shard_count(self.registry, account, region),
            "OnDemandStreamCount": len(on_demand),
            "OnDemandStreamCountLimit": quotas.ON_DEMAND_LIMIT,
        }

    @handler("IncreaseStreamRetentionPeriod", expand=False)
    def increase_stream_retention_period(self, context: RequestContext, request: Request) -> None:
        stream = self._stream(context, request)
        with stream.lock:
            retention.increase(stream, request["RetentionPeriodHours"])
            metadata.save(stream)

    @handler("DecreaseStreamRetentionPeriod", expand=False)
    def decrease_stream_retention_period(self, context: RequestContext, request: Request) -> None:
        stream = self._stream(context, request)
        with stream.lock:
            retention.decrease(stream, request["RetentionPeriodHours"])
            metadata.save(stream)

    # Tags

    @handler("AddTagsToStream", expand=False)
    def add_tags_to_stream(self, context: RequestContext, request: Request) -> None:
        stream = self._stream(context, request)
        with stream.lock:
            tags.add(stream, request["Tags"])
            metadata.save(stream)

    @handler("RemoveTagsFromStream", expand=False)
    def remove_tags_from_stream(self, context: RequestContext, request: Request) -> None:
        stream = self._stream(context, request)
        with stream.lock:
            for key in request["TagKeys"]:
                stream.settings.tags.pop(key, None)
            metadata.save(stream)

    @handler("ListTagsForStream", expand=False)
    def list_tags_for_stream(self, context: RequestContext, request: Request) -> Answer:
        stream = self._stream(context, request)
        limit = request.get("Limit", tags.MAX_TAGS)
        shown, more = tags.page(stream, request.get("ExclusiveStartTagKey"), limit)
        return {"Tags": shown, "HasMoreTags": more}

    # Shards

    @handler("ListShards", expand=False)
    def list_shards(self, context: RequestContext, request: Request) -> Answer:
        now = self.registry.timing.now_ms()
        start = request.get("ExclusiveStartShardId")
        limit = request.get("MaxResults", 1000)
        if token := request.get("NextToken"):
            if "StreamName" in request:
                raise InvalidArgumentException(
                    "NextToken and StreamName cannot be provided together."
                )
            fields = listing.unpack_token(token, now)
            request, start = {"StreamARN": fields["arn"]}, fields["after"]
            names = fields["shards"]
            stream = self._stream(context, request)
            shards = [shard for shard in stream.shards if shard.id in names]
        else:
            if "StreamName" not in request and "StreamARN" not in request:
                raise InvalidArgumentException("Either NextToken or StreamName should be provided.")
            stream = self._stream(context, request)
            shards = listing.filtered(stream, request.get("ShardFilter"))
        shards = listing.after(shards, start)
        answer: Answer = {"Shards": [descriptions.shard(shard) for shard in shards[:limit]]}
        if len(shards) > limit:
            left = [shard.id for shard in shards[limit:]]
            fields = {"arn": stream.arn, "after": shards[limit - 1].id, "shards": left}
            answer["NextToken"] = listing.pack_token(fields, now)
        return answer

    @handler("SplitShard", expand=False)
    def split_shard(self, context: RequestContext, request: Request) -> None:
        stream = self._stream(context, request)
        shard = resharding.shard_or_raise(stream, request["ShardToSplit"])
        resharding.require_ready(stream)
        quotas.check(self.registry, context.account_id, context.region, 1)
        resharding.split(stream, shard, int(request["NewStartingHashKey"]))

    @handler("MergeShards", expand=False)
    def merge_shards(self, context: RequestContext, request: Request) -> None:
        stream = self._stream(context, request)
        first = resharding.shard_or_raise(stream, request["ShardToMerge"])
        second = resharding.shard_or_raise(stream, request["AdjacentShardToMerge"])
        resharding.require_ready(stream)
        resharding.merge(stream, first, second)

    @handler("UpdateShardCount", expand=False)
    def update_shard_count(self, context: RequestContext, request: Request) -> Answer:
        stream = self._stream(context, request)
        target = request["TargetShardCount"]
        resharding.require_ready(stream)
        more = target - len(stream.open_shards())
        quotas.check(self.registry, context.account_id, context.region, more)
        current = resharding.update_count(stream, target)
        return {
            "StreamName": stream.name,
            "StreamARN": stream.arn,
            "CurrentShardCount": current,
            "TargetShardCount": target,
        }

    # Records

    @handler("PutRecord", expand=False)
    def put_record(self, context: RequestContext, request: Request) -> Answer:
        stream = self._usable(self._stream(context, request))
        if ordering := request.get("SequenceNumberForOrdering"):
            records.check_ordering(stream, ordering)
        records.check_sizes(stream, [request], "data")
        (outcome,) = records.put(stream, [request])
        if outcome.sequence_number is None:
            raise ProvisionedThroughputExceededException(
                records.rate_exceeded(stream, outcome.shard)
            )
        return {"ShardId": outcome.shard.id, "SequenceNumber": outcome.sequence_number}

    @handler("PutRecords", expand=False)
    def put_records(self, context: RequestContext, request: Request) -> Answer | Response:
        requests = request.get("Records") or []
        checked = {"Records"} if records.are_plain(requests) else set()
        validation.validate(context.operation.input_shape, request, skip=checked)
        stream = self._usable(self._stream(context, request))
        records.check_request_size(requests)
        records.check_sizes(stream, requests, "records.{}.member.data")
        outcomes = records.put(stream, requests)
        entries = [records.result(stream, outcome) for outcome in outcomes]
        failed = sum("ErrorCode" in entry for entry in entries)
        output = {"FailedRecordCount": failed, "Records": entries}
        return wire.respond(context, output) if wire.is_json(context) else output

    @handler("GetShardIterator", expand=False)
    def get_shard_iterator(self, context: RequestContext, request: Request) -> Answer:
        stream = self._usable(self._stream(context, request))
        shard = stream.shard(request["ShardId"])
        if shard is None:
            raise ResourceNotFoundException(
                f"Shard {request['ShardId']} in stream {stream.name} "
                f"under account {stream.identity.account} does not exist"
            )
        position = iterator.starting_position(stream, shard, request)
        return {"ShardIterator": iterator.issue(iterator.Place(stream, shard, position))}

    @handler("GetRecords", expand=False)
    def get_records(self, context: RequestContext, request: Request) -> Answer | Response:
        place = iterator.redeem(request["ShardIterator"], self.registry)
        limit = request.get("Limit", records.MAX_RESPONSE_RECORDS)
        page = records.get(place, limit)
        fast = wire.is_json(context)
        convert = wire.json_record if fast else wire.model_record
        output: Answer = {
            "Records": [convert(place.shard, record) for record in page.records],
            "MillisBehindLatest": page.millis_behind,
        }
        if place.shard.is_open or page.next_position < place.shard.log.next:
            output["NextShardIterator"] = iterator.issue(
                place._replace(position=page.next_position)
            )
        else:
            children = place.stream.children(place.shard.id)
            output["ChildShards"] = [descriptions.child(shard) for shard in children]
        return wire.respond(context, output) if fast else output

    # What operations have in common

    def _stream(self, context: RequestContext, request: Request) -> Stream:
        name, arn = request.get("StreamName"), request.get("StreamARN")
        if arn:
            stream = self.registry.find_arn(arn)
            name = arn.rsplit("/", 1)[-1]
        elif name:
            stream = self.registry.find(context.account_id, context.region, name)
        else:
            raise InvalidArgumentException("Either StreamName or StreamARN should be provided.")
        if stream is None:
            raise self._not_found(name, context.account_id)
        return stream

    @staticmethod
    def _not_found(name: str | None, account: str) -> ResourceNotFoundException:
        return ResourceNotFoundException(f"Stream {name} under account {account} not found.")

    def _usable(self, stream: Stream) -> Stream:
        """Records go only into and out of a stream that is ACTIVE or UPDATING."""
        if stream.status in (Status.CREATING, Status.DELETING):
            raise self._not_found(stream.name, stream.identity.account)
        return stream
