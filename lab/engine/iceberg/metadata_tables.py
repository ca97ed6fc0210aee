"""``"table$snapshots"`` and its siblings: what the metadata of a table says, as tables.

Source: Amazon Athena User Guide, "Query Iceberg table metadata"; Trino documentation, "Iceberg
connector", Metadata tables, whose columns Athena has.
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile, DataFileContent, ManifestFile
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import NestedField

from lab.engine.catalog import Column, Objects, Table
from lab.engine.iceberg import kinds
from lab.engine.iceberg.files import StoreFiles
from lab.engine.iceberg.tables import IcebergTable
from lab.engine.scan import Source
from lab.engine.staging import Staging
from lab.engine.type_text import parse_type
from lab.engine.types import Type, field_names, quote
from lab.engine.values import Scan

ZONED = "timestamp(3) with time zone"
COUNTS = "map<int,bigint>"
BOUNDS = "map<int,string>"
SUMMARY = "contains_null:boolean,contains_nan:boolean,lower_bound:string,upper_bound:string"
COLUMNS = {
    "history": (
        ("made_current_at", ZONED), ("snapshot_id", "bigint"), ("parent_id", "bigint"),
        ("is_current_ancestor", "boolean"),
    ),
    "snapshots": (
        ("committed_at", ZONED), ("snapshot_id", "bigint"), ("parent_id", "bigint"),
        ("operation", "string"), ("manifest_list", "string"), ("summary", "map<string,string>"),
    ),
    "refs": (
        ("name", "string"), ("type", "string"), ("snapshot_id", "bigint"),
        ("max_reference_age_in_ms", "bigint"), ("min_snapshots_to_keep", "int"),
        ("max_snapshot_age_in_ms", "bigint"),
    ),
    "manifests": (
        ("path", "string"), ("length", "bigint"), ("partition_spec_id", "int"),
        ("added_snapshot_id", "bigint"), ("added_data_files_count", "int"),
        ("added_rows_count", "bigint"), ("existing_data_files_count", "int"),
        ("existing_rows_count", "bigint"), ("deleted_data_files_count", "int"),
        ("deleted_rows_count", "bigint"),
        ("partition_summaries", f"array<struct<{SUMMARY}>>"),
    ),
    "files": (
        ("content", "int"), ("file_path", "string"), ("file_format", "string"),
        ("record_count", "bigint"), ("file_size_in_bytes", "bigint"), ("column_sizes", COUNTS),
        ("value_counts", COUNTS), ("null_value_counts", COUNTS), ("nan_value_counts", COUNTS),
        ("lower_bounds", BOUNDS), ("upper_bounds", BOUNDS), ("key_metadata", "binary"),
        ("split_offsets", "array<bigint>"), ("equality_ids", "array<int>"),
    ),
}  # fmt: skip
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MetadataTable(Table):
    """One of them; its rows are made when it is read."""

    base: IcebergTable | None = None
    rows: Callable[[], list[Row]] = list

    @property
    def hidden(self) -> tuple[str, ...]:
        return ()


def metadata_table(base: IcebergTable, kind: str, objects: Objects) -> MetadataTable | None:
    """The table ``base$kind``; None when there is no such kind."""
    reader = Reader(base, StoreFiles(objects, Path()))
    if kind == "partitions":
        columns = reader.partition_columns()
    elif kind in COLUMNS:
        columns = tuple(Column(*pair) for pair in COLUMNS[kind])
    else:
        return None
    name = f"{base.name}${kind}"
    parameters = {"table_type": "ICEBERG"}
    rows = getattr(reader, kind)
    return MetadataTable(base.database, name, columns, parameters=parameters, base=base, rows=rows)


def source(scan: Scan, staging: Staging) -> Source:
    """The rows as SQL; no data file is read."""
    table = scan.table
    assert isinstance(table, MetadataTable)
    fields = [(column.name, _arrow(parse_type(column.type))) for column in table.columns]
    name = staging.register(pa.Table.from_pylist(table.rows(), pa.schema(fields)))
    columns = ", ".join(quote(column.name) for column in table.columns)
    return Source(f"SELECT {columns} FROM {name}", 0)


def _arrow(kind: Type) -> pa.DataType:  # noqa: PLR0911  one return per kind
    match kind.name:
        case "array":
            return pa.list_(_arrow(kind.args[0]))
        case "map":
            return pa.map_(_arrow(kind.args[0]), _arrow(kind.args[1]))
        case "row":
            names = field_names(kind)
            return pa.struct([(n, _arrow(of)) for n, (_, of) in zip(names, kind.args, strict=True)])
        case "decimal":
            return pa.decimal128(*kind.args)
        case "timestamp with time zone":
            return pa.timestamp("us", "UTC")
        case "timestamp":
            return pa.timestamp("us")
        case "time":
            return pa.time64("us")
    plain = {
        "boolean": pa.bool_(), "integer": pa.int32(), "bigint": pa.int64(), "real": pa.float32(),
        "double": pa.float64(), "date": pa.date32(), "varbinary": pa.binary(),
    }  # fmt: skip
    return plain.get(kind.name, pa.string())


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes the rows."""

    table: IcebergTable
    files_io: StoreFiles

    def history(self) -> list[Row]:
        metadata = self.table.metadata
        ancestors = set()
        now = metadata.current_snapshot()
        while now is not None:
            ancestors.add(now.snapshot_id)
            parent = now.parent_snapshot_id
            now = metadata.snapshot_by_id(parent) if parent is not None else None
        parents = {one.snapshot_id: one.parent_snapshot_id for one in metadata.snapshots}
        return [
            {
                "made_current_at": entry.timestamp_ms * 1000,
                "snapshot_id": entry.snapshot_id,
                "parent_id": parents.get(entry.snapshot_id),
                "is_current_ancestor": entry.snapshot_id in ancestors,
            }
            for entry in metadata.snapshot_log
        ]

    def snapshots(self) -> list[Row]:
        return [
            {
                "committed_at": one.timestamp_ms * 1000,
                "snapshot_id": one.snapshot_id,
                "parent_id": one.parent_snapshot_id,
                "operation": one.summary.operation.value if one.summary else None,
                "manifest_list": one.manifest_list,
                "summary": list(one.summary.additional_properties.items()) if one.summary else [],
            }
            for one in self.table.metadata.snapshots
        ]

    def refs(self) -> list[Row]:
        return [
            {
                "name": name,
                "type": ref.snapshot_ref_type.value.upper(),
                "snapshot_id": ref.snapshot_id,
                "max_reference_age_in_ms": ref.max_ref_age_ms,
                "min_snapshots_to_keep": ref.min_snapshots_to_keep,
                "max_snapshot_age_in_ms": ref.max_snapshot_age_ms,
            }
            for name, ref in self.table.metadata.refs.items()
        ]

    def manifests(self) -> list[Row]:
        return [self._manifest(one) for one in self._manifests()]

    def _manifests(self) -> list[ManifestFile]:
        snapshot = self.table.snapshot
        return list(snapshot.manifests(self.files_io)) if snapshot is not None else []

    def _manifest(self, one: ManifestFile) -> Row:
        spec = self.table.metadata.specs()[one.partition_spec_id]
        kinds_ = [field.field_type for field in self._partition_fields(spec)]
        summaries = [
            {
                "contains_null": part.contains_null,
                "contains_nan": part.contains_nan,
                "lower_bound": _shown(kind, part.lower_bound),
                "upper_bound": _shown(kind, part.upper_bound),
            }
            for kind, part in zip(kinds_, one.partitions or [], strict=False)
        ]
        return {
            "path": one.manifest_path,
            "length": one.manifest_length,
            "partition_spec_id": one.partition_spec_id,
            "added_snapshot_id": one.added_snapshot_id,
            "added_data_files_count": one.added_files_count,
            "added_rows_count": one.added_rows_count,
            "existing_data_files_count": one.existing_files_count,
            "existing_rows_count": one.existing_rows_count,
            "deleted_data_files_count": one.deleted_files_count,
            "deleted_rows_count": one.deleted_rows_count,
            "partition_summaries": summaries,
        }

    def _partition_fields(self, spec: PartitionSpec) -> tuple[NestedField, ...]:
        return tuple(spec.partition_type(self.table.metadata.schema()).fields)

    def _files(self) -> Iterator[DataFile]:
        for manifest in self._manifests():
            for entry in manifest.fetch_manifest_entry(self.files_io, discard_deleted=True):
                yield entry.data_file

    def files(self) -> list[Row]:
        schema = self.table.metadata.schema()

        def bounds(found: dict[int, bytes] | None) -> list[tuple[int, str | None]] | None:
            shown = []
            for number, bound in (found or {}).items():
                field = schema._lazy_id_to_field.get(number)
                if field is not None:
                    shown.append((number, _shown(field.field_type, bound)))
            return shown if found is not None else None

        def counts(found: dict[int, int] | None) -> list[tuple[int, int]] | None:
            return list(found.items()) if found is not None else None

        return [
            {
                "content": int(one.content),
                "file_path": one.file_path,
                "file_format": one.file_format.value,
                "record_count": one.record_count,
                "file_size_in_bytes": one.file_size_in_bytes,
                "column_sizes": counts(one.column_sizes),
                "value_counts": counts(one.value_counts),
                "null_value_counts": counts(one.null_value_counts),
                "nan_value_counts": counts(one.nan_value_counts),
                "lower_bounds": bounds(one.lower_bounds),
                "upper_bounds": bounds(one.upper_bounds),
                "key_metadata": one.key_metadata,
                "split_offsets": one.split_offsets,
                "equality_ids": one.equality_ids,
            }
            for one in self._files()
        ]

    def _plain_fields(self) -> list[NestedField]:
        return [f for f in self.table.metadata.schema().fields if f.field_type.is_primitive]

    def partition_columns(self) -> tuple[Column, ...]:
        """``partition`` when the table is partitioned, counts, and ``data`` with least and greatest
        values.
        """
        parts = [
            f"{field.name}:{kinds.text(field.field_type)}"
            for field in self._partition_fields(self.table.metadata.spec())
        ]
        data = [
            f"{f.name.lower()}:struct<min:{kinds.text(f.field_type)},max:{kinds.text(f.field_type)},"
            f"null_count:bigint,nan_count:bigint>"
            for f in self._plain_fields()
        ]
        return (
            *([Column("partition", f"struct<{','.join(parts)}>")] if parts else []),
            Column("record_count", "bigint"),
            Column("file_count", "bigint"),
            Column("total_size", "bigint"),
            *([Column("data", f"struct<{','.join(data)}>")] if data else []),
        )

    def partitions(self) -> list[Row]:
        groups: dict[str, list[DataFile]] = {}
        for one in self._files():
            if one.content == DataFileContent.DATA:
                groups.setdefault(f"{one.spec_id}{one.partition}", []).append(one)
        return [self._partition(group) for group in groups.values()]

    def _partition(self, group: list[DataFile]) -> Row:
        spec = self.table.metadata.specs()[group[0].spec_id]
        record = group[0].partition
        values = {field.field_id: record[i] for i, field in enumerate(spec.fields)}
        current = self.table.metadata.spec().fields
        return {
            "partition": {field.name: values.get(field.field_id) for field in current},
            "record_count": sum(one.record_count for one in group),
            "file_count": len(group),
            "total_size": sum(one.file_size_in_bytes for one in group),
            "data": {f.name.lower(): _spread(f, group) for f in self._plain_fields()},
        }


def _spread(field: NestedField, group: list[DataFile]) -> Row | None:
    """The least and the greatest value of a column in all files, and how many are none."""
    number = field.field_id

    def values(name: str) -> list[Any]:
        found = [(getattr(one, name) or {}).get(number) for one in group]
        return [from_bytes(field.field_type, one) for one in found if one is not None]

    def total(name: str) -> int | None:
        found = [(getattr(one, name) or {}).get(number) for one in group]
        known = [one for one in found if one is not None]
        return sum(known) if known else None

    return {
        "min": min(values("lower_bounds"), default=None),
        "max": max(values("upper_bounds"), default=None),
        "null_count": total("null_value_counts"),
        "nan_count": total("nan_value_counts"),
    }


def _shown(kind: Any, bound: bytes | None) -> str | None:
    if bound is None:
        return None
    text: str = IdentityTransform().to_human_string(kind, from_bytes(kind, bound))
    return text
