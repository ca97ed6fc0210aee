"""Who may ask what of the page's server, without any OpenSearch."""

import json
import re
from typing import Any, cast

import pytest

from lab.dashboards.domains import Domains
from lab.dashboards.search import RefusedError, Search, reason_of
from lab.dashboards.site import Request, Site

HOST = {"host": "127.0.0.1:5602"}


class FakeSearch(Search):
    def __init__(self) -> None:
        super().__init__("http://search")
        self.asked: list[tuple[str, str]] = []
        self.answer: dict[str, Any] = {"hits": {"hits": []}}

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:  # noqa: ARG002
        self.asked.append((method, path))
        return self.answer


class FakeDomains:
    def __init__(self, search: FakeSearch) -> None:
        self._search = search

    def search(self, name: str) -> Search:
        assert name == "books"
        return self._search


@pytest.fixture
def search() -> FakeSearch:
    return FakeSearch()


@pytest.fixture
def site(search: FakeSearch) -> Site:
    return Site(cast(Domains, FakeDomains(search)), 5602)


def token_of(site: Site) -> str:
    page = site.respond(Request("GET", "/", HOST)).body.decode()
    found = re.search(r'name="lab-token" content="([\w-]+)"', page)
    assert found
    return found[1]


def post(site: Site, body: object, **headers: str) -> tuple[int, dict[str, Any]]:
    given = {**HOST, "x-lab-token": token_of(site), **headers}
    target = "/api/books/search"
    answer = site.respond(Request("POST", target, given, json.dumps(body).encode()))
    return answer.status, json.loads(answer.body)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:5602", "127.0.0.1:5603", ""])
def test_another_host_s_name_is_refused(site: Site, host: str) -> None:
    answer = site.respond(Request("GET", "/", {"host": host}))
    assert answer.status == 421
    assert b"lab-token" not in answer.body


def test_a_search_needs_the_page_s_token(site: Site, search: FakeSearch) -> None:
    good = {"index": "visits-*", "body": {"size": 0}}
    assert post(site, good, **{"x-lab-token": "guess"})[0] == 403
    assert post(site, good, origin="http://evil.example")[0] == 403
    assert search.asked == []
    assert post(site, good, origin="http://127.0.0.1:5602")[0] == 200
    path = "/visits-*/_search?ignore_unavailable=true&allow_no_indices=true"
    assert search.asked == [("POST", path)]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_write_needs_the_page_s_token(site: Site, search: FakeSearch, method: str) -> None:
    target = "/api/books/objects" + ("/dashboard/x" if method == "DELETE" else "")
    body = json.dumps({"kind": "dashboard", "title": "x"}).encode()
    assert site.respond(Request(method, target, HOST, body)).status == 403
    assert search.asked == []


@pytest.mark.parametrize(
    "index",
    ["_all/_delete_by_query?x=", "_cluster", "a/_doc/1", "a?b", "", None, "a%2fb", "..", "a,_b"],
)
def test_nothing_but_a_search_gets_through(
    site: Site, search: FakeSearch, index: str | None
) -> None:
    status, answer = post(site, {"index": index, "body": {}})
    assert (status, answer["code"]) == (400, "bad-index")
    assert search.asked == []


def test_what_opensearch_refuses_is_said_in_its_words(
    site: Site, search: FakeSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> dict[str, Any]:
        raise RefusedError(400, "Unknown aggregation type [term]")

    monkeypatch.setattr(search, "call", refuse)
    status, answer = post(site, {"index": "visits-*", "body": {}})
    assert (status, answer["message"]) == (400, "Unknown aggregation type [term]")


def test_the_innermost_reason_is_shown() -> None:
    inner = {"reason": "all shards failed", "caused_by": {"reason": "no such field"}}
    error = {"root_cause": [{"reason": "failed"}], **inner}
    assert reason_of(json.dumps({"error": error}).encode()) == "failed: no such field"
    placed = {"error": {"reason": "[1:43] unknown field [term]"}}
    assert reason_of(json.dumps(placed).encode()) == "unknown field [term]"
    assert reason_of(b'{"Message":"User: anonymous is not authorized"}').startswith("User: anon")


def test_the_page_runs_nothing_but_its_own_scripts(site: Site) -> None:
    answer = site.respond(Request("GET", "/", HOST))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert not re.search(r"(src|href)=\"https?:", answer.body.decode())
    assert "unsafe-eval" not in policy


def test_no_file_beside_the_page_s_own_is_served(site: Site) -> None:
    for target in ("/static/../site.py", "/static/..%2fsite.py", "/vendor/README.md", "/static/x"):
        assert site.respond(Request("GET", target, HOST)).status == 404
    assert site.respond(Request("GET", "/vendor/vega.min.js", HOST)).status == 200


def test_the_page_speaks_the_language_that_is_asked_for(site: Site) -> None:
    french = site.respond(Request("GET", "/?lang=fr", HOST)).body.decode()
    assert '<html lang="fr">' in french
    assert "Tableaux de bord" in french
    assert '<html lang="en">' in site.respond(Request("GET", "/?lang=xx", HOST)).body.decode()
