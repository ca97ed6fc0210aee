"""Rulesets: kept as they were written, once they can be read.

Source: AWS Glue API reference, "Data Quality API".
"""

import time
from typing import Any

from lab.providers.glue.dispatch import page_of
from lab.providers.glue.errors import already_exists, invalid, not_found
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.quality.dqdl import Node, RulesetError, parse
from lab.providers.glue.storage import Record
from lab.providers.handlers import handlers

KIND = "quality_ruleset"


def create_data_quality_ruleset(catalog: DataCatalog, request: Record) -> Record:
    rules = read(request["Ruleset"])
    now = time.time()
    table = request.get("TargetTable")
    if table:
        catalog.table(table["DatabaseName"], table["TableName"])
    kept: dict[str, Any] = {
        "Name": request["Name"],
        "Description": request.get("Description"),
        "Ruleset": request["Ruleset"],
        "TargetTable": table,
        "CreatedOn": now,
        "LastModifiedOn": now,
        "RuleCount": len(rules),
    }
    record = {name: value for name, value in kept.items() if value is not None}
    if not catalog.storage.add(KIND, (request["Name"],), record):
        raise already_exists(f"DataQualityRuleset {request['Name']} already exists")
    return {"Name": request["Name"]}


def update_data_quality_ruleset(catalog: DataCatalog, request: Record) -> Record:
    record = find(catalog, request["Name"])
    if request.get("Ruleset") is not None:
        record["RuleCount"] = len(read(request["Ruleset"]))
        record["Ruleset"] = request["Ruleset"]
    if request.get("Description") is not None:
        record["Description"] = request["Description"]
    record["LastModifiedOn"] = time.time()
    catalog.storage.put(KIND, (request["Name"],), record)
    return {name: record[name] for name in ("Name", "Description", "Ruleset") if name in record}


def get_data_quality_ruleset(catalog: DataCatalog, request: Record) -> Record:
    return {
        name: value for name, value in find(catalog, request["Name"]).items() if name != "RuleCount"
    }


def delete_data_quality_ruleset(catalog: DataCatalog, request: Record) -> Record:
    find(catalog, request["Name"])
    catalog.storage.delete(KIND, (request["Name"],))
    return {}


def list_data_quality_rulesets(catalog: DataCatalog, request: Record) -> Record:
    wanted = request.get("Filter") or {}
    keys = [
        key
        for key in catalog.storage.keys(KIND)
        if _is_wanted(catalog.storage.get(KIND, key) or {}, wanted)
    ]
    answer = page_of(catalog, KIND, keys, request, "Rulesets")
    answer["Rulesets"] = [
        {name: value for name, value in each.items() if name != "Ruleset"}
        for each in answer["Rulesets"]
    ]
    return answer


def find(catalog: DataCatalog, name: str) -> Record:
    record = catalog.storage.get(KIND, (name,))
    if record is None:
        raise not_found(f"Data Quality Ruleset is not found: {name}")
    return record


def read(text: str) -> list[Node]:
    """The rules; InvalidInputException when the text is no ruleset that the lab evaluates."""
    try:
        return parse(text)
    except RulesetError as error:
        raise invalid(f"Invalid DQDL: {error}") from error


def _is_wanted(record: Record, wanted: Record) -> bool:
    name, table = wanted.get("Name"), wanted.get("TargetTable")
    return (name is None or record.get("Name") == name) and (
        table is None or record.get("TargetTable") == table
    )


HANDLERS = handlers(
    create_data_quality_ruleset,
    update_data_quality_ruleset,
    get_data_quality_ruleset,
    delete_data_quality_ruleset,
    list_data_quality_rulesets,
)
