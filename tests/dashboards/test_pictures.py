"""What is drawn: marks are counted in the SVG and compared with what OpenSearch answers."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from lab.dashboards.search import Search
from lab.dashboards.server import Dashboards
from tests.dashboards.browser import Browser
from tests.dashboards.conftest import INDEX, visit

pytestmark = pytest.mark.lab

CARD = "document.querySelector('section[aria-label=\"{}\"]')"


def marks(browser: Browser, title: str, kind: str) -> int:
    """How many items of this kind of mark have a shape, without those of axes and legends."""
    script = f"""[...{CARD.format(title)}.querySelectorAll(
        '.mark-{kind} > path, .mark-{kind} > text')].filter((item) =>
        (item.getAttribute('d') || item.textContent) && !item.closest(
        '[class*="role-legend"], [class*="role-axis"]')).length"""
    return int(browser.evaluate(script))


def drawn(browser: Browser, count: int) -> None:
    ready = f"document.querySelectorAll('.stage svg').length === {count}"
    browser.until(
        f"{ready} && [...document.querySelectorAll('.note')].every((n) => !n.textContent)"
    )


def buckets(search: Search, field: str, size: int) -> list[dict[str, Any]]:
    body = {"size": 0, "aggs": {"found": {"terms": {"field": field, "size": size}}}}
    found = search.search("visits-*", body)["aggregations"]["found"]["buckets"]
    assert isinstance(found, list)
    return found


def test_the_bookshop_s_dashboard_draws_what_the_index_holds(
    browser: Browser, dashboards: Dashboards, search: Search
) -> None:
    browser.open(f"{dashboards.url}/#/gallery/dashboard/bookshop")
    drawn(browser, 10)
    assert marks(browser, "Operating systems", "arc") == len(buckets(search, "os", 8)) >= 5
    assert marks(browser, "Browsers", "arc") == len(buckets(search, "browser", 10)) >= 6
    assert marks(browser, "What visitors look for", "rect") == len(
        buckets(search, "wanted.raw", 12)
    )
    assert marks(browser, "Requests over time", "area") == 4
    countries = len(buckets(search, "country", 250))
    # Every country of the world in grey, and over it those of visitors: Singapore is too small.
    assert marks(browser, "Countries", "shape") == 177 + countries - 1
    referrers = search.search(
        "visits-*",
        {
            "size": 0,
            "aggs": {
                "pages": {
                    "terms": {"field": "referrer_page", "size": 12},
                    "aggs": {"products": {"terms": {"field": "product", "size": 20}}},
                }
            },
        },
    )["aggregations"]["pages"]["buckets"]
    cells = sum(len(page["products"]["buckets"]) for page in referrers)
    assert marks(browser, "From which page to which book", "rect") == cells >= 12


def test_a_new_document_shows_within_the_refresh_and_nothing_jumps(
    browser: Browser, dashboards: Dashboards, search: Search
) -> None:
    browser.open(f"{dashboards.url}/#/gallery/dashboard/bookshop")
    drawn(browser, 10)
    number = f"{CARD.format('Requests')}.querySelector('.mark-text text').textContent"
    boxes = """JSON.stringify([...document.querySelectorAll('.card, .card svg')].map((one) =>
        one.getBoundingClientRect()))"""
    before, places = int(browser.evaluate(number).replace(",", "")), browser.evaluate(boxes)
    browser.evaluate("document.querySelectorAll('.card svg').forEach((one) => (one.kept = true))")
    document = visit(random.Random(1), datetime.now(UTC))
    search.call("PUT", f"/{INDEX}/_doc/new?refresh=true", document)
    assert browser.until(f"{number} === '{before + 1:,}'")
    assert browser.evaluate(boxes) == places
    kept = "[...document.querySelectorAll('.card svg')].every((one) => one.kept)"
    assert browser.evaluate(kept), "a refresh changes pictures in place"
    search.call("DELETE", f"/{INDEX}/_doc/new?refresh=true")


def test_a_switched_off_refresh_asks_nothing(browser: Browser, dashboards: Dashboards) -> None:
    browser.open(f"{dashboards.url}/#/gallery/visualization/bookshop-requests")
    drawn(browser, 1)
    browser.press("r")
    browser.until("document.getElementById('every').value === '0'")
    browser.evaluate("performance.clearResourceTimings()")
    requests = "performance.getEntriesByType('resource')"
    asked = f"{requests}.filter((one) => one.name.endsWith('/search')).length"
    # Longer than the pause between two refreshes, which would be one second.
    browser.evaluate("new Promise((done) => setTimeout(done, 1500))")
    assert browser.evaluate(asked) == 0
    browser.press("r")
    assert browser.until(f"{asked} > 0")


def test_the_table_says_what_the_picture_shows(
    browser: Browser, dashboards: Dashboards, search: Search
) -> None:
    browser.open(f"{dashboards.url}/#/gallery/visualization/bookshop-countries")
    drawn(browser, 1)
    browser.evaluate("document.querySelector('details.data summary').click()")
    rows = """[...document.querySelectorAll('.data tbody tr')].map((row) =>
        [...row.cells].map((cell) => cell.textContent))"""
    shown = {name: int(count) for name, count in browser.until(f"({rows}).length && {rows}")}
    names = {"FR": "France", "US": "United States", "DE": "Germany", "BR": "Brazil", "SG": "SG"}
    counts = {one["key"]: one["doc_count"] for one in buckets(search, "country", 250)}
    assert {names[code]: counts[code] for code in names}.items() <= shown.items()


def test_the_period_narrows_every_query(
    browser: Browser, dashboards: Dashboards, search: Search
) -> None:
    browser.open(f"{dashboards.url}/#/gallery/visualization/bookshop-requests")
    drawn(browser, 1)
    browser.choose("range", "15m")
    shown = "Number(document.querySelector('.mark-text text').textContent.replace(',', ''))"
    assert browser.until(f"{shown} > 0 && {shown} < 100")
    browser.evaluate("localStorage.clear()")


def test_a_vega_specification_draws_too(browser: Browser, dashboards: Dashboards) -> None:
    browser.open(f"{dashboards.url}/#/new/visualization/")
    drawn(browser, 1)
    browser.evaluate(
        """(() => {
        const data = "statuses", format = { property: "aggregations.statuses.buckets" };
        const at = { scale: "x", field: "key" }, wide = { scale: "x", band: 1 };
        const enter = { x: at, width: wide, y: { value: 0 }, height: { value: 50 } };
        const spec = {
            $schema: "https://vega.github.io/schema/vega/v5.json",
            data: [{ name: data, url: "query", format }],
            scales: [{ name: "x", type: "band", range: "width", domain: { data, field: "key" } }],
            marks: [{ type: "rect", from: { data }, encode: { enter } }],
        };
        const area = document.getElementById("spec");
        area.value = JSON.stringify(spec);
        area.dispatchEvent(new Event("input"));
        })()"""
    )
    assert browser.until("document.querySelectorAll('.mark-rect > path').length === 4")
