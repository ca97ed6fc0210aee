"""A stream's description on disk: ``stream.json`` beside the folders of its shards.

Written whole to another file and then put in place, so that a crash leaves the old one or the new
one. A stream whose transition had not ended when the process did is found ACTIVE; one that was
being deleted is deleted.
"""

import json
import logging
import os
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

from lab import config
from lab.providers.kinesis.consumers import Consumer
from lab.providers.kinesis.hashing import HashRange
from lab.providers.kinesis.models import (
    Mode,
    Registry,
    Shard,
    ShardSpec,
    Status,
    Stream,
    StreamIdentity,
    StreamSettings,
    Timing,
)

LOG = logging.getLogger(__name__)

FILE = "stream.json"
VERSION = 1
SETTINGS = (
    "retention_hours",
    "max_record_kib",
    "tags",
    "shard_level_metrics",
    "policy",
    "warm_mib",
    "changes",
)
"""What of a stream's settings is JSON as it is; a document of an earlier version may lack some."""


@lru_cache(maxsize=1)
def registry() -> Registry:
    """The streams of this process, found on disk at first use."""
    found = Registry(config.load().home / "kinesis")
    load_all(found)
    return found


def save(stream: Stream) -> None:
    stream.folder.mkdir(parents=True, exist_ok=True)
    draft = stream.folder / f"{FILE}.new"
    with draft.open("w") as file:
        file.write(json.dumps(_document(stream), indent=1))
        file.flush()
        os.fsync(file.fileno())  # else a loss of power could put an empty file in place
    draft.replace(stream.folder / FILE)


def load_all(registry: Registry) -> None:
    """Find the streams that an earlier process has left."""
    for path in sorted(registry.home.glob(f"*/*/*/{FILE}")):
        document = json.loads(path.read_text())
        if document["status"] == Status.DELETING:
            shutil.rmtree(path.parent)
        else:
            registry.add(_stream(document, path.parent, registry.timing))
            LOG.info("stream %s is back", document["name"])


def _document(stream: Stream) -> dict[str, Any]:
    identity, settings = stream.identity, stream.settings
    return {
        "version": VERSION,
        "account": identity.account,
        "region": identity.region,
        "name": identity.name,
        "created": identity.created,
        "token": identity.token,
        "status": stream.status,
        "mode": settings.mode,
        **{name: getattr(settings, name) for name in SETTINGS},
        "keys": settings.keys,
        "peaks": settings.peaks,
        "consumers": [_consumer_document(each) for each in stream.consumers.values()],
        "shards": [_shard_document(shard) for shard in stream.shards],
    }


def _consumer_document(consumer: Consumer) -> dict[str, Any]:
    return {
        "name": consumer.name,
        "created": consumer.created,
        "status": consumer.status,
        "tags": consumer.tags,
        "policy": consumer.policy,
    }


def _shard_document(shard: Shard) -> dict[str, Any]:
    spec = shard.spec
    return {
        "index": spec.index,
        # Hash keys need 128 bits, which other readers of JSON do not keep.
        "hash_range": [str(spec.hash_range.start), str(spec.hash_range.end)],
        "created_second": spec.created_second,
        "parents": list(spec.parents),
        "closed_second": shard.closed_second,
    }


def _stream(document: dict[str, Any], folder: Path, timing: Timing) -> Stream:
    identity = StreamIdentity(
        **{key: document[key] for key in ("account", "region", "name", "created", "token")}
    )
    settings = StreamSettings(
        mode=Mode(document["mode"]),
        **{name: document[name] for name in SETTINGS if name in document},
        keys=[(since, key) for since, key in document.get("keys", [])],
        peaks={int(day): peak for day, peak in document.get("peaks", {}).items()},
    )
    stream = Stream(identity, settings, folder, timing)
    for entry in document.get("consumers", []):
        if entry["status"] != Status.DELETING:
            stream.consumers[entry["name"]] = _consumer(entry, stream)
    for entry in document["shards"]:
        start, end = map(int, entry["hash_range"])
        spec = ShardSpec(
            index=entry["index"],
            hash_range=HashRange(start, end),
            created_second=entry["created_second"],
            parents=tuple(entry["parents"]),
        )
        stream.add_shard(spec).closed_second = entry["closed_second"]
    stream.route()
    return stream


def _consumer(entry: dict[str, Any], stream: Stream) -> Consumer:
    consumer = Consumer(stream.arn, entry["name"], entry["created"], stream.timing)
    consumer.tags, consumer.policy = entry["tags"], entry["policy"]
    return consumer
