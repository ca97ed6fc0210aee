"""The state of Firehose: delivery streams by account and region, and their definitions on disk.

A stream is a folder: ``stream.json`` (its definition), ``checkpoint.json`` (how far it has
delivered, see ``source``) and ``spool/`` (accepted records of DirectPut). States are declared by a
time, as those of Kinesis are (``lab.providers.kinesis.lifecycle``).
"""

import json
import logging
import os
import re
import secrets
import shutil
import threading
from functools import cache
from pathlib import Path
from typing import Any

from lab import config
from lab.providers.clock import clock
from lab.providers.kinesis.lifecycle import Lifecycle, Status, Timing
from lab.providers.kinesis.limits import TokenBucket

LOG = logging.getLogger(__name__)

FILE = "stream.json"
DIRECT_PUT = "DirectPut"
KINESIS = "KinesisStreamAsSource"
RECORDS_PER_SECOND = 100_000
CALLS_PER_SECOND = 1_000
BYTES_PER_SECOND = 1 << 20
"""Soft limits of a DirectPut stream. Source: "Amazon Data Firehose quota" in the developer guide.
The 1 MiB per second of most regions; us-east-1, us-west-2 and eu-west-1 have the rest below."""
LARGE_REGIONS = ("us-east-1", "us-west-2", "eu-west-1")
LARGE_RECORDS_PER_SECOND = 500_000
LARGE_CALLS_PER_SECOND = 2_000
LARGE_BYTES_PER_SECOND = 5 << 20

Document = dict[str, Any]


def rates_enabled() -> bool:
    """``LAB_FIREHOSE_LIMITS=off`` lifts the rates, never the sizes."""
    return os.environ.get("LAB_FIREHOSE_LIMITS", "on").lower() != "off"


class DeliveryStream(Lifecycle):
    """One delivery stream. What is asked of it and what it has is its ``definition``: JSON."""

    def __init__(self, definition: Document, folder: Path, timing: Timing) -> None:
        super().__init__(timing)
        self.definition = definition
        self.folder = folder
        self.timing = timing
        self.lock = threading.RLock()
        large = self.region in LARGE_REGIONS
        rates = (
            (LARGE_RECORDS_PER_SECOND, LARGE_CALLS_PER_SECOND, LARGE_BYTES_PER_SECOND)
            if large
            else (RECORDS_PER_SECOND, CALLS_PER_SECOND, BYTES_PER_SECOND)
        )
        self._records, self._calls, self._bytes = (
            TokenBucket(rate, timing.ticks) for rate in rates
        )

    @property
    def name(self) -> str:
        return str(self.definition["name"])

    @property
    def account(self) -> str:
        return str(self.definition["account"])

    @property
    def region(self) -> str:
        return str(self.definition["region"])

    @property
    def arn(self) -> str:
        return f"arn:aws:firehose:{self.region}:{self.account}:deliverystream/{self.name}"

    @property
    def kind(self) -> str:
        """``DeliveryStreamType``"""
        return str(self.definition["type"])

    @property
    def version(self) -> str:
        return str(self.definition["version"])

    @property
    def is_encrypted(self) -> bool:
        return bool(self.definition["encryption"]["Status"] == "ENABLED")

    def admit(self, size: int, records: int) -> bool:
        """Whether the rates let a call with so many bytes and records pass, which it then uses."""
        if not rates_enabled():
            return True
        with self.lock:
            wanted = ((self._calls, 1), (self._records, records), (self._bytes, size))
            if any(bucket.refill() < min(amount, bucket.rate) for bucket, amount in wanted):
                return False
            for bucket, amount in wanted:
                bucket.tokens -= amount
            return True

    def save(self) -> None:
        write_json(self.folder / FILE, {**self.definition, "status": self.status})


class LabTiming(Timing):
    """Records arrive by the lab's clock, which names their prefixes and indices; buffers, which
    must not wait for a clock that stands still, go by the machine's.
    """

    def now_ms(self) -> int:
        return int(clock().now() * 1000)


class Registry:
    """All delivery streams of this process."""

    def __init__(self, home: Path, timing: Timing | None = None) -> None:
        self.home = home
        self.timing = timing or LabTiming()
        self.lock = threading.RLock()
        self._streams: dict[tuple[str, str, str], DeliveryStream] = {}

    def load_all(self) -> None:
        """Find the streams that an earlier process has left; finish the deletions it began."""
        for path in sorted(self.home.glob(f"*/*/*/{FILE}")):
            definition = json.loads(path.read_text(encoding="utf-8"))
            if definition.pop("status") == Status.DELETING:
                shutil.rmtree(path.parent)
                continue
            self._put(DeliveryStream(definition, path.parent, self.timing))
            LOG.info("delivery stream %s is back", definition["name"])

    def create(self, definition: Document) -> DeliveryStream:
        """Add a stream with this definition, CREATING."""
        definition = {
            **definition,
            "version": "1",
            "created": self.timing.clock(),
        }
        token = secrets.token_hex(4)
        folder = self.home / definition["account"] / definition["region"]
        stream = DeliveryStream(definition, folder / f"{definition['name']}.{token}", self.timing)
        stream.folder.mkdir(parents=True)
        stream.begin(Status.CREATING)
        stream.save()
        self._put(stream)
        return stream

    def find(self, account: str, region: str, name: str) -> DeliveryStream | None:
        stream = self._streams.get((account, region, name))
        if stream is not None and stream.is_gone:
            with self.lock:
                if self._streams.get((account, region, name)) is stream:
                    del self._streams[account, region, name]
                    shutil.rmtree(stream.folder, ignore_errors=True)
            return None
        return stream

    def list(self, account: str, region: str) -> list[DeliveryStream]:
        """The streams of one account and region, by name."""
        names = sorted(key[2] for key in list(self._streams) if key[:2] == (account, region))
        found = (self.find(account, region, name) for name in names)
        return [stream for stream in found if stream is not None]

    def all(self) -> tuple[DeliveryStream, ...]:
        return tuple(self._streams.values())

    def _put(self, stream: DeliveryStream) -> None:
        self._streams[stream.account, stream.region, stream.name] = stream


def write_json(path: Path, document: Any) -> None:
    """Replace the file as a whole: a crash leaves the one before or the one after."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def bucket_of(arn: str) -> str:
    """The name in ``arn:aws:s3:::NAME``."""
    return re.sub(r"^arn:[\w-]+:s3:::", "", arn)


@cache
def registry() -> Registry:
    """The streams of this process, found on disk at first use."""
    found = Registry(config.load().home / "firehose")
    found.load_all()
    return found
