"""What happens to records between their source and their destination, in AWS's order.

Decompression of CloudWatch Logs, then the Lambda function (``lambda_processor``), then records in
one taken apart, partition keys by JQ, and delimiters. What fails becomes a document of the error
prefix.

Source: Firehose guide, "Partition streaming data in Amazon Data Firehose", "Decompress CloudWatch
Logs"; API reference, Processor and ProcessorParameter.
"""

import json
import threading
import zlib
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator
from typing import Any

from lab.providers.firehose import prefix
from lab.providers.firehose.buffers import MIB, Buffer, Hints, lowest
from lab.providers.firehose.failures import PROCESSING, Failure
from lab.providers.firehose.lambda_processor import LambdaProcessor
from lab.providers.firehose.models import DeliveryStream
from lab.providers.firehose.source import Item, Lanes

Step = Callable[[Item], Iterator[Item]]

LAMBDA_SIZE_MIB = 1.0
LAMBDA_SECONDS = 60.0
MAX_EXPANDED = 64 * MIB


class StepError(Exception):
    """Why a record cannot be processed: AWS's code, and a message."""


class Processing:
    """The processors of one stream. Records wait here only for a Lambda function's batch."""

    def __init__(
        self, stream: DeliveryStream, settings: dict[str, Any], stopping: threading.Event
    ) -> None:
        self._stream = stream
        given = settings.get("ProcessingConfiguration") or {}
        self._lambda: LambdaProcessor | None = None
        self._hints = Hints(0, 0)
        self._before: list[Step] = []
        self._after: list[Step] = []
        self._waiting: Buffer | None = None
        found = {each["Type"]: parameters(each) for each in given.get("Processors") or ()}
        if not given.get("Enabled"):
            return
        if "Decompression" in found:
            is_extracted = found.get("CloudWatchLogProcessing", {}).get("DataMessageExtraction")
            self._before.append(_decompress)
            if str(is_extracted).lower() == "true":
                self._before.append(_extract_messages)
        if "Lambda" in found:
            self._lambda = LambdaProcessor(stream, found["Lambda"], stopping)
            self._hints = _lambda_hints(found["Lambda"])
        if "RecordDeAggregation" in found:
            self._after.append(_deaggregation(found["RecordDeAggregation"]))
        if "MetadataExtraction" in found:
            self._after.append(_extraction(found["MetadataExtraction"]["MetadataExtractionQuery"]))
        if "AppendDelimiterToRecord" in found:
            delimiter = _unescaped(found["AppendDelimiterToRecord"].get("Delimiter") or "\\n")
            self._after.append(lambda item: iter((item._replace(data=item.data + delimiter),)))

    def add(self, items: list[Item]) -> tuple[list[Item], list[Failure]]:
        """Take records in; returns those that are through, and those that failed."""
        items, failures = self._run(self._before, items)
        if self._lambda is None:
            passed, more = self._run(self._after, items)
            return passed, failures + more
        through: list[Item] = []
        for item in items:
            if self._waiting is None:
                self._waiting = Buffer(self._stream.timing.clock())
            self._waiting.add(item)
            if self._waiting.size >= self._hints.size:
                passed, more = self.take()
                through += passed
                failures += more
        return through, failures

    def take(self) -> tuple[list[Item], list[Failure]]:
        """Process what waits for the function."""
        waiting = self._waiting
        if waiting is None or self._lambda is None:
            return [], []
        passed, failures = self._lambda.process(waiting.items)
        self._waiting = None
        passed, more = self._run(self._after, passed)
        return passed, failures + more

    def due_at(self) -> float | None:
        return None if self._waiting is None else self._waiting.due_at(self._hints)

    def undelivered(self) -> Lanes:
        return lowest(iter(() if self._waiting is None else (self._waiting,)))

    def _run(self, steps: list[Step], items: list[Item]) -> tuple[list[Item], list[Failure]]:
        failures: list[Failure] = []
        for step in steps:
            passed: list[Item] = []
            for item in items:
                try:
                    passed += step(item)
                except StepError as error:
                    code, message = error.args
                    now = self._stream.timing.now_ms()
                    failures.append(Failure(item, PROCESSING, code, message, 1, now, {}))
            items = passed
        return items, failures


