"""Changes of fields wherever they are: in structures, and in the elements of arrays."""

from collections.abc import Callable, Mapping
from typing import Any

from awsglue._inference import ELEMENT, Path
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f
from pyspark.sql import types as t

Edit = Callable[[Column, t.DataType], list[tuple[str, Column]]]
"""What stands in the place of a field: columns with their names, or none."""

TYPES: dict[str, t.DataType] = {
    "binary": t.BinaryType(),
    "boolean": t.BooleanType(),
    "byte": t.ByteType(),
    "tinyint": t.ByteType(),
    "date": t.DateType(),
    "double": t.DoubleType(),
    "float": t.FloatType(),
    "int": t.IntegerType(),
    "integer": t.IntegerType(),
    "long": t.LongType(),
    "bigint": t.LongType(),
    "short": t.ShortType(),
    "smallint": t.ShortType(),
    "string": t.StringType(),
    "timestamp": t.TimestampType(),
}
NAMES = {
    "BinaryType": "binary", "BooleanType": "boolean", "ByteType": "byte", "DateType": "date",
    "DecimalType": "decimal", "DoubleType": "double", "FloatType": "float", "IntegerType": "int",
    "LongType": "long", "NullType": "null", "ShortType": "short", "StringType": "string",
    "TimestampType": "timestamp", "TimestampNTZType": "timestamp", "StructType": "struct",
    "ArrayType": "array", "MapType": "map",
}  # fmt: skip


def name_of(kind: t.DataType) -> str:
    """A type's name, as Glue prints it."""
    return NAMES[type(kind).__name__]


def type_of(name: str) -> t.DataType | str:
    """The type that a mapping or a cast names; Spark reads those that are not simple."""
    return TYPES.get(name.strip().lower(), name)


def parse(text: str) -> Path:
    """``a.b``, ``a[].b``, `` `a.b`.c ``: a path in its parts."""
    parts: list[str] = []
    rest = text
    while rest:
        if rest.startswith("`"):
            name, _, rest = rest[1:].partition("`")
            parts.append(name)
        else:
            ends = [place for mark in (".", "[]") if (place := rest.find(mark)) > 0]
            end = min(ends, default=len(rest))
            parts.append(rest[:end])
            rest = rest[end:]
        while rest.startswith("[]"):
            parts.append(ELEMENT)
            rest = rest[2:]
        rest = rest.removeprefix(".")
    return tuple(parts)


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def resolve(schema: t.StructType, text: str) -> Path | None:
    """The path of a field that is there: a name with dots before a path of several parts."""
    if text in schema.fieldNames():
        return (text,)
    path = parse(text)
    return path if type_at(schema, path) is not None else None


def type_at(kind: t.DataType, path: Path) -> t.DataType | None:
    for part in path:
        if part == ELEMENT and isinstance(kind, t.ArrayType):
            kind = kind.elementType
        elif isinstance(kind, t.StructType) and part in kind.fieldNames():
            kind = kind[part].dataType
        else:
            return None
    return kind


def column_at(path: Path) -> Column:
    """The column of a path without arrays."""
    column = f.col(quoted(path[0]))
    for part in path[1:]:
        column = column.getField(part)
    return column


def apply(frame: DataFrame, edits: Mapping[Path, Edit]) -> DataFrame:
    """The frame with all these fields changed."""
    if not edits:
        return frame
    columns = []
    for each in frame.schema.fields:
        column = f.col(quoted(each.name))
        for name, changed in _edited(column, each.dataType, (each.name,), edits):
            columns.append(changed.alias(name))
    return frame.select(*columns)


def _edited(
    column: Column, kind: t.DataType, path: Path, edits: Mapping[Path, Edit]
) -> list[tuple[str, Column]]:
    name = path[-1]
    if path in edits:
        return edits[path](column, kind)
    if not any(target[: len(path)] == path for target in edits):
        return [(name, column)]
    if isinstance(kind, t.StructType):
        inner = [
            changed.alias(inner_name)
            for each in kind.fields
            for inner_name, changed in _edited(
                column.getField(each.name), each.dataType, (*path, each.name), edits
            )
        ]
        return [(name, f.when(column.isNotNull(), f.struct(*inner)))] if inner else []
    if isinstance(kind, t.ArrayType):
        element = kind.elementType
        return [(name, f.transform(column, lambda each: _element(each, element, path, edits)))]
    return [(name, column)]


def _element(column: Column, kind: t.DataType, path: Path, edits: Mapping[Path, Edit]) -> Any:
    changed = _edited(column, kind, (*path, ELEMENT), edits)
    if len(changed) != 1:
        return f.struct(*(inner.alias(name) for name, inner in changed))
    return changed[0][1]
