"""The page as a person uses it: with keys alone, by ear, in both themes, and with the lab down."""

import json
from typing import Any

import pytest

from lab.config import Config
from lab.dashboards.saved import INDEX, SavedObjects
from lab.dashboards.search import Search
from lab.dashboards.server import Dashboards
from tests.dashboards.browser import CTRL, SHIFT, Browser
from tests.dashboards.conftest import serving

FOCUS = "document.activeElement"
FAULT = "document.querySelector('#{} ~ .fault, .pane:has(#{}) .fault').innerText"
INTERACTIVE = {"button", "link", "textbox", "combobox", "DisclosureTriangle", "image"}


def tab_to(browser: Browser, element: str, modifiers: int = 0) -> int:
    """Press Tab until the focus is on the element with this id; how often."""
    for presses in range(1, 120):
        browser.press("Tab", modifiers)
        if browser.evaluate(f"{FOCUS}.id") == element:
            return presses
    raise AssertionError(f"Tab does not come to {element}")


def opened(browser: Browser, dashboards: Dashboards, address: str) -> None:
    browser.open(f"{dashboards.url}/{address}")
    browser.until("document.querySelectorAll('.stage svg').length > 0")


def set_text(browser: Browser, element: str, before: str, after: str) -> None:
    """As typed over, by what an editor's user would replace."""
    replace = f".replace({json.dumps(before)}, {json.dumps(after)})"
    browser.evaluate(
        f"""(() => {{ const area = document.getElementById('{element}');
        area.focus(); area.select(); return area.value{replace}; }})()"""
    )
    text = browser.evaluate(f"document.getElementById('{element}').value{replace}")
    browser.write(text)


@pytest.mark.lab
def test_with_keys_alone_one_makes_saves_duplicates_and_deletes(
    browser: Browser, dashboards: Dashboards, search: Search
) -> None:
    opened(browser, dashboards, "#/gallery/dashboard/bookshop")
    browser.press("n")
    browser.until("location.hash === '#/new/visualization/' && document.querySelector('#spec')")
    tab_to(browser, "title")
    browser.write("Statuses by key")
    tab_to(browser, "query")
    # The editor lets go of Tab, forwards and backwards.
    tab_to(browser, "spec")
    tab_to(browser, "query", SHIFT)
    browser.press("s", CTRL)
    browser.until("location.hash.startsWith('#/saved/visualization/')")
    found = [item for item in SavedObjects(search).all() if item.title == "Statuses by key"]
    assert len(found) == 1
    source = search.call("GET", f"/{INDEX}/_doc/visualization:{found[0].id}")["_source"]
    spec = json.loads(json.loads(source["visualization"]["visState"])["params"]["spec"])
    assert spec["data"]["url"]["index"] == "visits-*"

    tab_to(browser, "do-duplicate")
    browser.press("Enter")
    browser.until("document.getElementById('title').value === 'Statuses by key (copy)'")
    browser.press("s", CTRL)
    browser.until("document.title.startsWith('Statuses by key (copy)')")
    browser.until("document.getElementById('do-delete')?.checkVisibility()")
    tab_to(browser, "do-delete")
    browser.press("Enter")
    browser.until("document.querySelector('dialog[open]') !== null")
    assert browser.evaluate(f"{FOCUS}.textContent") == "Cancel"
    browser.press("Escape")
    browser.until("document.querySelector('dialog') === null")
    assert len(SavedObjects(search).all()) == 2
    browser.press("Enter")
    browser.until("document.querySelector('dialog[open]') !== null")
    browser.press("Tab")
    browser.press("Enter")
    browser.until("document.getElementById('said').textContent === 'Deleted.'")
    assert [item.title for item in SavedObjects(search).all()] == ["Statuses by key"]
    SavedObjects(search).delete("visualization", found[0].id)


@pytest.mark.lab
def test_a_dashboard_of_the_gallery_is_saved_with_its_pictures(
    browser: Browser, dashboards: Dashboards, search: Search
) -> None:
    opened(browser, dashboards, "#/gallery/dashboard/flights")
    browser.press("s", CTRL)
    browser.until("location.hash === '#/saved/dashboard/flights'")
    items = SavedObjects(search).all()
    assert [item.kind for item in items].count("visualization") == 8
    download = "document.querySelector('.buttons a[download]').href"
    lines = browser.evaluate(f"fetch({download}).then((answer) => answer.text())").splitlines()
    summary = {"exportedCount": 9, "missingRefCount": 0, "missingReferences": []}
    assert json.loads(lines[-1]) == summary
    for item in items:
        SavedObjects(search).delete(item.kind, item.id)


@pytest.mark.lab
def test_mistakes_are_said_at_their_place(browser: Browser, dashboards: Dashboards) -> None:
    opened(browser, dashboards, "#/new/visualization/")
    query, spec = FAULT.replace("{}", "query"), FAULT.replace("{}", "spec")
    set_text(browser, "query", '"size": 0,', '"size": 0')
    expected = "Line 7, column 5: a comma or the closing bracket is expected here"
    assert browser.until(f"{query} === '{expected}'")
    assert browser.evaluate("document.querySelector('.gutter .wrong').textContent") == "7"
    assert browser.evaluate("document.getElementById('query').ariaInvalid") == "true"
    set_text(browser, "query", '"size": 0', '"size": 0,')
    set_text(browser, "query", '"terms"', '"term"')
    assert browser.until(
        f"{query}.startsWith('Line 9, column 10: Unknown aggregation type [term]')"
    )
    set_text(browser, "query", '"term"', '"terms"')
    assert browser.until(f"{query} === ''")
    set_text(browser, "spec", '"bar"', '"barr"')
    said = 'Line 10, column 14: There is no mark "barr".'
    assert browser.until(f"{spec}.startsWith({json.dumps(said)})")
    # The last good picture stays, and the message is a button that goes to the place.
    assert browser.evaluate("document.querySelectorAll('.mark-rect > path').length") == 4
    browser.evaluate("document.querySelector('.pane:has(#spec) .fault button').click()")
    assert browser.evaluate(f"{FOCUS}.id") == "spec"
    place = browser.evaluate(f"{FOCUS}.value.slice({FOCUS}.selectionStart).slice(0, 4)")
    assert place == "barr"


