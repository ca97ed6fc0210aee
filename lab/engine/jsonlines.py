"""JSON lines as the OpenX and the Hive SerDe read them: keys in any case, absent keys NULL.

DuckDB wants the spelling of every key beforehand, so the first lines of each file are looked at.
Source: Amazon Athena User Guide, "JSON SerDe libraries".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import json
from dataclasses import dataclass
from functools import lru_cache
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from lab.engine import types
from lab.engine.bad_data import bad_value
from lab.engine.catalog import StoredFile
from lab.engine.errors import QueryError, unsupported
from lab.engine.lazy_text import BASE64, formats
from lab.engine.lines import opened
from lab.engine.type_text import parse_type
from lab.engine.types import Type, quote
from lab.engine.values import Scan

SAMPLE_LINES = 100
Names = tuple[tuple[str, Any], ...]


@lru_cache(maxsize=8192)
def _sample(path: Path, _size: int, _modified: float) -> Names:
    shape: dict[str, Any] = {}
    with opened(path) as binary:
        lines = TextIOWrapper(binary, encoding="utf-8", errors="replace")
        for _, line in zip(range(SAMPLE_LINES), lines, strict=False):
            try:
                _merge(shape, json.loads(line))
            except ValueError:
                continue
    return _only_capitals(_freeze(shape))


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
    matter, and dots.
    """
    return _sample(file.path, file.size, file.modified)


def _only_capitals(names: Names) -> Names:
    kept = ((key, _only_capitals(inner)) for key, inner in names)
    return tuple((k, inner) for k, inner in kept if inner or k != k.lower() or "." in k)


def source(scan: Scan, files: list[StoredFile], names: Names, file_column: str) -> str:
    """SELECT of the scan's columns from files whose keys are spelt as ``names``."""
    parameters = {key.lower(): value for key, value in scan.table.serde_parameters.items()}
    if parameters.get("case.insensitive", "true").lower() == "false":
        names = ()
    dots = parameters.get("dots.in.keys", "false").lower() == "true"
    ignore = parameters.get("ignore.malformed.json", "false").lower() == "true"
    patterns = formats(parameters, scan.table.parameters)
    spelt = _spelling(names, dots)
    declared, selected = [], []
    keys: dict[str, str] = {}
    for place, column in enumerate(scan.table.columns):
        name = column.name.lower()
        if name not in scan.mentioned:
            continue
        key = parameters.get(f"mapping.{name}") or spelt.get(name, name)
        if keys.setdefault(key.lower(), key) != key:
            raise unsupported(f"reading the keys {key!r} and {keys[key.lower()]!r} at once")
        inner = dict(names).get(key, ())
        kind = parse_type(column.type)
        stored, value = Reading(place, patterns).of(kind, inner, quote(key))
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
        f" columns={{{', '.join(declared)}}}, format='newline_delimited', records=true,"
        f" hive_partitioning=false,"
        f" ignore_errors={'true' if ignore else 'false'}{option})"
    )


def _spelling(names: Names, dots: bool = False) -> dict[str, str]:
    """How a file spells each key; with ``dots``, a column's name has underscores for them."""
    found: dict[str, str] = {}
    for key, _ in names:
        plain = key.lower().replace(".", "_") if dots else key.lower()
        if found.setdefault(plain, key) != key:
            message = f"the key {plain!r} spelt in several ways in one file"
            raise QueryError("NOT_SUPPORTED", f"{message} is not supported by this lab")
    return found


def converted(value: str, kind: Type, reading: "Reading") -> str:
    """SQL for a text as a simple type; HIVE_BAD_DATA for what does not fit."""
    duck = types.duckdb(kind)
    match kind.name:
        case "varchar":
            return f"left({value}, {kind.args[0]})" if kind.args else value
        case "char":
            return f"rtrim(left({value}, {kind.args[0]}), ' ')"
        case "boolean":
            return f"(lower({value}) = 'true')"
        case "varbinary":
            good = f"CASE WHEN regexp_matches({value}, '{BASE64}') THEN from_base64({value}) END"
        case "timestamp":
            good = _timestamp(value, reading.patterns)
        case "tinyint" | "smallint" | "integer" | "bigint":
            # DuckDB would round.
            good = f"CASE WHEN NOT contains({value}, '.') THEN TRY_CAST({value} AS {duck}) END"
        case "double" | "real" | "decimal" | "date":
            good = f"TRY_CAST({value} AS {duck})"
        case _:
            raise unsupported(f"a JSON column of type {kind}")
    bad = bad_value(value, reading.place)
    return f"coalesce({good}, CASE WHEN {value} IS NOT NULL THEN {bad} END)"


def _timestamp(value: str, patterns: tuple[str, ...]) -> str:
    """By the table's patterns, as ISO 8601 or with a blank, or as seconds or (13 digits)
    milliseconds since 1970.
    """
    parsed = "".join(f"lab_joda_parse({value}, {types.text(p)}), " for p in patterns)
    micros = f"CASE WHEN length({value}) = 13 THEN 1000 ELSE 1000000 END"
    number = (
        f"CASE WHEN regexp_matches({value}, '^[0-9]+$')"
        f" THEN make_timestamp(CAST({value} AS BIGINT) * {micros}) END"
    )
    plain = f"TRY_CAST(rtrim(replace({value}, 'T', ' '), 'Z') AS TIMESTAMP)"
    return f"coalesce({parsed}{plain}, {number})"


@dataclass(frozen=True, slots=True)
class Reading:
    """How one column is read: its place in the table and the patterns of its timestamps."""

    place: int
    patterns: tuple[str, ...]

    def of(self, kind: Type, names: Names, sql: str, depth: int = 0) -> tuple[str, str]:
        """The DuckDB type to read, and the SQL from it to the declared type. What is simple is read
        as text, since DuckDB would round and cut where Athena fails.
        """
        name = f"x{depth}"
        match kind.name:
            case "array":
                stored, item = self.of(kind.element, names, name, depth + 1)
                same = item == name
                made = sql if same else f"list_transform({sql}, lambda {name}: {item})"
                return f"{stored}[]", made
            case "map":
                stored, item = self.of(kind.element, names, f"{name}.value", depth + 1)
                key = converted(f"{name}.key", kind.args[0], self)
                pair = f"{{'key': {key}, 'value': {item}}}"
                made = (
                    f"map_from_entries(list_transform(map_entries({sql}), lambda {name}: {pair}))"
                )
                none = f"CASE WHEN {sql} IS NULL THEN NULL ELSE {made} END"
                return f"MAP(VARCHAR, {stored})", none
            case "row":
                return self._of_row(kind, names, sql, depth)
        return "VARCHAR", converted(sql, kind, self)

    def _of_row(self, kind: Type, names: Names, sql: str, depth: int) -> tuple[str, str]:
        spelt, inner = _spelling(names), dict(names)
        declared, parts = [], []
        for name, (_, of) in zip(types.field_names(kind), kind.args, strict=True):
            key = spelt.get(name, name)
            value = f"struct_extract({sql}, {types.text(key)})"
            stored, made = self.of(of, inner.get(key, ()), value, depth)
            declared.append(f"{quote(key)} {stored}")
            parts.append(f"{types.text(name)}: {made}")
        text = f"CASE WHEN {sql} IS NULL THEN NULL ELSE {{{', '.join(parts)}}} END"
        return f"STRUCT({', '.join(declared)})", text
