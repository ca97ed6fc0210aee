"""The operations that list and change the shards of a stream."""

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.kinesis import InvalidArgumentException

from lab.providers.kinesis import descriptions, listing, quotas, rates, resharding
from lab.providers.kinesis.operations import Answer, Operations, Request, changing


class ShardOperations(Operations):
    """Shards: listed, split, merged, counted."""

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
            stream = self.find(context, request)
            shards = [shard for shard in stream.shards if shard.id in names]
        else:
            if "StreamName" not in request and "StreamARN" not in request:
                raise InvalidArgumentException("Either NextToken or StreamName should be provided.")
            stream = self.find(context, request)
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
        stream = self.find(context, request)
        shard = resharding.shard_or_raise(stream, request["ShardToSplit"])
        resharding.require_ready(stream)
        quotas.check(self.registry, context.account_id, context.region, 1)
        resharding.split(stream, shard, int(request["NewStartingHashKey"]))

    @handler("MergeShards", expand=False)
    def merge_shards(self, context: RequestContext, request: Request) -> None:
        stream = self.find(context, request)
        first = resharding.shard_or_raise(stream, request["ShardToMerge"])
        second = resharding.shard_or_raise(stream, request["AdjacentShardToMerge"])
        resharding.require_ready(stream)
        resharding.merge(stream, first, second)

    @handler("UpdateShardCount", expand=False)
    def update_shard_count(self, context: RequestContext, request: Request) -> Answer:
        stream = self.find(context, request)
        target = request["TargetShardCount"]
        resharding.require_ready(stream)
        more = target - len(stream.open_shards())
        quotas.check(self.registry, context.account_id, context.region, more)
        rates.check_day(stream, "UpdateShardCount")
        current = resharding.update_count(stream, target)
        with changing(stream):
            rates.note_day(stream, "UpdateShardCount")
        return {
            "StreamName": stream.name,
            "StreamARN": stream.arn,
            "CurrentShardCount": current,
            "TargetShardCount": target,
        }
