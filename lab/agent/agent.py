"""The agent: a thread a flow reads, converts, collects, sends, and then notes how far it is.

What was sent is noted afterwards, so that a killed agent sends the last batch again and never loses
one: at least once.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lab.agent.checkpoints import Checkpoints
from lab.agent.files import Files
from lab.agent.sender import Sender, Tally
from lab.agent.settings import Flow, Settings
from lab.agent.tail import Record, Tail

LOG = logging.getLogger(__name__)

METRICS_SECONDS = 30.0
NAMESPACE = "AWSKinesisAgent"
ClientOf = Callable[[str], Any]
"""A boto3 client of the service with this name"""


@dataclass(slots=True)
class Batch:
    """Records that wait to be sent together, and up to where their files are done with them."""

    records: list[bytes] = field(default_factory=list)
    size: int = 0
    opened: float | None = None
    ends: dict[Tail, int] = field(default_factory=dict)


class FlowRunner:
    """One flow. :meth:`step` does what there is to do and returns."""

    def __init__(
        self,
        flow: Flow,
        client: Any,
        checkpoints: Checkpoints,
        stopping: threading.Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.flow = flow
        self.tally = Tally()
        self._checkpoints = checkpoints
        self._stopping = stopping
        self._clock = clock
        self._sender = Sender(flow, client, self.tally, stopping)
        self._files = Files(flow, checkpoints.of(flow.id), clock)
        self._batch = Batch()
        self._save()

    def run(self, once: bool) -> None:
        """Until told to stop; ``once``: until all that is there has been sent."""
        try:
            while not self._stopping.is_set():
                self.step(is_last=once)
                if once:
                    break
                self._stopping.wait(self._pause())
            if self._batch.opened is not None:
                self._send()  # one attempt: what is refused now is read again at the next start
        finally:
            self._files.close()

    def step(self, *, is_last: bool = False) -> None:
        for record in self._files.poll(is_last=is_last):
            self._take(record)
            if self._stopping.is_set():
                return
        if self._batch.opened is not None and (is_last or self._is_due()):
            self._send()

    def _take(self, record: Record) -> None:
        flow, batch = self.flow, self._batch
        self.tally.parsed += 1
        data = flow.convert(record.data)
        if data is not None and len(data) > flow.max_record:
            data = data[: flow.max_record - len(flow.terminator)] + flow.terminator
        if data is None:
            self.tally.skipped += 1
            begin = record.end - len(record.data)
            LOG.info("skipped %s at byte %d: %r", record.tail.path, begin, record.data[:300])
        elif batch.size + len(data) + flow.key_bytes > flow.max_bytes:
            if not self._send():
                return
            batch = self._batch
        if batch.opened is None:
            batch.opened = self._clock()
        batch.ends[record.tail] = record.end
        if data is not None:
            batch.records.append(data)
            batch.size += len(data) + flow.key_bytes
        if len(batch.records) >= flow.max_records:
            self._send()

    def _is_due(self) -> bool:
        opened = self._batch.opened
        return opened is not None and self._clock() - opened >= self.flow.max_age

    def _pause(self) -> float:
        if self._batch.opened is None:
            return self.flow.poll
        left = self._batch.opened + self.flow.max_age - self._clock()
        return max(0.0, min(self.flow.poll, left))

    def _send(self) -> bool:
        batch = self._batch
        if not self._sender.send(batch.records):
            return False
        for tail, end in batch.ends.items():
            tail.sent_to = end
        self._batch = Batch()
        self._save()
        return True

    def _save(self) -> None:
        self._checkpoints.keep(self.flow.id, self._files.places())


class Agent:
    """All flows of a file of settings."""

    def __init__(
        self, settings: Settings, client_of: ClientOf, stopping: threading.Event | None = None
    ) -> None:
        self._stopping = stopping or threading.Event()
        self._settings = settings
        self._client_of = client_of
        checkpoints = Checkpoints(settings.checkpoints)
        self.runners = [
            FlowRunner(flow, client_of(flow.kind), checkpoints, self._stopping)
            for flow in settings.flows
        ]
        self._told = [Tally() for _ in self.runners]

    @property
    def tally(self) -> Tally:
        """Of all flows together."""
        total = Tally()
        for runner in self.runners:
            each = runner.tally
            total.parsed += each.parsed
            total.skipped += each.skipped
            total.sent += each.sent
            total.failed += each.failed
            total.problem = each.problem or total.problem
        return total

    def run(self, once: bool, tell: Callable[[Tally], None]) -> Tally:
        """Until told to stop, or ``once`` all has been sent; ``tell`` hears how it stands."""
        threads = [
            threading.Thread(target=runner.run, args=(once,), name=runner.flow.id)
            for runner in self.runners
        ]
        for thread in threads:
            thread.start()
        told_at = time.monotonic()
        while any(thread.is_alive() for thread in threads):
            threads[0].join(0.25) if threads[0].is_alive() else self._stopping.wait(0.25)
            tell(self.tally)
            if time.monotonic() - told_at >= METRICS_SECONDS:
                told_at = time.monotonic()
                self._emit()
        self._emit()
        return self.tally

    def _emit(self) -> None:
        """AWS's four metrics of an agent, for what has come since the last time."""
        if not self._settings.emit_metrics:
            return
        now = datetime.now(UTC)
        data = []
        for number, runner in enumerate(self.runners):
            before, after = self._told[number], runner.tally
            self._told[number] = Tally(**{name: getattr(after, name) for name in _FIELDS})
            values = {
                "BytesSent": after.bytes_sent - before.bytes_sent,
                "RecordSendAttempts": after.attempts - before.attempts,
                "RecordSendErrors": after.failed - before.failed,
                "ServiceErrors": after.service_errors - before.service_errors,
            }
            data += [
                {
                    "MetricName": name,
                    "Value": value,
                    "Unit": "Bytes" if name == "BytesSent" else "Count",
                    "Timestamp": now,
                    "Dimensions": [{"Name": "Destination", "Value": runner.flow.destination}],
                }
                for name, value in values.items()
            ]
        try:
            self._client_of("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=data)
        except (BotoCoreError, ClientError) as error:
            LOG.warning("metrics could not be sent: %s", error)


_FIELDS = ("bytes_sent", "attempts", "failed", "service_errors")
