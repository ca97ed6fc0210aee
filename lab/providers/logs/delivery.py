"""Sends events to subscribers: to a stream, a delivery stream or a function, at least once.

Each subscription remembers the last event that it has delivered, in the file; so nothing waits in
memory, and what was not delivered before a crash is delivered after it. What cannot be delivered is
tried again for a day, as on AWS, then given up.

Source: Amazon CloudWatch Logs User Guide, "Log group-level subscription filters".
"""

import base64
import gzip
import hashlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Iterator
from functools import cache
from itertools import groupby

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to

from lab.providers.logs.dispatch import Record, Scope
from lab.providers.logs.events import Event, Place, milliseconds
from lab.providers.logs.groups import DAY_MILLISECONDS, GROUP, state, store_of
from lab.providers.logs.ingestion import Events
from lab.providers.logs.pattern import matcher

LOG = logging.getLogger(__name__)

KIND = "subscription"
CHUNK = 1000
MAX_BYTES = {"kinesis": 700_000, "firehose": 700_000, "lambda": 150_000}
"""Of messages in one delivery, before compression."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
CONTROL = "CWL CONTROL MESSAGE: Checking health of destination {}."
NOUNS = {"kinesis": "Kinesis stream", "firehose": "Firehose"}
PRINCIPAL = "logs.amazonaws.com"


def document(
    kind: str, owner: str, names: tuple[str, str, list[str]], events: list[Record]
) -> bytes:
    """A message as subscribers get it, compressed; ``names`` are those of the group, the stream and
    the filters.
    """
    group, stream, filters = names
    content = {
        "messageType": kind,
        "owner": owner,
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": filters,
        "logEvents": events,
    }
    return gzip.compress(json.dumps(content, separators=(",", ":")).encode())


def send_control_message(scope: Scope, arn: str) -> None:
    """What a stream is sent when it becomes a destination."""
    text = CONTROL.format(NOUNS[arn.split(":")[2]])
    event = {"id": "", "timestamp": milliseconds(), "message": text}
    send(
        scope, arn, document("CONTROL_MESSAGE", "CloudwatchLogs", ("", "", []), [event]), "control"
    )


def send(scope: Scope, arn: str, content: bytes, key: str) -> None:
    _, _, service, region, _, resource = arn.split(":", 5)
    clients = connect_to(aws_access_key_id=scope.account, region_name=region or scope.region)
    name = resource.split("/", 1)[-1]
    if service == "kinesis":
        clients.kinesis.put_record(StreamName=name, Data=content, PartitionKey=key)
    elif service == "firehose":
        clients.firehose.put_record(DeliveryStreamName=name, Record={"Data": content})
    else:
        payload = json.dumps({"awslogs": {"data": base64.b64encode(content).decode()}})
        client = clients.lambda_.request_metadata(
            source_arn=scope.arn("log-group"), service_principal=PRINCIPAL
        )
        client.invoke(FunctionName=arn, InvocationType="Event", Payload=payload)


class Courier:
    """One thread, which runs from the first subscription on."""

    def __init__(self) -> None:
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._retry: dict[tuple[str, ...], tuple[float, float]] = {}

    def wake(self) -> None:
        with self._starting:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="lab-logs", daemon=True)
                self._thread.start()
        self._changed.set()

    def stop(self) -> None:
        self._stopping.set()
        self._changed.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            pauses = [due - time.monotonic() for due, _ in self._retry.values()]
            self._changed.wait(max(min(pauses), 0.01) if pauses else None)
            self._changed.clear()
            for key in list(state().keys(KIND)):
                if self._stopping.is_set():
                    return
                try:
                    self._serve(key)
                except Exception:  # the edge of a thread: others want to be served
                    LOG.exception("subscription filter %s of %s not served", key[-1], key[-2])

    def _serve(self, key: tuple[str, ...]) -> None:
        due, pause = self._retry.get(key, (0.0, FIRST_PAUSE / 2))
        if time.monotonic() < due:
            return
        try:
            self._deliver(key)
        except (BotoCoreError, ClientError) as error:
            pause = min(pause * 2, LONGEST_PAUSE)
            LOG.warning("subscription filter %s of %s: %s", key[-1], key[-2], error)
            self._retry[key] = (time.monotonic() + pause, pause)
        else:
            self._retry.pop(key, None)

    def _deliver(self, key: tuple[str, ...]) -> None:
        group = state().get(GROUP, key[:-1])
        while (record := state().get(KIND, key)) and group and not self._stopping.is_set():
            events = store_of(group).since(record["delivered"], CHUNK)
            if not events:
                return
            matches = matcher(record["filterPattern"])
            oldest = milliseconds() - DAY_MILLISECONDS
            chosen = [each for each in events if each.ingested >= oldest and matches(each.message)]
            for stream, batch in _batches(record, chosen):
                self._send(Scope(key[0], key[1]), record, stream, batch)
                _remember(key, batch[-1].id)
            _remember(key, events[-1].id)

    def _send(self, scope: Scope, record: Record, stream: str, batch: list[Event]) -> None:
        events = [
            {
                "id": Place(each.timestamp, each.id).number,
                "timestamp": each.timestamp,
                "message": each.message,
            }
            for each in batch
        ]
        names = (record["logGroupName"], stream, [record["filterName"]])
        content = document("DATA_MESSAGE", scope.account, names, events)
        is_random = record["distribution"] == "Random"
        key = secrets.token_hex(16) if is_random else hashlib.sha256(stream.encode()).hexdigest()
        send(scope, record["destinationArn"], content, key)


def _batches(record: Record, events: list[Event]) -> Iterator[tuple[str, list[Event]]]:
    """Events of one stream that follow one another, as many as one delivery holds."""
    most = MAX_BYTES[record["destinationArn"].split(":")[2]]
    for stream, found in groupby(events, key=lambda event: event.stream):
        batch: list[Event] = []
        size = 0
        for event in found:
            size += len(event.message.encode())
            if batch and size > most:
                yield stream, batch
                batch, size = [], len(event.message.encode())
            batch.append(event)
        yield stream, batch


def _remember(key: tuple[str, ...], id: int) -> None:
    with state().transaction():
        if record := state().get(KIND, key):
            state().put(KIND, key, {**record, "delivered": max(id, record["delivered"])})


def follow(scope: Scope, group: Record, _stream: str, _events: Events) -> None:
    """There are events; wake the courier if anybody has subscribed to them."""
    if next(state().keys(KIND, (*scope, group["logGroupName"])), None):
        courier().wake()


@cache
def courier() -> Courier:
    return Courier()


def resume() -> None:
    """After a start: deliver what was not delivered before."""
    if next(state().keys(KIND), None):
        courier().wake()
