"""Delivery to S3: buffers by partition and by kind of error, and the objects they become.

It also serves as the backup of every other destination. What cannot be written stays in its buffer
and is tried again for 24 hours, as on AWS; meanwhile the source is not committed.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any
from zoneinfo import ZoneInfo

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to

from lab.providers.firehose import compression, error_log, metrics, prefix
from lab.providers.firehose.buffers import Buffer, Hints, lowest
from lab.providers.firehose.failures import Failure
from lab.providers.firehose.models import DeliveryStream, bucket_of
from lab.providers.firehose.source import Item, Lanes

LOG = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
GIVE_UP_SECONDS = 24 * 3600
PARTITION_LIMIT = 500
MEMORY_BYTES = 128 << 20
"""All buffers of a stream together; the largest is delivered early beyond it."""

Slot = tuple[str, tuple[tuple[tuple[str, str], str], ...]]
"""The kind of error ("" for none) and the partition keys: what shares an object."""
Encode = Callable[[list[Item]], tuple[bytes, list[Failure]]]


class S3Destination:
    """One bucket with its prefixes. Not safe to use from several threads: its worker's alone."""

    def __init__(
        self,
        stream: DeliveryStream,
        settings: dict[str, Any],
        encode: Encode | None = None,
        is_backup: bool = False,
    ) -> None:
        self._stream = stream
        self._settings = settings
        self._hints = Hints.of(settings["BufferingHints"])
        self._zone = ZoneInfo(settings.get("CustomTimeZone") or "UTC")
        given, failed = settings.get("Prefix") or "", settings.get("ErrorOutputPrefix") or ""
        self._prefix = prefix.completed(given)
        self._error_prefix = prefix.completed_error(failed, given)
        self._encode = encode
        self._is_backup = is_backup
        self._buffers: dict[Slot, Buffer] = {}
        self._client: Any = None

    @property
    def is_full(self) -> bool:
        return self.size > MEMORY_BYTES

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return sum(buffer.size for buffer in self._buffers.values())

    def add(self, items: Iterable[Item]) -> list[Failure]:
        """Buffer records; returns those that are over the limit of active partitions."""
        refused = []
        for item in items:
            if not self._put(("", item.keys), item):
                refused.append(
                    Failure(
                        item,
                        "processing-failed",
                        "DynamicPartitioning.ActivePartitionLimitExceeded",
                        f"The limit of {PARTITION_LIMIT} active partitions is exceeded.",
                        0,
                        self._stream.timing.now_ms(),
                        {},
                    )
                )
        return refused

    def fail(self, failures: Iterable[Failure]) -> None:
        for failure in failures:
            self._put((failure.kind, ()), failure.as_item())

    def _put(self, slot: Slot, item: Item) -> bool:
        buffer = self._buffers.get(slot)
        if buffer is None:
            if item.keys and len(self._buffers) >= PARTITION_LIMIT:
                return False
            buffer = self._buffers[slot] = Buffer(self._stream.timing.clock())
        buffer.add(item)
        if buffer.size >= self._hints.size:
            self._deliver(slot, buffer)
        return True

    def undelivered(self) -> Lanes:
        return lowest(iter(self._buffers.values()))

    def due_at(self) -> float | None:
        """When there is something to deliver (clock); None when nothing waits."""
        return min((each.due_at(self._hints) for each in self._buffers.values()), default=None)

    def deliver_due(self) -> None:
        now = self._stream.timing.clock()
        for slot, buffer in list(self._buffers.items()):
            if buffer.due_at(self._hints) <= now:
                self._deliver(slot, buffer)
        while self.size > MEMORY_BYTES:
            slot, buffer = max(self._buffers.items(), key=lambda entry: entry[1].size)
            if buffer.retry_at > now or not self._deliver(slot, buffer):
                return

    def _deliver(self, slot: Slot, buffer: Buffer) -> bool:
        """Write the object; False when it could not be written and waits for another attempt."""
        now = self._stream.timing.clock()
        if buffer.retry_at > now:
            return False
        content, failures = self._content(slot, buffer)
        try:
            if content:
                self._write(slot, buffer, content)
        except (BotoCoreError, ClientError) as error:
            metrics.s3_delivery(self._stream, buffer, now, is_success=False)
            if now - buffer.oldest / 1000 < GIVE_UP_SECONDS:
                pause = min(FIRST_PAUSE_SECONDS * 2**buffer.attempts, LONGEST_PAUSE_SECONDS)
                buffer.attempts, buffer.retry_at = buffer.attempts + 1, now + pause
                if buffer.attempts == 1:
                    LOG.warning("%s: not delivered yet: %s", self._stream.name, error)
                    code = f"S3.{error_log.code_of(error)}"
                    error_log.write(self._stream, self._settings, code, str(error))
                return False
            LOG.error("%s: %d records lost: %s", self._stream.name, len(buffer.items), error)
        else:
            metrics.s3_delivery(self._stream, buffer, now, is_backup=self._is_backup)
        del self._buffers[slot]
        self.fail(failures)
        return True

    def _content(self, slot: Slot, buffer: Buffer) -> tuple[bytes, list[Failure]]:
        if self._encode is not None and not slot[0]:
            return self._encode(buffer.items)
        return b"".join(item.data for item in buffer.items), []

    def _write(self, slot: Slot, buffer: Buffer, content: bytes) -> None:
        kind, keys = slot
        moment = prefix.moment_of(buffer.oldest, self._zone)
        pattern = self._error_prefix if kind else self._prefix
        base = prefix.suffix(self._stream.name, self._stream.version, moment, "")
        method = self._settings["CompressionFormat"]
        key = prefix.evaluate(pattern, moment, dict(keys), kind) + base + self._extension(kind)
        self._s3().put_object(
            Bucket=bucket_of(self._settings["BucketARN"]),
            Key=key,
            Body=compression.compress(content, method, base),
            **self._encryption(),
        )

    def _extension(self, kind: str) -> str:
        if given := self._settings.get("FileExtension"):
            return str(given)
        if self._encode is not None and not kind:
            conversion = self._settings["DataFormatConversionConfiguration"]
            is_orc = "OrcSerDe" in conversion["OutputFormatConfiguration"]["Serializer"]
            return ".orc" if is_orc else ".parquet"
        return compression.EXTENSIONS[self._settings["CompressionFormat"]]

    def _encryption(self) -> dict[str, str]:
        key = (self._settings["EncryptionConfiguration"].get("KMSEncryptionConfig") or {}).get(
            "AWSKMSKeyARN"
        )
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}

    def _s3(self) -> Any:
        if self._client is None:
            stream = self._stream
            self._client = connect_to(
                aws_access_key_id=stream.account, region_name=stream.region
            ).s3
        return self._client
