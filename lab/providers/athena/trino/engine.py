"""Runs statements on Trino as ``lab.engine.engine.Engine`` runs them on DuckDB: the same statements
in, the same outcomes out. Hive's DDL goes to that engine, since it only touches the catalogue.

Source: Trino documentation, "Hive connector"; Amazon Athena User Guide, "CTAS table properties".
"""

# ruff: noqa: S608  the query is the person's, to be run as it is

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from lab.engine import statements as s
from lab.engine.catalog import Column, Table
from lab.engine.engine import Engine, Outcome
from lab.engine.errors import QueryError, unsupported
from lab.engine.output_format import OutputFormat, of_table, output_format
from lab.engine.run import Job
from lab.engine.writer import CTAS_PROPERTIES, UNLOAD_PROPERTIES
from lab.providers.athena.trino.client import Address, Query
from lab.providers.athena.trino.reading import Passed, text_of

# Athena's word for a compression, and that of Trino's Hive connector.
CODECS = {
    "GZIP": "GZIP", "ZLIB": "GZIP", "DEFLATE": "GZIP", "SNAPPY": "SNAPPY", "LZ4": "LZ4",
    "ZSTD": "ZSTD", "NONE": "NONE",
}  # fmt: skip
COMPRESSIONS = ("write_compression", "parquet_compression", "orc_compression", "compression")


@dataclass(frozen=True, slots=True)
class TrinoEngine:
    """``engine`` is the one that does DDL; its catalogue and objects are those that Trino reads."""

    address: Address
    engine: Engine

    def run(  # noqa: PLR0911  one return per kind
        self,
        statement: s.Statement,
        database: str,
        job: Job,
        default_location: str,
        now: dt.datetime,
    ) -> Outcome:
        """See ``Engine.run``."""
        match statement:
            case s.Select():
                return self._table(text_of(statement.tree), database, job)
            case s.CreateTableAs():
                return self._create_table_as(statement, database, job, default_location)
            case s.Unload():
                return self._unload(statement, database, job)
            case s.Insert():
                return self._insert(statement, database, job)
            case s.CreateView():
                return self._create_view(statement, database, job)
            case Passed(subkind="EXPLAIN"):
                outcome = self._table(statement.sql, database, job)
                lines = (line for row in outcome.rows for line in (row[0] or "").splitlines())
                return replace(outcome, form="lines", rows=([line] for line in lines))
            case Passed():
                count = self._finish(job, statement.sql, database).count
                return Outcome("count", count=count)
        return self.engine.run(statement, database, job, default_location, now)

    def _table(self, sql: str, database: str, job: Job) -> Outcome:
        query = Query(self.address, job)
        query.start(sql, database)
        seconds = query.planning_seconds
        return Outcome("table", query.columns, query.rows(), planning_seconds=seconds)

    def _finish(
        self, job: Job, sql: str, database: str, session: dict[str, str] | None = None
    ) -> Query:
        query = Query(self.address, job)
        query.start(sql, database, session)
        query.finish()
        return query

    def _create_table_as(
        self, statement: s.CreateTableAs, database: str, job: Job, default: str
    ) -> Outcome:
        given = statement.properties
        _check(given, CTAS_PROPERTIES, "table")
        if str(given.get("table_type", "HIVE")).upper() != "HIVE":
            raise unsupported("CREATE TABLE AS with table_type = 'ICEBERG' on Trino")
        where = (statement.name.database or database).lower()
        location = str(given.get("external_location", default)).rstrip("/") + "/"
        known = self.engine.catalog.table(where, statement.name.table)
        if known is None:
            self._check_empty(location, f"{where}.{statement.name.table}")
        made = replace(statement, name=s.Name(statement.name.table, where))
        count = self._write(made, database, job, location)
        files = [] if known else self._files([location])
        return Outcome("manifest", files=files, location=location, count=count)

    def _unload(self, statement: s.Unload, database: str, job: Job) -> Outcome:
        """Trino has no UNLOAD: a table is made of the files and then forgotten."""
        _check(statement.properties, UNLOAD_PROPERTIES, "unload")
        if "format" not in statement.properties:
            raise QueryError("INVALID_TABLE_PROPERTY", "UNLOAD needs the property 'format'")
        location = statement.location.rstrip("/") + "/"
        self._check_empty(location, f"{database}.unload")
        name = s.Name(f"unload_{uuid.uuid4().hex}", database)
        made = s.CreateTableAs(name, False, statement.properties, statement.tree)
        count = self._write(made, database, job, location)
        self.engine.catalog.drop_table(database, name.table)
        return Outcome("manifest", files=self._files([location]), location=location, count=count)

    def _write(self, statement: s.CreateTableAs, database: str, job: Job, location: str) -> int:
        """The CTAS in Trino's words, its query a line below its head; how many rows."""
        output = output_format(statement.properties, COMPRESSIONS)
        properties = _properties(statement.properties, output, location)
        exists = "IF NOT EXISTS " if statement.if_not_exists else ""
        sql = (
            f'CREATE TABLE {exists}"{statement.name.database}"."{statement.name.table}"'
            f" WITH ({', '.join(properties)}) AS\n{text_of(statement.tree)}"
        )
        if not statement.with_data:
            sql += "\nWITH NO DATA"
        with _one_line_up():
            return self._finish(job, sql, database, _session(output)).count or 0

    def _insert(self, statement: s.Insert, database: str, job: Job) -> Outcome:
        where = (statement.name.database or database).lower()
        table = self.engine.catalog.table(where, statement.name.table)
        before = set(self._files(self._places(table)))
        session = _session(of_table(table)) if table and not _is_iceberg(table) else {}
        count = self._finish(job, text_of(statement.tree), database, session).count
        files = sorted(set(self._files(self._places(table))) - before)
        return Outcome("manifest", files=files, count=count)

    def _create_view(self, statement: s.CreateView, database: str, job: Job) -> Outcome:
        """Trino tells the catalogue of one column ``dummy``; Athena of those of the query."""
        query = Query(self.address, job)
        with _one_line_up():
            query.start(f"SELECT * FROM (\n{statement.query}\n) LIMIT 0", database)
            query.finish()
        columns = tuple(Column(one.name.lower(), str(one.type)) for one in query.columns)
        self._finish(job, text_of(statement.tree), database)
        where = (statement.name.database or database).lower()
        made = self.engine.catalog.table(where, statement.name.table)
        if made is not None:
            self.engine.catalog.replace_table(replace(made, columns=columns))
        return Outcome("lines")

    def _places(self, table: Table | None) -> list[str]:
        """Where the files of a table are: below its location and in partitions that lie apart."""
        if table is None or not table.location:
            return []
        home = table.location.rstrip("/") + "/"
        parts = self.engine.catalog.partitions(table) if table.partition_keys else []
        places = (part.location.rstrip("/") + "/" for part in parts)
        return [home, *(place for place in places if not place.startswith(home))]

    def _files(self, locations: list[str]) -> list[str]:
        return [
            f"s3://{location.split('/')[2]}/{found.key}"
            for location in locations
            for found in self.engine.objects.list(location)
        ]

    def _check_empty(self, location: str, name: str) -> None:
        if next(iter(self.engine.objects.list(location)), None) is not None:
            raise QueryError(
                "HIVE_PATH_ALREADY_EXISTS",
                f"Target directory for table '{name}' already exists: {location}",
            )


