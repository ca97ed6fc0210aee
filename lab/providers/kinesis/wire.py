"""The two calls that carry records, between HTTP and the provider, without a walk through the
service model.

LocalStack parses and serialises every field of every record by its model: for 500 records that
takes longer than storing them. Here a body of the usual JSON form is read and written by the JSON
codec alone. Anything else (CBOR, a member of an unexpected type) takes LocalStack's way, so that
both ways give the same requests to the provider. Answers in CBOR are written here too.
"""

import json
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from datetime import UTC, datetime
from typing import Any

import cbor2
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.handlers.service import ServiceRequestParser
from localstack.http import Response
from localstack.utils.patch import patch

from lab.providers.kinesis.models import Shard
from lab.providers.kinesis.shard_log import Record

JSON = "application/x-amz-json-1.1"
CBOR = "application/x-amz-cbor-1.1"
PUT_RECORDS = "Kinesis_20131202.PutRecords"
_REQUEST_MEMBERS = {"Records", "StreamName", "StreamARN", "StreamId"}
_RECORD_MEMBERS = {"Data", "PartitionKey", "ExplicitHashKey"}


def install() -> None:
    """Let the gateway parse PutRecords, and only that, with :func:`parse_put_records`."""

    @patch(ServiceRequestParser.parse_and_enrich)
    def parse_and_enrich(fn: Any, self: ServiceRequestParser, context: RequestContext) -> Any:
        if is_json(context) and _is_put_records(context):
            # Set first: an error in parsing is serialised as one of this operation.
            context.operation = context.service.operation_model("PutRecords")
            request = parse_put_records(context.request.get_data())
            if request is not None:
                context.service_request = request
                return None
        return fn(self, context)


def _is_put_records(context: RequestContext) -> bool:
    target = context.request.headers.get("X-Amz-Target")
    return target == PUT_RECORDS and context.service.service_name == "kinesis"


def is_json(context: RequestContext) -> bool:
    """Whether the client writes JSON and can read it: SDKs for Java ask for CBOR."""
    headers = context.request.headers
    return headers.get("Content-Type") == JSON and "cbor" not in headers.get("Accept", "")


def is_cbor(context: RequestContext) -> bool:
    """Whether the client reads Kinesis's own CBOR, as SDKs for Java do."""
    headers = context.request.headers
    accepted = headers.get("Accept") or "*/*"
    return CBOR in (headers.get("Content-Type", "") if accepted == "*/*" else accepted)


def parse_put_records(body: bytes) -> dict[str, Any] | None:
    """The request with its data decoded, or None when the body is not of the usual form."""
    try:
        request = json.loads(body)
    except ValueError:
        return None
    if not isinstance(request, dict) or not request.keys() <= _REQUEST_MEMBERS:
        return None
    records = request.pop("Records", None)
    texts = all(isinstance(value, str) for value in request.values())
    if not texts or not isinstance(records, list) or not all(map(_is_usual, records)):
        return None
    for record in records:
        record["Data"] = _decode(record["Data"])
    return {**request, "Records": records}


def _is_usual(record: Any) -> bool:
    if type(record) is not dict or not record.keys() <= _RECORD_MEMBERS:
        return False
    return (
        type(record.get("Data")) is str
        and type(record.get("PartitionKey")) is str
        and type(record.get("ExplicitHashKey", "")) is str
    )


def _decode(text: str) -> bytes:
    try:
        return a2b_base64(text, strict_mode=True)
    except (Base64Error, ValueError) as error:
        reason = str(error)
        if len(text) % 4:
            reason = (
                f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(text)}"
            )
        raise CommonServiceException(
            "SerializationException", f"'{text}' can not be converted to a Blob: {reason}"
        ) from None


def respond(context: RequestContext, output: dict[str, Any]) -> Response:
    """Answer with an output that is JSON already."""
    return _answer(context, output, JSON, encode_json(output))


def respond_cbor(context: RequestContext, output: dict[str, Any]) -> Response:
    """Answer in CBOR. LocalStack would write times in seconds, where Kinesis has milliseconds."""
    return _answer(context, output, CBOR, encode_cbor(output))


def _answer(context: RequestContext, output: Any, content_type: str, body: bytes) -> Response:
    context.service_response = output
    headers = {"Content-Type": content_type, "x-amzn-requestid": context.request_id}
    return Response(body, headers=headers)


def encode_json(output: Any) -> bytes:
    return json.dumps(output, separators=(",", ":")).encode()


def encode_cbor(output: Any) -> bytes:
    body: bytes = cbor2.dumps(_with_milliseconds(output))
    return body


def _with_milliseconds(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_milliseconds(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_milliseconds(each) for each in value]
    if isinstance(value, datetime):
        return cbor2.CBORTag(1, round(value.timestamp() * 1000))
    return value


def json_record(shard: Shard, record: Record) -> dict[str, Any]:
    return {
        "SequenceNumber": shard.sequence_number(record),
        "ApproximateArrivalTimestamp": record.arrival / 1000,
        "Data": b2a_base64(record.data, newline=False).decode(),
        "PartitionKey": record.key.decode(),
    }


def model_record(shard: Shard, record: Record) -> dict[str, Any]:
    return {
        "SequenceNumber": shard.sequence_number(record),
        "ApproximateArrivalTimestamp": datetime.fromtimestamp(record.arrival / 1000, UTC),
        "Data": record.data,
        "PartitionKey": record.key.decode(),
    }
