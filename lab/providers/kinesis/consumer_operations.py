"""The operations that register consumers for enhanced fan-out, and show and remove them."""

from localstack.aws.api import RequestContext, handler

from lab.providers.kinesis import consumers, descriptions, listing, tags
from lab.providers.kinesis.account import Commitment
from lab.providers.kinesis.models import Mode, Stream
from lab.providers.kinesis.operations import (
    Answer,
    Operations,
    Request,
    changing,
    require_active,
)


class ConsumerOperations(Operations):
    """Registered consumers; what they read with is SubscribeToShard."""

    @handler("RegisterStreamConsumer", expand=False)
    def register_stream_consumer(self, context: RequestContext, request: Request) -> Answer:
        stream, name = self.find(context, request), request["ConsumerName"]
        require_active(stream)
        subject = f"consumer {name} under account {stream.identity.account}"
        given = tags.merged({}, request.get("Tags") or {}, subject)
        with changing(stream):
            consumer = consumers.register(stream, name, given, self._most(stream))
        return {"Consumer": descriptions.consumer(consumer)}

    def _most(self, stream: Stream) -> int:
        identity = stream.identity
        if stream.settings.mode is Mode.ON_DEMAND:
            commitment = Commitment(self.registry, identity.account, identity.region)
            if commitment.is_enabled:
                return consumers.MAX_PER_ADVANTAGE_STREAM
        return consumers.MAX_PER_STREAM

    @handler("DescribeStreamConsumer", expand=False)
    def describe_stream_consumer(self, _context: RequestContext, request: Request) -> Answer:
        stream, consumer = consumers.find(self.registry, request)
        description = {**descriptions.consumer(consumer), "StreamARN": stream.arn}
        return {"ConsumerDescription": description}

    @handler("ListStreamConsumers", expand=False)
    def list_stream_consumers(self, context: RequestContext, request: Request) -> Answer:
        stream = self.find(context, request)
        now, start = self.registry.timing.now_ms(), ""
        if token := request.get("NextToken"):
            start = str(listing.unpack_token(token, now).get("name"))
        limit = request.get("MaxResults", 100)
        found = [each for each in consumers.of(stream) if each.name > start]
        answer: Answer = {"Consumers": [descriptions.consumer(each) for each in found[:limit]]}
        if len(found) > limit:
            answer["NextToken"] = listing.pack_token({"name": found[limit - 1].name}, now)
        return answer

    @handler("DeregisterStreamConsumer", expand=False)
    def deregister_stream_consumer(self, _context: RequestContext, request: Request) -> None:
        stream, consumer = consumers.find(self.registry, request)
        with changing(stream):
            consumers.deregister(stream, consumer)
