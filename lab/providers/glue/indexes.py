"""Partition indexes. They are kept and shown as on AWS; finding partitions is as fast without.

An index is CREATING, or DELETING, for a moment that is counted from the call that began it, so that
nothing has to run meanwhile.

Source: AWS Glue Developer Guide, "Creating partition indexes".
"""

import time

from lab.providers.glue.errors import already_exists, invalid, not_found, too_many
from lab.providers.glue.models import DataCatalog, Table
from lab.providers.glue.storage import Record
from lab.providers.handlers import handlers
from lab.providers.pages import page

SECONDS = 0.5
MOST = 3


def _state(index: Record) -> str | None:
    """CREATING, ACTIVE or DELETING; None when it is deleted by now."""
    if (since := index.get("Deleted")) is not None:
        return "DELETING" if time.time() < since + SECONDS else None
    return "CREATING" if time.time() < index["Created"] + SECONDS else "ACTIVE"


def _present(catalog: DataCatalog, table: Table) -> list[Record]:
    return [index for index in catalog.storage.records("index", table.key) if _state(index)]


def add(catalog: DataCatalog, table: Table, given: Record) -> None:
    """Begin to create an index."""
    known = {key["Name"].lower(): key for key in table.partition_keys}
    names = [key.lower() for key in given["Keys"]]
    if strange := [key for key in names if key not in known]:
        raise invalid(
            "IndexKeys not a part of PartitionColumns. Verify the indexKeys : "
            f"[{', '.join(strange)}]"
        )
    present = _present(catalog, table)
    for index in present:
        if index["IndexName"] == given["IndexName"]:
            raise already_exists(
                f"Partition Index {index['IndexName']} already exists with the same name."
            )
        if [key["Name"].lower() for key in index["Keys"]] == names:
            raise already_exists(
                f"Partition Index {index['IndexName']} already exists with the same keys."
            )
    if len(present) >= MOST:
        raise too_many(f"Partition index limit exceeded. Maximum: {MOST}")
    keys = [{"Name": name, "Type": known[name].get("Type", "string")} for name in names]
    record = {"IndexName": given["IndexName"], "Keys": keys, "Created": time.time()}
    catalog.storage.put("index", (*table.key, given["IndexName"]), record)


def _refuse_while_busy(catalog: DataCatalog, table: Table) -> None:
    for index in _present(catalog, table):
        if (state := _state(index)) != "ACTIVE":
            raise too_many(
                f"Index {index['IndexName']} is in {state} state. Only 1 index can be created or"
                " deleted simultaneously per table."
            )


def create_partition_index(catalog: DataCatalog, request: Record) -> Record:
    with catalog.transaction():
        table = catalog.table(request["DatabaseName"], request["TableName"])
        _refuse_while_busy(catalog, table)
        add(catalog, table, request["PartitionIndex"])
    return {}


def delete_partition_index(catalog: DataCatalog, request: Record) -> Record:
    with catalog.transaction():
        table = catalog.table(request["DatabaseName"], request["TableName"])
        name = request["IndexName"]
        index = catalog.storage.get("index", (*table.key, name))
        if index is None or _state(index) is None:
            raise not_found(f"Index with the given indexName : {name} does not exist")
        _refuse_while_busy(catalog, table)
        catalog.storage.put("index", (*table.key, name), {**index, "Deleted": time.time()})
    return {}


def get_partition_indexes(catalog: DataCatalog, request: Record) -> Record:
    table = catalog.table(request["DatabaseName"], request["TableName"])
    found = [
        {"IndexName": index["IndexName"], "Keys": index["Keys"], "IndexStatus": state}
        for index in catalog.storage.records("index", table.key)
        if (state := _state(index))
    ]
    return page(found, request, "PartitionIndexDescriptorList", 100, invalid)


HANDLERS = handlers(create_partition_index, delete_partition_index, get_partition_indexes)
