"""A crawler's ``Configuration``: a text of JSON that says how it groups and what it writes.

Source: AWS Glue User Guide, "Setting crawler configuration options using the API".
"""

import json
from typing import Any, NamedTuple

INHERIT, MERGE = "InheritFromTable", "MergeNewColumns"
COMBINE = "CombineCompatibleSchemas"


class SettingsError(ValueError):
    """A configuration that is none; its text says why."""


class Settings(NamedTuple):
    """``inherit``: partitions take their columns and SerDe from the table. ``merge``: new columns
    are added to a table and nothing else of it changes. ``threshold``: with more tables the crawl
    fails. ``has_index``: a partitioned table gets an index.
    """

    inherit: bool = False
    merge: bool = False
    threshold: int | None = None
    combine: bool = False
    level: int | None = None
    has_index: bool = False


def read(text: str | None) -> Settings:
    """SettingsError for what is no JSON, or says what this lab does not know."""
    if not text:
        return Settings()
    try:
        given = json.loads(text)
    except ValueError as error:
        raise SettingsError("it is no JSON") from error
    _known(given, "", "Version", "CrawlerOutput", "Grouping", "CreatePartitionIndex")
    if given.get("Version") != 1:
        raise SettingsError("Version must be 1.0")
    output, grouping = given.get("CrawlerOutput") or {}, given.get("Grouping") or {}
    _known(output, "CrawlerOutput", "Partitions", "Tables")
    _known(grouping, "Grouping", "TableGroupingPolicy", "TableLevelConfiguration")
    partitions, tables = output.get("Partitions") or {}, output.get("Tables") or {}
    _known(partitions, "CrawlerOutput.Partitions", "AddOrUpdateBehavior")
    _known(tables, "CrawlerOutput.Tables", "AddOrUpdateBehavior", "TableThreshold")
    return Settings(
        inherit=_choice(partitions, "AddOrUpdateBehavior", INHERIT),
        merge=_choice(tables, "AddOrUpdateBehavior", MERGE),
        threshold=_number(tables, "TableThreshold"),
        combine=_choice(grouping, "TableGroupingPolicy", COMBINE),
        level=_number(grouping, "TableLevelConfiguration"),
        has_index=given.get("CreatePartitionIndex") is True,
    )


def _known(given: Any, where: str, *names: str) -> None:
    if not isinstance(given, dict):
        raise SettingsError(f"{where or 'it'} must be an object")
    if strange := sorted(given.keys() - set(names)):
        raise SettingsError(f"{where + '.' if where else ''}{strange[0]} is not known")


def _choice(given: dict[str, Any], name: str, value: str) -> bool:
    if given.get(name) not in (None, value):
        raise SettingsError(f"{name} must be {value}")
    return name in given


def _number(given: dict[str, Any], name: str) -> int | None:
    found = given.get(name)
    if found is not None and (type(found) is not int or found < 1):
        raise SettingsError(f"{name} must be a whole number of at least 1")
    return found
