"""SHOW CREATE TABLE and SHOW CREATE VIEW: the statement that makes a table or a view again, in the
lines that Hive, and Athena with it, prints.
"""

from collections.abc import Iterator, Mapping

from lab.engine.catalog import Column, Table
from lab.engine.errors import unsupported
from lab.engine.table_text import shown_columns

LAZY_SIMPLE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
FORMAT = "serialization.format"
# In the order in which Hive's grammar has them.
DELIMITERS = {
    "field.delim": "FIELDS TERMINATED BY",
    "escape.delim": "ESCAPED BY",
    "collection.delim": "COLLECTION ITEMS TERMINATED BY",
    "mapkey.delim": "MAP KEYS TERMINATED BY",
    "line.delim": "LINES TERMINATED BY",
    "serialization.null.format": "NULL DEFINED AS",
}
ESCAPES = {"\\": "\\\\", "'": "\\'", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
# Said by words of their own.
SAID = ("EXTERNAL", "comment")


def create_view(table: Table) -> list[str]:
    return [f"CREATE VIEW {table.database}.{table.name} AS", *(table.view or "").split("\n")]


def create_table(table: Table, shown: str) -> list[str]:
    """``shown`` is the table's name as the statement had it; the spaces at the ends of lines are
    Hive's. For Iceberg tables see ``lab.engine.iceberg.commands``.
    """
    if table.view is not None:
        raise unsupported("SHOW CREATE TABLE of a view")
    comment = table.comment or table.parameters.get("comment")
    return [
        f"CREATE EXTERNAL TABLE `{shown}`(",
        *_columns(shown_columns(table)),
        *([f"COMMENT {_text(comment)}"] if comment else []),
        *(["PARTITIONED BY ( ", *_columns(table.partition_keys)] if table.partition_keys else []),
        *_buckets(table),
        *_row_format(table),
        "STORED AS INPUTFORMAT ",
        f"  {_text(table.input_format)} ",
        "OUTPUTFORMAT ",
        f"  {_text(table.output_format)}",
        "LOCATION",
        f"  {_text(table.location)}",
        *_properties(table.parameters),
    ]


def _columns(columns: tuple[Column, ...]) -> Iterator[str]:
    for place, column in enumerate(columns, 1):
        comment = f" COMMENT {_text(column.comment)}" if column.comment else ""
        end = ")" if place == len(columns) else ", "
        yield f"  `{column.name}` {column.type}{comment}{end}"


def _buckets(table: Table) -> Iterator[str]:
    if table.bucketed_by:
        yield "CLUSTERED BY ( "
        yield f"  {', '.join(table.bucketed_by)}) "
        yield f"INTO {table.bucket_count} BUCKETS"


def _row_format(table: Table) -> Iterator[str]:
    given = {key: value for key, value in table.serde_parameters.items() if key != FORMAT}
    if table.serde == LAZY_SIMPLE and given and set(given) <= set(DELIMITERS):
        yield "ROW FORMAT DELIMITED "
        for key, words in DELIMITERS.items():
            if key in given:
                yield f"  {words} {_text(given[key])} "
        return
    yield "ROW FORMAT SERDE "
    yield f"  {_text(table.serde)} "
    if given:
        yield "WITH SERDEPROPERTIES ( "
        yield from _pairs(given, ") ")


def _properties(parameters: Mapping[str, str]) -> Iterator[str]:
    given = {key: value for key, value in parameters.items() if key not in SAID}
    if given:
        yield "TBLPROPERTIES ("
        yield from _pairs(given, ")")


def _pairs(given: Mapping[str, str], end: str) -> Iterator[str]:
    for place, key in enumerate(sorted(given), 1):
        yield f"  {_text(key)}={_text(given[key])}{end if place == len(given) else ', '}"


def _text(value: str) -> str:
    """A string of Hive's, with what it may not hold as it is."""
    escaped = "".join(
        ESCAPES.get(letter) or (letter if letter >= " " else f"\\u{ord(letter):04x}")
        for letter in value
    )
    return f"'{escaped}'"
