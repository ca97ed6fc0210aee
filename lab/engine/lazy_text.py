"""How LazySimpleSerDe writes values into text and reads them: delimiters by depth, NULL as a text,
escapes, binary in base 64.

Source: Amazon Athena User Guide, "Lazy Simple SerDe"; Apache Hive wiki, "SerDe".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lab.engine import types
from lab.engine.catalog import Table
from lab.engine.create_table import unescaped
from lab.engine.errors import unsupported
from lab.engine.text_casts import rounded_timestamp
from lab.engine.types import Type
from lab.engine.udfs.joda import unknown_letter

INTEGER = "^[+-]?[0-9]+$"
DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
TIMESTAMP = "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?$"
BASE64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
NESTED = ("array", "map", "row")


@dataclass(frozen=True, slots=True)
class Layout:
    """``separators`` by depth: between columns, between items, between key and value, and on."""

    separators: tuple[str, ...]
    null: str = "\\N"
    escape: str = ""
    formats: tuple[str, ...] = ()

    def separator(self, depth: int) -> str:
        if depth >= len(self.separators):
            raise unsupported(f"a text column nested {depth} levels deep")
        return self.separators[depth]


def layout(table: Table) -> Layout:
    """From the parameters of the SerDe."""
    given = {key.lower(): value for key, value in table.serde_parameters.items()}
    first = given.get("field.delim", given.get("serialization.format", "\x01"))
    items = given.get("collection.delim", given.get("colelction.delim", "\x02"))
    keys = given.get("mapkey.delim", "\x03")
    if given.get("serialization.last.column.takes.rest", "false").lower() == "true":
        raise unsupported("serialization.last.column.takes.rest")
    return Layout(
        (*map(_character, (first, items, keys)), *map(chr, range(4, 9))),
        given.get("serialization.null.format", "\\N"),
        _character(given["escape.delim"]) if given.get("escape.delim") else "",
        formats(given, table.parameters),
    )


def formats(*given: Mapping[str, str]) -> tuple[str, ...]:
    """The patterns of ``timestamp.formats``."""
    found = next((one["timestamp.formats"] for one in given if "timestamp.formats" in one), "")
    patterns = tuple(part.strip() for part in found.split(",") if part.strip())
    for pattern in patterns:
        letter = unknown_letter(pattern, parsing=True)
        if letter is not None:
            raise unsupported(f"the letter {letter} in timestamp.formats {pattern!r}")
    return patterns


def _character(text: str) -> str:
    """A number is the code of a character; of several characters only the first counts, unless
    they are an escape such as ``\\t`` or ``\\001``.
    """
    text = unescaped(text)
    return chr(int(text)) if text.isdecimal() and int(text) < 128 else text[:1]


def fields(line: str, where: Layout) -> str:
    """SQL for the list of the fields of a line, still escaped."""
    return _split(line, where, 0)


def _split(value: str, where: Layout, depth: int) -> str:
    separator = types.text(where.separator(depth))
    plain = f"string_split({value}, {separator})"
    if not where.escape:
        return plain
    escape = types.text(where.escape)
    careful = f"lab_split_escaped({value}, {separator}, {escape})"
    return f"CASE WHEN contains({value}, {escape}) THEN {careful} ELSE {plain} END"


def decoded(value: str, kind: Type, where: Layout, depth: int = 1) -> str:
    """SQL for the value that a text holds; NULL when it is not of the type."""
    null = types.text(where.null)
    if kind.name not in NESTED:
        return lenient(_unescaped(f"nullif({value}, {null})", where), kind, where.formats)
    absent = f"{value} IS NULL OR {value} = {null}"
    if kind.name == "row":
        return _decoded_row(value, kind, where, depth, absent)
    name = f"x{depth}"
    parts = _split(value, where, depth)
    if kind.name == "array":
        item = decoded(name, kind.element, where, depth + 1)
        made = f"list_transform({parts}, lambda {name}: {item})"
    else:
        made = _decoded_map(parts, kind, where, depth)
    empty = f"CAST({'MAP {}' if kind.name == 'map' else '[]'} AS {types.duckdb(kind)})"
    return f"CASE WHEN {absent} THEN NULL WHEN {value} = '' THEN {empty} ELSE {made} END"


def _decoded_map(parts: str, kind: Type, where: Layout, depth: int) -> str:
    """Of entries with the same key the first counts, and an entry without a key is none."""
    name, entry = f"x{depth}", f"e{depth}"
    pair = _split(name, where, depth + 1)
    key = decoded(f"list_extract({pair}, 1)", kind.args[0], where, depth + 2)
    value = decoded(f"list_extract({pair}, 2)", kind.element, where, depth + 2)
    entries = f"list_transform({parts}, lambda {name}: {{'key': {key}, 'value': {value}}})"
    return (
        f"map_from_entries(list_filter({entries}, lambda {entry}, i: {entry}.key IS NOT NULL AND"
        f" list_position(list_transform({entries}, lambda o: o.key), {entry}.key) = i))"
    )


def _decoded_row(value: str, kind: Type, where: Layout, depth: int, absent: str) -> str:
    parts = _split(value, where, depth)
    members = ", ".join(
        f"{types.text(name)}: {decoded(f'list_extract({parts}, {place})', of, where, depth + 1)}"
        for place, (name, (_, of)) in enumerate(
            zip(types.field_names(kind), kind.args, strict=True), 1
        )
    )
    return f"CASE WHEN {absent} THEN NULL ELSE {{{members}}} END"


def _unescaped(value: str, where: Layout) -> str:
    if not where.escape:
        return value
    pattern = "\\\\(.)" if where.escape == "\\" else f"[{where.escape}](.)"
    return f"regexp_replace({value}, {types.text(pattern)}, '\\1', 'gs')"


def lenient(value: str, kind: Type, patterns: tuple[str, ...] = ()) -> str:  # noqa: PLR0911  one return per kind
    """NULL when the text is not of the type."""
    duck = types.duckdb(kind)
    match kind.name:
        case "varchar":
            return f"left({value}, {kind.args[0]})" if kind.args else value
        case "char":
            return f"rtrim(left({value}, {kind.args[0]}), ' ')"
        case "varbinary":
            packed = f"regexp_matches({value}, '{BASE64}')"
            return f"CASE WHEN {packed} THEN from_base64({value}) ELSE encode({value}) END"
        case "tinyint" | "smallint" | "integer" | "bigint":
            return _as_printed(value, kind, f"regexp_matches({value}, '{INTEGER}')")
        case "double" | "real" | "decimal":
            return f"TRY_CAST({value} AS {duck})"
        case "boolean":
            return f"CASE lower({value}) WHEN 'true' THEN true WHEN 'false' THEN false END"
        case "date":
            return _as_printed(value, kind, f"regexp_matches({value}, '{DATE}')")
        case "timestamp":
            plain = _as_printed(value, kind, f"regexp_matches({value}, '{TIMESTAMP}')")
            if not patterns:
                return plain
            parsed = ", ".join(f"lab_joda_parse({value}, {types.text(p)})" for p in patterns)
            return rounded_timestamp(f"coalesce({parsed}, {plain})", 3)
    raise unsupported(f"a delimited column of type {kind}")


def _as_printed(value: str, kind: Type, fits: str) -> str:
    """The cast of a text that ``fits``, timestamps to milliseconds. DuckDB's cast takes more than
    that; what it prints again as it stands needs no regular expression, which takes longer.
    """
    cast = f"TRY_CAST({value} AS {types.duckdb(kind)})"
    same = f"CAST({cast} AS VARCHAR) = {value}"
    other = cast
    if kind.name in ("date", "timestamp"):
        # Of other years the text is longer, and infinity is a word.
        same = f"{cast} BETWEEN '0001-01-01' AND '9999-12-31' AND {same}"
    if kind.name == "timestamp":
        same = f"strlen({value}) <= {len('2024-01-01 00:00:00.000')} AND {same}"
        other = rounded_timestamp(cast, 3)
    return f"CASE WHEN {same} THEN {cast} WHEN {fits} THEN {other} END"


def split_escaped(line: str, delimiter: str, escape: str) -> list[str]:
    """The pieces between delimiters that no escape precedes, escapes included."""
    pieces, start, place = [], 0, 0
    while place < len(line):
        if line[place] == escape:
            place += 2
            continue
        if line[place] == delimiter:
            pieces.append(line[start:place])
            start = place + 1
        place += 1
    return [*pieces, line[start:]]


def encoded(value: str, kind: Type, where: Layout, depth: int = 1) -> str:
    """SQL for the text of a value; for NULL, the text that stands for it."""
    return f"coalesce({_text(value, kind, where, depth)}, {types.text(where.null)})"


def _text(value: str, kind: Type, where: Layout, depth: int) -> str:
    name = f"x{depth}"
    match kind.name:
        case "array":
            items = f"lambda {name}: {encoded(name, kind.element, where, depth + 1)}"
            separator = types.text(where.separator(depth))
            return f"array_to_string(list_transform({value}, {items}), {separator})"
        case "map":
            key, item = (
                encoded(f"{name}.{part}", of, where, depth + 2)
                for part, of in zip(("key", "value"), kind.args, strict=True)
            )
            pair = f"{key} || {types.text(where.separator(depth + 1))} || {item}"
            entries = f"list_transform(map_entries({value}), lambda {name}: {pair})"
            return f"array_to_string({entries}, {types.text(where.separator(depth))})"
        case "row":
            members = (
                encoded(f"struct_extract({value}, {types.text(field)})", of, where, depth + 1)
                for field, (_, of) in zip(types.field_names(kind), kind.args, strict=True)
            )
            joined = f" || {types.text(where.separator(depth))} || ".join(members)
            return f"CASE WHEN {value} IS NOT NULL THEN {joined} END"
        case "varchar" if where.escape:
            return _escaped(value, where)
    return f"CAST({printed(value, kind)} AS VARCHAR)"


def _escaped(value: str, where: Layout) -> str:
    for character in (where.escape, *where.separators):
        text = types.text(character)
        value = f"replace({value}, {text}, {types.text(where.escape + character)})"
    return value


def printed(value: str, kind: Type) -> str:
    """SQL that prints as Hive prints a value of a simple type: numbers beyond seven digits by
    Java's rules.
    """
    match kind.name:
        case "double" | "real":
            java = f"lab_{kind.name}_text({value})"
            near = f"{value} = 0 OR (abs({value}) >= 0.001 AND abs({value}) < 10000000)"
            return f"CASE WHEN {near} THEN CAST({value} AS VARCHAR) ELSE {java} END"
        case "varbinary":
            return f"to_base64({value})"
        case "char":
            return f"rpad({value}, {kind.args[0]}, ' ')"
    return value
