"""Which files of a snapshot a query reads: pyiceberg prunes them by partition and by the least and
greatest values in the manifests.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pyiceberg import types as ice
from pyiceberg.expressions import (
    AlwaysTrue,
    And,
    BooleanExpression,
    EqualTo,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    LessThan,
    LessThanOrEqual,
)
from pyiceberg.manifest import DataFile, FileFormat
from pyiceberg.table import Table as PyTable

from lab.engine.catalog import Objects, StoredFile
from lab.engine.errors import QueryError, unsupported
from lab.engine.iceberg.files import StoreFiles, s3_uri
from lab.engine.iceberg.tables import IcebergTable

COMPARISONS: dict[str, Any] = {
    "=": EqualTo,
    "<": LessThan,
    "<=": LessThanOrEqual,
    ">": GreaterThan,
    ">=": GreaterThanOrEqual,
}
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Task:
    """A data file to read, and the delete files that take rows from it."""

    data: DataFile
    deletes: tuple[DataFile, ...]

    @property
    def uri(self) -> str:
        return str(self.data.file_path)


def plan(table: IcebergTable, filters: list[tuple[str, str, Any]], files: StoreFiles) -> list[Task]:
    """The files that may hold rows for which all filters are true."""
    if table.snapshot is None:
        return []
    name = (table.database, table.name)
    opened = PyTable(name, table.metadata, table.metadata_location, files, None)
    scan = opened.scan(
        row_filter=_expression(table, filters),
        case_sensitive=False,
        snapshot_id=table.snapshot.snapshot_id,
    )
    try:
        found = list(scan.plan_files())
    except FileNotFoundError as error:
        raise QueryError(
            "ICEBERG_MISSING_METADATA",
            f"Error reading the metadata of table {table.database}.{table.name}: {error.filename}",
        ) from error
    except ValueError as error:
        if "equality deletes" in str(error):
            raise unsupported("an Iceberg table with equality deletes") from error
        raise
    tasks = [
        Task(one.file, tuple(sorted(one.delete_files, key=lambda d: d.file_path))) for one in found
    ]
    for task in tasks:
        for file in (task.data, *task.deletes):
            if file.file_format != FileFormat.PARQUET:
                raise unsupported(f"an Iceberg table of {file.file_format.value} files")
    return sorted(tasks, key=lambda task: task.uri)


def stored_file(objects: Objects, uri: str) -> StoredFile:
    """The local file of a data file. ICEBERG_CANNOT_OPEN_SPLIT when it is gone."""
    uri = s3_uri(uri)
    path = objects.path(uri)
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise QueryError(
            "ICEBERG_CANNOT_OPEN_SPLIT",
            f"Error opening Iceberg split {uri} (offset=0, length=0): {uri} does not exist",
        ) from error
    return StoredFile(key, path, status.st_size, status.st_mtime, bucket)


def _expression(table: IcebergTable, filters: list[tuple[str, str, Any]]) -> BooleanExpression:
    result: BooleanExpression = AlwaysTrue()
    # pyiceberg binds the filter to the current schema.
    schema = table.metadata.schema() if not table.travelled else None
    if schema is None:
        return result
    for name, symbol, value in filters:
        field = schema.find_field(name, case_sensitive=False)
        given = value if symbol == "in" else (value,)
        constants = [_constant(field.field_type, one) for one in given]
        if None in constants or not (symbol in COMPARISONS or symbol == "in"):
            continue
        if symbol == "in":
            result = And(result, In(field.name, constants))
        else:
            result = And(result, COMPARISONS[symbol](field.name, constants[0]))
    return result


def _constant(kind: ice.IcebergType, value: Any) -> Any:  # noqa: PLR0911  one return per kind
    """The value as pyiceberg compares it; None when that is not certain."""
    if isinstance(value, bool):
        return value if isinstance(kind, ice.BooleanType) else None
    match kind:
        case ice.IntegerType() | ice.LongType():
            return value if isinstance(value, int) else None
        case ice.StringType():
            return value if isinstance(value, str) else None
        case ice.DateType() if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return (value - EPOCH.date()).days
        case ice.TimestampType() if isinstance(value, dt.date):
            if not isinstance(value, dt.datetime):
                value = dt.datetime.combine(value, dt.time())
            return (value.replace(tzinfo=dt.UTC) - EPOCH) // MICROSECOND
        case ice.DecimalType() if isinstance(value, int | Decimal):
            exact = Decimal(value).quantize(Decimal(1).scaleb(-kind.scale))
            return exact if exact == value else None
    return None
