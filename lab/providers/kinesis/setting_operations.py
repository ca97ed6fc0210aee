"""The operations that change or show what is set for a stream, a consumer or the account."""

from localstack.aws.api import RequestContext, handler

from lab.providers.kinesis import (
    descriptions,
    encryption,
    monitoring,
    on_demand,
    policies,
    quotas,
    rates,
    retention,
    tags,
)
from lab.providers.kinesis.account import Commitment
from lab.providers.kinesis.consumers import Consumer
from lab.providers.kinesis.models import Mode, Status, Stream
from lab.providers.kinesis.operations import (
    Answer,
    Operations,
    Request,
    changing,
    require_active,
)
from lab.providers.kinesis.policies import Holder


class SettingOperations(Operations):
    """Everything about a resource that is neither its existence nor its records."""

    # Retention and record size

    @handler("IncreaseStreamRetentionPeriod", expand=False)
    def increase_stream_retention_period(self, context: RequestContext, request: Request) -> None:
        stream = self.find(context, request)
        with changing(stream):
            retention.increase(stream, request["RetentionPeriodHours"])

    @handler("DecreaseStreamRetentionPeriod", expand=False)
    def decrease_stream_retention_period(self, context: RequestContext, request: Request) -> None:
        stream = self.find(context, request)
        with changing(stream):
            retention.decrease(stream, request["RetentionPeriodHours"])

    @handler("UpdateMaxRecordSize", expand=False)
    def update_max_record_size(self, context: RequestContext, request: Request) -> None:
        stream = self.find(context, request)
        require_active(stream)
        with changing(stream):
            stream.settings.max_record_kib = request["MaxRecordSizeInKiB"]
            stream.begin(Status.UPDATING)

    # Capacity

    @handler("UpdateStreamMode", expand=False)
    def update_stream_mode(self, context: RequestContext, request: Request) -> None:
        stream = self.find(context, request)
        mode = Mode(request["StreamModeDetails"]["StreamMode"])
        warm = request.get("WarmThroughputMiBps")
        identity, is_committed = stream.identity, self._commitment(stream).is_enabled
        require_active(stream)
        if warm is not None:
            on_demand.check_warm(identity.region, mode, warm, is_committed)
        if mode is not stream.settings.mode:
            rates.check_day(stream, "UpdateStreamMode")
            place = (self.registry, identity.account, identity.region)
            if mode is Mode.ON_DEMAND:
                quotas.check_on_demand(*place)
            else:
                quotas.check(*place, len(stream.open_shards()))
            with changing(stream):
                on_demand.change_mode(stream, mode)
                rates.note_day(stream, "UpdateStreamMode")
        if warm is not None:
            with changing(stream):
                on_demand.warm(stream, warm, is_committed)

    @handler("UpdateStreamWarmThroughput", expand=False)
    def update_stream_warm_throughput(self, context: RequestContext, request: Request) -> Answer:
        stream = self.find(context, request)
        require_active(stream)
        with changing(stream):
            is_committed = self._commitment(stream).is_enabled
            on_demand.warm(stream, request["WarmThroughputMiBps"], is_committed)
        return {
            "StreamARN": stream.arn,
            "StreamName": stream.name,
            "WarmThroughput": descriptions.warm_throughput(stream),
        }

    @handler("DescribeAccountSettings", expand=False)
    def describe_account_settings(self, context: RequestContext, _request: Request) -> Answer:
        commitment = Commitment(self.registry, context.account_id, context.region)
        return {"MinimumThroughputBillingCommitment": commitment.describe()}

    @handler("UpdateAccountSettings", expand=False)
    def update_account_settings(self, context: RequestContext, request: Request) -> Answer:
        with self.registry.lock:
            commitment = Commitment(self.registry, context.account_id, context.region)
            if request["MinimumThroughputBillingCommitment"]["Status"] == "ENABLED":
                commitment.enable()
            else:
                commitment.disable()
        return {"MinimumThroughputBillingCommitment": commitment.describe()}

    def _commitment(self, stream: Stream) -> Commitment:
        return Commitment(self.registry, stream.identity.account, stream.identity.region)

    # Encryption

    @handler("StartStreamEncryption", expand=False)
    def start_stream_encryption(self, context: RequestContext, request: Request) -> None:
        stream = self.find(context, request)
        require_active(stream)
        rates.check_day(stream, "StartStreamEncryption")
        with changing(stream):
            encryption.start(stream, request["EncryptionType"], request["KeyId"])
            rates.note_day(stream, "StartStreamEncryption")
            stream.begin(Status.UPDATING)

    @handler("StopStreamEncryption", expand=False)
    def stop_stream_encryption(self, context: RequestContext, request: Request) -> None:
        stream = self.find(context, request)
        require_active(stream)
        rates.check_day(stream, "StopStreamEncryption")
        with changing(stream):
            encryption.stop(stream, request["EncryptionType"], request["KeyId"])
            rates.note_day(stream, "StopStreamEncryption")
            stream.begin(Status.UPDATING)

    # Enhanced monitoring

    @handler("EnableEnhancedMonitoring", expand=False)
    def enable_enhanced_monitoring(self, context: RequestContext, request: Request) -> Answer:
        stream = self.find(context, request)
        require_active(stream)
        with changing(stream):
            metrics = monitoring.enable(stream, request["ShardLevelMetrics"])
        return self._metrics(stream, metrics)

    @handler("DisableEnhancedMonitoring", expand=False)
    def disable_enhanced_monitoring(self, context: RequestContext, request: Request) -> Answer:
        stream = self.find(context, request)
        require_active(stream)
        with changing(stream):
            metrics = monitoring.disable(stream, request["ShardLevelMetrics"])
        return self._metrics(stream, metrics)

    @staticmethod
    def _metrics(stream: Stream, metrics: tuple[list[str], list[str]]) -> Answer:
        current, desired = metrics
        return {
            "StreamName": stream.name,
            "StreamARN": stream.arn,
            "CurrentShardLevelMetrics": current,
            "DesiredShardLevelMetrics": desired,
        }

    # Tags

    @handler("AddTagsToStream", expand=False)
    def add_tags_to_stream(self, context: RequestContext, request: Request) -> None:
        self._tag(self.find(context, request), None, request["Tags"])

    @handler("RemoveTagsFromStream", expand=False)
    def remove_tags_from_stream(self, context: RequestContext, request: Request) -> None:
        self._untag(self.find(context, request), None, request["TagKeys"])

    @handler("ListTagsForStream", expand=False)
    def list_tags_for_stream(self, context: RequestContext, request: Request) -> Answer:
        stream = self.find(context, request)
        start = request.get("ExclusiveStartTagKey")
        limit = request.get("Limit", tags.MAX_TAGS)
        shown = tags.listed(stream.settings.tags)
        shown = [tag for tag in shown if start is None or tag["Key"] > start]
        return {"Tags": shown[:limit], "HasMoreTags": len(shown) > limit}

    @handler("TagResource", expand=False)
    def tag_resource(self, _context: RequestContext, request: Request) -> None:
        self._tag(*self.find_resource(request), request["Tags"])

    @handler("UntagResource", expand=False)
    def untag_resource(self, _context: RequestContext, request: Request) -> None:
        self._untag(*self.find_resource(request), request["TagKeys"])

    @handler("ListTagsForResource", expand=False)
    def list_tags_for_resource(self, _context: RequestContext, request: Request) -> Answer:
        stream, consumer = self.find_resource(request)
        return {"Tags": tags.listed((consumer or stream.settings).tags)}

    @staticmethod
    def _tag(stream: Stream, consumer: Consumer | None, added: dict[str, str]) -> None:
        name = f"consumer {consumer.name}" if consumer else f"stream {stream.name}"
        holder = consumer or stream.settings
        with changing(stream):
            subject = f"{name} under account {stream.identity.account}"
            holder.tags = tags.merged(holder.tags, added, subject)

    @staticmethod
    def _untag(stream: Stream, consumer: Consumer | None, keys: list[str]) -> None:
        with changing(stream):
            for key in keys:
                (consumer or stream.settings).tags.pop(key, None)

    # Resource policies

    @handler("PutResourcePolicy", expand=False)
    def put_resource_policy(self, _context: RequestContext, request: Request) -> None:
        stream, holder = self._policy_holder(request)
        with changing(stream):
            policies.put(holder, request["ResourceARN"], request["Policy"])

    @handler("GetResourcePolicy", expand=False)
    def get_resource_policy(self, _context: RequestContext, request: Request) -> Answer:
        _, holder = self._policy_holder(request)
        return {"Policy": "{}" if holder.policy is None else holder.policy}

    @handler("DeleteResourcePolicy", expand=False)
    def delete_resource_policy(self, _context: RequestContext, request: Request) -> None:
        stream, holder = self._policy_holder(request)
        with changing(stream):
            policies.delete(holder, request["ResourceARN"])

    def _policy_holder(self, request: Request) -> tuple[Stream, Holder]:
        stream, consumer = self.find_resource(request)
        if consumer is not None:
            consumer.require_active()
        else:
            require_active(stream)
        return stream, consumer or stream.settings
