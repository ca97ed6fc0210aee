"""DDL and what shows the catalogue: each statement does its work on the catalogue and answers with
lines of text.
"""

import fnmatch
from dataclasses import replace

from lab.engine import statements as s
from lab.engine.catalog import Catalog, Objects, Partition, Table
from lab.engine.errors import QueryError, unsupported
from lab.engine.hive_paths import parse_partition_path, partition_name
from lab.engine.scan import data_files

WIDTH = 20
HEADINGS = {
    s.ShowDatabases: ("database_name",),
    s.ShowTables: ("tab_name",),
    s.ShowPartitions: ("partition",),
    s.ShowColumns: ("field",),
    s.Describe: ("col_name", "data_type", "comment"),
}


class Commands:
    """Runs DDL in one database of a catalogue."""

    def __init__(self, catalog: Catalog, objects: Objects, database: str) -> None:
        self.catalog = catalog
        self.objects = objects
        self.database = database.lower()

    def run(self, statement: s.Statement) -> list[str]:
        """Do what the statement says; the lines are what Athena prints."""
        handler = getattr(self, f"_{type(statement).__name__.lower()}")
        lines: list[str] = handler(statement)
        return lines

    def place(self, name: s.Name) -> tuple[str, str]:
        """Database and table. SCHEMA_NOT_FOUND when the database is not there."""
        database = name.database or self.database
        if self.catalog.database(database) is None:
            raise QueryError(
                "FAILED", f"SemanticException [Error 10072]: Database does not exist: {database}"
            )
        return database, name.table

    def find(self, name: s.Name) -> Table:
        database, table = self.place(name)
        found = self.catalog.table(database, table)
        if found is None:
            raise QueryError(
                "FAILED", f"SemanticException [Error 10001]: Table not found {database}.{table}"
            )
        return found

    def _createdatabase(self, statement: s.CreateDatabase) -> list[str]:
        if self.catalog.database(statement.database.name) is not None:
            if statement.if_not_exists:
                return []
            raise _task(f"Database {statement.database.name} already exists")
        self.catalog.create_database(statement.database)
        return []

    def _dropdatabase(self, statement: s.DropDatabase) -> list[str]:
        if self.catalog.database(statement.name) is None:
            if statement.if_exists:
                return []
            raise QueryError(
                "FAILED",
                f"SemanticException [Error 10072]: Database does not exist: {statement.name}",
            )
        if self.catalog.tables(statement.name) and not statement.cascade:
            raise _task(
                f"InvalidOperationException(message:Database {statement.name} is not"
                f" empty. One or more tables exist.)"
            )
        self.catalog.drop_database(statement.name)
        return []

    def _createtable(self, statement: s.CreateTable) -> list[str]:
        database, name = self.place(s.Name(statement.table.name, statement.table.database or None))
        if self.catalog.table(database, name) is not None:
            if statement.if_not_exists:
                return []
            raise _task(f"AlreadyExistsException(message:Table {name} already exists.)")
        self.catalog.create_table(replace(statement.table, database=database))
        return []

    def _drop(self, statement: s.Drop) -> list[str]:
        database, name = self.place(statement.name)
        found = self.catalog.table(database, name)
        if found is None:
            if statement.if_exists:
                return []
            raise QueryError(
                "FAILED", f"SemanticException [Error 10001]: Table not found {database}.{name}"
            )
        if (found.view is not None) != statement.view:
            what = (
                "Cannot drop a view with DROP TABLE"
                if found.view
                else "Cannot drop a base table with DROP VIEW"
            )
            raise QueryError("FAILED", f"SemanticException [Error 10077]: {what}")
        self.catalog.drop_table(database, name)
        return []

    def _values(self, table: Table, spec: s.Spec) -> tuple[str, ...]:
        given = dict(spec)
        names = [key.name.lower() for key in table.partition_keys]
        if sorted(given) != sorted(names):
            wrong = ", ".join(given)
            raise QueryError(
                "FAILED",
                f"SemanticException [Error 10006]: Partition spec {{{wrong}}} does not"
                f" match the partition keys",
            )
        return tuple(given[name] for name in names)

    def _addpartitions(self, statement: s.AddPartitions) -> list[str]:
        table = self.find(statement.name)
        known = {part.values for part in self.catalog.partitions(table)}
        new = []
        for spec, location in statement.partitions:
            values = self._values(table, spec)
            if values in known:
                if statement.if_not_exists:
                    continue
                raise _task("AlreadyExistsException(message:Partition already exists.)")
            known.add(values)
            default = table.location.rstrip("/") + "/" + partition_name(table, values)
            new.append(Partition(values, location or default))
        self.catalog.add_partitions(table, new)
        return []

    def _droppartitions(self, statement: s.DropPartitions) -> list[str]:
        table = self.find(statement.name)
        known = {part.values for part in self.catalog.partitions(table)}
        for spec in statement.partitions:
            values = self._values(table, spec)
            if values in known:
                self.catalog.drop_partition(table, values)
            elif not statement.if_exists:
                shown = ", ".join(f"{key}={value}" for key, value in spec)
                raise QueryError(
                    "FAILED", f"SemanticException [Error 10006]: Partition not found ({shown})"
                )
        return []

    def _addcolumns(self, statement: s.AddColumns) -> list[str]:
        table = self.find(statement.name)
        known = {column.name.lower() for column in table.all_columns}
        for column in statement.columns:
            if column.name in known:
                raise _task(f"Duplicate column name: {column.name}")
        self.catalog.replace_table(replace(table, columns=table.columns + statement.columns))
        return []

    def _setproperties(self, statement: s.SetProperties) -> list[str]:
        table = self.find(statement.name)
        merged = {**table.parameters, **statement.properties}
        self.catalog.replace_table(replace(table, parameters=merged))
        return []

    def _repair(self, statement: s.Repair) -> list[str]:
        """Add the partitions that lie under the table's location as ``key=value`` folders."""
        table = self.find(statement.name)
        if not table.partition_keys:
            raise _task(f"Table {table.name} is not a partitioned table")
        known = {part.values for part in self.catalog.partitions(table)}
        root = table.location.rstrip("/")
        found: dict[tuple[str, ...], str] = {}
        for file in data_files(self.objects, root):
            values, folder = parse_partition_path(table, file.key)
            if values is not None and values not in known:
                found.setdefault(values, folder)
        bucket = root.split("/")[2]
        new = [
            Partition(values, f"s3://{bucket}/{folder}") for values, folder in sorted(found.items())
        ]
        self.catalog.add_partitions(table, new)
        names = [f"{table.name}:{partition_name(table, part.values)}" for part in new]
        if not names:
            return []
        lines = ["Partitions not in metastore:\t" + "\t".join(names)]
        return lines + [f"Repair: Added partition to metastore {name}" for name in names]

    def _showdatabases(self, statement: s.ShowDatabases) -> list[str]:
        names = sorted(database.name for database in self.catalog.databases())
        return [name for name in names if _matches(name, statement.pattern)]

    def _showtables(self, statement: s.ShowTables) -> list[str]:
        database, _ = self.place(s.Name("", statement.database))
        tables = self.catalog.tables(database)
        names = sorted(t.name for t in tables if t.view is not None or not statement.views_only)
        return [name for name in names if _matches(name, statement.pattern)]

    def _showpartitions(self, statement: s.ShowPartitions) -> list[str]:
        table = self.find(statement.name)
        if not table.partition_keys:
            raise _task(f"Table {table.name} is not a partitioned table")
        return sorted(partition_name(table, part.values) for part in self.catalog.partitions(table))

    def _showcolumns(self, statement: s.ShowColumns) -> list[str]:
        return [column.name.ljust(WIDTH) for column in self.find(statement.name).all_columns]

    def _describe(self, statement: s.Describe) -> list[str]:
        table = self.find(statement.name)
        if table.view is not None:
            raise unsupported("DESCRIBE of a view")
        lines = [_described(c.name, c.type, c.comment or "") for c in table.all_columns]
        if table.partition_keys:
            lines += [
                "",
                "# Partition Information",
                _described("# col_name", "data_type", "comment"),
                "",
            ]
            lines += [_described(c.name, c.type, c.comment or "") for c in table.partition_keys]
        return lines


def _described(*parts: str) -> str:
    return "\t".join(part.ljust(WIDTH) for part in parts)


def _task(reason: str) -> QueryError:
    return QueryError(
        "FAILED",
        f"Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. {reason}",
    )


def _matches(name: str, pattern: str | None) -> bool:
    """Hive's patterns: ``*`` for anything, ``|`` for or."""
    if pattern is None:
        return True
    return any(fnmatch.fnmatchcase(name, part.strip().lower()) for part in pattern.split("|"))
