"""Writes what a crawl has found to the Data Catalog, as the crawler's policies want it.

A table is known by its location. One that was changed by hand keeps what a crawler does not set.

Source: AWS Glue User Guide, "Setting crawler configuration options", "Preventing a crawler from
changing an existing schema".
"""

import hashlib
import time
from collections.abc import Iterable
from itertools import batched
from typing import Any

from lab.providers.glue import indexes
from lab.providers.glue.crawlers import changes, descriptors
from lab.providers.glue.crawlers.changes import Changes
from lab.providers.glue.crawlers.crawl_log import CrawlLog
from lab.providers.glue.crawlers.grouping import FoundTable, Leaf
from lab.providers.glue.crawlers.settings import Settings
from lab.providers.glue.events import announce
from lab.providers.glue.models import DataCatalog, Table, with_storage
from lab.providers.glue.storage import Record

BATCH = 1000
DEPRECATED = "DEPRECATED_BY_CRAWLER"
UPDATED = "UPDATED_BY_CRAWLER"
INDEX = "crawler_partition_index"
OF_CATALOG = (
    *("CreateTime", "UpdateTime", "CreatedBy", "DatabaseName", "CatalogId", "VersionId"),
    *("IsRegisteredWithLakeFormation", "IsMultiDialectView", "CreationTime", "TableName"),
)
"""What the catalog itself puts into a record."""
FROM_TABLE = ("Columns", "InputFormat", "OutputFormat", "SerdeInfo")


