"""Schemas and records as they are walked through and shown."""

from typing import Any

from awsglue import _edits
from awsglue._inference import Path
from pyspark.sql import Column
from pyspark.sql import types as t


def leaves(kind: t.StructType, path: Path = ()) -> list[Path]:
    found: list[Path] = []
    for each in kind.fields:
        here = (*path, each.name)
        if isinstance(each.dataType, t.StructType):
            found += leaves(each.dataType, here)
        else:
            found.append(here)
    return found


def within(path: Path, wholes: set[Path]) -> bool:
    return any(path[: len(whole)] == whole for whole in wholes)


def flattened(
    schema: t.StructType, choices: frozenset[Path], path: Path = ()
) -> tuple[list[Column], set[Path]]:
    columns: list[Column] = []
    kept: set[Path] = set()
    for each in schema.fields:
        here = (*path, each.name)
        if isinstance(each.dataType, t.StructType) and here not in choices:
            inner, more = flattened(each.dataType, choices, here)
            columns += inner
            kept |= more
        else:
            columns.append(_edits.column_at(here).alias(".".join(here)))
            below = (path for path in choices if path[: len(here)] == here)
            kept |= {(".".join(here), *path[len(here) :]) for path in below}
    return columns, kept


def schema_lines(
    kind: t.DataType, choices: frozenset[Path], path: Path = (), indent: str = ""
) -> list[str]:
    lines: list[str] = []
    inner: list[tuple[str, t.DataType]] = []
    if isinstance(kind, t.StructType):
        inner = [(each.name, each.dataType) for each in kind.fields]
    elif isinstance(kind, t.ArrayType):
        inner = [("element", kind.elementType)]
    elif isinstance(kind, t.MapType):
        inner = [("keyType", kind.keyType), ("valueType", kind.valueType)]
    for name, each in inner:
        here = (*path, "[]" if isinstance(kind, t.ArrayType) else name)
        shown = "choice" if here in choices else _edits.name_of(each)
        is_member = path in choices
        lines.append(f"{indent}|-- {name}" + ("" if is_member and shown == name else f": {shown}"))
        lines += schema_lines(each, choices, here, indent + "|    ")
    return lines


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value
