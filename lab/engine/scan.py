"""What a reference to a table becomes: which partitions, which files, which SQL, and how many
bytes.

Partitions are chosen before any file is listed. Text is counted as it is stored (compressed bytes,
whole files); Parquet by column chunk (``parquet.bytes_needed``). A LIMIT that stops early is not
deducted, and the 10 MB minimum of Athena's price is not part of the figure. Source: Amazon Athena
User Guide,
"Optimize data", and the API reference of QueryExecutionStatistics.
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import datetime as dt
import json
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import duckdb

from lab.engine import (
    avro,
    commits,
    delimited,
    footers,
    jsonlines,
    lines,
    orc,
    parquet,
    patterned,
    projection,
    schemas,
    types,
)  # fmt: skip
from lab.engine.avro import AVRO_SERDE
from lab.engine.catalog import (
    HIDDEN_COLUMNS,
    Catalog,
    Column,
    Objects,
    Partition,
    StoredFile,
    Table,
    hidden_columns,
)  # fmt: skip
from lab.engine.errors import unsupported
from lab.engine.hive_paths import partition_name
from lab.engine.iceberg.lookup import is_iceberg
from lab.engine.open_csv import OPEN_CSV_SERDE
from lab.engine.orc import ORC_SERDE
from lab.engine.staging import Staging
from lab.engine.text_casts import rounded_timestamp
from lab.engine.type_text import parse_type
from lab.engine.types import quote
from lab.engine.values import Scan

JSON_SERDES = ("org.openx.data.jsonserde.JsonSerDe", "org.apache.hive.hcatalog.data.JsonSerDe")
TEXT_SERDES = (delimited.LAZY_SIMPLE_SERDE, OPEN_CSV_SERDE)
PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
FILE_COLUMN = "$file"
MILLISECOND = dt.timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Source:
    """The SQL that stands for a scan, and the bytes that reading it costs."""

    sql: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The partitions that a scan reads, their files, and the bytes that it needs of them."""

    found: list[tuple[Partition, list[StoredFile]]]
    bytes: int


def prepare(scan: Scan, catalog: Catalog, objects: Objects, staging: Staging) -> Source:
    """Choose partitions, list files, write the SQL."""
    if is_iceberg(scan.table):
        from lab.engine.iceberg import scan as iceberg

        return iceberg.prepare(scan, objects, staging)
    if scan.table.database == "information_schema":
        from lab.engine import information_schema

        return information_schema.prepare(scan, catalog, staging)
    choice = choose(scan, catalog, objects, staging.connection)
    found = [(part, _readable(scan, listed, staging)) for part, listed in choice.found]
    files = [file for _, listed in found for file in listed]
    if not files:
        return Source(empty(scan), 0)
    name = FILE_COLUMN if _needs_values(scan) else ""
    sql = _in_millis(scan, _read(scan, files, name, staging))
    if name:
        sql = _with_values(scan, sql, found)
    return Source(sql, choice.bytes)


def _in_millis(scan: Scan, sql: str) -> str:
    """Hive's timestamps have milliseconds, however finely a file holds them. What is rounded cannot
    be compared with statistics, so that the rows that are near enough are chosen before.
    """
    if scan.table.serde in TEXT_SERDES:
        return sql
    rounded = ", ".join(
        f"CASE WHEN epoch_us({name}) % 1000 = 0 THEN {name} ELSE {rounded_timestamp(name, 3)} END"
        f" AS {name}"
        for name in map(quote, sorted(_moments(scan) & scan.mentioned))
    )
    if not rounded:
        return sql
    near = " AND ".join(
        f"{quote(name)} {symbol} TIMESTAMP '{value}'" for name, symbol, value in _near(scan)
    )
    return f"SELECT * REPLACE ({rounded}) FROM ({sql}){' WHERE ' if near else ''}{near}"


def _moments(scan: Scan) -> frozenset[str]:
    columns = scan.table.columns
    return frozenset(c.name.lower() for c in columns if parse_type(c.type).name == "timestamp")


def _near(scan: Scan) -> list[tuple[str, str, dt.datetime]]:
    """The filters on timestamps, for what is up to a millisecond off."""
    moments, found = _moments(scan), []
    for name, symbol, given in scan.filters:
        values = given if symbol == "in" else (given,)
        if name in moments and all(isinstance(value, dt.date) for value in values):
            instants = [
                value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
                for value in values
            ]
            if symbol not in ("<", "<="):
                found.append((name, ">" if symbol == ">" else ">=", min(instants) - MILLISECOND))
            if symbol not in (">", ">="):
                found.append((name, "<" if symbol == "<" else "<=", max(instants) + MILLISECOND))
    return found