def parameters(processor: dict[str, Any]) -> dict[str, str]:
    return {
        each["ParameterName"]: each["ParameterValue"] for each in processor.get("Parameters") or ()
    }


def compile_query(query: str) -> Any:
    """A JQ program; raises ValueError when it is none."""
    import jq

    return jq.compile(query)


def _lambda_hints(given: dict[str, str]) -> Hints:
    size = float(given.get("BufferSizeInMBs") or LAMBDA_SIZE_MIB)
    return Hints(int(size * MIB), float(given.get("BufferIntervalInSeconds") or LAMBDA_SECONDS))


def _decompress(item: Item) -> Iterator[Item]:
    try:
        expanded = zlib.decompressobj(wbits=31).decompress(item.data, MAX_EXPANDED)
    except zlib.error as error:
        raise StepError(
            "Decompression.Failed", f"The record is not compressed with GZIP: {error}."
        ) from error
    yield item._replace(data=expanded)


def _extract_messages(item: Item) -> Iterator[Item]:
    """The messages of a CloudWatch Logs subscription, a line each, without their envelope."""
    try:
        document = json.loads(item.data)
        if document["messageType"] == "DATA_MESSAGE":
            lines = "".join(f"{event['message']}\n" for event in document["logEvents"])
            yield item._replace(data=lines.encode())
    except (ValueError, KeyError, TypeError) as error:
        raise StepError(
            "CloudWatchLogProcessing.Failed", "The record is no CloudWatch Logs data message."
        ) from error


def _deaggregation(given: dict[str, str]) -> Step:
    if given["SubRecordType"] == "JSON":
        return _json_documents
    try:
        delimiter = b64decode(given["Delimiter"], validate=True)
    except Base64Error:
        delimiter = _unescaped(given["Delimiter"])

    def split(item: Item) -> Iterator[Item]:
        for part in item.data.split(delimiter):
            if part:
                yield item._replace(data=part)

    return split


def _json_documents(item: Item) -> Iterator[Item]:
    """JSON documents one after the other, or those of one array."""
    decoder = json.JSONDecoder()
    try:
        text = item.data.decode()
        found: list[str] = []
        offset = _skip_space(text, 0)
        while offset < len(text):
            document, end = decoder.raw_decode(text, offset)
            is_array = isinstance(document, list)
            found += map(json.dumps, document) if is_array else [text[offset:end]]
            offset = _skip_space(text, end)
    except ValueError as error:
        raise StepError(
            "DynamicPartitioning.RecordDeaggregationFailed", f"The record is no JSON: {error}."
        ) from error
    for each in found:
        yield item._replace(data=each.encode())


def _skip_space(text: str, offset: int) -> int:
    while offset < len(text) and text[offset] in " \t\r\n,":
        offset += 1
    return offset


def _extraction(query: str) -> Step:
    program = compile_query(query)

    def extract(item: Item) -> Iterator[Item]:
        try:
            found = program.input_text(item.data.decode()).first()
            keys = {name: _key_text(value) for name, value in found.items()}
        except (ValueError, AttributeError, StopIteration) as error:
            raise StepError(
                "DynamicPartitioning.MetadataExtractionFailed",
                f"Partition keys could not be extracted from the record: {error}",
            ) from error
        if empty := [name for name, value in keys.items() if not value]:
            raise StepError(
                "DynamicPartitioning.MetadataExtractionFailed",
                f"The record has no value for the partition key {empty[0]}.",
            )
        named = tuple(((prefix.QUERY, name), value) for name, value in sorted(keys.items()))
        yield item._replace(keys=item.keys + named)

    return extract


def _key_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _unescaped(delimiter: str) -> bytes:
    r"""Delimiters are written with escapes such as ``\n``."""
    return delimiter.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r").encode()
