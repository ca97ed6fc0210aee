"""Records of a shard as the events that a function receives, written as JSON text straight from
the log.

Source: Lambda guide, "Using Lambda to process records from Amazon Kinesis Data Streams" (example
event) and "Using event filtering with a Kinesis event source".
"""

import json
from binascii import b2a_base64
from collections.abc import Sequence
from json.encoder import encode_basestring_ascii as quote
from typing import Any, NamedTuple

from localstack.utils.event_matcher import matches_event

from lab.providers.kinesis.models import Shard
from lab.providers.kinesis.shard_log import Record

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
_ENVELOPE = '{"Records":[]}'


class Event(NamedTuple):
    """One record and its JSON text in the function's event."""

    record: Record
    sequence_number: str
    text: str


class EventWriter:
    """Makes the events of one shard for one function."""

    def __init__(self, shard: Shard, stream_arn: str, role_arn: str) -> None:
        self._shard = shard
        region = stream_arn.split(":")[3]
        self._tail = (
            f'"eventName":"aws:kinesis:record","invokeIdentityArn":{quote(role_arn)},'
            f'"awsRegion":{quote(region)},"eventSourceARN":{quote(stream_arn)}}}'
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


def payload(events: Sequence[Event]) -> bytes:
    return f'{{"Records":[{",".join(event.text for event in events)}]}}'.encode()


def fitting(events: Sequence[Event]) -> int:
    """How many of the events one invocation can carry (6 MB); at least one."""
    size = len(_ENVELOPE)
    for index, event in enumerate(events):
        size += len(event.text) + 1
        if size > MAX_PAYLOAD_BYTES and index:
            return index
    return len(events)


class EventFilter:
    """An event passes that matches any pattern of the filter criteria, or if there is none."""

    def __init__(self, patterns: Sequence[dict[str, Any]]) -> None:
        self._patterns = patterns
        self._reads_data = any("data" in pattern for pattern in patterns)

    def keep(self, events: Sequence[Event]) -> list[Event]:
        if not self._patterns:
            return list(events)
        return [event for event in events if self._matches(event)]

    def _matches(self, event: Event) -> bool:
        shown = json.loads(event.text)
        shown |= {key: value for key, value in shown["kinesis"].items() if key != "data"}
        if self._reads_data:
            try:
                shown["data"] = json.loads(event.record.data)
            except ValueError:  # a pattern for data drops what is not JSON
                return False
        return any(matches_event(pattern, shown) for pattern in self._patterns)
