"""Delimited text as LazySimpleSerDe and OpenCSVSerde read it.

LazySimple knows no quotes, takes ``\\N`` for NULL and makes NULL of what does not fit the type;
OpenCSV takes quotes off and fails on what does not fit. Source: Amazon Athena User Guide, "Lazy
Simple SerDe", "Open CSV SerDe".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from lab.engine import lines, types
from lab.engine.catalog import StoredFile
from lab.engine.errors import unsupported
from lab.engine.type_text import parse_type
from lab.engine.types import Type, quote
from lab.engine.values import Scan

LAZY_DELIMITER = "\x01"
INTEGER = "^[+-]?[0-9]+$"
DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
TIMESTAMP = "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?$"


def source(scan: Scan, files: list[StoredFile], file_column: str) -> str:
    """SELECT of the scan's columns. Fields beyond the columns are dropped, missing ones NULL."""
    table = scan.table
    open_csv = table.serde.endswith("OpenCSVSerde")
    selected = []
    for column in table.columns:
        if column.name.lower() in scan.mentioned:
            value = quote(column.name.lower())
            kind = parse_type(column.type)
            converted = _strict(value, kind) if open_csv else lenient(value, kind)
            selected.append(f"{converted} AS {value}")
    if file_column:
        selected.append(quote(file_column))
    listed = ", ".join(types.text(str(file.path)) for file in files)
    option = f", filename={types.text(file_column)}" if file_column else ""
    what = f"SELECT {', '.join(selected) or '1 AS one'} FROM"
    escape = table.serde_parameters.get("escape.delim")
    if escape and not open_csv:
        return f"{what} ({_escaped(scan, files, file_column, escape)})"
    declared = ", ".join(f"{types.text(c.name.lower())}: 'VARCHAR'" for c in table.columns)
    return (
        f"{what} read_csv([{listed}], columns={{{declared}}},"
        f" auto_detect=false, header=false, null_padding=true, strict_mode=false,"
        f" hive_partitioning=false, {_options(scan, open_csv)}{option})"
    )


def _escaped(scan: Scan, files: list[StoredFile], file_column: str, escape: str) -> str:
    """Lines split by ourselves: DuckDB knows an escape character only inside of quotes."""
    parameters = scan.table.serde_parameters
    delimiter = parameters.get("field.delim", LAZY_DELIMITER)
    null = parameters.get("serialization.null.format", "\\N")
    names = ", ".join(
        f"list_extract(f, {place}) AS {quote(column.name.lower())}"
        for place, column in enumerate(scan.table.columns, 1)
    )
    if file_column:
        names += f", {quote(file_column)}"
    fields = (
        f"lab_split_escaped(line, {types.text(delimiter)}, {types.text(escape)},"
        f" {types.text(null)})"
    )
    inner = f"SELECT *, {fields} AS f FROM ({lines.source(scan.table, files, file_column)})"
    return f"SELECT {names} FROM ({inner})"


def _options(scan: Scan, open_csv: bool) -> str:
    parameters = {key.lower(): value for key, value in scan.table.serde_parameters.items()}
    skip = int(scan.table.parameters.get("skip.header.line.count", "0"))
    if open_csv:
        delimiter = parameters.get("separatorchar", ",")
        quoting, escape = parameters.get("quotechar", '"'), parameters.get("escapechar", "\\")
        null = f"'{chr(2)}'"
    else:
        delimiter = parameters.get("field.delim", parameters.get("serialization.format", "\x01"))
        delimiter = "\x01" if delimiter == "1" else delimiter
        quoting, escape = "", ""
        null = types.text(parameters.get("serialization.null.format", "\\N"))
    return (
        f"delim={types.text(delimiter)}, quote={types.text(quoting)}, escape={types.text(escape)},"
        f" nullstr={null}, skip={skip}"
    )


def lenient(value: str, kind: Type) -> str:
    """LazySimple: NULL when the text is not of the type."""
    duck = types.duckdb(kind)
    match kind.name:
        case "varchar":
            return f"left({value}, {kind.args[0]})" if kind.args else value
        case "tinyint" | "smallint" | "integer" | "bigint":
            return (
                f"CASE WHEN regexp_matches({value}, '{INTEGER}') THEN TRY_CAST({value} AS"
                f" {duck}) END"
            )
        case "double" | "real" | "decimal":
            return f"TRY_CAST({value} AS {duck})"
        case "boolean":
            return f"CASE lower({value}) WHEN 'true' THEN true WHEN 'false' THEN false END"
        case "date":
            return f"CASE WHEN regexp_matches({value}, '{DATE}') THEN TRY_CAST({value} AS DATE) END"
        case "timestamp":
            cast = f"TRY_CAST({value} AS TIMESTAMP)"
            return f"CASE WHEN regexp_matches({value}, '{TIMESTAMP}') THEN {cast} END"
    raise unsupported(f"a delimited column of type {kind}")


def _strict(value: str, kind: Type) -> str:
    """OpenCSV: an error when the text is not of the type; dates are days and timestamps
    milliseconds since 1970.
    """
    duck = types.duckdb(kind)
    bad = (
        f"error('HIVE_BAD_DATA: Error parsing field value ''' || {value} || ''' for field:"
        f" For input string: \"' || {value} || '\"')"
    )
    integer = f"regexp_matches({value}, '{INTEGER}')"
    match kind.name:
        case "varchar":
            return value
        case "tinyint" | "smallint" | "integer" | "bigint":
            good = f"CAST({value} AS {duck})"
        case "double" | "real":
            good, integer = f"CAST({value} AS {duck})", f"TRY_CAST({value} AS {duck}) IS NOT NULL"
        case "boolean":
            good, integer = f"(lower({value}) = 'true')", f"lower({value}) IN ('true', 'false')"
        case "date":
            good = f"(DATE '1970-01-01' + CAST({value} AS INTEGER))"
        case "timestamp":
            good = f"make_timestamp(CAST({value} AS BIGINT) * 1000)"
        case _:
            raise unsupported(f"an OpenCSV column of type {kind}")
    return f"CASE WHEN {value} IS NULL THEN NULL WHEN {integer} THEN {good} ELSE {bad} END"
