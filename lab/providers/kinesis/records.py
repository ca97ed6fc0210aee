"""The data plane: records into the shards that their keys hash to, and out of a shard again."""

import logging
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from localstack.aws.api import CommonServiceException, ServiceException
from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
)

from lab.providers.kinesis import encryption, on_demand, sequence
from lab.providers.kinesis.hashing import MAX_HASH_KEY, hash_key
from lab.providers.kinesis.iterator import Place
from lab.providers.kinesis.models import Mode, Shard, ShardClosedError, Stream
from lab.providers.kinesis.shard_log import Entry, Record
from lab.providers.kinesis.validation import FRONT_END
from lab.providers.validation import violation

LOG = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 10 << 20
MAX_RESPONSE_BYTES = 10 << 20
MAX_RESPONSE_RECORDS = 10_000

MAX_RECORDS = 500
MAX_KEY = 256
_HASH_KEY = re.compile(r"0|[1-9]\d{0,38}")

PutRequest = dict[str, Any]
"""``Data`` (bytes), ``PartitionKey`` (str) and perhaps ``ExplicitHashKey`` (decimal str), as in
PutRecords.
"""


class Outcome(NamedTuple):
    """What became of one record. Without a sequence number it was refused: its shard's rate was
    exceeded, or ``is_lost`` says that it could not be stored, as on a full disk.
    """

    shard: Shard
    sequence_number: str | None
    is_lost: bool = False


class Page(NamedTuple):
    """What one GetRecords call read, the bytes of it, and the position behind it."""

    records: list[Record]
    size: int
    next_position: int
    millis_behind: int


def are_plain(requests: Sequence[PutRequest]) -> bool:
    """Whether PutRecords' records fit the service model; if not, validation says why."""
    return 1 <= len(requests) <= MAX_RECORDS and all(map(_is_plain, requests))


def _is_plain(request: PutRequest) -> bool:
    data, key, explicit = map(request.get, ("Data", "PartitionKey", "ExplicitHashKey"))
    if data is None or key is None or not 1 <= len(key) <= MAX_KEY:
        return False
    return explicit is None or bool(_HASH_KEY.fullmatch(explicit))


def check_ordering(stream: Stream, sequence_number: str) -> None:
    """What a PutRecord call wants its number to exceed: any of this layout, as numbers grow."""
    if sequence.parse(sequence_number) is None:
        raise InvalidArgumentException(
            f"ExclusiveMinimumSequenceNumber {sequence_number} used in PutRecord on stream "
            f"{stream.name} under account {stream.identity.account} is invalid."
        )


def check_sizes(stream: Stream, requests: Sequence[PutRequest], path: str) -> None:
    """Refuse records too large for the stream; ``path`` names the data of record ``{}``."""
    most = stream.settings.max_record_kib * 1024
    constraint = f"Member must have length less than or equal to {most}"
    too_large = [
        violation(path.format(number), constraint)
        for number, request in enumerate(requests, start=1)
        if len(request["Data"]) + len(request["PartitionKey"]) > most
        and len(request["Data"]) + len(request["PartitionKey"].encode()) > most
    ]
    if too_large:
        FRONT_END.refuse(too_large)


def check_request_size(requests: Sequence[PutRequest]) -> int:
    """The bytes of all data and keys; raises InvalidArgumentException when they are too many."""
    total = sum(len(each["Data"]) + len(each["PartitionKey"].encode()) for each in requests)
    if total > MAX_REQUEST_BYTES:
        raise InvalidArgumentException("Records size exceeds 10 MB limit")
    return total


def put(stream: Stream, requests: Sequence[PutRequest]) -> list[Outcome]:
    """Append records; one outcome for each, in their order."""
    outcomes: list[Outcome | None] = [None] * len(requests)
    entries = [Entry(each["PartitionKey"].encode(), each["Data"]) for each in requests]
    waiting = [
        (place, entry, _hash(each, entry.key))
        for place, (each, entry) in enumerate(zip(requests, entries, strict=True))
    ]
    while waiting:
        waiting = _put_routed(stream, waiting, outcomes)
    return [outcome for outcome in outcomes if outcome is not None]


def _put_routed(
    stream: Stream, waiting: list[tuple[int, Entry, int]], outcomes: list[Outcome | None]
) -> list[tuple[int, Entry, int]]:
    """One append per shard. Returns what met a shard that has just been closed."""
    groups: dict[Shard, list[tuple[int, Entry, int]]] = defaultdict(list)
    for item in waiting:
        groups[stream.shard_for(item[2])].append(item)
    left = []
    for shard, items in groups.items():
        try:
            numbers = shard.put([entry for _, entry, _ in items])
        except ShardClosedError:
            with stream.lock:  # held until the children are in the routing table
                left += items
            continue
        except OSError:
            LOG.exception("%d records for %s of %s not stored", len(items), shard.id, stream.name)
            for place, _, _ in items:
                outcomes[place] = Outcome(shard, None, is_lost=True)
            continue
        for (place, _, _), number in zip(items, numbers, strict=True):
            outcomes[place] = Outcome(shard, number)
        if stream.settings.mode is Mode.ON_DEMAND:
            sizes = [len(entry.key) + len(entry.data) for _, entry, _ in items]
            kept = [size for size, number in zip(sizes, numbers, strict=True) if number]
            on_demand.observe(stream, len(kept), sum(kept))
    return left


def get(place: Place, limit: int) -> Page:
    """Read from a shard within the limits of GetRecords; raises
    ProvisionedThroughputExceededException.
    """
    stream, shard, position = place
    if not shard.admit_read():
        raise ProvisionedThroughputExceededException(rate_exceeded(stream, shard))
    shard.log.trim(stream.horizon_ms())
    records = shard.log.read(position, min(limit, MAX_RESPONSE_RECORDS), MAX_RESPONSE_BYTES)
    encryption.require_readable(stream, records)
    size = sum(len(record.data) + len(record.key) for record in records)
    shard.charge_read(size)
    behind = records[-1].position + 1 if records else max(position, shard.log.first)
    return Page(records, size, behind, shard.millis_behind(behind, stream.timing.now_ms()))


def result(stream: Stream, outcome: Outcome) -> dict[str, str]:
    """An outcome as an entry of the answer to PutRecords."""
    if outcome.sequence_number is None:
        reason = refusal(stream, outcome)
        return {"ErrorCode": reason.code, "ErrorMessage": reason.message}
    return {"SequenceNumber": outcome.sequence_number, "ShardId": outcome.shard.id}


def refusal(stream: Stream, outcome: Outcome) -> ServiceException:
    """Why a record has no sequence number. Both reasons are worth another try."""
    if outcome.is_lost:
        return CommonServiceException("InternalFailure", "Internal service failure.", 500)
    return ProvisionedThroughputExceededException(rate_exceeded(stream, outcome.shard))


def rate_exceeded(stream: Stream, shard: Shard) -> str:
    return (
        f"Rate exceeded for shard {shard.id} in stream {stream.name} "
        f"under account {stream.identity.account}."
    )


def _hash(request: PutRequest, key: bytes) -> int:
    explicit = request.get("ExplicitHashKey")
    if explicit is None:
        return hash_key(key)
    if int(explicit) > MAX_HASH_KEY:
        raise InvalidArgumentException(
            "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
            f"Specified value was {explicit}"
        )
    return int(explicit)
