"""What CloudWatch is told of streams, under AWS/Kinesis: one call here for each API call.

Stream-level metrics are always there; those of a shard when enhanced monitoring has been enabled
for them (``StreamSettings.shard_level_metrics``); those of a consumer for what it is pushed. Bytes
are of data and partition keys together, as the rates of a shard count them. How metrics reach
CloudWatch is in ``lab.providers.cloudwatch``.

Source: "Monitor the Amazon Kinesis Data Streams service with Amazon CloudWatch" in the developer
guide. Deprecated metrics (PutRecords.Records, GetRecords.IteratorAge) are left out.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence

from lab.providers.cloudwatch import Metric, Source, publisher
from lab.providers.kinesis.consumers import Consumer
from lab.providers.kinesis.iterator import Place
from lab.providers.kinesis.models import Shard, Stream
from lab.providers.kinesis.records import Outcome, Page, PutRequest
from lab.providers.kinesis.segment import Record

NAMESPACE = "AWS/Kinesis"
BYTES, MILLISECONDS = "Bytes", "Milliseconds"

INCOMING_BYTES = Metric("IncomingBytes", BYTES)
INCOMING_RECORDS = Metric("IncomingRecords")
OUTGOING_BYTES = Metric("OutgoingBytes", BYTES)
OUTGOING_RECORDS = Metric("OutgoingRecords")
ITERATOR_AGE = Metric("IteratorAgeMilliseconds", MILLISECONDS)
READ_EXCEEDED = Metric("ReadProvisionedThroughputExceeded")
WRITE_EXCEEDED = Metric("WriteProvisionedThroughputExceeded")

PUT_RECORD_BYTES = Metric("PutRecord.Bytes", BYTES)
PUT_RECORD_LATENCY = Metric("PutRecord.Latency", MILLISECONDS)
PUT_RECORD_SUCCESS = Metric("PutRecord.Success")

PUT_RECORDS_BYTES = Metric("PutRecords.Bytes", BYTES)
PUT_RECORDS_LATENCY = Metric("PutRecords.Latency", MILLISECONDS)
PUT_RECORDS_SUCCESS = Metric("PutRecords.Success")
PUT_RECORDS_TOTAL = Metric("PutRecords.TotalRecords")
PUT_RECORDS_SUCCESSFUL = Metric("PutRecords.SuccessfulRecords")
PUT_RECORDS_FAILED = Metric("PutRecords.FailedRecords")
PUT_RECORDS_THROTTLED = Metric("PutRecords.ThrottledRecords")

GET_RECORDS_BYTES = Metric("GetRecords.Bytes", BYTES)
GET_RECORDS_ITERATOR_AGE = Metric("GetRecords.IteratorAgeMilliseconds", MILLISECONDS)
GET_RECORDS_LATENCY = Metric("GetRecords.Latency", MILLISECONDS)
GET_RECORDS_RECORDS = Metric("GetRecords.Records")
GET_RECORDS_SUCCESS = Metric("GetRecords.Success")

SUBSCRIBE_SUCCESS = Metric("SubscribeToShard.Success")
SUBSCRIBE_RATE_EXCEEDED = Metric("SubscribeToShard.RateExceeded")
EVENT_BYTES = Metric("SubscribeToShardEvent.Bytes", BYTES)
EVENT_RECORDS = Metric("SubscribeToShardEvent.Records")
EVENT_SUCCESS = Metric("SubscribeToShardEvent.Success")
EVENT_MILLIS_BEHIND = Metric("SubscribeToShardEvent.MillisBehindLatest", MILLISECONDS)

Samples = Iterable[tuple[Metric, float]]


def start() -> float:
    """When a call began: what the functions below count its latency from."""
    return time.perf_counter()


def put_record(stream: Stream, request: PutRequest, outcome: Outcome, began: float) -> None:
    taken, size = outcome.sequence_number is not None, _size(request)
    throttled = not taken and not outcome.is_lost
    samples: list[tuple[Metric, float]] = [
        (PUT_RECORD_LATENCY, _since(began)),
        (PUT_RECORD_SUCCESS, taken),
        (WRITE_EXCEEDED, throttled),
    ]
    if taken:
        samples += (PUT_RECORD_BYTES, size), (INCOMING_BYTES, size), (INCOMING_RECORDS, 1)
    publisher().add(_source(stream), samples)
    if stream.settings.shard_level_metrics:
        _add_puts(stream, [request], [outcome])


def put_records(
    stream: Stream,
    requests: Sequence[PutRequest],
    outcomes: Sequence[Outcome],
    size: int,
    began: float,
) -> None:
    """``size`` is that of all requests, taken or not."""
    total = len(requests)
    refused = [place for place, outcome in enumerate(outcomes) if outcome.sequence_number is None]
    size -= sum(_size(requests[place]) for place in refused)
    lost = sum(outcomes[place].is_lost for place in refused)
    throttled, taken = len(refused) - lost, total - len(refused)
    samples: list[tuple[Metric, float]] = [
        (PUT_RECORDS_LATENCY, _since(began)),
        (PUT_RECORDS_SUCCESS, taken > 0),
        (PUT_RECORDS_TOTAL, total),
        (PUT_RECORDS_SUCCESSFUL, taken),
        (PUT_RECORDS_FAILED, lost),
        (PUT_RECORDS_THROTTLED, throttled),
        (WRITE_EXCEEDED, throttled),
    ]
    if taken:
        samples += (PUT_RECORDS_BYTES, size), (INCOMING_BYTES, size), (INCOMING_RECORDS, taken)
    publisher().add(_source(stream), samples)
    if stream.settings.shard_level_metrics:
        _add_puts(stream, requests, outcomes)


def get_records(place: Place, page: Page, began: float) -> None:
    stream, shard, _ = place
    size, count = page.size, len(page.records)
    age = 0.0
    if page.millis_behind and page.records:
        age = stream.timing.now_ms() - page.records[-1].arrival
    samples = [
        (GET_RECORDS_BYTES, size),
        (GET_RECORDS_ITERATOR_AGE, age),
        (GET_RECORDS_LATENCY, _since(began)),
        (GET_RECORDS_RECORDS, count),
        (GET_RECORDS_SUCCESS, 1),
        (READ_EXCEEDED, 0),
    ]
    publisher().add(_source(stream), samples)
    shard_samples = [(OUTGOING_BYTES, size), (OUTGOING_RECORDS, count), (ITERATOR_AGE, age)]
    _add_shard(stream, shard, [*shard_samples, (READ_EXCEEDED, 0)])


def read_throttled(stream: Stream, shard: Shard) -> None:
    """A GetRecords call that the shard's rates refused."""
    publisher().add(_source(stream), [(GET_RECORDS_SUCCESS, 0), (READ_EXCEEDED, 1)])
    _add_shard(stream, shard, [(READ_EXCEEDED, 1)])


