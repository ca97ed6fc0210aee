"""Signed HTTP to an OpenSearch domain: what the function and the deployment share.

Amazon OpenSearch Service has two faces. Domains are made through the AWS API (boto3, service
``opensearch``); documents are read and written through OpenSearch's own REST API at the domain's
endpoint. That second face also wants AWS credentials: every request carries a Signature Version 4
for the service ``es``. botocore can make it, so no other library is needed, and the package of the
function stays small.
"""

import json
import os
from urllib.parse import urlencode

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import get_session


class SearchError(Exception):
    """OpenSearch refused a request. ``status`` is the HTTP status, the text is its answer."""

    def __init__(self, status, text):
        super().__init__(f"OpenSearch answered {status}: {text[:500]}")
        self.status = status


class Search:
    """One domain. Connections are kept open and used again: a TLS handshake costs more than a small
    request.
    """

    def __init__(self, endpoint, region=None):
        session = get_session()
        self.endpoint = endpoint.rstrip("/")
        self.region = region or os.environ["AWS_REGION"]
        self.credentials = session.get_credentials()
        self.http = urllib3.PoolManager(retries=False, timeout=30.0)

    def request(self, method, path, body=None, **parameters):
        """Send a dict, or bytes that are JSON lines already; returns the JSON of the answer."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        query = f"?{urlencode(parameters)}" if parameters else ""
        url = f"{self.endpoint}{path}{query}"
        response = self.http.request(
            method, url, body=data, headers=self._signed_headers(method, url, data)
        )
        if response.status >= 400:
            raise SearchError(response.status, response.data.decode(errors="replace"))
        return json.loads(response.data) if response.data else {}

    def _signed_headers(self, method, url, data):
        # The bulk API wants x-ndjson; the other operations accept it as they accept JSON.
        kind = (
            "application/x-ndjson"
            if url.partition("?")[0].endswith("_bulk")
            else "application/json"
        )
        request = AWSRequest(method, url, data=data, headers={"Content-Type": kind})
        # Frozen at every request: credentials of a role expire, and botocore renews them here.
        SigV4Auth(self.credentials.get_frozen_credentials(), "es", self.region).add_auth(request)
        return dict(request.headers.items())
