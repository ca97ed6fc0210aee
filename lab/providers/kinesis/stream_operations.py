"""The operations that create, describe, list and delete streams."""

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.kinesis import ResourceInUseException

from lab.providers.kinesis import (
    consumers,
    descriptions,
    listing,
    metadata,
    on_demand,
    quotas,
    resharding,
    tags,
)
from lab.providers.kinesis.account import Commitment
from lab.providers.kinesis.models import Mode, Status, Stream, StreamIdentity, StreamSettings
from lab.providers.kinesis.operations import Answer, Operations, Request


class StreamOperations(Operations):
    """Streams as wholes."""

    @handler("CreateStream", expand=False)
    def create_stream(self, context: RequestContext, request: Request) -> None:
        name, account, region = request["StreamName"], context.account_id, context.region
        mode = Mode((request.get("StreamModeDetails") or {}).get("StreamMode", "PROVISIONED"))
        count = quotas.initial_shards(mode, request.get("ShardCount"))
        settings = StreamSettings(mode=mode, tags=self._given_tags(request, name, account))
        settings.max_record_kib = request.get("MaxRecordSizeInKiB", settings.max_record_kib)
        if (warm := request.get("WarmThroughputMiBps")) is not None:
            committed = Commitment(self.registry, account, region).is_enabled
            on_demand.check_warm(region, mode, warm, committed)
            settings.warm_mib, count = warm, max(warm, count)
        with self.registry.lock:
            if self.registry.find(account, region, name):
                raise ResourceInUseException(
                    f"Stream {name} under account {account} already exists."
                )
            quotas.check_stream(self.registry, account, region, mode)
            if mode is Mode.PROVISIONED:
                quotas.check(self.registry, account, region, count)
            self._add(StreamIdentity(account, region, name, self._now()), settings, count)

    @staticmethod
    def _given_tags(request: Request, name: str, account: str) -> dict[str, str]:
        return tags.merged({}, request.get("Tags") or {}, f"stream {name} under account {account}")

    def _now(self) -> float:
        return self.registry.timing.clock()

    def _add(self, identity: StreamIdentity, settings: StreamSettings, count: int) -> None:
        folder = self.registry.new_folder(identity)
        stream = Stream(identity, settings, folder, self.registry.timing)
        resharding.create(stream, count)
        if settings.mode is Mode.ON_DEMAND:
            on_demand.begin(stream, on_demand.MIN_SHARDS)
        stream.begin(Status.CREATING)
        metadata.save(stream)
        self.registry.add(stream)

    @handler("DeleteStream", expand=False)
    def delete_stream(self, context: RequestContext, request: Request) -> None:
        stream = self.find(context, request)
        with stream.lock:
            if consumers.of(stream) and not request.get("EnforceConsumerDeletion"):
                raise ResourceInUseException(
                    f"DeleteStream can’t delete {stream.identity.account}:{stream.name} because "
                    f"there are consumers associated with this data stream. To delete "
                    f"{stream.name} anyway, set the EnforceConsumerDeletion parameter to true to "
                    "force the deletion of all the consumers that are associated with it."
                )
            self.registry.delete(stream)
            for consumer in stream.consumers.values():
                consumer.begin(Status.DELETING)
                consumer.close()
            if not stream.is_gone:
                metadata.save(stream)

    @handler("DescribeStream", expand=False)
    def describe_stream(self, context: RequestContext, request: Request) -> Answer:
        stream = self.find(context, request)
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
        stream = self.find(context, request)
        summary = {
            **descriptions.common(stream),
            "OpenShardCount": len(stream.open_shards()),
            "ConsumerCount": len(consumers.of(stream)),
            "MaxRecordSizeInKiB": stream.settings.max_record_kib,
        }
        if stream.settings.mode is Mode.ON_DEMAND:
            identity = stream.identity
            if Commitment(self.registry, identity.account, identity.region).is_enabled:
                summary["WarmThroughput"] = descriptions.warm_throughput(stream)
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
        streams = quotas.on_demand_streams(self.registry, account, region)
        return {
            "ShardLimit": quotas.shard_limit(region),
            "OpenShardCount": quotas.open_shard_count(self.registry, account, region),
            "OnDemandStreamCount": len(streams),
            "OnDemandStreamCountLimit": quotas.ON_DEMAND_LIMIT,
        }
