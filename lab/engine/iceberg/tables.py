"""An Iceberg table as the engine reads it: its metadata, one of its snapshots, and the columns that
snapshot had.
"""

import datetime as dt
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pyiceberg.exceptions import ValidationError
from pyiceberg.schema import Schema
from pyiceberg.serializers import FromInputFile
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot

from lab.engine.catalog import Objects, Table
from lab.engine.errors import QueryError
from lab.engine.iceberg import kinds
from lab.engine.iceberg.files import StoredInput, s3_uri
from lab.engine.type_text import parse_type
from lab.engine.types import Type

HIDDEN = ("$path", "$file_modified_time")
POSITION = "$pos"


@dataclass(frozen=True, slots=True)
class IcebergTable(Table):
    """``snapshot`` is what is read: None when the table has none yet. ``changing`` when the place
    of each row in its file is asked for too.
    """

    metadata_location: str = ""
    metadata: Any = None
    snapshot: Snapshot | None = None
    travelled: bool = False
    changing: bool = False

    @property
    def hidden(self) -> tuple[str, ...]:
        return (*HIDDEN, POSITION) if self.changing else HIDDEN

    @property
    def full_name(self) -> str:
        return f"{self.database}.{self.name}"

    @property
    def kinds(self) -> dict[str, Type]:
        """The types of the columns."""
        return {column.name.lower(): parse_type(column.type) for column in self.columns}

    @property
    def schema(self) -> Schema:
        """The schema of what is read: the snapshot's own when the statement goes back in time."""
        if self.travelled and self.snapshot is not None and self.snapshot.schema_id is not None:
            found: Schema = self.metadata.schema_by_id(self.snapshot.schema_id)
            return found
        current: Schema = self.metadata.schema()
        return current


def load(found: Table, objects: Objects) -> IcebergTable:
    """The table that a record of the metastore points to."""
    location = next(
        (v for k, v in found.parameters.items() if k.lower() == "metadata_location"), None
    )
    if location is None:
        raise QueryError(
            "ICEBERG_INVALID_METADATA",
            f"Table is missing [metadata_location] property: {found.database}.{found.name}",
        )
    metadata = read_metadata(location, objects, f"{found.database}.{found.name}")
    given = {each.name: getattr(found, each.name) for each in fields(Table)}
    given |= {"columns": kinds.columns(metadata.schema()), "partition_keys": ()}
    return IcebergTable(
        **given,
        metadata_location=location,
        metadata=metadata,
        snapshot=metadata.current_snapshot(),
    )


def read_metadata(location: str, objects: Objects, name: str) -> TableMetadata:
    """ICEBERG_MISSING_METADATA and ICEBERG_INVALID_METADATA."""
    path = objects.path(s3_uri(location))
    if not path.is_file():
        message = f"Metadata not found in metadata location for table {name}"
        raise QueryError("ICEBERG_MISSING_METADATA", message)
    try:
        metadata = _parsed(location, str(path), path.stat().st_mtime_ns)
    except (ValidationError, ValueError, KeyError) as error:
        message = f"Invalid metadata file for table {name}"
        raise QueryError("ICEBERG_INVALID_METADATA", message) from error
    if metadata.format_version > 2:
        message = f"Iceberg table format version {metadata.format_version} is not supported"
        raise QueryError("NOT_SUPPORTED", message)
    return metadata


@lru_cache(maxsize=64)
def _parsed(location: str, path: str, _modified: int) -> TableMetadata:
    return FromInputFile.table_metadata(StoredInput(location, Path(path)))


def at_version(table: IcebergTable, version: int | str) -> IcebergTable:
    """The table at a snapshot id, or at a tag or branch."""
    if isinstance(version, str):
        found = table.metadata.snapshot_by_name(version)
        if found is None or version not in table.metadata.refs:
            message = f"Cannot find snapshot with reference name: {version}"
            raise QueryError("INVALID_ARGUMENTS", message)
    else:
        found = table.metadata.snapshot_by_id(version)
        if found is None:
            message = f"Iceberg snapshot ID does not exists: {version}"
            raise QueryError("INVALID_ARGUMENTS", message)
    return _travelled(table, found)


def at_time(table: IcebergTable, moment: dt.datetime) -> IcebergTable:
    """The table as it was at a moment (UTC)."""
    millis = int(moment.replace(tzinfo=moment.tzinfo or dt.UTC).timestamp() * 1000)
    reached = [entry for entry in table.metadata.snapshot_log if entry.timestamp_ms <= millis]
    found = table.metadata.snapshot_by_id(reached[-1].snapshot_id) if reached else None
    if found is None:
        shown = moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        name = f'"{table.database}"."{table.name}"'
        message = f"No version history table {name} at or before {shown}"
        raise QueryError("INVALID_ARGUMENTS", message)
    return _travelled(table, found)


def _travelled(table: IcebergTable, snapshot: Snapshot) -> IcebergTable:
    there = replace(table, snapshot=snapshot, travelled=True)
    return replace(there, columns=kinds.columns(there.schema))
