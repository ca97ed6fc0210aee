"""Result files, written once and read back in pages; and how Athena describes a column.

A row of the CSV has every value in double quotes; NULL is nothing between two commas.
The text of DDL has one line per row, without a newline at its end. GetQueryResults reads the same
file, so nothing is kept in memory. Source: Amazon Athena User Guide, "Work with query results and
recent queries".
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lab.engine.compiler import Named
from lab.engine.types import BIGINT, Type
from lab.providers.athena.errors import invalid
from lab.providers.pages import place_of, token_of

Row = list[str | None]
Record = dict[str, Any]
MAX_VARCHAR = 2**31 - 1
PRECISIONS = {
    "boolean": 0,
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "double": 17,
    "real": 17,
    "date": 0,
    "timestamp": 3,
    "timestamp with time zone": 3,
    "varbinary": 1073741824,
}
CASE_SENSITIVE = ("varchar", "char", "json")


def column_info(name: str, kind: Type) -> Record:
    """A ColumnInfo. Array, map and row say only that they are."""
    precision, scale = PRECISIONS.get(kind.name, 0), 0
    if kind.name == "decimal":
        precision, scale = kind.args
    elif kind.name in ("varchar", "char"):
        precision = kind.args[0] if kind.args else MAX_VARCHAR
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": {"real": "float"}.get(kind.name, kind.name),
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind.name in CASE_SENSITIVE,
    }


def columns_of(columns: Iterable[Named], lines: bool) -> list[Record]:
    """The ColumnInfo of a result. The text of DDL, unlike a plan, has no length and no case."""
    infos = [column_info(column.name, column.type) for column in columns]
    if lines:
        for info in infos:
            info["CaseSensitive"] = info["Precision"] > 0
    return infos


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


# What a statement that writes answers with: how many rows.
ROWS = column_info("rows", BIGINT)


def write_table(path: Path, names: Row, rows: Iterable[Row]) -> int:
    """Header and rows as CSV; how many rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as output:
        output.write(",".join(map(_quoted, names)) + "\n")
        for count, row in enumerate(rows, start=1):  # noqa: B007 - the last count is the number
            output.write(",".join(map(_quoted, row)) + "\n")
    return count


def write_lines(path: Path, rows: Iterable[Row]) -> int:
    """The text of DDL; how many rows."""
    lines = ["\t".join(value or "" for value in row) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    return len(lines)


def read_page(
    path: Path, lines: bool, token: str | None, size: int
) -> tuple[list[Row], str | None]:
    """``size`` rows from where ``token`` points, and the token of the next page, which a full page
    always has, even if it is the last.
    """

    def malformed(_message: str) -> Exception:
        return invalid(f"Malformed nextPageToken {token}")

    with path.open("rb") as source:
        source.seek(place_of(token, malformed))
        rows: list[Row] = []
        records = _lines(source) if lines else _records(source)
        end = source.tell()
        for row, place in records:
            rows.append(row)
            end = place
            if len(rows) == size:
                break
    return rows, token_of(end) if len(rows) == size else None


def _lines(source: Any) -> Iterator[tuple[Row, int]]:
    line = source.readline()
    while line:
        ended = line.endswith(b"\n")
        yield [line.decode().removesuffix("\n")], source.tell()
        line = source.readline()
        if ended and not line:  # a newline comes before a line, here an empty one
            yield [""], source.tell()


def _records(source: Any) -> Iterator[tuple[Row, int]]:
    """Records of the CSV; a record goes on while a quote is open."""
    while record := source.readline():
        while record.count(b'"') % 2 and (more := source.readline()):
            record += more
        yield split_record(record.decode().removesuffix("\n")), source.tell()


def split_record(record: str) -> Row:
    """The values of one record; nothing between two commas is None, ``""`` is the empty text."""
    row: Row = []
    place = 0
    while True:
        if record[place : place + 1] == '"':
            value, place = _quoted_value(record, place + 1)
            row.append(value)
        else:
            end = record.find(",", place)
            place = len(record) if end < 0 else end
            row.append(None)
        if place >= len(record):
            return row
        place += 1


def _quoted_value(record: str, place: int) -> tuple[str, int]:
    """The value whose opening quote is before ``place``, and the place behind its closing quote."""
    parts = []
    while True:
        end = record.index('"', place)
        parts.append(record[place:end])
        if record[end + 1 : end + 2] != '"':
            return '"'.join(parts), end + 1
        place = end + 2
