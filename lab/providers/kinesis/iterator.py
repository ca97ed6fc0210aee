"""Shard iterators: opaque tokens for a place in a shard, valid for five minutes.

A token carries its contents in the clear, signed with a secret of its stream: it needs no memory
here, survives a restart, and cannot be made up or taken to another stream.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any, NamedTuple

from localstack.aws.api.kinesis import (
    ExpiredIteratorException,
    InvalidArgumentException,
    ResourceNotFoundException,
)

from lab.providers.kinesis import sequence
from lab.providers.kinesis.models import Registry, Shard, Stream

LIFETIME_MS = 300_000
_VERSION = bytes(7) + b"\x01"
_SIGNATURE_BYTES = 16


class Place(NamedTuple):
    """Where an iterator points to; the record at ``position`` may still be to come."""

    stream: Stream
    shard: Shard
    position: int


def issue(place: Place) -> str:
    stream, shard, position = place
    identity = stream.identity
    fields = (stream.timing.now_ms(), identity.account, identity.region, identity.name)
    payload = "/".join(map(str, (*fields, shard.spec.index, position))).encode()
    signature = _sign(payload, identity.token)
    return base64.b64encode(_VERSION + signature + payload).decode()


def redeem(token: str, registry: Registry) -> Place:
    """The place that a token stands for; raises the exceptions that GetRecords documents."""
    payload, signature = _unpack(token)
    try:
        created, account, region, name, index, position = payload.decode().split("/")
        shard_index = int(index)
    except ValueError:
        raise _invalid() from None
    stream = registry.find(account, region, name)
    if stream is None or shard_index >= len(stream.shards):
        raise ResourceNotFoundException(
            f"Shard shardId-{shard_index:012d} in stream {name} under account {account} "
            "does not exist"
        )
    if not hmac.compare_digest(signature, _sign(payload, stream.identity.token)):
        raise _invalid()
    _check_age(int(created), stream.timing.now_ms())
    return Place(stream, stream.shards[shard_index], int(position))


def starting_position(stream: Stream, shard: Shard, request: dict[str, Any]) -> int:
    """The position that a GetShardIterator request means."""
    kind, number = request["ShardIteratorType"], request.get("StartingSequenceNumber")
    if kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        if number is None:
            raise _misfit(kind, "no StartingSequenceNumber")
        position = _position_of(stream, shard, number, kind)
        return position if kind == "AT_SEQUENCE_NUMBER" else position + 1
    if kind == "AT_TIMESTAMP":
        return _position_at(stream, shard, request.get("Timestamp"))
    if number is not None:
        raise _misfit(kind, "also a StartingSequenceNumber")
    return shard.log.next if kind == "LATEST" else shard.log.first


def _position_of(stream: Stream, shard: Shard, number: str, kind: str) -> int:
    where = (
        f"StartingSequenceNumber {number} used in GetShardIterator on shard {shard.id} in stream "
        f"{stream.name} under account {stream.identity.account} is invalid"
    )
    parsed = sequence.parse(number)
    if parsed is None:
        raise InvalidArgumentException(f"{where}.")
    if parsed.shard_index != shard.spec.index:
        raise InvalidArgumentException(
            f"Invalid StartingSequenceNumber. It encodes shardId-{parsed.shard_index:012d}, "
            f"while it was used in a call to a shard with {shard.id}"
        )
    if parsed.created_second != shard.spec.created_second:
        raise InvalidArgumentException(f"{where} because it did not come from this stream.")
    # The shard's own starting number stands before its first record, its ending number after its
    # last.
    position = min(parsed.counter - 1, shard.log.next)
    if shard.log.first <= position < shard.log.next and kind == "AT_SEQUENCE_NUMBER":
        own = shard.space.number(parsed.counter, shard.log.arrival(position) // 1000)
        if int(number) > own:
            return position + 1  # a continuation, which stands behind its record
    return position


def _position_at(stream: Stream, shard: Shard, moment: datetime | None) -> int:
    if moment is None:
        raise InvalidArgumentException(
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
            "Current request has no timestamp parameter."
        )
    wanted, now = round(moment.timestamp() * 1000), stream.timing.now_ms()
    if wanted > now:
        raise InvalidArgumentException(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {wanted}, currentTimestampInMillis: {now}"
        )
    return shard.log.position_at(wanted)


def _misfit(kind: str, number: str) -> InvalidArgumentException:
    return InvalidArgumentException(
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
        "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
        f"Request specified {kind} and {number}."
    )


def _unpack(token: str) -> tuple[bytes, bytes]:
    try:
        raw = base64.b64decode(token, validate=True)
    except binascii.Error:
        raise _invalid() from None
    start = len(_VERSION) + _SIGNATURE_BYTES
    if not raw.startswith(_VERSION) or len(raw) <= start:
        raise _invalid()
    return raw[start:], raw[len(_VERSION) : start]


def _sign(payload: bytes, secret: str) -> bytes:
    return hashlib.blake2b(payload, key=secret.encode(), digest_size=_SIGNATURE_BYTES).digest()


def _check_age(created_ms: int, now_ms: int) -> None:
    if now_ms - created_ms > LIFETIME_MS:
        raise ExpiredIteratorException(
            f"Iterator expired. The iterator was created at time {_java_date(created_ms)} while "
            f"right now it is {_java_date(now_ms)} which is further in the future than the "
            f"tolerated delay of {LIFETIME_MS} milliseconds."
        )


def _java_date(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")


def _invalid() -> InvalidArgumentException:
    return InvalidArgumentException("Invalid ShardIterator.")