def choose(
    scan: Scan, catalog: Catalog, objects: Objects, connection: duckdb.DuckDBPyConnection
) -> Choice:
    """Choose partitions and list their files; of these, footers at most are read."""
    chosen = _chosen(scan, catalog, connection)
    for part in chosen:
        schemas.check(scan.table, part)
    with commits.READING:
        found = [(part, data_files(objects, part.location)) for part in chosen]
    return Choice(found, _count(scan, [file for _, listed in found for file in listed]))


def _readable(scan: Scan, files: list[StoredFile], staging: Staging) -> list[StoredFile]:
    """The files, or copies of those that DuckDB cannot read."""
    if scan.table.serde == AVRO_SERDE:
        return [avro.plain(file, scan, staging) for file in files]
    if scan.table.serde in (PARQUET_SERDE, ORC_SERDE):
        return files
    if scan.table.serde in JSON_SERDES:
        return [staging.plain(file) for file in files]
    return [lines.readable(file, staging) for file in files]


def _chosen(scan: Scan, catalog: Catalog, connection: duckdb.DuckDBPyConnection) -> list[Partition]:
    """The partitions that the conditions on partition keys leave."""
    table = scan.table
    if not table.partition_keys:
        return [Partition((), table.location)]
    if not projection.is_projected(table):
        return _prune(scan, catalog.partitions(table), connection)

    def keep(key: Column, values: list[str]) -> list[str]:
        alone = [f.sql for f in scan.partition_filters if f.keys == {key.name.lower()}]
        places = _matching([key], [(value,) for value in values], alone, connection)
        return [values[place] for place in places]

    return _prune(scan, projection.partitions(scan, keep), connection)


def data_files(objects: Objects, location: str) -> list[StoredFile]:
    """The files under a location; names that begin with ``_`` or ``.`` are hidden, as Hive has
    it.
    """
    prefix = location if location.endswith("/") else location + "/"
    bucket = location.split("/")[2]
    listed = (replace(f, bucket=bucket) for f in objects.list(prefix) if f.size > 0)
    return [file for file in listed if not file.key.rsplit("/", 1)[-1].startswith(("_", "."))]


def _needs_values(scan: Scan) -> bool:
    keys = {key.name.lower() for key in scan.table.partition_keys}
    return not keys.union(hidden_columns(scan.table)).isdisjoint(scan.mentioned)


def _prune(
    scan: Scan, partitions: list[Partition], connection: duckdb.DuckDBPyConnection
) -> list[Partition]:
    """The partitions for which every filter on partition keys alone is true."""
    filters = [each.sql for each in scan.partition_filters]
    rows = [part.values for part in partitions]
    return [
        partitions[place]
        for place in _matching(scan.table.partition_keys, rows, filters, connection)
    ]


def _matching(
    keys: Sequence[Column],
    rows: list[tuple[str, ...]],
    filters: list[str],
    connection: duckdb.DuckDBPyConnection,
) -> Sequence[int]:
    """The places of the rows, each with a value for every key, for which all filters are true."""
    if not filters or not rows:
        return range(len(rows))
    columns = ", ".join(
        f"CAST({quote(f'k{place}')} AS {types.duckdb(parse_type(key.type))}) AS"
        f" {quote(key.name.lower())}"
        for place, key in enumerate(keys)
    )
    values = (
        json.dumps([None if value == HIVE_NULL else value for value in column])
        for column in zip(*rows, strict=True)
    )
    # As text, since DuckDB loads pandas, where there is one, to look at a parameter.
    lists = ", ".join(
        f"unnest(from_json({types.text(column)}, '[\"VARCHAR\"]')) AS {quote(f'k{place}')}"
        for place, column in enumerate(values)
    )
    where = " AND ".join(f"({text})" for text in filters)
    sql = (
        f"SELECT i FROM (SELECT i, {columns} FROM (SELECT unnest(range({len(rows)})) AS i,"
        f' {lists})) AS "p" WHERE {where} ORDER BY i'
    )
    return [place for (place,) in connection.execute(sql).fetchall()]


def _value(value: str) -> str:
    return "NULL" if value == HIVE_NULL else types.text(value)


