"""Which shards and streams a listing shows, and the tokens that carry a listing over several calls.

Source: API reference, ListShards and ``ShardFilter``.
"""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from localstack.aws.api.kinesis import ExpiredNextTokenException, InvalidArgumentException

from lab.providers.kinesis.models import Shard, Stream

TOKEN_LIFETIME_MS = 300_000


def visible(stream: Stream) -> list[Shard]:
    """All shards but those that closed so long ago that retention has emptied them."""
    horizon = stream.horizon_ms()
    return [shard for shard in stream.shards if _open_since(shard, horizon)]


def after(shards: list[Shard], shard_id: str | None) -> list[Shard]:
    return [shard for shard in shards if shard_id is None or shard.id > shard_id]


def filtered(stream: Stream, shard_filter: dict[str, Any] | None) -> list[Shard]:
    """The visible shards that a ``ShardFilter`` keeps."""
    shards = visible(stream)
    if shard_filter is None:
        return shards
    if shard_filter["Type"] == "AFTER_SHARD_ID":
        return after(shards, _required(shard_filter, "ShardId"))
    keep = _predicate(stream, shard_filter)
    return [shard for shard in shards if keep(shard)]


def _predicate(stream: Stream, shard_filter: dict[str, Any]) -> Callable[[Shard], bool]:
    match shard_filter["Type"]:
        case "AT_LATEST":
            return lambda shard: shard.is_open
        case "AT_TRIM_HORIZON":
            horizon = max(stream.horizon_ms(), int(stream.identity.created * 1000))
            return lambda shard: _open_at(shard, horizon)
        case "AT_TIMESTAMP":
            moment = _milliseconds(_required(shard_filter, "Timestamp"))
            return lambda shard: _open_at(shard, moment)
        case "FROM_TIMESTAMP":
            start = _milliseconds(_required(shard_filter, "Timestamp"))
            return lambda shard: _open_since(shard, start)
    return lambda _: True  # FROM_TRIM_HORIZON is all that is visible


def _open_since(shard: Shard, moment_ms: int) -> bool:
    return shard.closed_second is None or (shard.closed_second + 1) * 1000 > moment_ms


def _open_at(shard: Shard, moment_ms: int) -> bool:
    return shard.spec.created_second * 1000 <= moment_ms and _open_since(shard, moment_ms)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _required(shard_filter: dict[str, Any], name: str) -> Any:
    value = shard_filter.get(name)
    if value is None:
        raise InvalidArgumentException(
            f"{name} must be specified with shard filter type {shard_filter['Type']}."
        )
    return value


def pack_token(fields: dict[str, Any], now_ms: int) -> str:
    """A token for the next call; ``fields`` are what that call needs to go on (JSON values)."""
    return base64.urlsafe_b64encode(json.dumps({**fields, "at": now_ms}).encode()).decode()


def unpack_token(token: str, now_ms: int) -> dict[str, Any]:
    try:
        fields = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
        created = fields.pop("at")
    except (binascii.Error, ValueError, AttributeError, KeyError):
        raise InvalidArgumentException("Invalid NextToken.") from None
    if now_ms - created > TOKEN_LIFETIME_MS:
        raise ExpiredNextTokenException(
            "NextToken is expired. The tolerated delay is 300000 milliseconds."
        )
    return dict(fields)
