"""Domains of OpenSearch Service are served by the lab's OpenSearch."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from opensearchpy import OpenSearch

from lab.config import Config

pytestmark = pytest.mark.lab


@pytest.fixture
def service(full_lab: Config, client: Callable[..., Any]) -> Any:
    return client("opensearch")


@pytest.fixture
def domain(service: Any) -> Iterator[dict[str, Any]]:
    service.create_domain(DomainName="flights")
    yield service.describe_domain(DomainName="flights")["DomainStatus"]
    service.delete_domain(DomainName="flights")


def test_a_domain_s_endpoint_answers_and_indexes(domain: dict[str, Any], full_lab: Config) -> None:
    assert domain["Endpoint"] == f"127.0.0.1:{full_lab.opensearch_port}"
    assert domain["DomainEndpointOptions"]["EnforceHTTPS"] is False
    search = OpenSearch(f"http://{domain['Endpoint']}")
    search.index(index="planes", id="1", body={"tailnum": "N14228"}, params={"refresh": "true"})
    found = search.search(index="planes", body={"query": {"term": {"tailnum.keyword": "N14228"}}})
    assert found["hits"]["total"]["value"] == 1
    search.indices.delete(index="planes")


def test_a_new_domain_is_active_once_the_cluster_answers(domain: dict[str, Any]) -> None:
    assert (domain["Processing"], domain["DomainProcessingStatus"]) == (False, "Active")


def test_an_unknown_domain_is_refused_as_on_aws(service: Any) -> None:
    with pytest.raises(ClientError) as refused:
        service.describe_domain(DomainName="nowhere")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert refused.value.response["Error"]["Message"] == "Domain not found: nowhere"


def test_deleting_a_domain_leaves_the_cluster_running(service: Any, full_lab: Config) -> None:
    service.create_domain(DomainName="short-lived")
    service.delete_domain(DomainName="short-lived")
    assert OpenSearch(full_lab.opensearch_url).ping()