def name_of(node: dict[str, Any]) -> str:
    return str(node.get("name", {}).get("value", "")).strip()


@pytest.mark.lab
@pytest.mark.parametrize(
    "address", ["#/gallery/dashboard/bookshop", "#/gallery/visualization/bookshop-browsers"]
)
def test_a_screen_reader_is_told_names_and_roles(
    browser: Browser, dashboards: Dashboards, address: str
) -> None:
    opened(browser, dashboards, address)
    nodes = browser.accessibility()
    roles = [node["role"]["value"] for node in nodes]
    for landmark in ("banner", "navigation", "main"):
        assert roles.count(landmark) == 1
    assert [name_of(node) for node in nodes if node["role"]["value"] in INTERACTIVE].count("") == 0
    pictures = {name_of(node) for node in nodes if node["role"]["value"] == "image"}
    assert "Browsers" in pictures
    # A picture has one name and its table; its hundred parts are not read out.
    assert "graphics-symbol" not in str(roles)
    levels = browser.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((h) => h.tagName)")
    assert levels.count("H1") == 1
    ids = browser.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.lab
def test_the_focus_is_seen_and_begins_with_a_way_past_the_list(
    browser: Browser, dashboards: Dashboards
) -> None:
    opened(browser, dashboards, "#/gallery/dashboard/bookshop")
    browser.press("Tab")
    assert browser.evaluate(f"{FOCUS}.className") == "skip"
    browser.press("Enter")
    assert browser.evaluate(f"{FOCUS}.id") == "main"
    browser.press("Tab")
    assert browser.evaluate(f"{FOCUS}.id") == "title"
    tab_to(browser, "do-save")
    outline = browser.evaluate(f"getComputedStyle({FOCUS}).outlineStyle")
    assert outline == "solid"


CONTRAST = """(() => {
    const light = (text) => { const [r, g, b] = text.match(/[\\d.]+/g).map((part) => {
        const value = part / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const behind = (one) => { const colour = getComputedStyle(one).backgroundColor;
        return /, 0\\)$/.test(colour) && one.parentElement ? behind(one.parentElement) : colour; };
    const texts = document.querySelectorAll('h2, a, button, label, summary, input, svg text');
    const seen = (one) => one.checkVisibility({ opacityProperty: true });
    return Math.min(...[...texts].filter((one) => seen(one) && !one.matches(':disabled, .skip'))
        .map((one) => { const style = getComputedStyle(one);
            const ink = one instanceof SVGElement ? style.fill : style.color;
            const [a, b] = [light(ink), light(behind(one))].sort((x, y) => y - x);
            return (a + 0.05) / (b + 0.05); }));
})()"""


@pytest.mark.lab
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_in_both_themes(
    browser: Browser, dashboards: Dashboards, theme: str
) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    browser.media(theme)
    opened(browser, dashboards, "#/gallery/dashboard/bookshop")
    browser.until("document.querySelectorAll('.stage svg').length === 10")
    assert browser.evaluate(CONTRAST) >= 4.5


@pytest.mark.lab
def test_a_chosen_theme_wins_over_the_system_s(browser: Browser, dashboards: Dashboards) -> None:
    opened(browser, dashboards, "#/gallery/visualization/bookshop-requests")
    ink = "getComputedStyle(document.querySelector('.mark-text text')).fill"
    light = browser.evaluate(ink)
    browser.choose("theme", "dark")
    assert browser.until(f"{ink} !== '{light}'")
    assert browser.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    browser.open(f"{dashboards.url}/")
    assert browser.evaluate("document.documentElement.dataset.theme") == "dark"
    browser.evaluate("localStorage.clear()")


@pytest.mark.lab
def test_french_speaks_french_in_words_and_figures(
    browser: Browser, dashboards: Dashboards
) -> None:
    opened(browser, dashboards, "?lang=fr#/gallery/visualization/bookshop-error-rate")
    assert browser.evaluate("document.documentElement.lang") == "fr"
    assert browser.evaluate("document.getElementById('do-save').textContent") == "Enregistrer"
    share = browser.evaluate("document.querySelector('.mark-text text').textContent")
    assert share.endswith("\u202f%")
    assert "," in share


def test_with_the_lab_down_the_page_says_what_to_start(browser: Browser, no_lab: Config) -> None:
    with serving(no_lab) as server:
        browser.open(server.url)
        said = browser.until("document.getElementById('banner').innerText")
        assert "The lab does not answer at http://127.0.0.1:1." in said
        assert "lab up" in said
        browser.offline(True)
        gone = "document.getElementById('banner').innerText.includes('lab dashboards')"
        assert browser.until(gone)
        browser.offline(False)
        assert browser.until(f"!{gone}")