def empty(scan: Scan) -> str:
    """SQL that has the columns of a scan and no row."""
    kinds = {c.name.lower(): c.type for c in scan.table.all_columns} | HIDDEN_COLUMNS
    columns = [
        f"CAST(NULL AS {types.duckdb(parse_type(kind))}) AS {quote(name)}"
        for name, kind in kinds.items()
        if name in scan.mentioned
    ]
    return f"SELECT {', '.join(columns) or '1 AS one'} WHERE false"


def _read(scan: Scan, files: list[StoredFile], name: str, staging: Staging) -> str:
    """One SELECT per group of files that spell their columns alike."""
    serde = scan.table.serde
    if serde in (PARQUET_SERDE, AVRO_SERDE):
        known = dict(zip(files, footers.footers(files), strict=True))
        groups = _grouped(files, lambda file: known[file].columns)
        selects = [parquet.source(scan, listed, spelt, name) for spelt, listed in groups]
    elif serde == ORC_SERDE:
        groups = _grouped(files, orc.spellings)
        selects = [orc.source(scan, listed, spelt, name, staging) for spelt, listed in groups]
    elif serde in JSON_SERDES:
        keys = _grouped(files, jsonlines.spellings)
        selects = [jsonlines.source(scan, listed, spelt, name) for spelt, listed in keys]
    elif serde in TEXT_SERDES:
        selects = [delimited.source(scan, files, name)]
    elif serde in patterned.SERDES:
        selects = [patterned.source(scan, files, name)]
    else:
        raise unsupported(f"the SerDe {serde}")
    return " UNION ALL ".join(selects)


def _grouped[Key: Hashable](
    files: list[StoredFile], key: Callable[[StoredFile], Key]
) -> list[tuple[Key, list[StoredFile]]]:
    groups: dict[Key, list[StoredFile]] = {}
    for file in files:
        groups.setdefault(key(file), []).append(file)
    return list(groups.items())


def _with_values(scan: Scan, sql: str, found: list[tuple[Partition, list[StoredFile]]]) -> str:
    """Add by file what is not in it: the partition's values, which are the catalogue's and not the
    path's, and the hidden columns.
    """
    keys = [k for k in enumerate(scan.table.partition_keys) if k[1].name.lower() in scan.mentioned]
    hidden = [name for name in hidden_columns(scan.table) if name in scan.mentioned]
    rows = ", ".join(
        f"({
            ', '.join(
                [
                    types.text(str(file.path)),
                    *(_value(part.values[place]) for place, _ in keys),
                    *(_hidden(name, scan.table, part, file) for name in hidden),
                ]
            )
        })"
        for part, files in found
        for file in files
    )
    names = ", ".join(
        [quote(FILE_COLUMN), *(quote(f"k{place}") for place, _ in keys), *map(quote, hidden)]
    )
    values = ", ".join(
        [
            *(
                f"CAST(p.{quote(f'k{place}')} AS {types.duckdb(parse_type(key.type))}) AS"
                f" {quote(key.name.lower())}"
                for place, key in keys
            ),
            *(f"p.{quote(name)}" for name in hidden),
        ]
    )
    return (
        f"SELECT f.* EXCLUDE ({quote(FILE_COLUMN)}), {values} FROM ({sql}) AS f"
        f" JOIN (VALUES {rows}) AS p({names})"
        f" ON f.{quote(FILE_COLUMN)} = p.{quote(FILE_COLUMN)}"
    )


def _hidden(name: str, table: Table, part: Partition, file: StoredFile) -> str:
    """SQL for the value of a hidden column."""
    match name:
        case "$path":
            return types.text(file.uri)
        case "$file_size":
            return f"CAST({file.size} AS BIGINT)"
        case "$file_modified_time":
            return f"make_timestamptz({int(file.modified * 1000) * 1000})"
    return types.text(partition_name(table, part.values))


def _count(scan: Scan, files: list[StoredFile]) -> int:
    """The bytes that Athena would say it scanned."""
    if scan.table.serde == PARQUET_SERDE:
        moments = _moments(scan)
        others = [each for each in scan.filters if each[0] not in moments]
        asked = replace(scan, filters=[*others, *_near(scan)])
        return sum(parquet.bytes_needed(asked, footer) for footer in footers.footers(files))
    if scan.table.serde == ORC_SERDE:
        return sum(orc.bytes_needed(scan, file) for file in files)
    return sum(file.size for file in files)
