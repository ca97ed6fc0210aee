"""Saved objects in the form of OpenSearch Dashboards, in the index and as NDJSON."""

import json
from dataclasses import replace

import pytest

from lab.dashboards import gallery
from lab.dashboards.saved import INDEX, Item, SavedObjects, document_of, item_from, item_of, ndjson
from lab.dashboards.search import Search
from lab.errors import LabError

SPEC = '{"mark": "bar", "data": {"url": {"index": "visits-*", "body": {}}}}'
PICTURE = Item("visualization", "pie", "A pie", "of systems", SPEC)
PANEL = {"id": "pie", "x": 0, "y": 0, "w": 24, "h": 12}
BOARD = Item("dashboard", "shop", "The shop", panels=(PANEL,))


@pytest.mark.parametrize("item", [PICTURE, BOARD])
def test_what_is_saved_is_read_back(item: Item) -> None:
    hit = {"_id": f"{item.kind}:{item.id}", "_source": document_of(item)}
    assert item_of(hit) == item


def test_the_export_has_the_form_that_dashboards_imports() -> None:
    lines = [json.loads(line) for line in ndjson([PICTURE, BOARD]).decode().splitlines()]
    picture, board, summary = lines
    assert summary == {"exportedCount": 2, "missingRefCount": 0, "missingReferences": []}
    for line in (picture, board):
        names = {"id", "type", "attributes", "references", "migrationVersion", "updated_at"}
        assert set(line) == names
        source = json.loads(line["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
        assert source == {"query": {"query": "", "language": "kuery"}, "filter": []}
    state = json.loads(picture["attributes"]["visState"])
    assert (state["type"], state["title"], state["aggs"]) == ("vega", "A pie", [])
    assert state["params"]["spec"] == SPEC
    (panel,) = json.loads(board["attributes"]["panelsJSON"])
    assert panel["gridData"] == {"x": 0, "y": 0, "w": 24, "h": 12, "i": "0"}
    assert board["references"] == [{"name": "panel_0", "type": "visualization", "id": "pie"}]
    assert panel["panelRefName"] == "panel_0"


def test_a_panel_without_its_picture_is_counted_as_missing() -> None:
    summary = json.loads(ndjson([BOARD]).decode().splitlines()[-1])
    assert summary["missingReferences"] == [{"type": "visualization", "id": "pie"}]


def test_the_map_goes_along_within_the_export() -> None:
    (shop,) = (one for one in gallery.collections("en") if one["name"] == "bookshop")
    (world,) = (one for one in shop["items"] if one["id"] == "bookshop-countries")
    picture = Item("visualization", "world", "World", spec=world["spec"])
    line = json.loads(ndjson([picture]).decode().splitlines()[0])
    layers = json.loads(json.loads(line["attributes"]["visState"])["params"]["spec"])["layer"]
    assert layers[0]["data"]["values"]["type"] == "Topology"
    assert layers[1]["transform"][0]["from"]["data"]["values"]["type"] == "Topology"
    assert "url" not in layers[0]["data"]


def test_without_a_title_nothing_is_saved() -> None:
    with pytest.raises(LabError) as caught:
        item_from({"kind": "visualization", "title": " "})
    assert (caught.value.code, caught.value.next_step) == (
        "dashboards-bad-object",
        "Give it a title.",
    )


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_gallery_is_whole_in_both_languages(language: str) -> None:
    for collection in gallery.collections(language):
        pictures = {one["id"] for one in collection["items"] if one["kind"] == "visualization"}
        (board,) = (one for one in collection["items"] if one["kind"] == "dashboard")
        assert {panel["id"] for panel in board["panels"]} == pictures
        assert all(panel["x"] + panel["w"] <= 48 for panel in board["panels"])
        for one in collection["items"]:
            assert one["title"]
            assert one["description"]
            assert '"fr":' not in one["spec"]


@pytest.mark.lab
def test_nobody_overwrites_what_another_has_saved(search: Search) -> None:
    objects = SavedObjects(search)
    first = objects.save(replace(PICTURE, id=""))
    assert first.id
    second = objects.save(replace(first, title="A cake"))
    with pytest.raises(LabError) as caught:
        objects.save(replace(first, title="A tart"))
    assert caught.value.code == "dashboards-conflict"
    assert second in objects.all()
    stored = search.call("GET", f"/{INDEX}/_doc/visualization:{first.id}")["_source"]
    assert (stored["type"], stored["visualization"]["title"]) == ("visualization", "A cake")
    objects.delete("visualization", first.id)
    objects.delete("visualization", first.id)
    assert first.id not in {item.id for item in objects.all()}