def subscribe_to_shard(stream: Stream, consumer: Consumer, *, is_success: bool) -> None:
    """A subscription was made, or refused because there is another one or too soon."""
    samples = [(SUBSCRIBE_SUCCESS, is_success), (SUBSCRIBE_RATE_EXCEEDED, not is_success)]
    publisher().add(_consumer(stream, consumer), samples)


def subscribe_to_shard_event(
    stream: Stream, consumer: Consumer, shard: Shard, records: Sequence[Record], millis_behind: int
) -> None:
    """An event was pushed, with records or without."""
    size, count = sum(len(each.key) + len(each.data) for each in records), len(records)
    samples = [
        (EVENT_BYTES, size),
        (EVENT_RECORDS, count),
        (EVENT_SUCCESS, 1),
        (EVENT_MILLIS_BEHIND, millis_behind),
    ]
    publisher().add(_consumer(stream, consumer), samples)
    _add_shard(stream, shard, [(OUTGOING_BYTES, size), (OUTGOING_RECORDS, count)])


def _add_puts(stream: Stream, requests: Sequence[PutRequest], outcomes: Sequence[Outcome]) -> None:
    by_shard: dict[Shard, list[tuple[PutRequest, Outcome]]] = defaultdict(list)
    for request, outcome in zip(requests, outcomes, strict=True):
        by_shard[outcome.shard].append((request, outcome))
    for shard, puts in by_shard.items():
        taken = [request for request, outcome in puts if outcome.sequence_number is not None]
        lost = sum(outcome.is_lost for _, outcome in puts)
        samples: list[tuple[Metric, float]] = [(WRITE_EXCEEDED, len(puts) - len(taken) - lost)]
        if taken:
            samples += (INCOMING_BYTES, sum(map(_size, taken))), (INCOMING_RECORDS, len(taken))
        _add_shard(stream, shard, samples)


def _add_shard(stream: Stream, shard: Shard, samples: Samples) -> None:
    """Of these, the metrics that enhanced monitoring has been enabled for."""
    enabled = stream.settings.shard_level_metrics
    if enabled:
        wanted = [each for each in samples if each[0].name in enabled]
        publisher().add(_source(stream, ("ShardId", shard.id)), wanted)


def _consumer(stream: Stream, consumer: Consumer) -> Source:
    return _source(stream, ("ConsumerName", consumer.name))


def _source(stream: Stream, *more: tuple[str, str]) -> Source:
    identity = stream.identity
    dimensions = (("StreamName", identity.name), *more)
    return Source(NAMESPACE, identity.account, identity.region, dimensions)


def _size(request: PutRequest) -> int:
    return len(request["Data"]) + len(request["PartitionKey"].encode())


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
