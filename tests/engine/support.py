"""A catalogue and an object store in a folder, so that the engine runs without any server."""

import datetime as dt
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from lab.engine.catalog import Database, Partition, StoredFile, Table
from lab.engine.engine import Engine, Outcome
from lab.engine.run import Job, Pool

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, 678000)


class FolderCatalog:
    """Everything in dictionaries."""

    def __init__(self) -> None:
        self.known: dict[str, Database] = {"lab": Database("lab")}
        self.found: dict[tuple[str, str], Table] = {}
        self.parts: dict[tuple[str, str], list[Partition]] = {}

    def databases(self) -> list[Database]:
        return list(self.known.values())

    def database(self, name: str) -> Database | None:
        return self.known.get(name)

    def create_database(self, database: Database) -> None:
        self.known[database.name] = database

    def replace_database(self, database: Database) -> None:
        self.known[database.name] = database

    def drop_database(self, name: str) -> None:
        del self.known[name]

    def tables(self, database: str) -> list[Table]:
        return [table for (home, _), table in self.found.items() if home == database]

    def table(self, database: str, name: str) -> Table | None:
        return self.found.get((database, name))

    def create_table(self, table: Table) -> None:
        self.found[table.database, table.name] = table

    def replace_table(self, table: Table) -> None:
        self.found[table.database, table.name] = table

    def swap_table(self, table: Table, parameter: str, expected: str) -> bool:
        found = self.found[table.database, table.name].parameters.get(parameter)
        if found == expected:
            self.replace_table(table)
        return found == expected

    def drop_table(self, database: str, name: str) -> None:
        del self.found[database, name]
        self.parts.pop((database, name), None)

    def partitions(self, table: Table) -> list[Partition]:
        return self.parts.get((table.database, table.name), [])

    def add_partitions(self, table: Table, partitions: list[Partition]) -> None:
        self.parts.setdefault((table.database, table.name), []).extend(partitions)

    def replace_partition(
        self, table: Table, values: tuple[str, ...], partition: Partition
    ) -> None:
        known = self.partitions(table)
        known[[part.values for part in known].index(values)] = partition

    def drop_partition(self, table: Table, values: tuple[str, ...]) -> None:
        kept = [part for part in self.partitions(table) if part.values != values]
        self.parts[table.database, table.name] = kept


class FolderObjects:
    """``s3://bucket/key`` is ``root/bucket/key``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, uri: str) -> Path:
        return self.root / uri.removeprefix("s3://")

    def list(self, uri: str) -> Iterator[StoredFile]:
        bucket, prefix = uri.removeprefix("s3://").split("/", 1)
        home = self.root / bucket
        for path in sorted(home.rglob("*")):
            key = str(path.relative_to(home))
            if path.is_file() and key.startswith(prefix):
                status = path.stat()
                yield StoredFile(key, path, status.st_size, status.st_mtime)

    def adopt(self, uri: str, path: Path, content_type: str) -> None:  # noqa: ARG002  the interface
        target = self.path(uri)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)

    def remove(self, uris: Sequence[str]) -> None:
        for uri in uris:
            self.path(uri).unlink(missing_ok=True)

    def write(self, uri: str, content: bytes) -> None:
        target = self.path(uri)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


class Athena:
    """An engine on a folder: statements in, rows of text out."""

    def __init__(self, root: Path) -> None:
        self.catalog = FolderCatalog()
        self.objects = FolderObjects(root / "s3")
        self.scratch = root / "tmp"
        self.pool = Pool([root / "s3"], self.scratch)
        self.engine = Engine(self.pool, self.catalog, self.objects, self.scratch)
        self.bytes = 0
        self.outcome = Outcome("lines")

    def run(self, sql: str, database: str = "lab") -> list[list[str | None]]:
        """The rows of one statement; ``bytes`` is what it scanned, ``outcome`` all else."""
        job = Job(self.pool)
        try:
            default = "s3://out/tables/1/"
            self.outcome = self.engine.run(self.engine.read(sql), database, job, default, NOW)
            return list(self.outcome.rows)
        finally:
            self.bytes = job.bytes_scanned
            job.close()
