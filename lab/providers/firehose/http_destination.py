"""Delivery to an HTTP endpoint.

Source: Firehose guide, "Understand HTTP endpoint delivery request and response specifications".
"""

import gzip
import json
import time
import urllib.error
import urllib.request
import uuid
from base64 import b64encode

from lab.providers.firehose.failures import HTTP
from lab.providers.firehose.retrying_destination import DeliveryError, RetryingDestination
from lab.providers.firehose.source import Item

TIMEOUT_SECONDS = 180.0
"""How long Firehose waits for an answer."""


class HttpDestination(RetryingDestination):
    """Records as one JSON document per delivery, which the endpoint takes as a whole or not."""

    name = "HttpEndpoint"
    error_type = HTTP

    def send(self, items: list[Item]) -> list[tuple[Item, DeliveryError, bool]]:
        identity = str(uuid.uuid4())
        document = {
            "requestId": identity,
            "timestamp": int(time.time() * 1000),
            "records": [{"data": b64encode(item.data).decode()} for item in items],
        }
        request = self._request(identity, json.dumps(document).encode())
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                reason = _message(error.read()) or error.reason
            raise DeliveryError(f"HttpEndpoint.{error.code}", str(reason)) from error
        except OSError as error:
            raise DeliveryError(
                "HttpEndpoint.DestinationException",
                f"The endpoint could not be reached: {error}",
            ) from error
        _check(status, body, identity)
        return []

    def _request(self, identity: str, body: bytes) -> urllib.request.Request:
        endpoint = self.settings["EndpointConfiguration"]
        options = self.settings.get("RequestConfiguration") or {}
        headers = {
            "Content-Type": "application/json",
            "X-Amz-Firehose-Protocol-Version": "1.0",
            "X-Amz-Firehose-Request-Id": identity,
            "X-Amz-Firehose-Source-Arn": self.stream.arn,
        }
        if key := endpoint.get("AccessKey"):
            headers["X-Amz-Firehose-Access-Key"] = key
        if attributes := options.get("CommonAttributes"):
            named = {each["AttributeName"]: each["AttributeValue"] for each in attributes}
            headers["X-Amz-Firehose-Common-Attributes"] = json.dumps({"commonAttributes": named})
        if options.get("ContentEncoding") == "GZIP":
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body)
        return urllib.request.Request(endpoint["Url"], body, headers, method="POST")


def _check(status: int, body: bytes, identity: str) -> None:
    try:
        answer = json.loads(body)
        is_right = status == 200 and answer["requestId"] == identity and "timestamp" in answer
    except (ValueError, KeyError, TypeError):
        is_right = False
    if not is_right:
        raise DeliveryError(
            "HttpEndpoint.InvalidResponseFromDestination",
            "The response received from the endpoint is invalid. Ensure that it holds the "
            "requestId of the request and a timestamp.",
        )


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return ""
