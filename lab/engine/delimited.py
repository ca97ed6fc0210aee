"""Delimited text as LazySimpleSerDe and OpenCSVSerde read it.

LazySimple knows no quotes, takes ``\\N`` for NULL and makes NULL of what does not fit the type;
OpenCSV takes quotes off and fails on what does not fit. Source: Amazon Athena User Guide, "Lazy
Simple SerDe", "Open CSV SerDe".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from lab.engine import lazy_text, lines, open_csv, types
from lab.engine.catalog import StoredFile
from lab.engine.lazy_text import Layout
from lab.engine.type_text import parse_type
from lab.engine.types import quote
from lab.engine.values import Scan

LAZY_SIMPLE_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"


def source(scan: Scan, files: list[StoredFile], file_column: str) -> str:
    """SELECT of the scan's columns. Fields beyond the columns are dropped, missing ones NULL."""
    table = scan.table
    if table.serde == open_csv.OPEN_CSV_SERDE:
        where, separator = None, open_csv.characters(table)[0]
        ways = {f: None if lines.is_copy(f) else open_csv.quoting(f, table) for f in files}
    else:
        where = lazy_text.layout(table)
        separator = where.separator(0)
        ways = {f: None if where.escape or lines.is_copy(f) else "" for f in files}
    selects = []
    for way in dict.fromkeys(ways.values()):
        group = [file for file in files if ways[file] == way]
        selects.append(
            _by_line(scan, group, file_column, where)
            if way is None
            else _by_column(scan, group, file_column, where, separator, way)
        )
    return " UNION ALL ".join(selects)


def _by_column(  # noqa: PLR0913, PLR0917  a character each
    scan: Scan,
    files: list[StoredFile],
    file_column: str,
    where: Layout | None,
    separator: str,
    quoting: str,
) -> str:
    """DuckDB splits the lines, which is quickest."""
    selected = [
        f"{_value(scan, place, quote(column.name.lower()), where)} AS {quote(column.name.lower())}"
        for place, column in enumerate(scan.table.columns)
        if column.name.lower() in scan.mentioned
    ]
    if file_column:
        selected.append(quote(file_column))
    declared = ", ".join(f"{types.text(c.name.lower())}: 'VARCHAR'" for c in scan.table.columns)
    listed = ", ".join(types.text(str(file.path)) for file in files)
    option = f", filename={types.text(file_column)}" if file_column else ""
    # Lines of too few fields and quotes do not go together in parallel.
    option += ", parallel=false" if quoting else ""
    return (
        f"SELECT {', '.join(selected) or '1 AS one'} FROM read_csv([{listed}],"
        f" columns={{{declared}}}, auto_detect=false, header=false, null_padding=true,"
        f" strict_mode=false, hive_partitioning=false, delim={types.text(separator)},"
        f" quote={types.text(quoting)}, escape={types.text(quoting)},"
        f" nullstr={types.text(lines.NEVER_NULL)}, skip={lines.skipped(scan.table)}{option})"
    )


def _value(scan: Scan, place: int, field: str, where: Layout | None) -> str:
    """The SQL of a column whose text is ``field``; OpenCSV when there is no ``where``."""
    kind = parse_type(scan.table.columns[place].type)
    if where is None:
        return open_csv.converted(field, kind, place, scan.table)
    return lazy_text.decoded(field, kind, where)


def _by_line(scan: Scan, files: list[StoredFile], file_column: str, where: Layout | None) -> str:
    """Lines split by ourselves."""
    selected = []
    for place, column in enumerate(scan.table.columns):
        name = column.name.lower()
        if name in scan.mentioned:
            value = _value(scan, place, f"list_extract(f, {place + 1})", where)
            selected.append(f"{value} AS {quote(name)}")
    if file_column:
        selected.append(quote(file_column))
    split = (
        open_csv.fields("line", scan.table) if where is None else lazy_text.fields("line", where)
    )
    inner = lines.source(scan.table, files, file_column)
    return (
        f"SELECT {', '.join(selected) or '1 AS one'} FROM (SELECT *, {split} AS f FROM ({inner}))"
    )
