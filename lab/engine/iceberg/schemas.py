"""How one data file's columns become the table's: matched by field id, whatever their names are by
now; what the file does not have is NULL, and numbers widen.

Source: Iceberg Table Spec, "Column Projection".
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pyiceberg import types as ice

from lab.engine import types
from lab.engine.catalog import StoredFile
from lab.engine.footers import footer_of
from lab.engine.iceberg import kinds
from lab.engine.type_text import parse_type
from lab.engine.types import quote

FIELD_ID = b"PARQUET:field_id"


@dataclass(frozen=True, slots=True)
class Stored:
    """A field of a file; ``id`` is None when the file does not say. The parts of a list or a map
    are its fields.
    """

    name: str
    id: int | None
    fields: tuple["Stored", ...]


def stored(file: StoredFile) -> tuple[Stored, ...]:
    """The columns of a Parquet file."""
    # Raises when the file is gone or is none.
    footer_of(file)
    return _stored(file.path, file.size, file.modified)


@lru_cache(maxsize=4096)
def _stored(path: Path, _size: int, _modified: float) -> tuple[Stored, ...]:
    import pyarrow.parquet

    return tuple(_field(field) for field in pyarrow.parquet.read_schema(path))


def _field(field: Any) -> Stored:
    import pyarrow as pa

    given = (field.metadata or {}).get(FIELD_ID)
    kind = field.type
    inner: list[Any] = []
    if pa.types.is_struct(kind):
        inner = [kind.field(place) for place in range(kind.num_fields)]
    elif pa.types.is_map(kind):
        inner = [kind.key_field, kind.item_field]
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = [kind.value_field]
    return Stored(field.name, int(given) if given else None, tuple(map(_field, inner)))


def find(
    columns: tuple[Stored, ...], field: ice.NestedField, names: dict[str, int]
) -> Stored | None:
    """The stored column of a field. Files without ids (written by others and added to the table)
    are matched by the table's name mapping.
    """
    for column in columns:
        number = column.id if column.id is not None else names.get(column.name)
        if number == field.field_id:
            return column
    return None


def names_of(schema: Any, mapping: Any) -> dict[str, int]:
    """Top-level names of files without ids, and the ids that they stand for."""
    if mapping is None:
        return {field.name: field.field_id for field in schema.fields}
    return {name: one.field_id for one in mapping.root for name in one.names if one.field_id}


def read(field: ice.NestedField, column: Stored | None) -> str:
    """SQL of the column in the table's type."""
    kind = types.duckdb(parse_type(kinds.text(field.field_type)))
    sql = "NULL" if column is None else _value(field.field_type, column, quote(column.name), 0)
    return f"CAST({sql} AS {kind})"


def _value(kind: ice.IcebergType, column: Stored, sql: str, depth: int) -> str:
    if not column.fields or _same(kind, column):
        return sql
    name = f"x{depth}"
    match kind:
        case ice.StructType():
            parts = []
            for field in kind.fields:
                inner = next((one for one in column.fields if one.id == field.field_id), None)
                value = "NULL"
                if inner is not None:
                    value = f"struct_extract({sql}, {types.text(inner.name)})"
                    value = _value(field.field_type, inner, value, depth)
                kind_text = types.duckdb(parse_type(kinds.text(field.field_type)))
                parts.append(f"{quote(field.name.lower())} := CAST({value} AS {kind_text})")
            return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({', '.join(parts)}) END"
        case ice.ListType():
            element = _value(kind.element_type, column.fields[0], name, depth + 1)
            return f"list_transform({sql}, lambda {name}: {element})"
        case ice.MapType():
            key = _value(kind.key_type, column.fields[0], f"{name}.key", depth + 1)
            value = _value(kind.value_type, column.fields[1], f"{name}.value", depth + 1)
            pair = f"struct_pack(key := {key}, value := {value})"
            entries = f"list_transform(map_entries({sql}), lambda {name}: {pair})"
            return f"CASE WHEN {sql} IS NOT NULL THEN map_from_entries({entries}) END"
    return sql


def _same(kind: ice.IcebergType, column: Stored) -> bool:
    """Whether the stored fields are those of the type, in number, order and name."""
    match kind:
        case ice.StructType():
            return len(kind.fields) == len(column.fields) and all(
                (one.id is None or one.id == field.field_id)
                and one.name == field.name.lower()
                and _same(field.field_type, one)
                for field, one in zip(kind.fields, column.fields, strict=True)
            )
        case ice.ListType():
            return _same(kind.element_type, column.fields[0])
        case ice.MapType():
            return _same(kind.key_type, column.fields[0]) and _same(
                kind.value_type, column.fields[1]
            )
    return True
