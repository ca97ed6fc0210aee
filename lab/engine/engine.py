"""The engine's face: read a statement, run it, hand back what Athena would print."""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lab.engine import statements as s
from lab.engine import writer
from lab.engine.catalog import Catalog, Column, Objects, Table
from lab.engine.classify import classify
from lab.engine.commands import HEADINGS, Commands
from lab.engine.compiler import Compiled, Named, compile_statement
from lab.engine.errors import QueryError
from lab.engine.run import Job, Pool, plan, rows
from lab.engine.type_text import to_hive
from lab.engine.types import VARCHAR


@dataclass(slots=True)
class Outcome:
    """A result: ``table`` (rows below a header), ``lines`` (what DDL prints) or ``manifest`` (the
    files written).
    """

    form: str
    columns: tuple[Named, ...] = ()
    rows: Iterator[list[str | None]] = field(default_factory=lambda: iter(()))
    files: list[str] = field(default_factory=list)
    location: str | None = None
    planning_seconds: float = 0.0
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """Runs statements against one catalogue and one object store."""

    pool: Pool
    catalog: Catalog
    objects: Objects
    scratch: Path

    def read(self, sql: str) -> s.Statement:
        """The statement, its syntax checked."""
        return classify(sql)

    def run(
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
        match statement:
            case s.Select():
                return self._select(statement, database, job, now)
            case s.CreateTableAs():
                return self._create_table_as(statement, database, job, default_location, now)
            case s.Insert():
                return self._insert(statement, database, job, now)
            case s.CreateView():
                return self._create_view(statement, database, now)
        lines = Commands(self.catalog, self.objects, database).run(statement)
        columns = tuple(Named(name, VARCHAR) for name in HEADINGS.get(type(statement), ()))
        return Outcome("lines", columns, iter([[line] for line in lines]))

    def _compile(
        self,
        statement: s.Select | s.CreateTableAs | s.Insert | s.CreateView,
        database: str,
        now: dt.datetime,
    ) -> Compiled:
        return compile_statement(statement.tree, self.catalog, database, now)

    def _select(self, statement: s.Select, database: str, job: Job, now: dt.datetime) -> Outcome:
        started = time.monotonic()
        compiled = self._compile(statement, database, now)
        sources = plan(job, compiled, self.catalog, self.objects)
        planning = time.monotonic() - started
        return Outcome(
            "table", compiled.columns, rows(job, compiled, sources), planning_seconds=planning
        )

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
        if next(iter(self.objects.list(target.table.location)), None) is not None:
            location = target.table.location
            raise QueryError(
                "HIVE_PATH_ALREADY_EXISTS",
                f"Target directory for table '{where}.{name}' already exists: {location}",
            )
        files, count = self._write_all(job, target, compiled) if statement.with_data else ([], 0)
        self.catalog.create_table(target.table)
        self._add_partitions(target.table, files)
        return Outcome("manifest", files=files, location=target.table.location, count=count)

    def _write_all(
        self, job: Job, target: writer.Target, compiled: Compiled
    ) -> tuple[list[str], int]:
        names = (column.name for column in target.table.all_columns)
        selected = ", ".join(f'q."c{i}" AS "{name}"' for i, name in enumerate(names))
        sources = plan(job, compiled, self.catalog, self.objects)
        sql = f"SELECT {selected} FROM ({compiled.sql}) AS q"
        return writer.write(job, target, compiled, sources, sql, self.scratch, self.objects)

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
        target = writer.existing_table(table)
        compiled = self._compile(statement, database, now)
        sql = writer.converted(
            compiled, table, statement.columns, now.isoformat(" ", "milliseconds")[:23]
        )
        sources = plan(job, compiled, self.catalog, self.objects)
        files, count = writer.write(job, target, compiled, sources, sql, self.scratch, self.objects)
        self._add_partitions(table, files)
        return Outcome("manifest", files=files, location=table.location, count=count)

    def _create_view(self, statement: s.CreateView, database: str, now: dt.datetime) -> Outcome:
        where, name = (statement.name.database or database).lower(), statement.name.table
        if self.catalog.database(where) is None:
            raise QueryError("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{where}' does not exist")
        existing = self.catalog.table(where, name)
        if existing is not None and (existing.view is None or not statement.or_replace):
            what = "Table" if existing.view is None else "View"
            raise QueryError(
                "TABLE_ALREADY_EXISTS",
                f"line 1:1: {what} already exists: 'awsdatacatalog.{where}.{name}'",
            )
        compiled = compile_statement(statement.tree, self.catalog, database, now)
        columns = tuple(
            Column(column.name.lower(), to_hive(column.type)) for column in compiled.columns
        )
        view = Table(where, name, columns, view=statement.query, parameters={"presto_view": "true"})
        if existing is not None:
            self.catalog.replace_table(view)
        else:
            self.catalog.create_table(view)
        return Outcome("lines")
