"""Visualisations that are ready: of the bookshop's log and of the demo's flights.

Each file of ``gallery/`` is a collection: its visualisations, and a dashboard of them. Wherever it
holds ``{"en": ..., "fr": ...}``, one language is taken, so that a picture is saved in the language
of the person who saves it.
"""

import json
from functools import cache
from importlib import resources
from typing import Any

from lab.dashboards.saved import Item

LANGUAGES = {"en", "fr"}


@cache
def collections(language: str) -> list[dict[str, Any]]:
    """``name``, ``title`` and ``items`` (visualisations, then the dashboard) of each."""
    files = resources.files("lab.dashboards").joinpath("gallery").iterdir()
    names = sorted(file.name for file in files if file.name.endswith(".json"))
    return [_collection(name, language) for name in names]


def _collection(name: str, language: str) -> dict[str, Any]:
    file = resources.files("lab.dashboards").joinpath("gallery", name)
    found = in_language(json.loads(file.read_text(encoding="utf-8")), language)
    items = [
        Item(
            kind="visualization",
            id=one["id"],
            title=one["title"],
            description=one["description"],
            spec=json.dumps(one["spec"], ensure_ascii=False, indent=2),
        ).shown()
        for one in found["visualizations"]
    ]
    board = found["dashboard"]
    panels = tuple(
        dict(zip(("id", "x", "y", "w", "h"), one, strict=True)) for one in board["panels"]
    )
    items.append(
        Item("dashboard", board["id"], board["title"], board["description"], "", panels).shown()
    )
    return {"name": name.removesuffix(".json"), "title": found["title"], "items": items}


def in_language(value: Any, language: str) -> Any:
    if isinstance(value, list):
        return [in_language(each, language) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == LANGUAGES:
        return value[language]
    return {name: in_language(each, language) for name, each in value.items()}
