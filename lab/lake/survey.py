"""What there is to say of a table: partitions, files, rows, what is wrong, what was last done."""

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lab.lake.files import Files, read_files

SMALL_BYTES = 16 << 20
MANY_SMALL = 10
QUERIES_LOOKED_AT = 50

Clients = Callable[[str], Any]
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Defect:
    """What is wrong: the key of its text, what it is about, the command that shows it."""

    key: str
    fields: dict[str, Any]
    command: str


@dataclass(frozen=True, slots=True)
class Happened:
    """The last query or crawl: its state, when, bytes scanned by a query, the command."""

    state: str
    at: datetime
    scanned: int | None
    command: str


@dataclass(frozen=True, slots=True)
class TableSurvey:
    """One table. ``rows`` is None where only reading all of it would tell."""

    database: str
    name: str
    kind: str
    format: str
    partitions: int
    partition_keys: list[str]
    files: Files
    rows: int | None
    command: str
    files_command: str
    warnings: list[Defect] = field(default_factory=list)
    last_query: Happened | None = None
    last_crawl: Happened | None = None


def survey(clients: Clients, database: str | None = None) -> Iterator[TableSurvey]:
    """The tables of one database, or of all, by name. An unknown database raises botocore's
    EntityNotFoundException.
    """
    glue = clients("glue")
    names = [database] if database else [each["Name"] for each in _pages(glue, "get_databases")]
    queries, crawls = _queries(clients("athena")), _crawls(glue)
    for name in names:
        for table in _pages(glue, "get_tables", DatabaseName=name):
            yield _table(clients, table, queries, crawls)


def _table(
    clients: Clients, table: Record, queries: list[Record], crawls: dict[str, Happened]
) -> TableSurvey:
    database, name = table["DatabaseName"], table["Name"]
    descriptor = table.get("StorageDescriptor") or {}
    keys = [key["Name"] for key in table.get("PartitionKeys") or ()]
    partitions = _partitions(clients("glue"), database, name) if keys else []
    location = descriptor.get("Location") or ""
    places = [each["StorageDescriptor"]["Location"] for each in partitions] if keys else [location]
    is_projected = (table.get("Parameters") or {}).get("projection.enabled") == "true"
    files = read_files(clients("s3"), [location] if is_projected else places)
    found = TableSurvey(
        database=database,
        name=name,
        kind=_kind(table),
        format=_format(table),
        partitions=len(partitions),
        partition_keys=keys,
        files=files,
        rows=files.rows,
        command=f"aws glue get-table --database-name {database} --name {shlex.quote(name)}",
        files_command=f"aws s3 ls --recursive --summarize {shlex.quote(location)}",
        last_query=_last_query(queries, database, name),
        last_crawl=crawls.get(database),
    )
    found.warnings.extend(_warnings(found, location, is_projected))
    return found


def _kind(table: Record) -> str:
    if (table.get("Parameters") or {}).get("table_type", "").upper() == "ICEBERG":
        return "iceberg"
    return "view" if table.get("TableType") == "VIRTUAL_VIEW" else "table"


FORMATS = (
    *(("parquet", "parquet"), ("orc", "orc"), ("avro", "avro"), ("json", "json")),
    *(("opencsv", "csv"), ("lazysimple", "csv"), ("grok", "grok"), ("regex", "regex")),
)


def _format(table: Record) -> str:
    kind = _kind(table)
    if kind != "table":
        return kind
    descriptor = table.get("StorageDescriptor") or {}
    library = ((descriptor.get("SerdeInfo") or {}).get("SerializationLibrary") or "").lower()
    return next((name for part, name in FORMATS if part in library), library or "-")


def _partitions(glue: Any, database: str, table: str) -> list[Record]:
    return list(
        _pages(
            glue,
            "get_partitions",
            **{"DatabaseName": database, "TableName": table, "ExcludeColumnSchema": True},
        )
    )


def _warnings(table: TableSurvey, location: str, is_projected: bool) -> Iterator[Defect]:
    if table.kind == "view":
        return
    files = table.files
    if files.count >= MANY_SMALL and files.bytes / files.count < SMALL_BYTES:
        average = files.bytes // files.count
        yield Defect("small_files", {"count": files.count, "size": average}, table.files_command)
    if files.count == 0:
        yield Defect("no_files", {"location": location or "-"}, table.files_command)
    if table.partition_keys and not table.partitions and not is_projected:
        command = (
            f"aws glue get-partitions --database-name {table.database} --table-name {table.name}"
        )
        yield Defect("no_partitions", {"table": f"{table.database}.{table.name}"}, command)
    if files.unreadable:
        first = files.unreadable[0]
        yield Defect("unreadable", {"key": first}, f"aws s3 cp {shlex.quote(first)} -")


def _queries(athena: Any) -> list[Record]:
    """The latest queries of the primary work group, the newest first."""
    found = athena.list_query_executions(MaxResults=QUERIES_LOOKED_AT)["QueryExecutionIds"]
    if not found:
        return []
    answer = athena.batch_get_query_execution(QueryExecutionIds=found)["QueryExecutions"]
    return sorted(answer, key=lambda one: one["Status"]["SubmissionDateTime"], reverse=True)


def _last_query(queries: list[Record], database: str, table: str) -> Happened | None:
    word = re.compile(rf"(?<![\w.]){re.escape(table)}(?!\w)", re.IGNORECASE)
    qualified = re.compile(rf"\b{re.escape(database)}\W{{1,3}}{re.escape(table)}\b", re.IGNORECASE)
    for query in queries:
        sql = query["Query"]
        context = (query.get("QueryExecutionContext") or {}).get("Database", "default")
        if qualified.search(sql) or (context == database and word.search(sql)):
            return Happened(
                query["Status"]["State"],
                query["Status"]["SubmissionDateTime"],
                query.get("Statistics", {}).get("DataScannedInBytes"),
                f"aws athena get-query-execution --query-execution-id {query['QueryExecutionId']}",
            )
    return None


def _crawls(glue: Any) -> dict[str, Happened]:
    """The last crawl by the database that it filled."""
    found: dict[str, Happened] = {}
    for crawler in _pages(glue, "get_crawlers"):
        last, database = crawler.get("LastCrawl"), crawler.get("DatabaseName")
        if not last or not database or "StartTime" not in last:
            continue
        if database not in found or found[database].at < last["StartTime"]:
            command = f"aws glue get-crawler --name {shlex.quote(crawler['Name'])}"
            found[database] = Happened(last["Status"], last["StartTime"], None, command)
    return found


def _pages(client: Any, operation: str, **request: Any) -> Iterator[Record]:
    for page in client.get_paginator(operation).paginate(**request):
        [items] = [value for key, value in page.items() if isinstance(value, list)]
        yield from items