class Writer:
    """One crawl's hand on the catalog."""

    def __init__(
        self, catalog: DataCatalog, crawler: Record, settings: Settings, log: CrawlLog
    ) -> None:
        self._catalog = catalog
        self._name: str = crawler["Name"]
        self._prefix: str = crawler.get("TablePrefix") or ""
        self._policy: Record = crawler["SchemaChangePolicy"]
        self._settings = settings
        self._log = log
        self.changes = Changes()

    def write(self, database: str, found: FoundTable) -> str:
        """Add the table or bring it up to date, with its partitions; returns its name."""
        old = self.at(database, found.location)
        if old is not None:
            return self.update(old, found)
        table = self._create(database, found)
        self.write_partitions(table, found.whole.leaves if found.partition_keys else ())
        return table.key[1]

    def update(self, old: Table, found: FoundTable) -> str:
        """Bring a table and its partitions up to date; returns its name."""
        table = self._update(old, found)
        if found.partition_keys and len(table.partition_keys) == len(found.partition_keys):
            self.write_partitions(table, found.whole.leaves)
            self._retire_partitions(table, {leaf.values for leaf in found.whole.leaves})
        return table.key[1]

    def at(self, database: str, location: str) -> Table | None:
        """The table of a location; of several, the one that this crawler has written."""
        paths = ("$.StorageDescriptor.Location", f"$.Parameters.{UPDATED}")
        home = (self._catalog.home(database),)
        found = [
            (by == self._name, key[0])
            for key, place, by in self._catalog.storage.fields("table", home, *paths)
            if place and place.rstrip("/") == location.rstrip("/")
        ]
        return self._catalog.table(database, max(found)[1]) if found else None

    def _create(self, database: str, found: FoundTable) -> Table:
        name = self._free_name(database, found)
        given = descriptors.table_input(found, name, self._name, self._settings.has_index)
        with self._catalog.transaction():
            self._catalog.create_table(database, given)
            table = self._catalog.table(database, name)
            if self._settings.has_index and found.partition_keys:
                keys = {"IndexName": INDEX, "Keys": found.partition_keys}
                indexes.add(self._catalog, table, keys)
        self._announce("CreateTable", {"DatabaseName": database, "TableInput": given})
        self.changes.add(changes.TABLE, changes.ADD, name)
        self._log.info(f"Created table {name} in database {database}")
        return table

    def _free_name(self, database: str, found: FoundTable) -> str:
        """The name of the folder; with a digest of the location where another table has it."""
        name = descriptors.table_name(self._prefix, found.name)
        if not self._catalog.storage.has("table", (self._catalog.home(database), name)):
            return name
        return f"{name}_{hashlib.md5(found.location.encode()).hexdigest()}"  # noqa: S324 - a name, no secret

    def _update(self, old: Table, found: FoundTable) -> Table:
        database, name = old.key
        given = descriptors.table_input(found, name, self._name, self._settings.has_index)
        kept = {key: value for key, value in old.description.items() if key not in OF_CATALOG}
        wanted = self._merged(kept, given)
        if wanted == kept:
            return old
        if self._policy["UpdateBehavior"] == "LOG" and not self._settings.merge:
            if _columns(wanted) != _columns(kept):
                self._log.info(
                    f"The schema of table {name} in database {database} has changed. It is not"
                    " updated, since UpdateBehavior is LOG."
                )
            return old
        if len(wanted["PartitionKeys"]) != len(kept.get("PartitionKeys") or []):
            self._catalog.storage.delete_under(old.key, "partition", "partition_statistics")
        self._catalog.update_table(database, wanted)
        self._announce("UpdateTable", {"DatabaseName": database, "TableInput": wanted})
        self.changes.add(changes.TABLE, changes.UPDATE, name)
        self._log.info(f"Updated table {name} in database {database}")
        return self._catalog.table(database, name)

    def _merged(self, kept: Record, given: Record) -> Record:
        """The table as it is to be: what the crawler found over what is there."""
        parameters = {**(kept.get("Parameters") or {}), **given["Parameters"]}
        parameters.pop(DEPRECATED, None)
        storage = {**(kept.get("StorageDescriptor") or {})}
        fresh = with_storage(given)["StorageDescriptor"]
        if self._settings.merge:
            known = {column["Name"] for column in storage.get("Columns") or []}
            added = [column for column in fresh["Columns"] if column["Name"] not in known]
            storage["Columns"] = [*(storage.get("Columns") or []), *added]
            return {**kept, "StorageDescriptor": storage, "Parameters": parameters}
        storage = {**storage, **fresh, "Parameters": parameters}
        keys = kept.get("PartitionKeys") or []
        if len(keys) != len(given["PartitionKeys"]):
            keys = given["PartitionKeys"]
        fresh = {"PartitionKeys": keys, "StorageDescriptor": storage, "Parameters": parameters}
        return {**kept, "TableType": given["TableType"], **fresh}

    def write_partitions(self, table: Table, leaves: Iterable[Leaf]) -> None:
        """Add and update partitions, a batch after the other, so that others are answered."""
        for batch in batched(leaves, BATCH):
            added, updated = [], []
            with self._catalog.transaction():
                for leaf in batch:
                    given = self._partition(table, leaf)
                    old = self._catalog.storage.get("partition", (*table.key, *leaf.values))
                    if old is None:
                        self._catalog.create_partition(table, given)
                        added.append(given)
                    elif self._differs(old, given):
                        self._catalog.update_partition(table, list(leaf.values), given)
                        updated.append({"PartitionInput": given})
            where = {"DatabaseName": table.key[0], "TableName": table.key[1]}
            if added:
                self._announce("BatchCreatePartition", {**where, "PartitionInputList": added})
            if updated:
                self._announce("BatchUpdatePartition", {**where, "Entries": updated})
            self.changes.add(changes.PARTITION, changes.ADD, table.key[1], len(added))
            self.changes.add(changes.PARTITION, changes.UPDATE, table.key[1], len(updated))

    def _partition(self, table: Table, leaf: Leaf) -> Record:
        given = descriptors.partition_input(leaf)
        if self._settings.inherit:
            storage = table.description.get("StorageDescriptor") or {}
            own = {name: storage[name] for name in FROM_TABLE if name in storage}
            given["StorageDescriptor"] = {**given["StorageDescriptor"], **own}
        return given

    def _differs(self, old: Record, given: Record) -> bool:
        if self._policy["UpdateBehavior"] == "LOG" and not self._settings.inherit:
            return False
        kept = {key: value for key, value in old.items() if key not in OF_CATALOG}
        return kept != with_storage(given)

    def _retire_partitions(self, table: Table, found: set[tuple[str, ...]]) -> None:
        """Do what the policy says with partitions whose folder is not there any more."""
        gone = [
            values
            for values in self._catalog.storage.keys("partition", table.key)
            if values not in found
        ]
        behaviour = self._policy["DeleteBehavior"]
        for values in gone:
            self._log.info(
                f"Found partition of table {table.key[1]} with partition values"
                f" [{', '.join(values)}] with no matching schema at the partition's S3 location"
            )
        if behaviour == "DELETE_FROM_DATABASE" and gone:
            with self._catalog.transaction():
                for values in gone:
                    self._catalog.delete_partition(table, list(values))
            where = {"DatabaseName": table.key[0], "TableName": table.key[1]}
            deleted = [{"Values": list(values)} for values in gone]
            self._announce("BatchDeletePartition", {**where, "PartitionsToDelete": deleted})
            self.changes.add(changes.PARTITION, changes.DELETE, table.key[1], len(gone))
        elif behaviour == "DEPRECATE_IN_DATABASE":
            marked = sum(self._deprecate_partition(table, values) for values in gone)
            self.changes.add(changes.PARTITION, changes.UPDATE, table.key[1], marked)

    def _deprecate_partition(self, table: Table, values: tuple[str, ...]) -> bool:
        """Whether it was not marked before."""
        old = self._catalog.partition(table, list(values))
        parameters = old.get("Parameters") or {}
        if DEPRECATED in parameters:
            return False
        marked = {**parameters, DEPRECATED: _now()}
        given = {key: value for key, value in old.items() if key not in OF_CATALOG}
        self._catalog.update_partition(table, list(values), {**given, "Parameters": marked})
        return True

    def retire(self, database: str, found: set[str]) -> None:
        """Do what the policy says with this crawler's tables that it has not found again."""
        home = (self._catalog.home(database),)
        written = self._catalog.storage.fields("table", home, f"$.Parameters.{UPDATED}")
        for key, by in list(written):
            if by == self._name and key[0] not in found:
                self._retire(self._catalog.table(database, key[0]))

    def _retire(self, table: Table) -> None:
        database, name = table.key
        missing = "because a matching schema was not found at the table's location."
        match self._policy["DeleteBehavior"]:
            case "DELETE_FROM_DATABASE":
                self._catalog.delete_table(database, name)
                self._announce("DeleteTable", {"DatabaseName": database, "Name": name})
                self._log.info(f"Table {name} is deleted {missing}")
                self.changes.add(changes.TABLE, changes.DELETE, name)
            case "DEPRECATE_IN_DATABASE":
                parameters = table.description.get("Parameters") or {}
                if DEPRECATED in parameters:
                    return
                old = {k: v for k, v in table.description.items() if k not in OF_CATALOG}
                given = {**old, "Parameters": {**parameters, DEPRECATED: _now()}}
                self._catalog.update_table(database, given)
                self._announce("UpdateTable", {"DatabaseName": database, "TableInput": given})
                self._log.info(f"Table {name} is marked deprecated {missing}")
                self.changes.add(changes.TABLE, changes.UPDATE, name)
            case _:
                self._log.info(f"Table {name} is left as it is {missing}")

    def _announce(self, operation: str, request: Record) -> None:
        announce(self._catalog, operation, request, {})


def _columns(table: Record) -> Any:
    return (table.get("StorageDescriptor") or {}).get("Columns")


def _now() -> str:
    return str(int(time.time() * 1000))
