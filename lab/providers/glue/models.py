"""The catalogue's state: one per account and region, used by Glue's API and by Athena's DDL alike.
It is kept in a file (see ``storage``); nothing of it stays in memory.

What a caller gives is kept as given; what it does not give stays absent. Names are lower case, as
Glue makes them.
"""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from lab.config import load
from lab.providers.glue.errors import GlueError, already_exists, invalid, not_found
from lab.providers.glue.storage import SEPARATOR, Key, Record, Storage

Values = tuple[str, ...]

OF_TABLE = ("table", "version", "partition", "index", "statistics", "partition_statistics")
"""The kinds of records that go with a table."""

STORAGE = {
    "Compressed": False,
    "NumberOfBuckets": 0,
    "SortColumns": [],
    "StoredAsSubDirectories": False,
}
"""What a storage descriptor has that was given without."""

ANYONE = [
    {
        "Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"},
        "Permissions": ["ALL"],
    }
]
"""Who may use the tables of a database, unless its creator says otherwise."""


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def without_nothing(record: Record) -> Record:
    """Without the fields that are None: Glue leaves out what was not given."""
    return {key: value for key, value in record.items() if value is not None}


def with_storage(given: Record) -> Record:
    """What was given for a table or a partition, its storage descriptor complete."""
    given = without_nothing(given)
    if "StorageDescriptor" in given:
        given["StorageDescriptor"] = {**STORAGE, **without_nothing(given["StorageDescriptor"])}
    return given


def version_key(number: int) -> str:
    """A version as a part of a key: in the order of numbers."""
    return f"{number:012d}"


def _check_link(database: Record) -> None:
    """A resource link names what it leads to."""
    target = database.get("TargetDatabase")
    if target and not target.get("DatabaseName"):
        raise invalid("TargetDatabase must have a DatabaseName")


@dataclass(frozen=True, slots=True)
class Database:
    """A database, as GetDatabase describes it."""

    description: Record


@dataclass(frozen=True, slots=True)
class Table:
    """A table, as GetTable describes it."""

    description: Record

    @property
    def key(self) -> Key:
        return self.description["DatabaseName"], self.description["Name"]

    @property
    def version(self) -> int:
        return int(self.description["VersionId"])

    @property
    def partition_keys(self) -> list[Record]:
        return self.description.get("PartitionKeys") or []


