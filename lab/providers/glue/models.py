"""The catalogue's state, in memory: one per account and region, used by Glue's API and by Athena's
DDL alike.

What a caller gives is kept as given; what it does not give stays absent. Names are lower case, as
Glue makes them.
"""

import datetime as dt
import threading
from dataclasses import dataclass, field
from typing import Any

from lab.providers.glue.errors import GlueError, already_exists, invalid, not_found

Values = tuple[str, ...]
Record = dict[str, Any]


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def without_nothing(record: Record) -> Record:
    """Without the fields that are None: Glue leaves out what was not given."""
    return {key: value for key, value in record.items() if value is not None}


@dataclass(slots=True)
class Table:
    """A table: its current description, the earlier ones by version, its partitions and column
    statistics.
    """

    description: Record
    version: int = 0
    versions: dict[int, Record] = field(default_factory=dict)
    partitions: dict[Values, Record] = field(default_factory=dict)
    statistics: dict[str, Record] = field(default_factory=dict)

    def describe(self) -> Record:
        return {**self.description, "VersionId": str(self.version)}


@dataclass(slots=True)
class Database:
    """A database and its tables by name."""

    description: Record
    tables: dict[str, Table] = field(default_factory=dict)


class DataCatalog:
    """All databases of one account and region. Every method may be called from any thread."""

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self.lock = threading.RLock()
        self._databases: dict[str, Database] = {}

    def ensure_default(self) -> None:
        """Athena's database ``default`` exists from the first query on."""
        with self.lock:
            if "default" not in self._databases:
                self.create_database({"Name": "default", "Description": "Default Hive database"})

    def create_database(self, given: Record) -> None:
        with self.lock:
            name = given["Name"].lower()
            if name in self._databases:
                raise already_exists("Database already exists.")
            stamped = {
                **without_nothing(given),
                "Name": name,
                "CreateTime": now(),
                "CatalogId": self.account,
            }
            self._databases[name] = Database(stamped)

    def update_database(self, name: str, given: Record) -> None:
        with self.lock:
            database = self.database(name)
            kept = {key: database.description[key] for key in ("Name", "CreateTime", "CatalogId")}
            database.description = {**without_nothing(given), **kept}

    def database(self, name: str) -> Database:
        found = self._databases.get(name.lower())
        if found is None:
            raise not_found(f"Database {name.lower()} not found.")
        return found

    def databases(self) -> list[Record]:
        with self.lock:
            return [self._databases[name].description for name in sorted(self._databases)]

    def delete_database(self, name: str) -> None:
        with self.lock:
            self.database(name)
            del self._databases[name.lower()]

    def create_table(self, database: str, given: Record) -> None:
        with self.lock:
            home = self.database(database)
            name = given["Name"].lower()
            if name in home.tables:
                raise already_exists("Table already exists.")
            home.tables[name] = Table(self._stamped(database, name, given, now()))

    def _stamped(self, database: str, name: str, given: Record, created: dt.datetime) -> Record:
        defaults = {"Retention": 0, "PartitionKeys": []}
        return {
            **defaults,
            **without_nothing(given),
            "Name": name,
            "DatabaseName": database.lower(),
            "CreateTime": created,
            "UpdateTime": now(),
            "CreatedBy": f"arn:aws:iam::{self.account}:root",
            "IsRegisteredWithLakeFormation": False,
            "CatalogId": self.account,
        }

    def table(self, database: str, name: str) -> Table:
        found = self.database(database).tables.get(name.lower())
        if found is None:
            raise not_found(f"Table {name.lower()} not found.")
        return found

    def tables(self, database: str) -> list[Table]:
        with self.lock:
            tables = self.database(database).tables
            return [tables[name] for name in sorted(tables)]

    def update_table(
        self, database: str, given: Record, version: str | None = None, skip_archive: bool = False
    ) -> None:
        """Replace the description. ConcurrentModificationException when ``version`` is not the
        current one.
        """
        with self.lock:
            table = self.table(database, given["Name"])
            if version is not None and version != str(table.version):
                raise GlueError(
                    "ConcurrentModificationException",
                    "Update table failed due to concurrent modifications.",
                )
            if not skip_archive:
                table.versions[table.version] = table.describe()
            created = table.description["CreateTime"]
            name = given["Name"].lower()
            table.description = self._stamped(database, name, given, created)
            table.version += 1

    def delete_table(self, database: str, name: str) -> None:
        with self.lock:
            self.table(database, name)
            del self.database(database).tables[name.lower()]

    def create_partition(self, database: str, name: str, given: Record) -> None:
        with self.lock:
            table = self.table(database, name)
            values = self._checked(table, given.get("Values") or [])
            if values in table.partitions:
                raise already_exists("Partition already exists.")
            table.partitions[values] = self._stamped_partition(table, given)

    @staticmethod
    def _checked(table: Table, given: list[str]) -> Values:
        keys = table.description.get("PartitionKeys") or []
        if len(keys) != len(given):
            raise invalid(
                "The number of partition keys do not match the number of partition values"
            )
        return tuple(given)

    def _stamped_partition(self, table: Table, given: Record) -> Record:
        return {
            **without_nothing(given),
            "DatabaseName": table.description["DatabaseName"],
            "TableName": table.description["Name"],
            "CreationTime": now(),
            "CatalogId": self.account,
        }

    def partition(self, database: str, name: str, values: list[str]) -> Record:
        found = self.table(database, name).partitions.get(tuple(values))
        if found is None:
            raise not_found("Cannot find partition.")
        return found

    def partitions(self, database: str, name: str) -> list[Record]:
        """In the order of their values."""
        with self.lock:
            found = self.table(database, name).partitions
            return [found[values] for values in sorted(found)]

    def update_partition(self, database: str, name: str, values: list[str], given: Record) -> None:
        with self.lock:
            table = self.table(database, name)
            old = self.partition(database, name, values)
            new = self._checked(table, given.get("Values") or list(values))
            if new != tuple(values) and new in table.partitions:
                raise already_exists("Partition already exists.")
            del table.partitions[tuple(values)]
            stamped = self._stamped_partition(table, {**given, "Values": list(new)})
            table.partitions[new] = {**stamped, "CreationTime": old["CreationTime"]}

    def delete_partition(self, database: str, name: str, values: list[str]) -> None:
        with self.lock:
            self.partition(database, name, values)
            del self.table(database, name).partitions[tuple(values)]


_CATALOGS: dict[tuple[str, str], DataCatalog] = {}
_LOCK = threading.Lock()


def catalog_of(account: str, region: str) -> DataCatalog:
    """The catalogue of an account in a region, made at its first use."""
    with _LOCK:
        key = (account, region)
        if key not in _CATALOGS:
            _CATALOGS[key] = DataCatalog(account, region)
        return _CATALOGS[key]
