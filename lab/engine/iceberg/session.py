"""What the statements about Iceberg tables share while one of them runs."""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pyiceberg.manifest import DataFile
from sqlglot import exp

from lab.engine.catalog import Objects, Table
from lab.engine.compiler import Compiled, compile_statement
from lab.engine.errors import QueryError
from lab.engine.iceberg.commits import Commits
from lab.engine.iceberg.files import s3_uri
from lab.engine.iceberg.lookup import Lake
from lab.engine.iceberg.tables import IcebergTable
from lab.engine.run import Job, execute, plan, with_sources
from lab.engine.statements import Name
from lab.engine.udfs import Registry


@dataclass(slots=True)
class Session:
    """One statement's surroundings; ``database`` is what names without one mean."""

    job: Job
    lake: Lake
    objects: Objects
    functions: Registry
    scratch: Path
    database: str
    now: dt.datetime
    commits: Commits = field(init=False)

    def __post_init__(self) -> None:
        self.commits = Commits(self.lake.catalog, self.objects, self.scratch)

    @property
    def now_text(self) -> str:
        return self.now.isoformat(" ", "milliseconds")[:23]

    def compile(self, tree: exp.Expr) -> Compiled:
        return compile_statement(tree, self.lake, self.database, self.now)

    def text(self, compiled: Compiled, sql: str) -> str:
        """``sql`` over a compiled query, with the files of its tables in front of it."""
        self.functions.require(self.job.cursor, sql)
        sources = plan(self.job, compiled, self.lake, self.objects)
        self.functions.require(self.job.cursor, *(source.sql for source in sources))
        return with_sources(compiled, sources, sql)

    def keep(self, name: str, sql: str) -> int:
        """Run a query once and keep its rows, on the disk when memory ends; their number."""
        self.functions.require(self.job.cursor, sql)
        execute(self.job, f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")
        return int(execute(self.job, f"SELECT count(*) FROM {name}")[0][0])

    def where(self, name: Name) -> tuple[str, str]:
        """Database and table. SCHEMA_NOT_FOUND."""
        database = (name.database or self.database).lower()
        if self.lake.database(database) is None:
            raise QueryError("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{database}' does not exist")
        return database, name.table

    def find(self, name: Name) -> Table:
        """The table of a statement. TABLE_NOT_FOUND."""
        database, table = self.where(name)
        found = self.lake.table(database, table)
        if found is None:
            message = f"line 1:1: Table 'awsdatacatalog.{database}.{table}' does not exist"
            raise QueryError("TABLE_NOT_FOUND", message)
        return found

    def iceberg(self, name: Name, refusal: str) -> IcebergTable:
        """The table of a statement that only Iceberg tables allow."""
        found = self.find(name)
        if not isinstance(found, IcebergTable):
            raise QueryError("NOT_SUPPORTED", refusal)
        return found

    @contextmanager
    def undone(self, files: Iterable[DataFile]) -> Iterator[None]:
        """Files that no commit refers to are removed when the commit fails."""
        try:
            yield
        except QueryError:
            self.objects.remove([s3_uri(file.file_path) for file in files])
            raise
