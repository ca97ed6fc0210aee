"""One OpenSearch endpoint over HTTP, with signed requests, as its access policy asks.

The calls are those that the page needs; this is no client of OpenSearch's API.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from lab.i18n import lab_error

POOL = urllib3.PoolManager(maxsize=8, timeout=urllib3.Timeout(connect=2, read=30), retries=False)
KEYS = Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)


class RefusedError(Exception):
    """What OpenSearch answered in the place of a result: its HTTP status and its reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Search:
    """The endpoint at ``url``, without a slash at its end."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer's JSON. RefusedError when there is none, LabError when nobody answers."""
        data = json.dumps(body).encode() if body is not None else b""
        request = AWSRequest(method, self.url + path, {"Content-Type": "application/json"}, data)
        SigV4Auth(KEYS, "es", REGION).add_auth(request)
        try:
            answer = POOL.request(method, request.url, body=data, headers=dict(request.headers))
        except urllib3.exceptions.HTTPError as error:
            raise lab_error("dashboards-no-search", url=self.url) from error
        if answer.status >= 400:
            raise RefusedError(answer.status, reason_of(answer.data))
        return dict(json.loads(answer.data))

    def search(self, index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """``_search`` of the indices, which are names and patterns between commas. One that is not
        there yet is empty: a picture may be opened before the first document comes.
        """
        path = f"/{quote(index, safe=',*')}/_search?ignore_unavailable=true&allow_no_indices=true"
        return self.call("POST", path, body)


def reason_of(data: bytes) -> str:
    """The innermost reason that OpenSearch gives: the outer ones say "all shards failed"."""
    try:
        error = json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace")[:500]
    if "error" not in error:
        return str(error.get("Message") or error.get("message") or error)
    error = error["error"]
    if not isinstance(error, dict):
        return str(error)
    inner = (error.get("root_cause") or [error])[0]
    cause = inner.get("caused_by") or error.get("caused_by") or {}
    reasons = [inner.get("reason") or error.get("reason") or "", cause.get("reason") or ""]
    # Places like [1:43] are those of what was sent, not of what the learner sees.
    bare = (re.sub(r"^\[\d+:\d+\] ", "", reason) for reason in reasons if reason)
    return ": ".join(dict.fromkeys(bare))
