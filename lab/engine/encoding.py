"""What DuckDB's COPY is told for each format: the columns as the files hold them, and options."""

from collections.abc import Mapping

from lab.engine import lazy_text, types
from lab.engine.catalog import Table
from lab.engine.errors import QueryError, unsupported
from lab.engine.lazy_text import Layout
from lab.engine.lines import skipped
from lab.engine.open_csv import OPEN_CSV_SERDE
from lab.engine.output_format import OutputFormat
from lab.engine.type_text import parse_type
from lab.engine.types import Type, quote

# Compressions of text that DuckDB writes itself.
NATIVE_CODECS = ("gzip", "zstd", "none")
NESTED = ("array", "map", "row")


def columns(output: OutputFormat, table: Table) -> list[str]:
    """The columns of the table, without its partition keys, as SQL over the rows to write."""
    named = [(quote(column.name.lower()), parse_type(column.type)) for column in table.columns]
    if output.form == "JSON":
        members = ", ".join(f"{types.text(n[1:-1])}: {_json(n, kind)}" for n, kind in named)
        return [f"to_json({{{members}}}) AS line"]
    if output.form != "TEXTFILE":
        return [name if kind.name != "char" else f"{_padded(name, kind)} AS {name}"
                for name, kind in named]  # fmt: skip
    if table.serde == OPEN_CSV_SERDE:
        return [f"{_csv(name, kind)} AS {name}" for name, kind in named]
    where = lazy_text.layout(table)
    return [f"{_lazy(name, kind, where)} AS {name}" for name, kind in named]


def options(output: OutputFormat, table: Table) -> str:
    """Inside the parentheses of COPY."""
    if output.form == "PARQUET":
        level = f", COMPRESSION_LEVEL {output.level}" if output.level is not None else ""
        return f"FORMAT PARQUET, COMPRESSION '{output.codec}'{level}"
    if not output.is_text:
        return "FORMAT PARQUET, COMPRESSION 'snappy'"
    native = output.codec in NATIVE_CODECS and output.level is None
    codec = output.codec if native else "none"
    if output.form == "JSON":
        # The text of a JSON value has no control characters, so that it is one field.
        return f"FORMAT CSV, HEADER false, {_plain(chr(1))}, NULLSTR '', COMPRESSION '{codec}'"
    header = f"HEADER {'true' if _header(table) else 'false'}"
    if table.serde == OPEN_CSV_SERDE:
        return f"FORMAT CSV, {header}, {_quoted(table.serde_parameters)}, COMPRESSION '{codec}'"
    where = lazy_text.layout(table)
    null = types.text(where.null)
    delimiter = _plain(where.separator(0))
    return f"FORMAT CSV, {header}, {delimiter}, NULLSTR {null}, COMPRESSION '{codec}'"


def _plain(delimiter: str) -> str:
    return f"DELIMITER {types.text(delimiter)}, QUOTE '', ESCAPE ''"


def _quoted(given: Mapping[str, str]) -> str:
    found = {key.lower(): value for key, value in given.items()}
    parts = (
        f"{word} {types.text(found.get(key, default)[:1])}"
        for word, key, default in (
            ("DELIMITER", "separatorchar", ","),
            ("QUOTE", "quotechar", '"'),
            ("ESCAPE", "escapechar", "\\"),
        )
    )
    return f"{', '.join(parts)}, FORCE_QUOTE *, NULLSTR ''"


def _header(table: Table) -> bool:
    count = skipped(table)
    if count > 1:
        raise QueryError(
            "NOT_SUPPORTED",
            "Inserting into Hive table with value of skip.header.line.count property greater than"
            " 1 is not supported",
        )
    return count == 1


def _padded(value: str, kind: Type) -> str:
    return f"rpad({value}, {kind.args[0]}, ' ')"


def _lazy(value: str, kind: Type, where: Layout) -> str:
    """As it is when DuckDB prints the same text as Hive does."""
    if kind.name in NESTED or where.escape:
        return lazy_text.encoded(value, kind, where)
    return lazy_text.printed(value, kind)


def _csv(value: str, kind: Type) -> str:
    match kind.name:
        case "date":
            return f"date_diff('day', DATE '1970-01-01', {value})"
        case "timestamp":
            return f"epoch_ms({value})"
        case "varbinary" | "array" | "map" | "row":
            raise unsupported(f"an OpenCSV column of type {kind}")
    return lazy_text.printed(value, kind)


def _json(value: str, kind: Type, depth: int = 0) -> str:
    match kind.name:
        case "varbinary" if depth == 0:
            return f"to_base64({value})"
        case "double" | "real" if depth == 0:
            # JSON has no such numbers.
            odd = f"CASE WHEN isnan({value}) THEN 'NaN' WHEN {value} > 0 THEN 'Infinity' ELSE"
            odd += " '-Infinity' END"
            usual = f"coalesce(isfinite({value}), true)"
            return f"CASE WHEN {usual} THEN to_json({value}) ELSE to_json({odd}) END"
        case "varbinary" | "timestamp with time zone":
            raise unsupported(f"{kind} in JSON")
        case "char" if depth == 0:
            return _padded(value, kind)
        case "array" | "map" | "row":
            inner = [of for _, of in kind.args] if kind.name == "row" else kind.args
            for part in inner:
                _json(value, part, depth + 1)
    return value
