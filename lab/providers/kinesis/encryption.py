"""Server-side encryption: which key a stream is encrypted with, and whether that key can be used.

The logs on disk are not encrypted: what the lab emulates is the dependence on the key. The key is
looked up in LocalStack's KMS, which is in this process, at every put and get; that is a few
dictionary look-ups, so nothing is cached and a disabled key works at once.

Source: "Data protection in Amazon Kinesis Data Streams" and the API reference,
StartStreamEncryption.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    KMSDisabledException,
    KMSInvalidStateException,
    KMSNotFoundException,
)
from localstack.services.kms.models import kms_stores

from lab.providers.kinesis.models import Stream, StreamIdentity
from lab.providers.kinesis.shard_log import Record

OWN_KEY = "alias/aws/kinesis"
_KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")


def current_key(stream: Stream) -> str | None:
    """The key, as it was given, that new records are encrypted with."""
    keys = stream.settings.keys
    return keys[-1][1] if keys else None


def kind(stream: Stream) -> str:
    return "NONE" if current_key(stream) is None else "KMS"


def start(stream: Stream, encryption_type: str, key_id: str) -> None:
    """From now on records are encrypted with this key, which must be usable."""
    _require_kms(encryption_type)
    _check(stream.identity, key_id)
    stream.settings.keys.append((stream.timing.now_ms(), key_id))


def stop(stream: Stream, encryption_type: str, key_id: str) -> None:
    _require_kms(encryption_type)
    current, identity = current_key(stream), stream.identity
    if current is None or _own_name(current, identity) != _own_name(key_id, identity):
        raise InvalidArgumentException(
            f"Stream {identity.name} under account {identity.account} is not encrypted with "
            f"key {key_id}."
        )
    stream.settings.keys.append((stream.timing.now_ms(), None))


def require_usable_key(stream: Stream) -> None:
    """Raise what KMS would answer if new records cannot be encrypted now."""
    if key_id := current_key(stream):
        _check(stream.identity, key_id)


def require_readable(stream: Stream, records: Sequence[Record]) -> None:
    """Raise what KMS would answer if one of these records (in order) cannot be decrypted now."""
    if not stream.settings.keys or not records:
        return
    first, last = (_place(stream, records[at].arrival) for at in (0, -1))
    for _, key_id in stream.settings.keys[max(first, 0) : last + 1]:
        if key_id is not None:
            _check(stream.identity, key_id)


def mark(stream: Stream, records: Sequence[Record], shown: Sequence[dict[str, Any]]) -> None:
    """Add to what a reader gets that a record was encrypted."""
    keys = stream.settings.keys
    if not keys:
        return
    for record, entry in zip(records, shown, strict=True):
        place = _place(stream, record.arrival)
        if place >= 0 and keys[place][1] is not None:
            entry["EncryptionType"] = "KMS"


def _place(stream: Stream, arrival: int) -> int:
    """Which of the stream's keys encrypted what arrived then; -1 is none."""
    return bisect_right(stream.settings.keys, arrival, key=lambda each: each[0]) - 1


def _require_kms(encryption_type: str) -> None:
    if encryption_type != "KMS":
        raise InvalidArgumentException(f"Invalid EncryptionType: {encryption_type}.")


def _check(identity: StreamIdentity, key_id: str) -> None:
    name = _own_name(key_id, identity)
    if name == OWN_KEY:  # belongs to AWS and is always there
        return
    state = _metadata(identity, name)
    match state["KeyState"]:
        case "Enabled":
            return
        case "Disabled":
            raise KMSDisabledException(f"{state['Arn']} is disabled.")
        case "PendingDeletion":
            raise KMSInvalidStateException(f"{state['Arn']} is pending deletion.")
        case "PendingImport":
            raise KMSInvalidStateException(f"{state['Arn']} is pending import.")
        case other:
            raise KMSInvalidStateException(f"{state['Arn']} is in state {other}.")


def _own_name(key_id: str, identity: StreamIdentity) -> str:
    """An alias's name or a key's id, also when its ARN of this account and region is given."""
    return key_id.removeprefix(_arn(identity)).removeprefix("key/")


def _metadata(identity: StreamIdentity, name: str) -> dict[str, str]:
    """The key's state, with ``Arn`` and ``KeyState``; ``name`` is an alias's or a key's id."""
    store = kms_stores[identity.account][identity.region]
    if name.startswith("alias/"):
        if name not in store.aliases:
            raise KMSNotFoundException(f"Alias {_arn(identity)}{name} is not found.")
        name = store.aliases[name].metadata["TargetKeyId"]
    if name in store.keys:
        found: dict[str, str] = store.keys[name].metadata
        return found
    if _KEY_ID.fullmatch(name):
        raise KMSNotFoundException(f"Key '{_arn(identity)}key/{name}' does not exist")
    raise KMSNotFoundException(f"Invalid keyId {name}")


def _arn(identity: StreamIdentity) -> str:
    return f"arn:aws:kms:{identity.region}:{identity.account}:"
