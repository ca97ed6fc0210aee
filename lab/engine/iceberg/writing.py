"""Rows to data files of an Iceberg table: DuckDB writes Parquet with field ids, one file per
partition; pyiceberg reads the footers for the manifests.
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import logging
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet
from pyiceberg import types as ice
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.typedef import Record

from lab.engine import types
from lab.engine.catalog import Objects
from lab.engine.errors import QueryError, unsupported
from lab.engine.iceberg import partitions
from lab.engine.iceberg.files import CONTENT_TYPE, s3_uri
from lab.engine.run import Job, execute
from lab.engine.types import quote
from lab.engine.udfs import Registry

MAX_PARTITIONS = 100
KEPT = "iceberg_kept"
CODECS = {
    **{name: name for name in ("zstd", "gzip", "snappy", "uncompressed")},
    "lz4": "lz4_raw",
}
CODEC_PROPERTY = "write.parquet.compression-codec"
FORMAT_PROPERTY = "write.format.default"
# Ids that the format reserves for the columns of position delete files.
FILE_PATH_ID, POS_ID = 2147483546, 2147483545
DELETE_SCHEMA = Schema(
    ice.NestedField(FILE_PATH_ID, "file_path", ice.StringType(), required=True),
    ice.NestedField(POS_ID, "pos", ice.LongType(), required=True),
)
# A delete file is found by the exact least and greatest of the paths in it.
FULL = {"write.metadata.metrics.default": "full"}
# It warns of every column without statistics, which is no error.
logging.getLogger("pyiceberg.io.pyarrow").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition, its record in the manifests, and the SQL of which rows are its."""

    record: Record
    where: str = "true"


def write(
    job: Job, metadata: TableMetadata, sql: str, objects: Objects, functions: Registry
) -> list[DataFile]:
    """The data files that hold the rows of a query, which has all columns of the table.
    ICEBERG_TOO_MANY_OPEN_PARTITIONS beyond 100 partitions.
    """
    if metadata.properties.get(FORMAT_PROPERTY, "parquet").lower() != "parquet":
        raise unsupported(f"writing {metadata.properties[FORMAT_PROPERTY]} files to Iceberg tables")
    schema, spec = metadata.schema(), metadata.spec()
    columns = ", ".join(quote(field.name.lower()) for field in schema.fields)
    rows = _kept(job, spec, schema, sql, functions)
    parts = _split(job, spec, schema, rows)
    paths = [job.staging.path(".parquet") for _ in parts]
    for one, path in zip(parts, paths, strict=True):
        text = f"SELECT {columns} FROM {rows} AS r WHERE {one.where}"
        if not copy(job, text, path, schema, codec(metadata)):
            path.unlink()
    # Nothing is in the store before all of it is written.
    return [
        adopt(path, metadata, spec, one.record, objects, DataFileContent.DATA)
        for one, path in zip(parts, paths, strict=True)
        if path.exists()
    ]


def _kept(job: Job, spec: PartitionSpec, schema: Schema, sql: str, functions: Registry) -> str:
    """What to read the rows from: a table with the keys of their partitions, or just the query when
    it is read only once.
    """
    if not spec.fields and not any(field.required for field in schema.fields):
        return f"({sql})"
    keys = [f"CAST({partitions.group_sql(field, schema)} AS VARCHAR)" for field in spec.fields]
    named = "".join(f", {key} AS {quote(_key(place))}" for place, key in enumerate(keys))
    functions.require(job.cursor, named)
    execute(job, f"CREATE OR REPLACE TEMP TABLE {KEPT} AS SELECT *{named} FROM ({sql}) AS r")
    _check_required(job, schema)
    return KEPT


def _key(place: int) -> str:
    return f"$key{place}"


def _check_required(job: Job, schema: Schema) -> None:
    for field in schema.fields:
        if field.required:
            sql = f"SELECT 1 FROM {KEPT} WHERE {quote(field.name.lower())} IS NULL LIMIT 1"
            if execute(job, sql):
                message = f"NULL value not allowed for NOT NULL column: {field.name.lower()}"
                raise QueryError("CONSTRAINT_VIOLATION", message)


def codec(metadata: TableMetadata) -> str:
    """DuckDB's name of the table's compression."""
    return CODECS[metadata.properties.get(CODEC_PROPERTY, "zstd").lower()]


