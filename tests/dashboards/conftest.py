"""A domain with visits in it, the page served, and Chromium to look at it."""

import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lab.config import ROOT, Config
from lab.dashboards import domains as domains_module
from lab.dashboards import saved
from lab.dashboards.search import Search
from lab.dashboards.server import Dashboards
from tests.dashboards.browser import Browser, chromium

DOMAIN = "dashboards-test"
INDEX = "visits-dashboards-test"
SYSTEMS = ("Windows", "Mac OS X", "Android", "iOS", "Linux")
BROWSERS = ("Chrome", "Firefox", "Edge", "Safari", "Googlebot", "Mobile Safari")
COUNTRIES = ("FR", "US", "DE", "BR", "SG")
PAGES = ("/", "/search", "/category/novels", "/cart")
BOOKS = ("emma", "germinal", "walden")


def visit(chance: random.Random, when: datetime) -> dict[str, Any]:
    """As the bookshop's function makes them."""
    return {
        "@timestamp": when.isoformat(),
        "client": f"10.0.0.{chance.randrange(90)}",
        "country": chance.choice(COUNTRIES),
        "status": chance.choice((200, 200, 200, 304, 404, 500)),
        "bytes": chance.randrange(300, 9000),
        "product": chance.choice(BOOKS),
        "referrer_page": chance.choice(PAGES),
        "browser": chance.choice(BROWSERS),
        "os": chance.choice(SYSTEMS),
        "wanted": chance.choice((None, "zola", "austen")),
    }


@contextmanager
def serving(config: Config, domain: str = "") -> Iterator[Dashboards]:
    with Dashboards(config, 0, domain) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="package")
def search(full_lab: Config, client_of: Callable[..., Any]) -> Iterator[Search]:
    """The endpoint of the domain; 120 visits of the last half hour are in it."""
    service = client_of(full_lab, "opensearch")
    service.create_domain(DomainName=DOMAIN)
    while not (status := service.describe_domain(DomainName=DOMAIN)["DomainStatus"]).get(
        "Endpoint"
    ):
        pass
    endpoint = Search(domains_module.url_of(status))
    template = json.loads((ROOT / "solutions" / "bookshop" / "index_template.json").read_text())
    endpoint.call("PUT", f"/{INDEX}", template["template"])
    chance, now = random.Random(7), datetime.now(UTC)
    for number in range(120):
        document = visit(chance, now - timedelta(seconds=15 * number))
        endpoint.call("PUT", f"/{INDEX}/_doc/{number}", document)
    endpoint.call("POST", f"/{INDEX}/_refresh")
    yield endpoint
    for index in (INDEX, saved.INDEX):
        endpoint.call("DELETE", f"/{index}?ignore_unavailable=true")
    service.delete_domain(DomainName=DOMAIN)


@pytest.fixture(scope="package")
def dashboards(full_lab: Config, search: Search) -> Iterator[Dashboards]:
    with serving(full_lab, DOMAIN) as server:
        yield server


@pytest.fixture(scope="package")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as browser:
        browser.size(1400, 1000)
        yield browser


@pytest.fixture
def browser(chrome: Browser) -> Iterator[Browser]:
    """The page's scripts and its security policy must have nothing to complain about."""
    chrome.media("light")
    yield chrome
    complaints, chrome.complaints = chrome.complaints, []
    assert complaints == []


@pytest.fixture(scope="package")
def no_lab(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A lab that is not running."""
    home = Path(tmp_path_factory.mktemp("no-lab"))
    return Config(home, home, 1, 1)
