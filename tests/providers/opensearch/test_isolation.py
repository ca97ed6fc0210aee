"""Two domains share nothing, and both outlive the lab."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from opensearchpy import NotFoundError, RequestError

from lab.config import Config
from lab.demo.run import search_of
from lab.stack import embedded
from tests.providers.lambda_.functions import eventually

pytestmark = pytest.mark.lab

NAMES = ("first", "second")


@pytest.mark.fidelity("opensearch.domains_apart")
@pytest.mark.fidelity("opensearch.restart")
def test_domains_keep_apart_and_outlive_a_restart(
    make_lab: Callable[[str], AbstractContextManager[Config]], client_of: Callable[..., Any]
) -> None:
    with make_lab("domains") as config:
        embedded.up(config)
        first, second = (made(config, client_of, name) for name in NAMES)
        for search, text in ((first, "one"), (second, "two")):
            search.indices.put_index_template(
                name="logs",
                body={"index_patterns": ["logs-*"], "template": {"aliases": {"logs": {}}}},
            )
            search.index(index=f"logs-{text}", id="1", body={"t": text}, params={"refresh": "true"})
        check(first, second)
        embedded.down(config)
        embedded.up(config)
        check(*(search_of(endpoint(config, client_of, name)) for name in NAMES))

        client_of(config, "opensearch").delete_domain(DomainName="second")
        assert not list((config.home / "opensearch-domains").iterdir())
        # The name is free, and nothing is left of what it held.
        assert made(config, client_of, "second").cat.indices(format="json") == []


def check(first: Any, second: Any) -> None:
    for search, own, other in ((first, "one", "two"), (second, "two", "one")):
        hits = search.search(index="_all", body={"query": {"match_all": {}}})["hits"]["hits"]
        assert [hit["_source"] for hit in hits] == [{"t": own}]
        assert [row["index"] for row in search.cat.indices(format="json")] == [f"logs-{own}"]
        assert [row["index"] for row in search.cat.aliases(format="json")] == [f"logs-{own}"]
        assert search.count(index="logs")["count"] == 1
        with pytest.raises(NotFoundError):
            search.get(index=f"logs-{other}", id="1")
    scroll = first.search(index="logs", params={"scroll": "1m"})["_scroll_id"]
    with pytest.raises(RequestError, match="was not found in the cluster"):
        second.scroll(scroll_id=scroll)


def made(config: Config, client_of: Callable[..., Any], name: str) -> Any:
    client_of(config, "opensearch").create_domain(DomainName=name)
    return search_of(endpoint(config, client_of, name))


def endpoint(config: Config, client_of: Callable[..., Any], name: str) -> str:
    service = client_of(config, "opensearch")

    def found() -> Any:
        return service.describe_domain(DomainName=name)["DomainStatus"].get("Endpoint")

    return f"http://{eventually(found, 120)}"
