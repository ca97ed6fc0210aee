"""Sends batches to a stream until all of it has been taken.

A refused record is sent again alone with others of its kind, later and later; so is a batch when
the service cannot be reached or slows the caller down. Nothing is given up: AWS's agent waits for
a stream that is not there, too.
"""

import hashlib
import logging
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lab.agent.settings import KINESIS, Flow

LOG = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 10.0


@dataclass(slots=True)
class Tally:
    """What one flow has done since it started. ``problem`` is what it last waited for."""

    parsed: int = 0
    skipped: int = 0
    sent: int = 0
    bytes_sent: int = 0
    attempts: int = 0
    failed: int = 0
    service_errors: int = 0
    problem: str = ""


class Sender:
    """One stream. ``client`` is boto3's of Firehose or Kinesis."""

    def __init__(self, flow: Flow, client: Any, tally: Tally, stopping: threading.Event) -> None:
        self._flow = flow
        self._client = client
        self._tally = tally
        self._stopping = stopping
        self._random = Random()  # noqa: S311 - it spreads attempts, no more

    def send(self, records: Sequence[bytes]) -> bool:
        """True when all have been taken; False when the agent was told to stop before."""
        pause = FIRST_PAUSE_SECONDS
        while records:
            refused = self._put(records)
            if refused and self._stopping.wait(pause * self._random.uniform(0.5, 1.0)):
                return False
            has_moved = len(refused) < len(records)
            pause = FIRST_PAUSE_SECONDS if has_moved else min(pause * 2, LONGEST_PAUSE_SECONDS)
            records = refused
        return True

    def _put(self, records: Sequence[bytes]) -> Sequence[bytes]:
        """One request; returns what was refused."""
        tally = self._tally
        tally.attempts += len(records)
        try:
            answers = self._request(records)
        except (BotoCoreError, ClientError) as error:
            tally.service_errors += 1
            tally.failed += len(records)
            self._note(str(error))
            return records
        refused = []
        for record, answer in zip(records, answers, strict=True):
            if answer.get("ErrorCode"):
                refused.append(record)
                self._note(f"{answer['ErrorCode']}: {answer.get('ErrorMessage')}")
            else:
                tally.sent += 1
                tally.bytes_sent += len(record)
        tally.failed += len(refused)
        if not refused:
            tally.problem = ""
        return refused

    def _request(self, records: Sequence[bytes]) -> list[dict[str, Any]]:
        if self._flow.kind == KINESIS:
            entries = [{"Data": data, "PartitionKey": self._key(data)} for data in records]
            answer = self._client.put_records(StreamName=self._flow.stream, Records=entries)
            return list(answer["Records"])
        answer = self._client.put_record_batch(
            DeliveryStreamName=self._flow.stream, Records=[{"Data": data} for data in records]
        )
        return list(answer["RequestResponses"])

    def _key(self, data: bytes) -> str:
        return secrets.token_hex(8) if self._flow.is_random else hashlib.sha256(data).hexdigest()

    def _note(self, problem: str) -> None:
        if problem != self._tally.problem:
            self._tally.problem = problem
            LOG.warning("%s: %s", self._flow.stream, problem)
