"""The documents that stand for records which could not be processed or delivered.

Source: Firehose guide, "Handle failure in data transformation", "Handling errors for data format
conversion" and "Handle data delivery failures".
"""

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from lab.providers.firehose.source import Item

PROCESSING = "processing-failed"
CONVERSION = "format-conversion-failed"
OPENSEARCH = "AmazonOpenSearchService-failed"
HTTP = "http-endpoint-failed"


@dataclass(frozen=True, slots=True)
class Failure:
    """One record and why it failed; ``more`` are members that this kind of document has beside."""

    item: Item
    kind: str
    code: str
    message: str
    attempts: int
    ended: int
    """Milliseconds of the Unix epoch"""
    more: dict[str, Any]

    def as_item(self) -> Item:
        """The document, a line of JSON, in the place of the record."""
        prefix = "lastError" if self.kind == CONVERSION else "error"
        document = {
            "attemptsMade": self.attempts,
            "arrivalTimestamp": self.item.arrival,
            f"{prefix}Code": self.code,
            f"{prefix}Message": self.message,
            "attemptEndingTimestamp": self.ended,
            "rawData": b64encode(self.item.data).decode(),
            **self.more,
        }
        return self.item._replace(data=json.dumps(document).encode() + b"\n", keys=())
