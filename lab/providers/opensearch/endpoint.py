"""The endpoints of domains: a path of the gateway for each, where its policies are enforced before
OpenSearch is asked.

``http://127.0.0.1:4566/opensearch/<region>/<domain>`` needs no name server and works with every
client that takes a URL. Bodies are passed on as they come, compressed ones too.
"""

import json
import logging
import uuid
from collections.abc import Iterable

import urllib3
from localstack.http import Request, Response
from localstack.http.request import get_raw_path
from localstack.services.edge import ROUTER

from lab.providers.opensearch import access
from lab.providers.opensearch.lifecycle import Lifecycle
from lab.providers.opensearch.models import Domain, find
from lab.providers.opensearch.policy import Call

LOG = logging.getLogger(__name__)

PREFIX = "/opensearch"
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
CONNECTIONS = 32
TIMEOUT = urllib3.Timeout(connect=5, read=300)
NOT_PASSED_ON = {
    *("authorization", "connection", "content-length", "host", "keep-alive", "te"),
    *("proxy-connection", "transfer-encoding", "upgrade", "expect"),
}
NOT_ANSWERED = {"connection", "content-length", "keep-alive", "transfer-encoding"}


class Endpoint:
    """Answers for all domains."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._pool = urllib3.PoolManager(maxsize=CONNECTIONS, timeout=TIMEOUT, retries=False)

    def install(self) -> None:
        for rule in (f"{PREFIX}/<region>/<name>", f"{PREFIX}/<region>/<name>/<path:path>"):
            ROUTER.add(rule, self.answer, methods=list(METHODS))

    def answer(self, request: Request, region: str, name: str, path: str = "") -> Response:  # noqa: ARG002  # the raw path is passed on, not the decoded one
        domain = find(region, name)
        if domain is None or not self._lifecycle.refresh(domain).is_active:
            return _refusal(404, {"message": f"There is no domain {name} in {region}."})
        place = get_raw_path(request).removeprefix(f"{PREFIX}/{region}/{name}") or "/"
        try:
            _authorize(domain, request, place)
        except access.DeniedError as denied:
            return _refusal(403, denied.body)
        return self._forward(domain, request, place)

    def _forward(self, domain: Domain, request: Request, place: str) -> Response:
        node = self._lifecycle.node(domain)
        query = request.query_string.decode()
        target = place + (f"?{query}" if query else "")
        if not node.wait_until_up():
            return _refusal(503, {"message": "Service Unavailable"})
        try:
            answer = self._pool.request(
                request.method,
                node.url + target,
                body=request.get_data() or None,
                headers=dict(_kept(request.headers.items(), NOT_PASSED_ON)),
                decode_content=False,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as error:
            LOG.info("the domain %s does not answer: %s", domain.name, error)
            return _refusal(503, {"message": "Service Unavailable"})
        response = Response(answer.data, status=answer.status)
        response.headers.clear()
        response.headers.extend(_kept(answer.headers.items(), NOT_ANSWERED))
        if request.method == "HEAD" and "content-length" in answer.headers:
            response.headers["content-length"] = answer.headers["content-length"]
        return _named(response)


def _authorize(domain: Domain, request: Request, place: str) -> None:
    caller = access.caller_of(request.headers, request.query_string.decode())
    context = {
        "aws:sourceip": request.remote_addr or "",
        "aws:securetransport": "false",
        **({"aws:principalarn": caller.principals[0]} if caller.principals else {}),
        **({"aws:principalaccount": caller.account} if caller.account else {}),
    }
    call = Call(
        f"es:ESHttp{request.method.capitalize()}",
        domain.arn + place.partition("?")[0],
        caller.principals,
        context,
    )
    access.check(caller, domain.policy, call, domain.account)


def _kept(headers: Iterable[tuple[str, str]], dropped: set[str]) -> Iterable[tuple[str, str]]:
    for name, value in headers:
        if name.lower() not in dropped and not name.lower().startswith("x-amz-"):
            yield name, value


def _refusal(status: int, body: dict[str, str]) -> Response:
    return _named(
        Response(
            json.dumps(body, separators=(",", ":")), status=status, mimetype="application/json"
        )
    )


def _named(response: Response) -> Response:
    response.headers["x-amzn-requestid"] = str(uuid.uuid4())
    return response
