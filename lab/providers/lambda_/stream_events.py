"""Records of a shard as the events that a function receives, written as JSON text straight from
the log.

Source: Lambda guide, "Using Lambda to process records from Amazon Kinesis Data Streams" (example
event).
"""

from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring_ascii as quote
from typing import NamedTuple

from lab.providers.kinesis.models import Shard
from lab.providers.kinesis.segment import Record

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
_ENVELOPE = '{"Records":[]}'


class Event(NamedTuple):
    """One record and its JSON text in the function's event."""

    record: Record
    sequence_number: str
    text: str


class EventWriter:
    """Makes the events of one shard for one function."""

    def __init__(self, shard: Shard, source_arn: str, role_arn: str) -> None:
        self._shard = shard
        region = source_arn.split(":")[3]
        self._tail = (
            f'"eventName":"aws:kinesis:record","invokeIdentityArn":{quote(role_arn)},'
            f'"awsRegion":{quote(region)},"eventSourceARN":{quote(source_arn)}}}'
        )

    def event(self, record: Record) -> Event:
        number = self._shard.sequence_number(record)
        text = (
            '{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":'
            f'{quote(record.key.decode())},"sequenceNumber":"{number}",'
            f'"data":"{b2a_base64(record.data, newline=False).decode()}",'
            f'"approximateArrivalTimestamp":{record.arrival / 1000}}},'
            '"eventSource":"aws:kinesis","eventVersion":"1.0",'
            f'"eventID":"{self._shard.id}:{number}",{self._tail}'
        )
        return Event(record, number, text)


def payload(events: Iterable[Event], members: str = "") -> str:
    """The whole event; ``members`` is JSON text of what it has beside the records."""
    return f'{{"Records":[{",".join(event.text for event in events)}]{members}}}'


def fitting(events: Sequence[Event], beside: int = 0) -> int:
    """How many of the events one invocation can carry (6 MB) with so many bytes beside them; at
    least one.
    """
    size = len(_ENVELOPE) + beside
    for index, event in enumerate(events):
        size += len(event.text) + 1
        if size > MAX_PAYLOAD_BYTES and index:
            return index
    return len(events)
