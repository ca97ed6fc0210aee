"""Visualisations and dashboards in an index of the domain, as OpenSearch Dashboards' saved objects.

A document is what Dashboards keeps in its own index: ``{"type": "visualization", "visualization":
{attributes}, "references": [...]}`` under the id ``visualization:<id>``. The page sees plain
:class:`Item` objects. Source: "Saved objects" and "Vega" in OpenSearch Dashboards' documentation.
"""

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import Any
from urllib.parse import quote

from lab.dashboards.search import RefusedError, Search
from lab.i18n import lab_error

INDEX = ".lab-dashboards"
MOST_OBJECTS = 1000
KINDS = ("visualization", "dashboard")
MIGRATIONS = {"visualization": "7.10.0", "dashboard": "7.9.3"}
"""The last version of Dashboards that changed the form of each."""
WORLD = "countries.json"
ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
SEARCH_SOURCE = json.dumps({"query": {"query": "", "language": "kuery"}, "filter": []})
SETTINGS = {
    "settings": {"number_of_shards": 1, "number_of_replicas": 0, "hidden": True},
    "mappings": {
        "dynamic": False,
        "properties": {"type": {"type": "keyword"}, "updated_at": {"type": "date"}},
    },
}


@dataclass(frozen=True, slots=True)
class Item:
    """``spec`` is the text of a visualisation's Vega or Vega-Lite specification; ``panels`` are a
    dashboard's: ``id`` of the visualisation, ``x``, ``y``, ``w``, ``h`` on a grid 48 wide.
    ``version`` is what was read, so that nobody overwrites what another has saved meanwhile.
    """

    kind: str
    id: str
    title: str
    description: str = ""
    spec: str = ""
    panels: tuple[Mapping[str, Any], ...] = ()
    version: str = ""

    def shown(self) -> dict[str, Any]:
        return asdict(self)


class SavedObjects:
    """Those of one domain."""

    def __init__(self, search: Search) -> None:
        self._search = search

    def all(self) -> list[Item]:
        body = {"size": MOST_OBJECTS, "seq_no_primary_term": True, "query": {"match_all": {}}}
        hits = self._search.search(INDEX, body)["hits"]["hits"]
        found = [item_of(hit) for hit in hits if hit["_source"].get("type") in KINDS]
        return sorted(found, key=lambda item: (item.kind, item.title.casefold(), item.id))

    def save(self, item: Item) -> Item:
        """Store it, under a new id when it has none. LabError when it has changed meanwhile."""
        self._create_index()
        item_id = item.id or secrets.token_hex(8)
        path = f"/{INDEX}/_doc/{quote(f'{item.kind}:{item_id}')}?refresh=true"
        if item.version:
            number, _, term = item.version.partition(".")
            path += f"&if_seq_no={int(number)}&if_primary_term={int(term)}"
        elif item.id:
            path += "&op_type=create"
        try:
            answer = self._search.call("PUT", path, document_of(item))
        except RefusedError as error:
            if error.status != 409:
                raise
            raise lab_error("dashboards-conflict", title=item.title) from error
        version = f"{answer['_seq_no']}.{answer['_primary_term']}"
        return Item(**{**asdict(item), "id": item_id, "version": version})

    def delete(self, kind: str, item_id: str) -> None:
        """Gone is gone: deleting twice is no error."""
        try:
            self._search.call("DELETE", f"/{INDEX}/_doc/{quote(f'{kind}:{item_id}')}?refresh=true")
        except RefusedError as error:
            if error.status != 404:
                raise

    def export(self, kind: str = "", item_id: str = "") -> bytes:
        """NDJSON for *Saved objects > Import*: everything, or one with what it refers to."""
        found = self.all()
        if item_id:
            chosen = [item for item in found if (item.kind, item.id) == (kind, item_id)]
            if not chosen:
                raise lab_error("dashboards-no-object", id=item_id)
            shown = {str(panel["id"]) for item in chosen for panel in item.panels}
            pictures = (one for one in found if one.kind == "visualization" and one.id in shown)
            found = [*pictures, *chosen]
        return ndjson(found)

    def _create_index(self) -> None:
        try:
            self._search.call("PUT", f"/{INDEX}", SETTINGS)
        except RefusedError as error:
            if "already exists" not in error.reason:
                raise


