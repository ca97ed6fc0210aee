"""PutRecordBatch between HTTP and the provider, without a walk through the service model.

As for Kinesis (``lab.providers.kinesis.wire``): a body of the usual form is read and written by the
JSON codec alone; anything else takes LocalStack's way.
"""

import json
from binascii import Error as Base64Error
from binascii import a2b_base64
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.handlers.service import ServiceRequestParser
from localstack.http import Response
from localstack.utils.patch import patch

from lab.providers.kinesis import wire

TARGET = "Firehose_20150804.PutRecordBatch"


def install() -> None:
    """Let the gateway parse PutRecordBatch, and only that, with :func:`parse`."""

    @patch(ServiceRequestParser.parse_and_enrich)
    def parse_and_enrich(fn: Any, self: ServiceRequestParser, context: RequestContext) -> Any:
        is_ours = context.request.headers.get("X-Amz-Target") == TARGET
        if is_ours and context.service.service_name == "firehose" and wire.is_json(context):
            request = parse(context.request.get_data())
            if request is not None:
                context.operation = context.service.operation_model("PutRecordBatch")
                context.service_request = request
                return None
        return fn(self, context)


def parse(body: bytes) -> dict[str, Any] | None:
    """The request with its data decoded, or None when the body is not of the usual form."""
    try:
        request = json.loads(body)
        if request.keys() != {"DeliveryStreamName", "Records"}:
            return None
        name, records = request["DeliveryStreamName"], request["Records"]
        if type(name) is not str or any(record.keys() != {"Data"} for record in records):
            return None
        decoded = [{"Data": a2b_base64(record["Data"], strict_mode=True)} for record in records]
    except (ValueError, TypeError, AttributeError, Base64Error):
        return None
    return {"DeliveryStreamName": name, "Records": decoded}


def is_plain(context: RequestContext) -> bool:
    """Whether the client reads JSON, over HTTP."""
    return wire.is_json(context)


def respond(context: RequestContext, output: dict[str, Any]) -> Response:
    """Answer with an output that is JSON already."""
    return wire.respond(context, output)