def _check(given: dict[str, Any], known: set[str], what: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise QueryError(
            "INVALID_TABLE_PROPERTY",
            f"line 1:1: Catalog 'awsdatacatalog' {what} property '{unknown[0]}' does not exist",
        )


def _session(output: OutputFormat) -> dict[str, str]:
    """The session properties of Trino's Hive connector that say how files are compressed."""
    if output.compression not in CODECS or output.level is not None:
        level = "" if output.level is None else f" at level {output.level}"
        raise unsupported(f"{output.form} with {output.compression}{level} on Trino")
    return {"compression_codec": CODECS[output.compression]}


def _properties(given: dict[str, Any], output: OutputFormat, location: str) -> list[str]:
    found = [f"format = '{output.form}'", f"external_location = {_text(location)}"]
    for name in ("partitioned_by", "bucketed_by"):
        if name in given:
            found.append(f"{name} = ARRAY[{', '.join(map(_text, given[name]))}]")
    if "bucket_count" in given:
        found.append(f"bucket_count = {given['bucket_count']}")
    if "field_delimiter" in given:
        found.append(f"textfile_field_separator = {_text(given['field_delimiter'])}")
    return found


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _is_iceberg(table: Table) -> bool:
    return str(table.parameters.get("table_type", "")).upper() == "ICEBERG"


@contextmanager
def _one_line_up() -> Iterator[None]:
    """Errors speak of the person's lines, which are one below in what Trino was sent."""
    try:
        yield
    except QueryError as error:
        found = re.match(r"line (\d+):", error.message)
        if found is None:
            raise
        line = max(int(found[1]) - 1, 1)
        message = f"line {line}:{error.message[found.end() :]}"
        raise QueryError(error.name, message) from error
