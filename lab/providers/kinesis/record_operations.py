"""The operations that carry records: put, iterate, get, and the subscription that pushes them."""

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.kinesis import (
    ProvisionedThroughputExceededException,
    ResourceNotFoundException,
)
from localstack.http import Response

from lab.providers.kinesis import (
    consumers,
    descriptions,
    encryption,
    event_stream,
    iterator,
    metrics,
    records,
    subscription,
    wire,
)
from lab.providers.kinesis.models import Shard, Stream
from lab.providers.kinesis.operations import Answer, Operations, Request
from lab.providers.kinesis.validation import FRONT_END


class RecordOperations(Operations):
    """The data plane."""

    @handler("PutRecord", expand=False)
    def put_record(self, context: RequestContext, request: Request) -> Answer:
        began = metrics.start()
        stream = self.find_usable(context, request)
        encryption.require_usable_key(stream)
        if ordering := request.get("SequenceNumberForOrdering"):
            records.check_ordering(stream, ordering)
        records.check_sizes(stream, [request], "data")
        (outcome,) = records.put(stream, [request])
        metrics.put_record(stream, request, outcome, began)
        if outcome.sequence_number is None:
            raise records.refusal(stream, outcome)
        answer = {"ShardId": outcome.shard.id, "SequenceNumber": outcome.sequence_number}
        return self._marked(stream, answer)

    @handler("PutRecords", expand=False)
    def put_records(self, context: RequestContext, request: Request) -> Answer | Response:
        began = metrics.start()
        requests = request.get("Records") or []
        checked = {"Records"} if records.are_plain(requests) else set()
        FRONT_END.validate(context.operation.input_shape, request, skip=checked)
        stream = self.find_usable(context, request)
        encryption.require_usable_key(stream)
        size = records.check_request_size(requests)
        records.check_sizes(stream, requests, "records.{}.member.data")
        outcomes = records.put(stream, requests)
        metrics.put_records(stream, requests, outcomes, size, began)
        entries = [records.result(stream, outcome) for outcome in outcomes]
        failed = sum("ErrorCode" in entry for entry in entries)
        output = self._marked(stream, {"FailedRecordCount": failed, "Records": entries})
        return wire.respond(context, output) if wire.is_json(context) else output

    @staticmethod
    def _marked(stream: Stream, answer: Answer) -> Answer:
        """The answer to a put, which says when the records were encrypted."""
        if encryption.current_key(stream) is not None:
            answer["EncryptionType"] = "KMS"
        return answer

    @handler("GetShardIterator", expand=False)
    def get_shard_iterator(self, context: RequestContext, request: Request) -> Answer:
        stream = self.find_usable(context, request)
        shard = self._shard(stream, request["ShardId"])
        position = iterator.starting_position(stream, shard, request)
        return {"ShardIterator": iterator.issue(iterator.Place(stream, shard, position))}

    @handler("GetRecords", expand=False)
    def get_records(self, context: RequestContext, request: Request) -> Answer | Response:
        began = metrics.start()
        place = iterator.redeem(request["ShardIterator"], self.registry)
        limit = request.get("Limit", records.MAX_RESPONSE_RECORDS)
        try:
            page = records.get(place, limit)
        except ProvisionedThroughputExceededException:
            metrics.read_throttled(place.stream, place.shard)
            raise
        fast = wire.is_json(context)
        convert = wire.json_record if fast else wire.model_record
        shown = [convert(place.shard, record) for record in page.records]
        encryption.mark(place.stream, page.records, shown)
        output: Answer = {"Records": shown, "MillisBehindLatest": page.millis_behind}
        if place.shard.is_open or page.next_position < place.shard.log.next:
            output["NextShardIterator"] = iterator.issue(
                place._replace(position=page.next_position)
            )
        else:
            children = place.stream.children(place.shard.id)
            output["ChildShards"] = [descriptions.child(shard) for shard in children]
        metrics.get_records(place, page, began)
        return wire.respond(context, output) if fast else output

    @handler("SubscribeToShard", expand=False)
    def subscribe_to_shard(self, context: RequestContext, request: Request) -> Response:
        stream, consumer = consumers.find(self.registry, request)
        shard = self._shard(stream, request["ShardId"])
        start = request["StartingPosition"]
        wanted = {
            "ShardIteratorType": start["Type"],
            "StartingSequenceNumber": start.get("SequenceNumber"),
            "Timestamp": start.get("Timestamp"),
        }
        position = iterator.starting_position(stream, shard, wanted)
        pushed = subscription.subscribe(stream, shard, consumer, position)
        return event_stream.respond(context, pushed)

    @staticmethod
    def _shard(stream: Stream, shard_id: str) -> Shard:
        shard = stream.shard(shard_id)
        if shard is None:
            raise ResourceNotFoundException(
                f"Shard {shard_id} in stream {stream.name} "
                f"under account {stream.identity.account} does not exist"
            )
        return shard
