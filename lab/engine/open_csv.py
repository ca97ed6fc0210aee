"""Comma-separated values as OpenCSVSerde reads them: line by line, quotes taken off, and an error
for a value that is not of its column's type.

Where quotes begin and end nowhere but at the ends of fields, DuckDB reads the whole file. Of other
files it splits the lines that are so; the rest goes through ``fields_of``, which does what the
library behind the SerDe does. Source: Amazon Athena
User Guide, "Open CSV SerDe"; opencsv 2.3, CSVParser.
"""

import re
from functools import lru_cache
from pathlib import Path

from lab.engine import types
from lab.engine.bad_data import bad_value
from lab.engine.catalog import StoredFile, Table
from lab.engine.errors import unsupported
from lab.engine.lazy_text import INTEGER
from lab.engine.lines import PIECE, opened
from lab.engine.types import Type

OPEN_CSV_SERDE = "org.apache.hadoop.hive.serde2.OpenCSVSerde"


def characters(table: Table) -> tuple[str, str, str]:
    """What separates fields, what quotes them, and what escapes within quotes."""
    given = {key.lower(): value for key, value in table.serde_parameters.items()}
    return (
        given.get("separatorchar", ",")[:1],
        given.get("quotechar", '"')[:1],
        given.get("escapechar", "\\")[:1],
    )


def quoting(file: StoredFile, table: Table) -> str | None:
    """The quote character (empty when the file has none) with which DuckDB finds in the file the
    fields that the SerDe finds; None when it finds others.
    """
    return _quoting(file.path, file.size, file.modified, characters(table))


@lru_cache(maxsize=65536)
def _quoting(path: Path, _size: int, _modified: float, known: tuple[str, str, str]) -> str | None:
    if not all(len(character) == 1 and character.isascii() for character in known):
        return None
    separator, quote, escape = (ord(character) for character in known)
    found, rest, piece = "", b"", b"\n"
    with opened(path) as file:
        while piece:
            piece = file.read(PIECE)
            lines, newline, rest = (rest + (piece or b"\n")).rpartition(b"\n")
            if not _is_tidy(lines + newline, separator, quote, escape):
                return None
            found = known[1] if quote in lines else found
    return found


def _is_tidy(text: bytes, separator: int, quote: int, escape: int) -> bool:
    """Whole lines: no escape, an even number of quotes in each, none within a field."""
    if escape != quote and escape in text:
        return False
    if quote not in text:
        return True
    import numpy as np

    data = np.frombuffer(b"\n" + text + b"\n", dtype=np.uint8)
    places = np.flatnonzero(data == quote)
    ends = np.flatnonzero(data == ord("\n"))
    if (np.searchsorted(places, ends) & 1).any():
        return False
    before, after = data[places[0::2] - 1], data[places[1::2] + 1]
    return bool(
        np.isin(before, (separator, ord("\n"), quote)).all()
        and np.isin(after, (separator, ord("\n"), ord("\r"), quote)).all()
    )


def fields(line: str, table: Table) -> str:
    """SQL for the list of the fields of a line."""
    separator, quote, escape = characters(table)
    s, q, e = (re.escape(character) for character in (separator, quote, escape))
    field = f"{q}[^{q}{e}]*{q}|[^{s}{q}{e}]*"
    tidy = types.text(f"^({field})({s}({field}))*$")
    each = types.text(f"{s}({field})")
    before, texts = types.text(separator), [types.text(c) for c in (separator, quote, escape)]
    return (
        f"CASE WHEN NOT contains({line}, {texts[1]}) AND NOT contains({line}, {texts[2]})"
        f" THEN string_split({line}, {before})"
        f" WHEN regexp_matches({line}, {tidy}) THEN list_transform(regexp_extract_all("
        f"{before} || {line}, {each}, 1), lambda x: trim(x, {texts[1]}))"
        f" ELSE lab_csv_fields({line}, {', '.join(texts)}) END"
    )


def fields_of(line: str, separator: str, quote: str, escape: str) -> list[str]:
    """The fields of one line. An escape counts only within quotes, and vanishes elsewhere; a field
    whose quotes do not end is dropped.
    """
    found: list[str] = []
    current, quoted, place = "", False, -1
    while (place := place + 1) < len(line):
        character, after = line[place], line[place + 1 : place + 2]
        if character == escape and escape != quote:
            if quoted and after and after in (quote, escape):
                current, place = current + after, place + 1
        elif character == quote:
            if quoted and after == quote:
                current, place = current + after, place + 1
                continue
            inside = place > 2 and line[place - 1] != separator and after not in ("", separator)
            if inside:
                current = "" if current and current.isspace() else current + character
            quoted = not quoted
        elif character == separator and not quoted:
            found.append(current)
            current = ""
        else:
            current += character
    return found if quoted else [*found, current]


def converted(value: str, kind: Type, place: int, table: Table) -> str:
    """SQL for a field as its column's type: dates are days and timestamps milliseconds since 1970.
    HIVE_BAD_DATA for what does not fit, or NULL with ``use.null.for.invalid.data``.
    """
    duck = types.duckdb(kind)
    lenient = {key.lower(): v.lower() for key, v in table.parameters.items()}
    ignored = lenient.get("use.null.for.invalid.data") == "true"
    bad = "NULL" if ignored else bad_value(value, place)
    # What is printed again as it stands needs no regular expression.
    same = f"CAST(TRY_CAST({value} AS BIGINT) AS VARCHAR) = {value}"
    fits = f"({same} OR regexp_matches({value}, '{INTEGER}'))"
    match kind.name:
        case "varchar":
            return f"left({value}, {kind.args[0]})" if kind.args else value
        case "char":
            return f"rtrim(left({value}, {kind.args[0]}), ' ')"
        case "tinyint" | "smallint" | "integer" | "bigint":
            good = f"TRY_CAST({value} AS {duck})"
            fits = f"{fits} AND {good} IS NOT NULL"
        case "double" | "real" | "decimal":
            good = f"TRY_CAST({value} AS {duck})"
            fits = f"{good} IS NOT NULL"
        case "boolean":
            good, fits = f"(lower({value}) = 'true')", f"lower({value}) IN ('true', 'false')"
        case "date":
            good = f"(DATE '1970-01-01' + CAST({value} AS INTEGER))"
        case "timestamp":
            good = f"make_timestamp(CAST({value} AS BIGINT) * 1000)"
        case _:
            raise unsupported(f"an OpenCSV column of type {kind}")
    return f"CASE WHEN {value} IS NULL THEN NULL WHEN {fits} THEN {good} ELSE {bad} END"
