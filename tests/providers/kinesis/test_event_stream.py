"""The messages of a subscription on the wire, and the connection that carries them."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import cbor2
import pytest
from botocore.eventstream import EventStreamBuffer, EventStreamMessage

from lab.providers.kinesis.backpressure import Flow
from tests.providers.kinesis.conftest import Api, Clock

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
CBOR = "application/x-amz-cbor-1.1"
JSON = "application/x-amz-json-1.1"


@pytest.fixture
def subscribe(api: Api, clock: Clock) -> Callable[[str], Iterator[EventStreamMessage]]:
    """``subscribe(content_type)`` gives the messages that such a client is sent."""
    api("CreateStream", StreamName="s", ShardCount=1)
    clock.advance(10)
    consumer = api("RegisterStreamConsumer", StreamARN=ARN, ConsumerName="c")["Consumer"]
    clock.advance(10)

    def messages(content_type: str) -> Iterator[EventStreamMessage]:
        api.headers = {"Content-Type": content_type}
        answer = api(
            "SubscribeToShard",
            ConsumerARN=consumer["ConsumerARN"],
            ShardId="shardId-000000000000",
            StartingPosition={"Type": "TRIM_HORIZON"},
        )
        assert answer.headers["Content-Type"] == "application/vnd.amazon.eventstream"
        buffer = EventStreamBuffer()
        for part in answer.response:
            buffer.add_data(part)
            yield from buffer

    return messages


@pytest.mark.fidelity("kinesis.protocols")
def test_events_in_cbor(
    api: Api, clock: Clock, subscribe: Callable[[str], Iterator[EventStreamMessage]]
) -> None:
    number = api("PutRecord", StreamName="s", Data=b"\xff", PartitionKey="k")["SequenceNumber"]
    messages = subscribe(CBOR)
    first, event = next(messages), next(messages)
    assert first.headers == {
        ":event-type": "initial-response",
        ":content-type": CBOR,
        ":message-type": "event",
    }
    assert cbor2.loads(first.payload) == {}
    assert event.headers[":event-type"] == "SubscribeToShardEvent"
    # Kinesis marks milliseconds as a time, for which the standard has seconds: take the mark off.
    assert cbor2.loads(event.payload.replace(b"\xc1\x1b", b"\x1b")) == {
        "Records": [
            {
                "SequenceNumber": number,
                "ApproximateArrivalTimestamp": int(clock.now * 1000),
                "Data": b"\xff",
                "PartitionKey": "k",
            }
        ],
        "ContinuationSequenceNumber": number,
        "MillisBehindLatest": 0,
    }


def test_a_key_that_is_lost_ends_the_push(
    api: Api, clock: Clock, subscribe: Callable[[str], Iterator[EventStreamMessage]]
) -> None:
    api("PutRecord", StreamName="s", Data=b"", PartitionKey="k")
    found = api.registry.find_arn(ARN)
    assert found is not None
    found.settings.keys = [(0, "alias/lost")]
    messages = subscribe(JSON)
    assert next(messages).headers[":event-type"] == "initial-response"
    last = next(messages)
    assert last.headers == {
        ":exception-type": "KMSNotFoundException",
        ":content-type": JSON,
        ":message-type": "exception",
    }
    assert last.payload == (
        b'{"message":"Alias arn:aws:kms:us-east-1:000000000000:alias/lost is not found."}'
    )


class Connection:
    """Stands for Twisted's request and reactor, which run everything at once."""

    def __init__(self) -> None:
        self.producer: Any = None
        self.channel: Any = object()
        self.finished: list[Callable[[Any], Any]] = []

    def callFromThread(self, call: Callable[[], None]) -> None:  # noqa: N802  # Twisted's name
        call()

    def notifyFinish(self) -> Any:  # noqa: N802  # Twisted's name
        return SimpleNamespace(addBoth=self.finished.append)

    def registerProducer(self, producer: Any, _streaming: bool) -> None:  # noqa: N802
        self.producer = producer

    def unregisterProducer(self) -> None:  # noqa: N802  # Twisted's name
        self.producer = None


def test_a_slow_client_is_waited_for_and_one_that_has_gone_is_noticed() -> None:
    connection, gone = Connection(), []
    flow = Flow(connection, connection, lambda: gone.append(True))
    flow.wait(0)
    connection.producer.pauseProducing()
    assert not flow.wait(0)
    connection.producer.resumeProducing()
    assert flow.wait(0)
    connection.finished[0](None)
    assert gone == [True]
    flow.end()
    assert connection.producer is None


def test_a_client_that_was_gone_before() -> None:
    connection, gone = Connection(), []
    connection.channel = None
    Flow(connection, connection, lambda: gone.append(True)).end()
    assert gone == [True]
