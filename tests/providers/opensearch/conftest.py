"""Fixtures: domains of the running lab, and requests to their endpoints by whoever."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from opensearchpy import OpenSearch

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config
from lab.demo.run import search_of
from tests.providers.lambda_.functions import eventually

ARN = "arn:aws:es:us-east-1:000000000000:domain"
ROOT_KEYS = Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)


@pytest.fixture(scope="module", autouse=True)
def no_domain_of_others(full_lab: Config, client: Callable[..., Any]) -> None:
    """The first domain has the lab's own server: other tests must not have left theirs."""
    service = client("opensearch")
    for each in service.list_domain_names()["DomainNames"]:
        service.delete_domain(DomainName=each["DomainName"])

    def are_gone() -> bool:
        return not service.list_domain_names()["DomainNames"]

    eventually(are_gone)


@dataclass(frozen=True, slots=True)
class Made:
    """A domain and its endpoint with the scheme."""

    name: str
    url: str

    @property
    def search(self) -> OpenSearch:
        return search_of(self.url)

    def ask(
        self,
        keys: Credentials | None,
        method: str = "GET",
        path: str = "/",
        body: dict[str, Any] | None = None,
    ) -> tuple[int, Any]:
        """The status and JSON of the answer; unsigned without keys."""
        data = None if body is None else json.dumps(body).encode()
        request = AWSRequest(method, self.url + path, {"Content-Type": "application/json"}, data)
        if keys:
            SigV4Auth(keys, "es", REGION).add_auth(request)
        sent = urllib.request.Request(
            request.url, data, dict(request.headers.items()), method=method
        )
        try:
            with urllib.request.urlopen(sent, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")


def statement(effect: str, principal: Any, action: str, path: str, **more: Any) -> dict[str, Any]:
    """One of a domain's policy; ``path`` begins with the domain's name."""
    return {
        "Effect": effect,
        "Principal": principal,
        "Action": action,
        "Resource": f"{ARN}/{path}",
        **more,
    }


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def service(full_lab: Config, client: Callable[..., Any]) -> Any:
    return client("opensearch")


@pytest.fixture
def make_domain(service: Any) -> Iterator[Callable[..., Made]]:
    """``make_domain(name, **settings)`` is a domain that works, deleted after the test."""
    made = []

    def make(name: str, **settings: Any) -> Made:
        service.create_domain(DomainName=name, **settings)
        made.append(name)

        def endpoint() -> Any:
            return service.describe_domain(DomainName=name)["DomainStatus"].get("Endpoint")

        return Made(name, f"http://{eventually(endpoint, 120)}")

    yield make
    for name in made:
        try:
            service.delete_domain(DomainName=name)
        except service.exceptions.ResourceNotFoundException:
            continue