class DataCatalog:
    """All databases of one account and region. Every method may be called from any thread."""

    def __init__(self, account: str, region: str, folder: Path) -> None:
        self.account = account
        self.region = region
        self.storage = Storage(folder / account / f"{region}.sqlite")
        self.lock = self.storage.lock

    def transaction(self) -> AbstractContextManager[None]:
        """Changes that are made together or not at all."""
        return self.storage.transaction()

    def arn(self, resource: str) -> str:
        return f"arn:aws:glue:{self.region}:{self.account}:{resource}"

    def ensure_default(self) -> None:
        """Athena's database ``default`` exists from the first query on."""
        with self.lock:
            if not self.storage.has("database", ("default",)):
                self.create_database({"Name": "default", "Description": "Default Hive database"})

    def create_database(self, given: Record) -> None:
        _check_link(given)
        name = given["Name"].lower()
        stamped = {
            "CreateTableDefaultPermissions": ANYONE,
            **without_nothing(given),
            "Name": name,
            "CreateTime": now(),
            "CatalogId": self.account,
        }
        if not self.storage.add("database", (name,), stamped):
            raise already_exists("Database already exists.")

    def update_database(self, name: str, given: Record) -> None:
        _check_link(given)
        with self.transaction():
            old = self.database(name).description
            if given["Name"].lower() != old["Name"]:
                raise invalid("The name of a database cannot be changed.")
            kept = {key: old[key] for key in ("Name", "CreateTime", "CatalogId")}
            fresh = {"CreateTableDefaultPermissions": ANYONE, **without_nothing(given), **kept}
            self.storage.put("database", (name.lower(),), fresh)

    def database(self, name: str) -> Database:
        found = self.storage.get("database", (name.lower(),))
        if found is None:
            raise not_found(f"Database {name.lower()} not found.")
        return Database(found)

    def databases(self) -> list[Record]:
        return self.storage.records("database")

    def delete_database(self, name: str) -> None:
        with self.transaction():
            self.database(name)
            self.storage.delete_under((name.lower(),), "database", "function", *OF_TABLE)
            self.storage.delete("tags", (self.arn(f"database/{name.lower()}"),))

    def home(self, database: str) -> str:
        """The name of the database that tables are looked for in: for a resource link, its target.

        EntityNotFoundException when either is not there.
        """
        target = self.database(database).description.get("TargetDatabase")
        if not target:
            return database.lower()
        return self.database(target["DatabaseName"]).description["Name"]

    def create_table(self, database: str, given: Record) -> None:
        with self.transaction():
            key = (self.home(database), given["Name"].lower())
            stamped = self._stamped(key, given, now(), version=0)
            if not self.storage.add("table", key, stamped):
                raise already_exists("Table already exists.")

    def _stamped(self, key: Key, given: Record, created: dt.datetime, version: int) -> Record:
        return {
            "Retention": 0,
            "PartitionKeys": [],
            **with_storage(given),
            "Name": key[1],
            "DatabaseName": key[0],
            "CreateTime": created,
            "UpdateTime": now(),
            "CreatedBy": f"arn:aws:iam::{self.account}:root",
            "IsRegisteredWithLakeFormation": False,
            "IsMultiDialectView": False,
            "CatalogId": self.account,
            "VersionId": str(version),
        }

    def table(self, database: str, name: str) -> Table:
        found = self.storage.get("table", (self.home(database), name.lower()))
        if found is None:
            raise not_found(f"Table {name.lower()} not found.")
        return Table(found)

    def tables(self, database: str) -> list[Table]:
        return [Table(found) for found in self.storage.records("table", (self.home(database),))]

    def update_table(
        self, database: str, given: Record, version: str | None = None, skip_archive: bool = False
    ) -> None:
        """Replace the description. ConcurrentModificationException when ``version`` is not the
        current one.
        """
        with self.transaction():
            old = self.table(database, given["Name"])
            if version is not None and version != str(old.version):
                raise GlueError(
                    "ConcurrentModificationException",
                    "Update table failed due to concurrent modifications.",
                )
            if not skip_archive:
                archived = (*old.key, version_key(old.version))
                self.storage.put("version", archived, old.description)
            created = old.description["CreateTime"]
            fresh = self._stamped(old.key, given, created, old.version + 1)
            self.storage.put("table", old.key, fresh)

    def delete_table(self, database: str, name: str) -> None:
        with self.transaction():
            self.storage.delete_under(self.table(database, name).key, *OF_TABLE)

    def create_partition(self, table: Table, given: Record) -> None:
        values = self._checked(table, given.get("Values") or [])
        stamped = self._stamped_partition(table, given, now())
        if not self.storage.add("partition", (*table.key, *values), stamped):
            raise already_exists("Partition already exists.")

    @staticmethod
    def _checked(table: Table, given: list[str]) -> Values:
        if not given or len(table.partition_keys) != len(given):
            raise invalid(
                "The number of partition keys do not match the number of partition values"
            )
        if any(SEPARATOR in value for value in given):
            raise invalid("Partition values must not contain the control character U+001F.")
        return tuple(given)

    def _stamped_partition(self, table: Table, given: Record, created: dt.datetime) -> Record:
        database, name = table.key
        return {
            **with_storage(given),
            "DatabaseName": database,
            "TableName": name,
            "CreationTime": created,
            "CatalogId": self.account,
        }

    def partition(self, table: Table, values: list[str]) -> Record:
        found = self.storage.get("partition", (*table.key, *values))
        if found is None:
            raise not_found("Cannot find partition.")
        return found

    def partition_places(self, table: Table) -> Iterator[tuple[Values, str | None, str | None]]:
        """Values, location and columns (as JSON) of each partition, in the order of the values."""
        parts = ("$.StorageDescriptor.Location", "$.StorageDescriptor.Columns")
        yield from self.storage.fields("partition", table.key, *parts)

    def update_partition(self, table: Table, values: list[str], given: Record) -> None:
        with self.transaction():
            old = self.partition(table, values)
            new = self._checked(table, given.get("Values") or list(values))
            if new != tuple(values):
                if self.storage.has("partition", (*table.key, *new)):
                    raise already_exists("Partition already exists.")
                self.delete_partition(table, values)
            fresh = {**given, "Values": list(new)}
            stamped = self._stamped_partition(table, fresh, old["CreationTime"])
            self.storage.put("partition", (*table.key, *new), stamped)

    def delete_partition(self, table: Table, values: list[str]) -> None:
        with self.transaction():
            if not self.storage.delete("partition", (*table.key, *values)):
                raise not_found("Cannot find partition.")
            self.storage.delete_under((*table.key, *values), "partition_statistics")


_CATALOGS: dict[tuple[str, str], DataCatalog] = {}
_LOCK = threading.Lock()


def catalog_of(account: str, region: str) -> DataCatalog:
    """The catalogue of an account in a region, opened at its first use."""
    with _LOCK:
        key = (account, region)
        if key not in _CATALOGS:
            _CATALOGS[key] = DataCatalog(account, region, load().home / "glue")
        return _CATALOGS[key]


def kept_catalogs() -> list[DataCatalog]:
    """All that have a file."""
    files = (load().home / "glue").glob("*/*.sqlite")
    return [catalog_of(file.parent.name, file.stem) for file in sorted(files)]
