"""Records transformed by a Lambda function, which is called in this process.

Source: Firehose guide, "Transform source data in Amazon Data Firehose" (required parameters, status
model, failure handling) and "Monitor using CloudWatch Logs" (error codes and messages).
"""

import json
import logging
import threading
import time
import uuid
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import Any, NamedTuple

from localstack.aws.api import ServiceException

from lab.providers.firehose import metrics, prefix
from lab.providers.firehose.failures import PROCESSING, Failure
from lab.providers.firehose.models import DeliveryStream
from lab.providers.firehose.source import Item
from lab.providers.lambda_.stream_invoker import FunctionInvoker

LOG = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
MAX_PAYLOAD_BYTES = 6 << 20
RECORD_OVERHEAD = 160
"""Bytes of a record in the event beside its data, at most."""
STATUSES = ("Ok", "Dropped", "ProcessingFailed")
FUNCTION_ERROR = (
    "Lambda.FunctionError",
    "The Lambda function was successfully invoked but it returned an error result.",
)
UNREADABLE = (
    "Lambda.JsonProcessingException",
    "There was an error parsing returned records from the Lambda function. Ensure that the "
    "returned records follow the status model required by Amazon Data Firehose.",
)
MISSING_ID = (
    "Lambda.MissingRecordId",
    "One or more record Ids were not returned. Ensure that the Lambda function returns all "
    "received record Ids.",
)
DUPLICATED_ID = (
    "Lambda.DuplicatedRecordId",
    "Multiple records were returned with the same record ID. Ensure that the Lambda function "
    "returns unique record IDs for each record.",
)
STATUS_FAILED = ("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record.")

Reason = tuple[str, str]


class Answer(NamedTuple):
    """What the function made of a batch, or why it failed as a whole."""

    records: dict[str, dict[str, Any]]
    failure: Reason | None
    attempts: int


class LambdaProcessor:
    """Calls the function of a processor with one batch after the other."""

    def __init__(
        self, stream: DeliveryStream, parameters: dict[str, str], stopping: threading.Event
    ) -> None:
        self._stream = stream
        self._arn = parameters["LambdaArn"]
        self._retries = int(parameters.get("NumberOfRetries") or 3)
        self._stopping = stopping

    def process(self, items: list[Item]) -> tuple[list[Item], list[Failure]]:
        """The records that go on, and those that failed; what was dropped is in neither."""
        passed: list[Item] = []
        failures: list[Failure] = []
        for batch in _batches(items):
            answer = self._call(batch)
            if self._stopping.is_set() and answer.failure:
                raise InterruptedError
            self._sort(batch, answer, passed, failures)
        return passed, failures

    def _sort(
        self, batch: list[Item], answer: Answer, passed: list[Item], failures: list[Failure]
    ) -> None:
        for index, item in enumerate(batch):
            record = answer.records.get(_record_id(item, index))
            reason = answer.failure or (MISSING_ID if record is None else None)
            if reason is None and record is not None:
                match record["result"]:
                    case "Dropped":
                        continue
                    case "ProcessingFailed":
                        reason = STATUS_FAILED
                    case _:
                        try:
                            passed.append(_transformed(item, record))
                            continue
                        except (Base64Error, ValueError, TypeError, AttributeError):
                            reason = UNREADABLE
            if reason is not None:
                failures.append(self._failure(item, reason, answer.attempts))

    def _failure(self, item: Item, reason: Reason, attempts: int) -> Failure:
        now = self._stream.timing.now_ms()
        return Failure(item, PROCESSING, *reason, attempts, now, {"lambdaArn": self._arn})

    def _call(self, batch: list[Item]) -> Answer:
        payload = self._payload(batch)
        reason: Reason | None = None
        for attempt in range(1, self._retries + 2):
            began = time.perf_counter()
            reason, records = self._invoke(payload)
            duration = (time.perf_counter() - began) * 1000
            size = sum(len(item.data) for item in batch)
            metrics.processed(self._stream, len(batch), size, duration, reason is None)
            if reason in (None, UNREADABLE, DUPLICATED_ID):
                return Answer(records, reason, attempt)
            if attempt <= self._retries and self._stopping.wait(RETRY_SECONDS):
                break
        return Answer({}, reason, attempt)

    def _invoke(self, payload: bytes) -> tuple[Reason | None, dict[str, dict[str, Any]]]:
        try:
            outcome = FunctionInvoker(self._arn).invoke(payload)
        except ServiceException as error:
            LOG.info("%s: %s: %s", self._stream.name, error.code, error.message)
            code = error.code.removesuffix("Exception")
            return (f"Lambda.{code}", error.message or code), {}
        if outcome.failed:
            return FUNCTION_ERROR, {}
        return _read(outcome.answer)

    def _payload(self, batch: list[Item]) -> bytes:
        event: dict[str, Any] = {
            "invocationId": str(uuid.uuid4()),
            "deliveryStreamArn": self._stream.arn,
            "region": self._stream.region,
            "records": [
                {
                    "recordId": _record_id(item, index),
                    "approximateArrivalTimestamp": item.arrival,
                    "data": b64encode(item.data).decode(),
                }
                for index, item in enumerate(batch)
            ],
        }
        if source := self._stream.definition.get("source"):
            event["sourceKinesisStreamArn"] = source["KinesisStreamARN"]
        return json.dumps(event).encode()


def _read(answer: Any) -> tuple[Reason | None, dict[str, dict[str, Any]]]:
    given = answer.get("records") if isinstance(answer, dict) else None
    if not isinstance(given, list):
        return UNREADABLE, {}
    records: dict[str, dict[str, Any]] = {}
    for record in given:
        if not isinstance(record, dict) or record.get("result") not in STATUSES:
            return UNREADABLE, {}
        if record.get("recordId") in records:
            return DUPLICATED_ID, {}
        records[str(record.get("recordId"))] = record
    return None, records


def _transformed(item: Item, record: dict[str, Any]) -> Item:
    keys = (record.get("metadata") or {}).get("partitionKeys") or {}
    found = tuple(((prefix.LAMBDA, name), str(value)) for name, value in sorted(keys.items()))
    return item._replace(data=b64decode(record["data"], validate=True), keys=found)


def _record_id(item: Item, index: int) -> str:
    """Unique in a batch, and the same when the batch is tried again."""
    return f"{item.position:056d}{index:06d}"


def _batches(items: list[Item]) -> list[list[Item]]:
    """Divided so that each fits into an invocation's 6 MB."""
    batches: list[list[Item]] = []
    left = 0
    for item in items:
        size = (len(item.data) + 2) // 3 * 4 + RECORD_OVERHEAD
        if size > left:
            batches.append([])
            left = MAX_PAYLOAD_BYTES - 1024
        batches[-1].append(item)
        left -= size
    return batches
