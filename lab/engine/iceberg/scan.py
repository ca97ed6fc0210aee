"""A reference to an Iceberg table as SQL: data files read by field id, deleted rows left out, and
the bytes of both counted as for Parquet.
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from dataclasses import dataclass, replace
from pathlib import Path

from lab.engine import parquet, types
from lab.engine.catalog import HIDDEN_COLUMNS, Objects, StoredFile
from lab.engine.footers import footer_of
from lab.engine.iceberg import schemas
from lab.engine.iceberg.files import StoreFiles
from lab.engine.iceberg.planning import Task, plan, stored_file
from lab.engine.iceberg.tables import IcebergTable
from lab.engine.scan import Source
from lab.engine.staging import Staging
from lab.engine.type_text import parse_type
from lab.engine.types import quote
from lab.engine.values import Scan

FILE, ROW = "$file", "file_row_number"
Columns = tuple[schemas.Stored, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A data file, its task, its columns."""

    task: Task
    file: StoredFile
    columns: Columns


def prepare(scan: Scan, objects: Objects, staging: Staging) -> Source:
    """The SQL and the bytes of reading the table, or what its metadata says."""
    if isinstance(scan.table, IcebergTable):
        tasks = plan(scan.table, scan.filters, StoreFiles(objects, Path()))
        return source(scan, scan.table, tasks, objects)
    from lab.engine.iceberg import metadata_tables

    return metadata_tables.source(scan, staging)


def source(scan: Scan, table: IcebergTable, tasks: list[Task], objects: Objects) -> Source:
    """The SQL and the bytes of reading the files that ``tasks`` names."""
    readings = [_reading(task, objects) for task in tasks]
    names = schemas.names_of(table.schema, table.metadata.name_mapping())
    total = sum(_bytes(scan, table, one, names) for one in readings)
    deletes = {d.file_path for one in readings for d in one.task.deletes}
    places = {uri: stored_file(objects, uri) for uri in sorted(deletes)}
    total += sum(_whole(file) for file in places.values())
    groups: dict[tuple[bool, Columns], list[Reading]] = {}
    for one in readings:
        groups.setdefault((bool(one.task.deletes), one.columns), []).append(one)
    parts = [_select(scan, table, group, places, names) for group in groups.values()]
    return Source(" UNION ALL ".join(parts) or _empty(scan), total)


def _reading(task: Task, objects: Objects) -> Reading:
    file = stored_file(objects, task.uri)
    return Reading(task, file, schemas.stored(file))


def _bytes(scan: Scan, table: IcebergTable, one: Reading, names: dict[str, int]) -> int:
    """What ``parquet.bytes_needed`` says when asked in the file's own names."""
    spelt = {}
    for field in table.schema.fields:
        column = schemas.find(one.columns, field, names)
        if column is not None:
            spelt[field.name.lower()] = column.name.lower()
    asked = replace(
        scan,
        columns=[spelt[name] for name in scan.columns if name in spelt],
        filters=[(spelt[n], symbol, value) for n, symbol, value in scan.filters if n in spelt],
    )
    return parquet.bytes_needed(asked, footer_of(one.file))


def _whole(file: StoredFile) -> int:
    """The bytes of all column chunks."""
    return sum(chunk.size for group in footer_of(file).groups for chunk in group)


def _select(
    scan: Scan,
    table: IcebergTable,
    group: list[Reading],
    deletes: dict[str, StoredFile],
    names: dict[str, int],
) -> str:
    """One SELECT from files that have the same columns."""
    parts = [
        f"{schemas.read(field, schemas.find(group[0].columns, field, names))}"
        f" AS {quote(field.name.lower())}"
        for field in table.schema.fields
        if field.name.lower() in scan.mentioned
    ]
    parts += [
        f"{_hidden(name)} AS {quote(name)}" for name in table.hidden if name in scan.mentioned
    ]
    gone = {d.file_path for one in group for d in one.task.deletes}
    listed = ", ".join(types.text(str(one.file.path)) for one in group)
    sql = (
        f"SELECT {', '.join(parts) or '1 AS one'} FROM read_parquet([{listed}],"
        f" hive_partitioning=false, union_by_name=true, filename={types.text(FILE)},"
        f" file_row_number=true) AS f"
    )
    if gone or not scan.mentioned.isdisjoint(("$path", "$file_modified_time")):
        rows = ", ".join(
            f"({types.text(str(one.file.path))}, {types.text(one.task.uri)},"
            f" make_timestamptz({int(one.file.modified * 1000) * 1000}))"
            for one in group
        )
        sql += f" JOIN (VALUES {rows}) AS p(path, uri, modified) ON f.{quote(FILE)} = p.path"
    if gone:
        listed = ", ".join(types.text(str(deletes[uri].path)) for uri in sorted(gone))
        sql += (
            f" WHERE NOT EXISTS (SELECT 1 FROM read_parquet([{listed}]) AS d"
            f" WHERE d.file_path = p.uri AND d.pos = f.{ROW})"
        )
    return sql


def _hidden(name: str) -> str:
    return {"$path": "p.uri", "$pos": f"f.{ROW}", "$file_modified_time": "p.modified"}[name]


def _empty(scan: Scan) -> str:
    columns = {column.name.lower(): column.type for column in scan.table.all_columns}
    parts = [
        f"CAST(NULL AS {types.duckdb(parse_type(kind))}) AS {quote(name)}"
        for name, kind in (columns | HIDDEN_COLUMNS).items()
        if name in scan.mentioned
    ]
    return f"SELECT {', '.join(parts) or '1 AS one'} WHERE false"
