"""Requests against the service model, in the words of AWS's front end, and answers in pages.

Source: the service model's constraints; Amazon Athena API reference, "Common Errors".
"""

import hashlib
import json
from typing import Any

from lab.providers import pages
from lab.providers.athena.errors import invalid
from lab.providers.validation import FrontEnd

Record = dict[str, Any]
# Athena does not repeat these in its messages.
HIDDEN = ("QueryString", "QueryStatement", "ClientRequestToken", "IdempotencyToken", "Token")
FRONT_END = FrontEnd(invalid, HIDDEN)
# Every listing of Athena has pages of 50 at most, but for these two.
MAX_PAGE = 50


def fingerprint(request: Record) -> str:
    """What two requests with one ClientRequestToken must have in common: the statement, where it
    runs and where its result goes. Athena does not compare parameters and work groups.
    """
    place = (request.get("ResultConfiguration") or {}).get("OutputLocation")
    context = request.get("QueryExecutionContext") or {}
    asked = (request.get("QueryString"), context.get("Catalog"), context.get("Database"), place)
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def page(items: list[Any], request: Record, name: str, default: int = MAX_PAGE) -> Record:
    """One page of a listing. InvalidRequestException when the token is none of ours."""

    def malformed(_message: str) -> Exception:
        return invalid(f"The nextPageToken is malformed: {request['NextToken']}")

    return pages.page(items, request, name, default, malformed)
