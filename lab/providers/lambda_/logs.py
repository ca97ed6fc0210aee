"""Log events of functions on their way to CloudWatch Logs, in batches and off the invocation's
path.

One thread for all functions. LocalStack has a thread per function version and one PutLogEvents per
invocation, which takes as much time as the invocation itself and contends with the next one.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to

from lab.providers.clock import clock
from lab.providers.lambda_.output import EVENT_OVERHEAD_BYTES, LogEvent

LOG = logging.getLogger(__name__)

FLUSH_SECONDS = 0.2
# CloudWatch Logs documentation, "PutLogEvents": the most that one call takes.
MAX_BATCH_EVENTS = 10_000
MAX_BATCH_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class LogStream:
    """The log stream of one execution environment."""

    account: str
    region: str
    group: str
    name: str


class LogWriter:
    """Takes events at once, writes them a little later. Order within a stream is kept."""

    def __init__(self) -> None:
        self._pending: dict[LogStream, list[LogEvent]] = defaultdict(list)
        self._changed = threading.Condition()
        self._known: set[LogStream] = set()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._writing = threading.Lock()

    def write(self, stream: LogStream, events: Iterable[LogEvent]) -> None:
        with self._changed:
            self._pending[stream].extend(events)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lambda-logs", daemon=True)
                self._thread.start()
            self._changed.notify()

    def flush(self) -> None:
        """Write everything that is pending, in the caller's thread."""
        with self._changed:
            pending, self._pending = self._pending, defaultdict(list)
        for stream, events in pending.items():
            try:
                self._put(stream, events)
            except (BotoCoreError, ClientError) as error:
                LOG.warning("%d events not written to %s: %s", len(events), stream.group, error)

    def settle(self) -> None:
        """As :meth:`flush`, and wait for what the other thread is writing."""
        with self._writing:
            self.flush()

    def stop(self) -> None:
        """Write what is pending and nothing after that; Logs is going down."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        with self._writing:
            self.flush()

    def _run(self) -> None:
        while not self._stopping.wait(FLUSH_SECONDS):
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._stopping.is_set())
            with self._writing:
                if not self._stopping.is_set():
                    self.flush()

    def _put(self, stream: LogStream, events: list[LogEvent]) -> None:
        client = connect_to(aws_access_key_id=stream.account, region_name=stream.region).logs
        if stream not in self._known:
            _create(client, stream)
            self._known.add(stream)
        for batch in batches(events):
            self._put_batch(client, stream, batch)

    def _put_batch(self, client: Any, stream: LogStream, batch: list[LogEvent]) -> None:
        # A function's process has the machine's time; its log has the lab's.
        ahead = int(clock().offset * 1000)
        request = {
            "logGroupName": stream.group,
            "logStreamName": stream.name,
            "logEvents": [{"timestamp": e.timestamp + ahead, "message": e.message} for e in batch],
        }
        try:
            client.put_log_events(**request)
        except client.exceptions.ResourceNotFoundException:
            # Someone has deleted the group: Lambda makes it again.
            _create(client, stream)
            client.put_log_events(**request)


def batches(events: list[LogEvent]) -> Iterator[list[LogEvent]]:
    """The events in portions that PutLogEvents accepts, in the order of their time."""
    batch: list[LogEvent] = []
    size = 0
    for event in sorted(events, key=lambda event: event.timestamp):
        length = len(event.message.encode()) + EVENT_OVERHEAD_BYTES
        if batch and (size + length > MAX_BATCH_BYTES or len(batch) == MAX_BATCH_EVENTS):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += length
    if batch:
        yield batch


def _create(client: Any, stream: LogStream) -> None:
    exists = client.exceptions.ResourceAlreadyExistsException
    for create, names in (
        (client.create_log_group, {"logGroupName": stream.group}),
        (
            client.create_log_stream,
            {"logGroupName": stream.group, "logStreamName": stream.name},
        ),
    ):
        try:
            create(**names)
        except exists:
            continue


@cache
def log_writer() -> LogWriter:
    """The writer of this lab."""
    return LogWriter()
