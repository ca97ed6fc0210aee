"""The catalogue of a statement that may meet Iceberg tables: their columns come from their own
metadata and not from the metastore, and ``"table$snapshots"`` is a table too.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lab.engine import statements as s
from lab.engine.catalog import Catalog, Database, Objects, Partition, Table
from lab.engine.iceberg import statements as i

if TYPE_CHECKING:
    from lab.engine.iceberg.tables import IcebergTable


def is_iceberg(table: Table) -> bool:
    """Whether the metastore's record is that of an Iceberg table."""
    return any(
        key.lower() == "table_type" and value.lower() == "iceberg"
        for key, value in table.parameters.items()
    )


class Lake:
    """A catalogue that knows Iceberg tables; everything else is handed through."""

    def __init__(self, catalog: Catalog, objects: Objects) -> None:
        self.catalog = catalog
        self.objects = objects
        self.changing = False

    def table(self, database: str, name: str) -> Table | None:
        """The table as it is read. ICEBERG_* errors when its metadata cannot be."""
        base, _, kind = name.partition("$")
        found = self.catalog.table(database, base)
        if found is None or not is_iceberg(found):
            return self.catalog.table(database, name) if kind else found
        loaded = self.iceberg(found)
        if not kind:
            return loaded
        from lab.engine.iceberg.metadata_tables import metadata_table

        return metadata_table(loaded, kind, self.objects)

    def iceberg(self, found: Table) -> "IcebergTable":
        """The Iceberg table behind a record of the metastore."""
        from lab.engine.iceberg.tables import load

        return replace(load(found, self.objects), changing=self.changing)

    def database(self, name: str) -> Database | None:
        return self.catalog.database(name)

    def partitions(self, table: Table) -> list[Partition]:
        return self.catalog.partitions(table)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.catalog, name)


def concerns(statement: s.Statement, lake: Lake, database: str) -> bool:
    """Whether this package runs the statement: it is one that only Iceberg tables have, or it makes
    or is about one.
    """
    if isinstance(statement, i.OWN):
        return True
    if isinstance(statement, s.CreateTableAs):
        return str(statement.properties.get("table_type", "")).lower() == "iceberg"
    name = getattr(statement, "name", None)
    if not isinstance(name, s.Name) or isinstance(statement, s.CreateView | s.DropView):
        return False
    found = lake.catalog.table((name.database or database).lower(), name.table)
    return found is not None and is_iceberg(found)
