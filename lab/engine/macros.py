"""What DuckDB lacks, added to every connection: SQL macros, and functions in Python where SQL does
not reach.
"""

import hashlib
import inspect
import json
import unicodedata
import urllib.parse
import zlib
from collections.abc import Callable
from typing import Any

import duckdb
from duckdb.func import SPECIAL

from lab.engine.json_text import canonical
from lab.engine.patterned import groups_of
from lab.engine.text import shortest_real, sql_double

MACROS = (
    # The digits of a decimal as one integer.
    "CREATE MACRO lab_unscaled(d, s) AS CAST(replace(CAST(d AS VARCHAR), '.', '') AS HUGEINT)",
    "CREATE MACRO lab_half_up(n, d) AS CASE WHEN (n < 0) <> (d < 0)"
    " THEN -((abs(n) + abs(d) // 2) // abs(d)) ELSE (abs(n) + abs(d) // 2) // abs(d) END",
    # In the order of first appearance, one NULL kept.
    "CREATE MACRO lab_distinct(l) AS list_filter(l, lambda x, i: CASE WHEN x IS NULL"
    " THEN len(list_filter(list_slice(l, 1, i - 1), lambda y: y IS NULL)) = 0"
    " ELSE list_position(l, x) = i END)",
    "CREATE MACRO lab_map_from_entries(e) AS map_from_entries(list_filter(e, lambda x, i:"
    " list_position(list_transform(e, lambda y: y.key), x.key) = i))",
)


def double_text(number: float) -> str:
    return sql_double(number)


def real_text(number: float) -> str:
    return sql_double(float(shortest_real(number)))


def digest(data: bytes, name: str) -> bytes:
    return hashlib.new(name, data, usedforsecurity=False).digest()


def crc32(data: bytes) -> int:
    return zlib.crc32(data)


def from_utf8(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


def json_text(text: str) -> str | None:
    """Canonical, or None when it is no JSON."""
    try:
        return canonical(text)
    except ValueError:
        return None


def json_number(text: str, path: str) -> str | None:
    """The number at a path (``$."a"[0]``) as the document writes it."""
    # DuckDB may evaluate this for rows whose answer it then does not use.
    try:
        value: Any = json.loads(text, parse_float=str, parse_int=str)
        for step in _steps(path):
            value = value[step]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return str(value)


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    rest = path[1:]
    while rest:
        if rest[0] == "[":
            inside, _, rest = rest[1:].partition("]")
            steps.append(int(inside))
        else:
            inside, _, rest = rest[2:].partition('"')
            steps.append(inside)
    return steps


def split_limit(text: str, delimiter: str, limit: int) -> list[str]:
    return text.split(delimiter, limit - 1)


def split_escaped(line: str, delimiter: str, escape: str, null: str) -> list[str | None]:
    """The fields of a line of LazySimpleSerDe with ESCAPED BY."""
    fields, current, place = [], "", 0
    raw = ""
    while place < len(line):
        character = line[place]
        if character == escape and place + 1 < len(line):
            current, raw, place = (
                current + line[place + 1],
                raw + line[place : place + 2],
                place + 2,
            )
            continue
        if character == delimiter:
            fields.append(None if raw == null else current)
            current = raw = ""
        else:
            current, raw = current + character, raw + character
        place += 1
    return [*fields, None if raw == null else current]


def normalize(text: str, form: str) -> str:
    return unicodedata.normalize(form, text)  # type: ignore[arg-type]  # the compiler checks the form


def url_encode(text: str) -> str:
    return urllib.parse.quote_plus(text, safe="*-._").replace("~", "%7E")


def url_decode(text: str) -> str:
    return urllib.parse.unquote_plus(text)


def url_part(url: str, part: str) -> str | None:
    """A part of a URL as java.net.URI gives it; None when it has none or is no URL."""
    try:
        parsed = urllib.parse.urlsplit(url)
        found = {
            "host": parsed.hostname,
            "path": urllib.parse.unquote(parsed.path),
            "protocol": parsed.scheme,
            "query": urllib.parse.unquote(parsed.query),
            "fragment": urllib.parse.unquote(parsed.fragment),
            "port": None if parsed.port is None else str(parsed.port),
        }[part]
    except ValueError:
        return None
    return found or ("" if part != "port" and found is not None else None)


def url_parameter(url: str, name: str) -> str | None:
    """The first value of a parameter of the query, decoded."""
    try:
        query = urllib.parse.urlsplit(url).query
    except ValueError:
        return None
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            return urllib.parse.unquote_plus(value)
    return None


def _passing_null(function: Callable[..., Any]) -> Callable[..., Any]:
    """NULL in, NULL out."""
    # DuckDB counts the parameters, so one version per number of them.
    count = len(inspect.signature(function).parameters)
    if count == 1:
        return lambda a: None if a is None else function(a)
    if count == 2:
        return lambda a, b: None if a is None or b is None else function(a, b)
    if count == 3:
        return lambda a, b, c: None if a is None or b is None or c is None else function(a, b, c)
    return lambda a, b, c, d: None if a is None else function(a, b, c, d)


PYTHON: tuple[tuple[str, Callable[..., Any], list[Any], str], ...] = (
    ("lab_double_text", double_text, ["DOUBLE"], "VARCHAR"),
    ("lab_real_text", real_text, ["FLOAT"], "VARCHAR"),
    ("lab_digest", digest, ["BLOB", "VARCHAR"], "BLOB"),
    ("lab_crc32", crc32, ["BLOB"], "BIGINT"),
    ("lab_from_utf8", from_utf8, ["BLOB"], "VARCHAR"),
    ("lab_json_number", json_number, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    ("lab_json", json_text, ["VARCHAR"], "VARCHAR"),
    ("lab_split_limit", split_limit, ["VARCHAR", "VARCHAR", "INTEGER"], "VARCHAR[]"),
    ("lab_split_escaped", split_escaped, ["VARCHAR"] * 4, "VARCHAR[]"),
    ("lab_groups", groups_of, ["VARCHAR"] * 3, "VARCHAR[]"),
    ("lab_normalize", normalize, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    ("lab_url_encode", url_encode, ["VARCHAR"], "VARCHAR"),
    ("lab_url_decode", url_decode, ["VARCHAR"], "VARCHAR"),
    ("lab_url_part", url_part, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    ("lab_url_parameter", url_parameter, ["VARCHAR", "VARCHAR"], "VARCHAR"),
)


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Define everything in a fresh database; its cursors see it too."""
    for name, function, parameters, returns in PYTHON:
        # A function that answers None must say so; none of them is given NULL.
        connection.create_function(
            name, _passing_null(function), parameters, returns, null_handling=SPECIAL
        )
    for macro in MACROS:
        connection.execute(macro)
