"""The catalogue as the engine sees it: databases, tables, partitions. Whoever runs the engine
supplies one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

# What every table has besides its columns and ``*`` does not select.
HIDDEN_COLUMNS = {
    "$path": "string",
    "$file_size": "bigint",
    "$file_modified_time": "timestamp with time zone",
    "$partition": "string",
    # The place of a row in its file, of Iceberg tables only: what a delete file names.
    "$pos": "bigint",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the metastore writes it; ``type`` is Hive's text."""

    name: str
    type: str
    comment: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table or, when ``view`` holds the text of a query, a view. ``created`` is in seconds since
    1970.
    """

    database: str
    name: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...] = ()
    location: str = ""
    input_format: str = ""
    output_format: str = ""
    serde: str = ""
    serde_parameters: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    comment: str | None = None
    view: str | None = None
    bucketed_by: tuple[str, ...] = ()
    bucket_count: int = 0
    owner: str | None = None
    created: float | None = None

    @property
    def all_columns(self) -> tuple[Column, ...]:
        return self.columns + self.partition_keys

    @property
    def hidden(self) -> tuple[str, ...]:
        """Its columns that ``*`` does not select."""
        partition = ("$partition",) if self.partition_keys else ()
        return ("$path", "$file_size", "$file_modified_time", *partition)


def hidden_columns(table: Table) -> tuple[str, ...]:
    """The names of those that this table has."""
    return table.hidden


@dataclass(frozen=True, slots=True)
class Partition:
    """The values of the partition keys, in their order, and where its files are. ``columns`` are
    those that the partition declares, when the metastore keeps them.
    """

    values: tuple[str, ...]
    location: str
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Database:
    name: str
    location: str | None = None
    comment: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An object of the store as a file of this machine; ``modified`` in seconds since 1970."""

    key: str
    path: Path
    size: int
    modified: float
    bucket: str = ""

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class Catalog(Protocol):
    """What the engine asks of a metastore. Names are lower case. Unknown names give None, or
    nothing.
    """

    def databases(self) -> list[Database]: ...
    def database(self, name: str) -> Database | None: ...
    def create_database(self, database: Database) -> None: ...
    def replace_database(self, database: Database) -> None: ...
    def drop_database(self, name: str) -> None: ...
    def tables(self, database: str) -> list[Table]: ...
    def table(self, database: str, name: str) -> Table | None: ...
    def create_table(self, table: Table) -> None: ...
    def replace_table(self, table: Table) -> None: ...
    def swap_table(self, table: Table, parameter: str, expected: str) -> bool:
        """Replace it if that parameter of it is still the expected one; whether it was."""
        ...

    def drop_table(self, database: str, name: str) -> None: ...
    def partitions(self, table: Table) -> list[Partition]: ...
    def add_partitions(self, table: Table, partitions: list[Partition]) -> None: ...
    def replace_partition(
        self, table: Table, values: tuple[str, ...], partition: Partition
    ) -> None: ...
    def drop_partition(self, table: Table, values: tuple[str, ...]) -> None: ...


class Objects(Protocol):
    """The object store: what lies under an ``s3://bucket/prefix`` URI, and how a local file gets
    there.
    """

    def list(self, uri: str) -> Iterator[StoredFile]: ...
    def adopt(self, uri: str, path: Path, content_type: str) -> None: ...
    def path(self, uri: str) -> Path: ...
    def remove(self, uris: Sequence[str]) -> None: ...
