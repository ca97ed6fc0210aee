"""Delivery to an OpenSearch Service domain, in bulk requests.

Source: Firehose guide, "Configure destination settings for OpenSearch Service" (index rotation,
document ids) and "Handle data delivery failures".
"""

import hashlib
import json
import urllib.error
import urllib.request
from datetime import UTC, datetime
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to

from lab.config import SECRET_ACCESS_KEY
from lab.providers.firehose.failures import OPENSEARCH
from lab.providers.firehose.retrying_destination import DeliveryError, RetryingDestination
from lab.providers.firehose.source import Item

TIMEOUT_SECONDS = 60.0
BULK_RECORDS = 1000
ROTATION = {
    "NoRotation": "",
    "OneHour": "-%Y-%m-%d-%H",
    "OneDay": "-%Y-%m-%d",
    "OneWeek": "-%G-w%V",
    "OneMonth": "-%Y-%m",
}
TRY_AGAIN = (429, 500, 502, 503, 504)

Refused = list[tuple[Item, DeliveryError, bool]]


class OpenSearchDestination(RetryingDestination):
    """One document per record, in the index of its time of arrival."""

    name = "AmazonOpenSearchService"
    error_type = OPENSEARCH

    def send(self, items: list[Item]) -> Refused:
        refused: Refused = []
        good = []
        for item in items:
            if (problem := _problem(item.data)) is None:
                good.append(item)
            else:
                refused.append((item, problem, False))
        for start in range(0, len(good), BULK_RECORDS):
            part = good[start : start + BULK_RECORDS]
            try:
                refused += self._bulk(part)
            except DeliveryError as error:
                refused += [(item, error, True) for item in good[start:]]
                break
        return refused

    def details(self, item: Item) -> dict[str, Any]:
        return {
            "esDocumentId": self._id(item),
            "esIndexName": self._index(item),
            "esTypeName": self.settings.get("TypeName") or "",
        }

    def _bulk(self, items: list[Item]) -> Refused:
        lines = []
        for item in items:
            action: dict[str, str] = {"_index": self._index(item)}
            if (identity := self._id(item)) is not None:
                action["_id"] = identity
            lines += [json.dumps({"index": action}).encode(), _one_line(item.data)]
        answer = self._post(f"{self._endpoint()}/_bulk", b"\n".join(lines) + b"\n")
        refused: Refused = []
        for item, entry in zip(items, answer["items"], strict=True):
            outcome = entry["index"]
            if outcome["status"] >= 300:
                cause = outcome.get("error") or {}
                error = DeliveryError(
                    str(outcome["status"]), str(cause.get("reason") or cause.get("type") or "")
                )
                refused.append((item, error, outcome["status"] in TRY_AGAIN))
        return refused

    def _index(self, item: Item) -> str:
        moment = datetime.fromtimestamp(item.arrival / 1000, UTC)
        return str(self.settings["IndexName"]) + moment.strftime(
            ROTATION[self.settings["IndexRotationPeriod"]]
        )

    def _id(self, item: Item) -> str | None:
        """The same at every attempt, so that a document is not there twice."""
        if self.settings["DocumentIdOptions"]["DefaultDocumentIdFormat"] == "NO_DOCUMENT_ID":
            return None
        data = hashlib.sha256(item.data).hexdigest()[:16]
        text = f"{self.stream.folder.name}/{item.lane}/{item.position}/{data}"
        return hashlib.sha256(text.encode()).hexdigest()[:40]

    def _endpoint(self) -> str:
        if given := self.settings.get("ClusterEndpoint"):
            return str(given).rstrip("/")
        stream = self.stream
        client = connect_to(aws_access_key_id=stream.account, region_name=stream.region)
        name = self.settings["DomainARN"].split("/")[-1]
        try:
            status = client.opensearch.describe_domain(DomainName=name)["DomainStatus"]
        except (BotoCoreError, ClientError) as error:
            raise DeliveryError("OS.ServiceException", str(error)) from error
        if not status.get("Endpoint"):
            raise DeliveryError("OS.ServiceException", f"The domain {name} has no endpoint yet.")
        return f"http://{status['Endpoint']}"

    def _post(self, url: str, body: bytes) -> Any:
        request = AWSRequest("POST", url, {"Content-Type": "application/x-ndjson"}, body)
        credentials = Credentials(self.stream.account, SECRET_ACCESS_KEY)
        SigV4Auth(credentials, "es", self.stream.region).add_auth(request)
        headers = dict(request.headers.items())
        try:
            sent = urllib.request.Request(url, body, headers, method="POST")
            with urllib.request.urlopen(sent, timeout=TIMEOUT_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                message = error.read(1000).decode(errors="replace")
            raise DeliveryError(str(error.code), message) from error
        except (OSError, ValueError) as error:
            raise DeliveryError(
                "OS.ServiceException", f"The domain could not be reached: {error}"
            ) from error


def _problem(data: bytes) -> DeliveryError | None:
    """Why a record is no document."""
    try:
        is_object = isinstance(json.loads(data), dict)
    except ValueError:
        is_object = False
    if is_object:
        return None
    return DeliveryError(
        "OS.MalformedData", "One or more records are malformed. Each record must be a JSON object."
    )


def _one_line(data: bytes) -> bytes:
    data = data.strip()
    return json.dumps(json.loads(data)).encode() if b"\n" in data or b"\r" in data else data
