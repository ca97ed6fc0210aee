"""What the statements of DDL share: the catalogue, the database that names without one mean, and
Hive's ways to refuse.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from lab.engine.catalog import Catalog, Objects, Partition, Table
from lab.engine.errors import QueryError
from lab.engine.statements import Name, Spec

DDL_TASK = "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask."
CHANGED = "transient_lastDdlTime"


@dataclass(frozen=True, slots=True)
class Metastore:
    """One statement's view of a catalogue; ``database`` is in lower case."""

    catalog: Catalog
    objects: Objects
    database: str
    now: dt.datetime

    def place(self, name: Name) -> tuple[str, str]:
        """Database and table. An error when the database is not there."""
        database = name.database or self.database
        if self.catalog.database(database) is None:
            raise semantic(10072, f"Database does not exist: {database}")
        return database, name.table

    def find(self, name: Name) -> Table:
        database, table = self.place(name)
        found = self.catalog.table(database, table)
        if found is None:
            raise semantic(10001, f"Table not found {database}.{table}")
        return found

    def partition(self, table: Table, spec: Spec) -> Partition:
        """The partition that ``spec`` names in full."""
        values = partition_values(table, spec)
        for found in self.catalog.partitions(table):
            if found.values == values:
                return found
        raise no_partition(f"{key}={value}" for key, value in spec)

    def stamped(self, table: Table) -> Table:
        """The table, changed now: Hive keeps the second among its properties."""
        seconds = int(self.now.replace(tzinfo=dt.UTC).timestamp())
        return replace(table, parameters={**table.parameters, CHANGED: str(seconds)})

    def replace(self, table: Table) -> list[str]:
        self.catalog.replace_table(self.stamped(table))
        return []


def partition_values(table: Table, spec: Spec) -> tuple[str, ...]:
    """The values in the order of the partition keys, each of which must be given."""
    given = dict(spec)
    names = [key.name.lower() for key in table.partition_keys]
    if sorted(given) != sorted(names):
        wrong = ", ".join(given)
        raise semantic(10006, f"Partition spec {{{wrong}}} does not match the partition keys")
    return tuple(given[name] for name in names)


def semantic(code: int, message: str) -> QueryError:
    """What Hive finds wrong before it does anything."""
    return QueryError("FAILED", f"SemanticException [Error {code}]: {message}")


def task(reason: str) -> QueryError:
    """What Hive finds wrong while it changes the catalogue."""
    return QueryError("FAILED", f"{DDL_TASK} {reason}")


def no_partition(parts: Iterable[str]) -> QueryError:
    return semantic(10006, f"Partition not found ({', '.join(parts)})")
