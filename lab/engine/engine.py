"""The engine's face: read a statement, run it, hand back what Athena would print."""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from lab.engine import (
    commands,
    copying,
    explain,
    function_listing,
    result_file,
    views,
    writer,
)
from lab.engine import statements as s
from lab.engine.catalog import Catalog, Objects, Table
from lab.engine.classify import classify
from lab.engine.compiler import Compiled, Named, compile_statement
from lab.engine.errors import QueryError
from lab.engine.iceberg.lookup import Lake, concerns
from lab.engine.metastore import Metastore
from lab.engine.run import Job, Pool, plan, rows, with_sources
from lab.engine.scan import Source
from lab.engine.types import BOOLEAN, VARCHAR, Type
from lab.engine.udfs import Registry


@dataclass(slots=True)
class Outcome:
    """A result: ``table`` (rows below a header), ``lines`` (what DDL prints), ``manifest`` (the
    files written) or ``count`` (what was done to an Iceberg table, which has no manifest).
    ``write``, where there is one, stands for ``rows``: it makes the CSV and counts the rows.
    """

    form: str
    columns: tuple[Named, ...] = ()
    rows: Iterator[list[str | None]] = field(default_factory=lambda: iter(()))
    files: list[str] = field(default_factory=list)
    location: str | None = None
    planning_seconds: float = 0.0
    count: int | None = None
    write: Callable[[Path], int] | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """Runs statements against one catalogue and one object store."""

    pool: Pool
    catalog: Catalog
    objects: Objects
    scratch: Path
    functions: Registry = field(default_factory=Registry)

    def read(self, sql: str) -> s.Statement:
        """The statement, its syntax checked."""
        return classify(sql)

    def run(  # noqa: PLR0911  one return per kind
        self,
        statement: s.Statement,
        database: str,
        job: Job,
        default_location: str,
        now: dt.datetime,
    ) -> Outcome:
        """Run it. Rows come while they are read; ``default_location`` is where a CTAS without a
        place writes.
        """
        if concerns(statement, self.lake, database):
            return self._iceberg(statement, database, job, default_location, now)
        match statement:
            case s.Select():
                return self._select(statement, database, job, now)
            case s.CreateTableAs():
                return self._create_table_as(statement, database, job, default_location, now)
            case s.Insert():
                return self._insert(statement, database, job, now)
            case s.Unload():
                return self._unload(statement, database, job, now)
            case s.CreateView():
                return self._create_view(statement, database, now)
            case s.Explain():
                return self._explain(statement, database, job, now)
            case s.ShowFunctions():
                found = function_listing.functions(statement)
                return Outcome("table", function_listing.COLUMNS, found)
        store = Metastore(self.catalog, self.objects, database.lower(), now)
        view = commands.is_view(store, statement)
        lines = commands.run(store, statement)
        return _lines(
            commands.headings(statement, view=view),
            lines,
            commands.update_count(statement, hive=not view),
        )

    @property
    def lake(self) -> Lake:
        """The catalogue, Iceberg tables seen as what they are."""
        return Lake(self.catalog, self.objects)

    def _iceberg(
        self, statement: s.Statement, database: str, job: Job, default: str, now: dt.datetime
    ) -> Outcome:
        from lab.engine.iceberg.runner import run
        from lab.engine.iceberg.session import Session

        session = Session(
            job, self.lake, self.objects, self.functions, self.scratch, database.lower(), now
        )
        done = run(session, statement, default)
        if statement.kind == "DML" or statement.subkind == "CREATE_TABLE_AS_SELECT":
            return Outcome("count", files=done.files, location=done.location, count=done.count)
        count = commands.update_count(statement, hive=False)
        return _lines(commands.headings(statement), done.lines, count)

    def _compile(
        self,
        statement: s.Queried,
        database: str,
        now: dt.datetime,
    ) -> Compiled:
        return compile_statement(statement.tree, self.lake, database, now)

    def _plan(self, job: Job, compiled: Compiled) -> list[Source]:
        """The sources of the scans, once DuckDB knows the functions that all of this mentions."""
        self.functions.require(job.cursor, compiled.sql)
        sources = plan(job, compiled, self.lake, self.objects)
        self.functions.require(job.cursor, *(source.sql for source in sources))
        return sources

    def _select(self, statement: s.Select, database: str, job: Job, now: dt.datetime) -> Outcome:
        started = time.monotonic()
        compiled = self._compile(statement, database, now)
        sources = self._plan(job, compiled)
        planning = time.monotonic() - started
        outcome = Outcome(
            "table", compiled.columns, rows(job, compiled, sources), planning_seconds=planning
        )
        if result_file.can_write(compiled):
            outcome.write = partial(result_file.write, job, compiled, sources)
        return outcome

    def _explain(self, statement: s.Explain, database: str, job: Job, now: dt.datetime) -> Outcome:
        started = time.monotonic()
        compiled = self._compile(statement.statement, database, now)
        if statement.analyze:
            sources = self._plan(job, compiled)
            planning = time.monotonic() - started
            lines = explain.analyze(statement, compiled, job, sources, planning)
        else:
            self.functions.require(job.cursor, compiled.sql)
            lines = explain.explain(statement, compiled, job, self.lake, self.objects)
        if statement.type == "VALIDATE":
            return _lines((Named("Valid", BOOLEAN),), lines)
        length = len("\n".join(lines)) - 1
        kind = VARCHAR if statement.analyze else Type("varchar", (length,))
        return _lines((Named("Query Plan", kind),), lines)

    def _create_table_as(
        self, statement: s.CreateTableAs, database: str, job: Job, default: str, now: dt.datetime
    ) -> Outcome:
        name = statement.name.table
        where = (statement.name.database or database).lower()
        if self.catalog.database(where) is None:
            raise QueryError("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{where}' does not exist")
        if self.catalog.table(where, name) is not None:
            if statement.if_not_exists:
                return Outcome("manifest")
            raise QueryError(
                "TABLE_ALREADY_EXISTS",
                f"line 1:1: Destination table 'awsdatacatalog.{where}.{name}' already exists",
            )
        compiled = self._compile(statement, database, now)
        target = writer.new_table(where, name, statement.properties, compiled, default)
        self._check_empty(target.table.location, f"{where}.{name}")
        files, count = self._write_all(job, target, compiled) if statement.with_data else ([], 0)
        self.catalog.create_table(target.table)
        self._add_partitions(target.table, files)
        return Outcome("manifest", files=files, location=target.table.location, count=count)

    def _check_empty(self, location: str, name: str) -> None:
        if next(iter(self.objects.list(location)), None) is not None:
            raise QueryError(
                "HIVE_PATH_ALREADY_EXISTS",
                f"Target directory for table '{name}' already exists: {location}",
            )

    def _unload(self, statement: s.Unload, database: str, job: Job, now: dt.datetime) -> Outcome:
        compiled = self._compile(statement, database, now)
        target = writer.unloaded(statement.location, statement.properties, compiled)
        self._check_empty(target.table.location, f"{database}.unload")
        files, count = self._write_all(job, target, compiled)
        return Outcome("manifest", files=files, location=target.table.location, count=count)

    def _write_all(
        self, job: Job, target: copying.Target, compiled: Compiled
    ) -> tuple[list[str], int]:
        names = (column.name for column in target.table.all_columns)
        selected = ", ".join(f'q."c{i}" AS "{name}"' for i, name in enumerate(names))
        sources = self._plan(job, compiled)
        sql = f"SELECT {selected} FROM ({compiled.sql}) AS q"
        text = with_sources(compiled, sources, sql)
        return copying.write(job, target, text, self.objects, self.functions)

    def _add_partitions(self, table: Table, files: list[str]) -> None:
        if table.partition_keys:
            known = self.catalog.partitions(table)
            self.catalog.add_partitions(table, writer.new_partitions(table, files, known))

    def _insert(self, statement: s.Insert, database: str, job: Job, now: dt.datetime) -> Outcome:
        where = (statement.name.database or database).lower()
        table = self.catalog.table(where, statement.name.table)
        if table is None:
            raise QueryError(
                "TABLE_NOT_FOUND",
                f"line 1:1: Table 'awsdatacatalog.{where}.{statement.name.table}' does not exist",
            )
        target = writer.existing_table(table, self.catalog.partitions(table))
        compiled = self._compile(statement, database, now)
        sql = writer.converted(
            compiled, table, statement.columns, now.isoformat(" ", "milliseconds")[:23]
        )
        self.functions.require(job.cursor, sql)
        sources = self._plan(job, compiled)
        text = with_sources(compiled, sources, sql)
        files, count = copying.write(job, target, text, self.objects, self.functions)
        self._add_partitions(table, files)
        return Outcome("manifest", files=files, location=table.location, count=count)

    def _create_view(self, statement: s.CreateView, database: str, now: dt.datetime) -> Outcome:
        where, existing = views.check(self.catalog, statement, database)
        name = statement.name.table
        own = (f"{where}.{name}",)
        compiled = compile_statement(statement.tree, self.lake, database, now, own)
        view = Table(
            where,
            name,
            views.columns(compiled),
            view=statement.query,
            parameters={"presto_view": "true"},
        )
        if existing is not None:
            self.catalog.replace_table(view)
        else:
            self.catalog.create_table(view)
        return Outcome("lines")


def _lines(columns: tuple[Named, ...], lines: list[str], count: int | None = None) -> Outcome:
    """What DDL prints."""
    return Outcome("lines", columns, iter([[line] for line in lines]), count=count)
