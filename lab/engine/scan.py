"""What a reference to a table becomes: which partitions, which files, which SQL, and how many
bytes.

Partitions are chosen before any file is listed. Text is counted as it is stored (compressed bytes,
whole files); Parquet by column chunk (``parquet.bytes_needed``). A LIMIT that stops early is not
deducted, and the 10 MB minimum of Athena's price is not part of the figure. Source: Amazon Athena
User Guide,
"Optimize data", and the API reference of QueryExecutionStatistics.
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import duckdb

from lab.engine import delimited, jsonlines, parquet, patterned, projection, types
from lab.engine.catalog import Catalog, Column, Objects, Partition, StoredFile, Table
from lab.engine.errors import unsupported
from lab.engine.type_text import parse_type
from lab.engine.types import quote
from lab.engine.values import Scan

JSON_SERDES = ("org.openx.data.jsonserde.JsonSerDe", "org.apache.hive.hcatalog.data.JsonSerDe")
TEXT_SERDES = (
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    "org.apache.hadoop.hive.serde2.OpenCSVSerde",
)
PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
COMPRESSED = (".gz", ".zst")
UNREADABLE = (".bz2", ".snappy", ".lz4", ".lzo", ".deflate", ".zip")
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
FILE_COLUMN = "$file"


@dataclass(frozen=True, slots=True)
class Source:
    """The SQL that stands for a scan, and the bytes that reading it costs."""

    sql: str
    bytes: int


def prepare(
    scan: Scan, catalog: Catalog, objects: Objects, connection: duckdb.DuckDBPyConnection
) -> Source:
    """Choose partitions, list files, write the SQL."""
    _check_kind(scan.table)
    chosen = _chosen(scan, catalog, connection)
    found = [(part, list(data_files(objects, part.location))) for part in chosen]
    files = [file for _, listed in found for file in listed]
    if not files:
        return Source(_empty(scan), 0)
    name = FILE_COLUMN if _needs_values(scan) else ""
    sql = _read(scan, files, name)
    if name:
        sql = _with_values(scan, sql, found)
    return Source(sql, _count(scan, files))


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


def _check_kind(table: Table) -> None:
    """Refuse tables whose rows are not simply the files of their partitions."""
    parameters = {key.lower(): value.lower() for key, value in table.parameters.items()}
    if parameters.get("table_type") == "iceberg":
        raise unsupported("an Iceberg table")


def data_files(objects: Objects, location: str) -> list[StoredFile]:
    """The files under a location; names that begin with ``_`` or ``.`` are hidden, as Hive has
    it.
    """
    prefix = location if location.endswith("/") else location + "/"
    listed = (file for file in objects.list(prefix) if file.size > 0)
    return [file for file in listed if not file.key.rsplit("/", 1)[-1].startswith(("_", "."))]


def _needs_values(scan: Scan) -> bool:
    keys = {key.name.lower() for key in scan.table.partition_keys}
    return not keys.isdisjoint(scan.mentioned)


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
    lists = ", ".join(f"unnest(?) AS {quote(f'k{place}')}" for place in range(len(keys)))
    where = " AND ".join(f"({text})" for text in filters)
    sql = (
        f'SELECT i FROM (SELECT i, {columns} FROM (SELECT unnest(range(?)) AS i, {lists})) AS "p"'
        f" WHERE {where} ORDER BY i"
    )
    values = [
        [None if value == HIVE_NULL else value for value in column]
        for column in zip(*rows, strict=True)
    ]
    return [place for (place,) in connection.execute(sql, [len(rows), *values]).fetchall()]


def _value(value: str) -> str:
    return "NULL" if value == HIVE_NULL else types.text(value)


def _empty(scan: Scan) -> str:
    columns = [
        f"CAST(NULL AS {types.duckdb(parse_type(column.type))}) AS {quote(column.name.lower())}"
        for column in scan.table.all_columns
        if column.name.lower() in scan.mentioned
    ]
    return f"SELECT {', '.join(columns) or '1 AS one'} WHERE false"


def _read(scan: Scan, files: list[StoredFile], name: str) -> str:
    """One SELECT per group of files that spell their columns alike."""
    table = scan.table
    if table.serde == PARQUET_SERDE:
        groups = _grouped(files, parquet.spellings)
        selects = [parquet.source(scan, g, spelt, name) for spelt, g in groups]  # type: ignore[arg-type]
    elif table.serde in JSON_SERDES:
        _check_compression(files)
        groups = _grouped(files, jsonlines.spellings)
        selects = [jsonlines.source(scan, g, spelt, name) for spelt, g in groups]  # type: ignore[arg-type]
    elif table.serde in TEXT_SERDES:
        _check_compression(files)
        selects = [delimited.source(scan, files, name)]
    elif table.serde in patterned.SERDES:
        _check_compression(files)
        selects = [patterned.source(scan, files, name)]
    else:
        raise unsupported(f"the SerDe {table.serde}")
    return " UNION ALL ".join(selects)


def _grouped(
    files: list[StoredFile], key: Callable[[StoredFile], Hashable]
) -> list[tuple[Hashable, list[StoredFile]]]:
    groups: dict[Hashable, list[StoredFile]] = {}
    for file in files:
        groups.setdefault(key(file), []).append(file)
    return list(groups.items())


def _check_compression(files: list[StoredFile]) -> None:
    for file in files:
        if file.key.endswith(UNREADABLE):
            raise unsupported(f"the compression of {file.key}")


def _with_values(scan: Scan, sql: str, found: list[tuple[Partition, list[StoredFile]]]) -> str:
    """Add the partition's values, which are the catalogue's and not the path's, by file."""
    keys = [k for k in enumerate(scan.table.partition_keys) if k[1].name.lower() in scan.mentioned]
    rows = ", ".join(
        f"({types.text(str(file.path))},"
        f" {', '.join(_value(part.values[place]) for place, _ in keys)})"
        for part, files in found
        for file in files
    )
    names = ", ".join(quote(f"k{place}") for place, _ in keys)
    values = ", ".join(
        f"CAST(p.{quote(f'k{place}')} AS {types.duckdb(parse_type(key.type))}) AS"
        f" {quote(key.name.lower())}"
        for place, key in keys
    )
    return (
        f"SELECT f.* EXCLUDE ({quote(FILE_COLUMN)}), {values} FROM ({sql}) AS f"
        f" JOIN (VALUES {rows}) AS p({quote(FILE_COLUMN)}, {names})"
        f" ON f.{quote(FILE_COLUMN)} = p.{quote(FILE_COLUMN)}"
    )


def _count(scan: Scan, files: list[StoredFile]) -> int:
    if scan.table.serde == PARQUET_SERDE:
        return sum(parquet.bytes_needed(scan, file) for file in files)
    return sum(file.size for file in files)