def item_from(given: Mapping[str, Any]) -> Item:
    """What the page sends. LabError when it is none."""
    item = Item(
        kind=str(given.get("kind")),
        id=str(given.get("id") or ""),
        title=str(given.get("title") or "").strip(),
        description=str(given.get("description") or ""),
        spec=str(given.get("spec") or ""),
        panels=tuple(panel for panel in given.get("panels") or () if isinstance(panel, dict)),
        version=str(given.get("version") or ""),
    )
    version_is_one = re.fullmatch(r"(\d+\.\d+)?", item.version)
    id_is_one = not item.id or ID.fullmatch(item.id)
    if item.kind not in KINDS or not item.title or not version_is_one or not id_is_one:
        raise lab_error("dashboards-bad-object")
    return item


def item_of(hit: Mapping[str, Any]) -> Item:
    """A document of the index."""
    source = hit["_source"]
    kind = source["type"]
    attributes = source[kind]
    spec, panels = "", []
    if kind == "visualization":
        spec = json.loads(attributes["visState"]).get("params", {}).get("spec", "")
    else:
        ids = {one["name"]: one["id"] for one in source.get("references", [])}
        for panel in json.loads(attributes["panelsJSON"]):
            place = {side: panel["gridData"][side] for side in "xywh"}
            panels.append({"id": ids[panel["panelRefName"]], **place})
    return Item(
        kind=kind,
        id=hit["_id"].partition(":")[2],
        title=attributes["title"],
        description=attributes.get("description", ""),
        spec=spec,
        panels=tuple(panels),
        version=f"{hit['_seq_no']}.{hit['_primary_term']}" if "_seq_no" in hit else "",
    )


def document_of(item: Item) -> dict[str, Any]:
    """The saved object as Dashboards keeps it in its index."""
    attributes = {
        "title": item.title,
        "description": item.description,
        "version": 1,
        "kibanaSavedObjectMeta": {"searchSourceJSON": SEARCH_SOURCE},
    }
    references: list[dict[str, str]] = []
    if item.kind == "visualization":
        state = {"title": item.title, "type": "vega", "aggs": [], "params": {"spec": item.spec}}
        attributes |= {"visState": json.dumps(state), "uiStateJSON": "{}"}
    else:
        panels = []
        for place, panel in enumerate(item.panels):
            grid = {side: int(panel[side]) for side in "xywh"} | {"i": str(place)}
            name = f"panel_{place}"
            panels.append(
                {
                    "version": "3.0.0",
                    "gridData": grid,
                    "panelIndex": str(place),
                    "embeddableConfig": {},
                    "panelRefName": name,
                }
            )
            references.append({"name": name, "type": "visualization", "id": str(panel["id"])})
        options = json.dumps({"useMargins": True, "hidePanelTitles": False})
        attributes |= {"hits": 0, "timeRestore": False, "optionsJSON": options}
        attributes["panelsJSON"] = json.dumps(panels)
    return {
        "type": item.kind,
        item.kind: attributes,
        "references": references,
        "migrationVersion": {item.kind: MIGRATIONS[item.kind]},
        "updated_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}",
    }


def ndjson(items: Iterable[Item]) -> bytes:
    """One object a line, and a last line that counts them, as Dashboards exports."""
    lines, known, wanted = [], set(), {}
    for item in items:
        document = document_of(item)
        attributes = document[item.kind]
        if item.kind == "visualization":
            state = json.loads(attributes["visState"])
            state["params"]["spec"] = with_world(item.spec)
            attributes["visState"] = json.dumps(state)
        known.add((item.kind, item.id))
        for one in document["references"]:
            wanted[one["type"], one["id"]] = {"type": one["type"], "id": one["id"]}
        exported = {name: document[name] for name in ("references", "migrationVersion")}
        exported["updated_at"] = document["updated_at"]
        lines.append({"id": item.id, "type": item.kind, "attributes": attributes, **exported})
    missing = [wanted[key] for key in wanted if key not in known]
    summary = {"exportedCount": len(lines), "missingRefCount": len(missing)}
    lines.append({**summary, "missingReferences": missing})
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def with_world(spec: str) -> str:
    """The map goes along within the specification: Dashboards has no file of ours."""
    if WORLD not in spec:
        return spec
    try:
        parsed = json.loads(spec)
    except ValueError:  # it is being written; it is exported as it is
        return spec
    file = resources.files("lab.dashboards").joinpath("vendor", WORLD)
    world = json.loads(file.read_text(encoding="utf-8"))
    return json.dumps(_replaced(parsed, world), ensure_ascii=False)


def _replaced(value: Any, world: Any) -> Any:
    if isinstance(value, list):
        return [_replaced(each, world) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("url") == WORLD:
        return {**{name: value[name] for name in value if name != "url"}, "values": world}
    return {name: _replaced(each, world) for name, each in value.items()}
