"""pyiceberg's catalogue over the engine's: a commit writes the next metadata file and swaps the
metastore's pointer, if it still is what the commit was made from.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyiceberg.catalog import Identifier, MetastoreCatalog
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, ValidationException
from pyiceberg.io import FileIO
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import CommitTableResponse, Transaction
from pyiceberg.table import Table as PyTable
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER

from lab.engine.catalog import Catalog, Objects, Table
from lab.engine.errors import QueryError
from lab.engine.iceberg import kinds
from lab.engine.iceberg.files import StoreFiles
from lab.engine.iceberg.tables import IcebergTable, load

if TYPE_CHECKING:
    from pyiceberg.table.update import TableRequirement, TableUpdate

# What the metadata calls the comment of a table.
COMMENT = "comment"


class Commits(MetastoreCatalog, NoopCatalog):  # type: ignore[misc]  # both say the same
    """What pyiceberg's tables commit to. It loads tables and commits; the rest is refused."""

    def __init__(self, catalog: Catalog, objects: Objects, scratch: Path) -> None:
        super().__init__("lab")
        self.metastore = catalog
        self.objects = objects
        self.files = StoreFiles(objects, scratch)

    def _load_file_io(self, properties: Any = None, location: str | None = None) -> FileIO:  # noqa: ARG002
        return self.files

    def open(self, table: IcebergTable) -> PyTable:
        """pyiceberg's table, at the metadata that the statement was planned with."""
        return PyTable(
            identifier=(table.database, table.name),
            metadata=table.metadata,
            metadata_location=table.metadata_location,
            io=self.files,
            catalog=self,
        )

    def load_table(self, identifier: str | Identifier) -> PyTable:
        database, name = self.identifier_to_database_and_table(identifier)
        found = self.metastore.table(database, name)
        if found is None:
            raise NoSuchTableError(f"{database}.{name}")
        return self.open(load(found, self.objects))

    def commit_table(
        self,
        table: PyTable,
        requirements: "tuple[TableRequirement, ...]",
        updates: "tuple[TableUpdate, ...]",
    ) -> CommitTableResponse:
        database, name = table.name()
        found = self.metastore.table(database, name)
        current = None if found is None else self.open(load(found, self.objects))
        staged = self._update_and_stage_table(current, table.name(), requirements, updates)
        if current is not None and staged.metadata == current.metadata:
            staged = current
        else:
            self._write(found, current, staged)
        location = staged.metadata_location
        return CommitTableResponse(metadata=staged.metadata, metadata_location=location)

    def _write(self, found: Table | None, current: PyTable | None, staged: PyTable) -> None:
        """Write the metadata file, then point the metastore to it."""
        location = staged.metadata_location
        ToOutputFile.table_metadata(staged.metadata, self.files.new_output(location))
        if found is None or current is None:
            database, name = staged.name()
            bare = Table(database, name, ())
            self.metastore.create_table(pointed(bare, staged.metadata, location, None))
            return
        before = current.metadata_location
        now = pointed(found, staged.metadata, location, before)
        if not self.metastore.swap_table(now, "metadata_location", before):
            self.files.delete(location)
            raise CommitFailedException(f"{found.database}.{found.name} was changed meanwhile")

    def new_table(
        self, name: tuple[str, str], location: str, schema: Schema, spec: PartitionSpec,
        properties: dict[str, str],
    ) -> Transaction:  # fmt: skip
        """A table that is there once the transaction is committed."""
        return self.create_table_transaction(
            name, schema, location, spec, UNSORTED_SORT_ORDER, properties
        )


def pointed(table: Table, metadata: TableMetadata, location: str, before: str | None) -> Table:
    """The metastore's record of a table whose current metadata is at ``location``."""
    parameters = {**table.parameters, "table_type": "ICEBERG", "metadata_location": location}
    if before is not None:
        parameters["previous_metadata_location"] = before
    return replace(
        table,
        columns=kinds.glue_columns(list(metadata.schemas), metadata.schema()),
        location=metadata.location,
        parameters=parameters,
        comment=metadata.properties.get(COMMENT, table.comment),
    )


def commit(transaction: Transaction, name: str) -> PyTable:
    """Commit. ICEBERG_COMMIT_ERROR when somebody else's commit stands in the way."""
    try:
        return transaction.commit_transaction()
    except (CommitFailedException, ValidationException) as error:
        message = f"Failed to commit Iceberg update to table: {name}"
        raise QueryError("ICEBERG_COMMIT_ERROR", message) from error
