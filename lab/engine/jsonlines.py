"""JSON lines as the OpenX and the Hive SerDe read them: keys in any case, absent keys NULL.

DuckDB wants the spelling of every key beforehand, so the first lines of each file are looked at.
Source: Amazon Athena User Guide, "JSON SerDe libraries".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import bz2
import gzip
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from lab.engine import types
from lab.engine.catalog import StoredFile
from lab.engine.errors import QueryError, unsupported
from lab.engine.type_text import parse_type
from lab.engine.types import Type, quote
from lab.engine.values import Scan

SAMPLE_LINES = 100
Names = tuple[tuple[str, Any], ...]


@lru_cache(maxsize=8192)
def _sample(path: Path, _size: int, _modified: float) -> Names:
    opener = gzip.open if path.suffix == ".gz" else bz2.open if path.suffix == ".bz2" else open
    shape: dict[str, Any] = {}
    with opener(path, "rt", encoding="utf-8", errors="replace") as lines:
        for _, line in zip(range(SAMPLE_LINES), lines, strict=False):
            try:
                _merge(shape, json.loads(line))
            except ValueError:
                continue
    return _freeze(shape)


def _merge(shape: dict[str, Any], value: Any) -> None:
    """Collect the keys of objects, through arrays."""
    if isinstance(value, list):
        for item in value[:5]:
            _merge(shape, item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _merge(shape.setdefault(key, {}), inner)


def _freeze(shape: dict[str, Any]) -> Names:
    return tuple(sorted((key, _freeze(inner)) for key, inner in shape.items()))


def spellings(file: StoredFile) -> Names:
    """The keys of a file as it writes them, nested; only spellings that are not lower case
    matter.
    """
    return _only_capitals(_sample(file.path, file.size, file.modified))


def _only_capitals(names: Names) -> Names:
    kept = ((key, _only_capitals(inner)) for key, inner in names)
    return tuple((key, inner) for key, inner in kept if inner or key != key.lower())


def source(scan: Scan, files: list[StoredFile], names: Names, file_column: str) -> str:
    """SELECT of the scan's columns from files whose keys are spelt as ``names``."""
    parameters = {key.lower(): value for key, value in scan.table.serde_parameters.items()}
    if parameters.get("dots.in.keys", "false").lower() == "true":
        raise unsupported("dots.in.keys")
    if parameters.get("case.insensitive", "true").lower() == "false":
        names = ()
    ignore = parameters.get("ignore.malformed.json", "false").lower() == "true"
    spelt = _spelling(names)
    declared, selected = [], []
    for column in scan.table.columns:
        name = column.name.lower()
        if name not in scan.mentioned:
            continue
        key = parameters.get(f"mapping.{name}") or spelt.get(name, name)
        inner = dict(names).get(key, ())
        kind = parse_type(column.type)
        stored, value = _reading(kind, inner, quote(key))
        declared.append(f"{types.text(key)}: {types.text(stored)}")
        selected.append(f"CAST({value} AS {types.duckdb(kind)}) AS {quote(name)}")
    # A key that exists nowhere, so that rows are counted without reading any value.
    declared = declared or ["'$none': 'VARCHAR'"]
    if file_column:
        selected.append(quote(file_column))
    listed = ", ".join(types.text(str(file.path)) for file in files)
    option = f", filename={types.text(file_column)}" if file_column else ""
    return (
        f"SELECT {', '.join(selected) or '1 AS one'} FROM read_json([{listed}],"
        f" columns={{{', '.join(declared)}}}, format='newline_delimited', hive_partitioning=false,"
        f" ignore_errors={'true' if ignore else 'false'}{option})"
    )


def _spelling(names: Names) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, _ in names:
        if found.setdefault(key.lower(), key) != key:
            message = f"the key {key.lower()!r} spelt in several ways in one file"
            raise QueryError("NOT_SUPPORTED", f"{message} is not supported by this lab")
    return found


def _reading(kind: Type, names: Names, sql: str) -> tuple[str, str]:
    """The DuckDB type to read, and the SQL from it to the declared type."""
    match kind.name:
        case "timestamp":
            return "VARCHAR", f"CAST(rtrim(replace({sql}, 'T', ' '), 'Z') AS TIMESTAMP)"
        case "varbinary" | "char" | "timestamp with time zone":
            raise unsupported(f"a JSON column of type {kind}")
        case "array":
            stored, item = _reading(kind.element, names, "x")
            return f"{stored}[]", sql if item == "x" else f"list_transform({sql}, lambda x: {item})"
        case "row":
            return _reading_row(kind, names, sql)
    return types.duckdb(kind), sql


def _reading_row(kind: Type, names: Names, sql: str) -> tuple[str, str]:
    spelt, inner = _spelling(names), dict(names)
    declared, parts, same = [], [], True
    for name, (_, of) in zip(types.field_names(kind), kind.args, strict=True):
        key = spelt.get(name, name)
        value = f"struct_extract({sql}, {types.text(key)})"
        stored, converted = _reading(of, inner.get(key, ()), value)
        same = same and key == name and converted == value
        declared.append(f"{quote(key)} {stored}")
        parts.append(f"{types.text(name)}: {converted}")
    text = f"CASE WHEN {sql} IS NULL THEN NULL ELSE {{{', '.join(parts)}}} END"
    return f"STRUCT({', '.join(declared)})", sql if same else text