def _split(job: Job, spec: PartitionSpec, schema: Schema, rows: str) -> list[Partition]:
    """The partitions that the rows are in."""
    if not spec.fields:
        return [Partition(Record())]
    keys = [quote(_key(place)) for place in range(len(spec.fields))]
    sources = [f"any_value({partitions.source_sql(field, schema)})" for field in spec.fields]
    found: dict[Record, list[str]] = {}
    for row in execute(job, f"SELECT {', '.join((*keys, *sources))} FROM {rows} GROUP BY ALL"):
        texts, values = row[: len(keys)], row[len(keys) :]
        record = Record(*map(partitions.value_of, spec.fields, [schema] * len(values), values))
        test = " AND ".join(
            f"{key} IS NOT DISTINCT FROM {'NULL' if text is None else types.text(text)}"
            for key, text in zip(keys, texts, strict=True)
        )
        found.setdefault(record, []).append(f"({test})")
    if len(found) > MAX_PARTITIONS:
        message = f"Exceeded limit of {MAX_PARTITIONS} open writers for partitions"
        raise QueryError("ICEBERG_TOO_MANY_OPEN_PARTITIONS", message)
    return [Partition(record, " OR ".join(tests)) for record, tests in found.items()]


def copy(job: Job, sql: str, path: Path, schema: Schema, compression: str) -> int:
    """Write a Parquet file with field ids; the number of rows."""
    ids = ", ".join(_named_ids(schema.fields))
    copied = execute(
        job,
        f"COPY ({sql}) TO {types.text(str(path))}"
        f" (FORMAT PARQUET, COMPRESSION '{compression}', FIELD_IDS {{{ids}}})",
    )
    return int(copied[0][0])


def _named_ids(fields: tuple[ice.NestedField, ...]) -> list[str]:
    return [f"{quote(one.name.lower())}: {_ids(one.field_id, one.field_type)}" for one in fields]


def _ids(number: int, kind: ice.IcebergType) -> str:
    match kind:
        case ice.StructType():
            inner = _named_ids(kind.fields)
        case ice.ListType():
            inner = [f"element: {_ids(kind.element_id, kind.element_type)}"]
        case ice.MapType():
            inner = [
                f"key: {_ids(kind.key_id, kind.key_type)}",
                f"value: {_ids(kind.value_id, kind.value_type)}",
            ]
        case _:
            return str(number)
    return f"{{__duckdb_field_id: {number}, {', '.join(inner)}}}"


def adopt(  # noqa: PLR0913, PLR0917  what a manifest says about a file
    path: Path,
    metadata: TableMetadata,
    spec: PartitionSpec,
    record: Record,
    objects: Objects,
    content: DataFileContent,
) -> DataFile:
    """Move the file to its place in the store; its entry for a manifest."""
    schema = metadata.schema() if content == DataFileContent.DATA else DELETE_SCHEMA
    footer = pyarrow.parquet.read_metadata(path)
    size = path.stat().st_size
    name = f"{uuid.uuid4()}.parquet"
    if spec.fields:
        name = f"{spec.partition_to_path(record, metadata.schema())}/{name}"
    provider = load_location_provider(metadata.location, metadata.properties)
    location = provider.new_data_location(name)
    objects.adopt(s3_uri(location), path, CONTENT_TYPE)
    file = DataFile.from_args(
        content=content,
        file_path=location,
        file_format=FileFormat.PARQUET,
        partition=record,
        file_size_in_bytes=size,
        sort_order_id=None,
        spec_id=spec.spec_id,
        equality_ids=None,
        key_metadata=None,
        **_statistics(footer, schema, FULL if schema is DELETE_SCHEMA else metadata.properties),
    )
    # pyiceberg sets it on what it reads only.
    file.spec_id = spec.spec_id
    return file


def _statistics(footer: Any, schema: Schema, properties: dict[str, str]) -> dict[str, Any]:
    lowered = parquet_path_to_id_mapping(_lowered(schema))
    found = data_file_statistics_from_parquet_metadata(
        parquet_metadata=footer,
        stats_columns=compute_statistics_plan(schema, properties),
        parquet_column_mapping=lowered,
    )
    entries: dict[str, Any] = found.to_serialized_dict()
    return entries


def _lowered(schema: Schema) -> Schema:
    """The schema in the names that the files have."""

    def kind(given: Any) -> Any:
        match given:
            case ice.StructType():
                return ice.StructType(*map(field, given.fields))
            case ice.ListType():
                element = kind(given.element_type)
                return ice.ListType(given.element_id, element, given.element_required)
            case ice.MapType():
                value = kind(given.value_type), given.value_required
                return ice.MapType(given.key_id, kind(given.key_type), given.value_id, *value)
        return given

    def field(given: ice.NestedField) -> ice.NestedField:
        name, required = given.name.lower(), given.required
        return ice.NestedField(given.field_id, name, kind(given.field_type), required=required)

    return Schema(*map(field, schema.fields))
