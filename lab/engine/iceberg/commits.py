"""pyiceberg's catalogue over the engine's: a commit writes the next metadata file and swaps the
metastore's pointer, if it still is what the commit was made from.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pyiceberg.catalog import Identifier, MetastoreCatalog
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, ValidationException
from pyiceberg.io import FileIO
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import CommitTableResponse, Transaction
from pyiceberg.table import Table as PyTable
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER

from lab.engine.catalog import Catalog, Objects, Table
from lab.engine.errors import QueryError
from lab.engine.iceberg import kinds
from lab.engine.iceberg.files import StoreFiles
from lab.engine.iceberg.tables import IcebergTable, load

if TYPE_CHECKING:
    from pyiceberg.table.update import TableRequirement, TableUpdate


class Commits(NoopCatalog, MetastoreCatalog):  # type: ignore[misc]  # both say the same
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
        if found is None:
            raise NoSuchTableError(f"{database}.{name}")
        current = self.open(load(found, self.objects))
        staged = self._update_and_stage_table(current, table.name(), requirements, updates)
        location = staged.metadata_location
        if staged.metadata == current.metadata:
            return CommitTableResponse(
                metadata=current.metadata, metadata_location=current.metadata_location
            )
        ToOutputFile.table_metadata(staged.metadata, self.files.new_output(location))
        before = current.metadata_location
        if not self.metastore.swap_table(
            pointed(found, staged.metadata, location, before), "metadata_location", before
        ):
            self.files.delete(location)
            raise CommitFailedException(f"{database}.{name} was changed meanwhile")
        return CommitTableResponse(metadata=staged.metadata, metadata_location=location)

    def create(  # noqa: PLR0913, PLR0917  what a table consists of
        self,
        database: str,
        name: str,
        location: str,
        schema: Schema,
        spec: PartitionSpec,
        properties: dict[str, str],
        comment: str | None = None,
    ) -> IcebergTable:
        """Write the first metadata and tell the metastore."""
        metadata = new_table_metadata(
            schema=schema,
            partition_spec=spec,
            sort_order=UNSORTED_SORT_ORDER,
            location=location,
            properties=properties,
        )
        place = f"{location}/metadata/00000-{uuid4()}.metadata.json"
        ToOutputFile.table_metadata(metadata, self.files.new_output(place))
        bare = Table(database, name, (), location=location, comment=comment)
        bare = pointed(bare, metadata, place, None)
        self.metastore.create_table(bare)
        return load(bare, self.objects)


def pointed(table: Table, metadata: TableMetadata, location: str, before: str | None) -> Table:
    """The metastore's record of a table whose current metadata is at ``location``."""
    parameters = {**table.parameters, "table_type": "ICEBERG", "metadata_location": location}
    if before is not None:
        parameters["previous_metadata_location"] = before
    columns = kinds.glue_columns(list(metadata.schemas), metadata.schema())
    return replace(table, columns=columns, location=metadata.location, parameters=parameters)


def commit(transaction: Transaction, table: Table) -> PyTable:
    """Commit. ICEBERG_COMMIT_ERROR when somebody else's commit stands in the way."""
    try:
        return transaction.commit_transaction()
    except (CommitFailedException, ValidationException) as error:
        name = f"{table.database}.{table.name}"
        message = f"Failed to commit Iceberg update to table: {name}"
        raise QueryError("ICEBERG_COMMIT_ERROR", message) from error
