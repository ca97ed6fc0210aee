"""PutRecord and PutRecordBatch: limits, rates, and the spool.

Source: API reference, PutRecord and PutRecordBatch.
"""

import itertools
import secrets
import time

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.firehose import InvalidArgumentException, ServiceUnavailableException
from localstack.http import Response

from lab.providers.firehose import metrics, wire
from lab.providers.firehose.models import DIRECT_PUT, DeliveryStream
from lab.providers.firehose.operations import Answer, Operations, Request
from lab.providers.firehose.source import Spool, SpoolFullError
from lab.providers.firehose.validation import FRONT_END
from lab.providers.kinesis.lifecycle import Status
from lab.providers.validation import violation

MAX_RECORDS = 500
MAX_RECORD_BYTES = 1000 * 1024
MAX_BATCH_BYTES = 4 << 20
SLOW_DOWN = "Slow down."


class RecordOperations(Operations):
    """The operations that carry records."""

    @handler("PutRecord", expand=False)
    def put_record(self, context: RequestContext, request: Request) -> Answer:
        began = time.perf_counter()
        stream = self._stream(context, request)
        data = request["Record"]["Data"]
        if not self._accept(stream, [data]):
            metrics.throttled(stream, 1)
            raise ServiceUnavailableException(SLOW_DOWN)
        metrics.incoming(stream, "PutRecord", 1, len(data), _since(began))
        return {"RecordId": _record_ids(1)[0], "Encrypted": stream.is_encrypted}

    @handler("PutRecordBatch", expand=False)
    def put_record_batch(self, context: RequestContext, request: Request) -> Answer | Response:
        began = time.perf_counter()
        stream = self._stream(context, request)
        records = [record["Data"] for record in request["Records"]]
        _check(records)
        size = sum(map(len, records))
        taken = len(records)
        if not self._accept(stream, records):
            taken = self._accept_some(stream, records)
            metrics.throttled(stream, len(records) - taken)
        answers: list[Answer] = [{"RecordId": each} for each in _record_ids(taken)]
        refusal = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": SLOW_DOWN}
        answers += [refusal] * (len(records) - taken)
        if taken:
            size = size if taken == len(records) else sum(map(len, records[:taken]))
            metrics.incoming(stream, "PutRecordBatch", taken, size, _since(began))
        answer = {
            "FailedPutCount": len(records) - taken,
            "Encrypted": stream.is_encrypted,
            "RequestResponses": answers,
        }
        return wire.respond(context, answer) if wire.is_plain(context) else answer

    def _accept(self, stream: DeliveryStream, records: list[bytes]) -> bool:
        """All of the records, or none when the rates or the spool refuse."""
        if not stream.admit(sum(map(len, records)), len(records)):
            return False
        spool = self.worker(stream).source
        assert isinstance(spool, Spool)
        try:
            spool.put(records)
        except SpoolFullError:
            return False
        return True

    def _accept_some(self, stream: DeliveryStream, records: list[bytes]) -> int:
        """How many of the first records could be accepted: a half, a quarter and so on."""
        taken, count = 0, len(records) // 2
        while count:
            if self._accept(stream, records[taken : taken + count]):
                taken += count
            count //= 2
        return taken

    def _stream(self, context: RequestContext, request: Request) -> DeliveryStream:
        stream = self.find(context, request)
        if stream.kind != DIRECT_PUT:
            raise InvalidArgumentException(
                f"This operation is not permitted on {stream.kind} delivery stream type."
            )
        if stream.status is not Status.ACTIVE:
            raise ServiceUnavailableException(
                f"Firehose {stream.name} under account {stream.account} is not in the ACTIVE state."
            )
        return stream


def _check(records: list[bytes]) -> None:
    """What the service model bounds, without a walk through it, and the size of the batch."""
    errors = []
    if not 1 <= len(records) <= MAX_RECORDS:
        word, bound = ("less", MAX_RECORDS) if records else ("greater", 1)
        constraint = f"Member must have length {word} than or equal to {bound}"
        errors.append(violation("records", constraint))
    for index, data in enumerate(records, start=1):
        if len(data) > MAX_RECORD_BYTES:
            path = f"records.{index}.member.data"
            constraint = f"Member must have length less than or equal to {MAX_RECORD_BYTES}"
            errors.append(violation(path, constraint))
    if errors:
        FRONT_END.refuse(errors)
    if sum(map(len, records)) > MAX_BATCH_BYTES:
        raise InvalidArgumentException("Records size exceeds 4 MB limit")


_PREFIX = secrets.token_hex(32)
_numbers = itertools.count(1)


def _record_ids(count: int) -> list[str]:
    """Opaque and unique, as long as AWS's are."""
    return [f"{_PREFIX}{number:0160x}" for number in itertools.islice(_numbers, count)]


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
