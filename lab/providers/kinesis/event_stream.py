"""The answer of SubscribeToShard on the wire: AWS's event stream, over a chunked HTTP/1.1 response.

Each message has a prelude with its lengths, headers that say which event it is, and a payload of
JSON, or of CBOR for clients that asked for it. LocalStack's own encoder walks through the service
model for every record and cannot send an exception once the stream has begun.

Source: "Event stream encoding" in the Amazon Transcribe developer guide, which is AWS's description
of the format.
"""

import logging
import struct
from collections.abc import Generator, Iterator
from typing import Any
from zlib import crc32

from localstack.aws.api import RequestContext, ServiceException
from localstack.http import Response

from lab.providers.kinesis import backpressure, descriptions, encryption, wire
from lab.providers.kinesis.subscription import Batch, Subscription

LOG = logging.getLogger(__name__)

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7


def respond(context: RequestContext, subscription: Subscription) -> Response:
    """An HTTP answer that lasts as long as the subscription; its end ends the subscription."""
    context.service_response = {}
    headers = {"Content-Type": CONTENT_TYPE, "x-amzn-requestid": context.request_id}
    return Response(Events(context, subscription), headers=headers)


class Events:
    """The messages of a subscription as bytes. The server closes it when the client is gone."""

    def __init__(self, context: RequestContext, subscription: Subscription) -> None:
        self._subscription = subscription
        self._flow = backpressure.watch(context, subscription.close)
        self._plain = wire.is_json(context)
        self._messages = self._produce()
        self._names = (subscription.shard.id, subscription.consumer.arn)

    def __iter__(self) -> Iterator[bytes]:
        return self._messages

    def close(self) -> None:
        self._subscription.close()
        self._messages.close()

    def _produce(self) -> Generator[bytes]:
        try:
            yield self._message("event", "initial-response", {})
            for batch in self._subscription:
                yield self._message("event", "SubscribeToShardEvent", self._event(batch))
                self._flow.wait(self._subscription.seconds_left)
        except ServiceException as error:
            yield self._message("exception", error.code, {"message": error.message})
        finally:
            self._subscription.close()
            self._flow.end()
            LOG.info("the push of %s to %s has ended", *self._names)

    def _event(self, batch: Batch) -> dict[str, Any]:
        shard, stream = self._subscription.shard, self._subscription.stream
        convert = wire.json_record if self._plain else wire.model_record
        shown = [convert(shard, record) for record in batch.records]
        encryption.mark(stream, batch.records, shown)
        event: dict[str, Any] = {
            "Records": shown,
            "MillisBehindLatest": batch.millis_behind,
        }
        if batch.continuation is not None:
            event["ContinuationSequenceNumber"] = batch.continuation
        if batch.children:
            event["ChildShards"] = [descriptions.child(each) for each in batch.children]
        return event

    def _message(self, kind: str, name: str, payload: dict[str, Any]) -> bytes:
        encode = wire.encode_json if self._plain else wire.encode_cbor
        headers = {
            f":{kind}-type": name,
            ":content-type": wire.JSON if self._plain else wire.CBOR,
            ":message-type": kind,
        }
        return encode_message(headers, encode(payload))


def encode_message(headers: dict[str, str], payload: bytes) -> bytes:
    """One message of the format: lengths, checksum, headers, payload, checksum."""
    head = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack("!I", crc32(prelude)) + head + payload
    return message + struct.pack("!I", crc32(message))


def _header(name: str, value: str) -> bytes:
    name_bytes, value_bytes = name.encode(), value.encode()
    size = struct.pack("!BH", _STRING, len(value_bytes))
    return struct.pack("!B", len(name_bytes)) + name_bytes + size + value_bytes
