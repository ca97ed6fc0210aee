"""awswrangler's OpenSearch functions against a domain's endpoint.

``wr.opensearch.connect`` always speaks HTTPS, which the lab's gateway does not: the functions are
given an opensearch-py client instead, as they accept one.
"""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pandas as pd
import pytest

# They are the "opensearch" extra of awswrangler.
opensearchpy = pytest.importorskip("opensearchpy")
pytest.importorskip("jsonpath_ng")
wr = pytest.importorskip("awswrangler")

WITHIN_SECONDS = 180


@pytest.fixture
def search() -> Iterator[Any]:
    """A signed client of a domain's endpoint."""
    service = boto3.client("opensearch")
    name = f"wr-{uuid.uuid4().hex[:12]}"
    service.create_domain(DomainName=name)
    deadline = time.monotonic() + WITHIN_SECONDS
    while not (endpoint := _endpoint(service, name)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    session = boto3.Session()
    keys = session.get_credentials()
    auth = opensearchpy.Urllib3AWSV4SignerAuth(keys, session.region_name, "es")
    with opensearchpy.OpenSearch(f"http://{endpoint}", http_auth=auth, timeout=30) as made:
        yield made
    service.delete_domain(DomainName=name)


def _endpoint(service: Any, name: str) -> Any:
    return service.describe_domain(DomainName=name)["DomainStatus"].get("Endpoint")


def test_a_frame_is_indexed_and_found(search: Any) -> None:
    frame = pd.DataFrame([{"id": "1", "page": "/cart"}, {"id": "2", "page": "/book/7"}])
    wr.opensearch.create_index(client=search, index="pages", settings={"number_of_replicas": 0})
    done = wr.opensearch.index_df(
        search, df=frame, index="pages", id_keys=["id"], use_threads=False, refresh=True
    )
    assert done == {"success": 2, "errors": []}
    found = wr.opensearch.search(
        search, index="pages", search_body={"query": {"match": {"page": "cart"}}}
    )
    assert found[["id", "page"]].to_dict("records") == [{"id": "1", "page": "/cart"}]
    wr.opensearch.delete_index(client=search, index="pages")
    assert not search.indices.exists(index="pages")
