"""Runs one statement that concerns an Iceberg table."""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import uuid
from dataclasses import dataclass, field

from lab.engine import statements as s
from lab.engine import writer
from lab.engine.catalog import Table
from lab.engine.compiler import Compiled
from lab.engine.errors import QueryError
from lab.engine.iceberg import changes, commands, kinds, maintenance, partitions, properties
from lab.engine.iceberg import statements as i
from lab.engine.iceberg.session import Session
from lab.engine.iceberg.tables import IcebergTable
from lab.engine.metastore import semantic, task
from lab.engine.types import quote

HIVE = "Modifying Hive table rows is only supported for transactional tables"
WITH_DELETES = 2
OLD_VERSION = "Iceberg table updates require at least format version 2"
CTAS_WORDS = ("table_type", "location", "is_external", "partitioning")


@dataclass(frozen=True, slots=True)
class Result:
    """Lines that DDL prints, or the files and the count of rows that DML wrote."""

    lines: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    count: int | None = None
    location: str | None = None


def run(session: Session, statement: s.Statement, default_location: str) -> Result:  # noqa: PLR0911  one return per kind
    match statement:
        case i.Create():
            return Result(commands.create(session, statement))
        case s.CreateTableAs():
            return create_as(session, statement, default_location)
        case s.Insert():
            return _insert(session, statement)
        case i.Change():
            return _change(session, statement)
        case i.Optimize():
            table = session.iceberg(statement.name, "OPTIMIZE is only supported for Iceberg tables")
            return Result(files=maintenance.optimize(session, table, statement.tree))
        case i.Vacuum():
            table = session.iceberg(statement.name, "VACUUM is only supported for Iceberg tables")
            maintenance.vacuum(session, table)
            return Result()
        case s.Drop():
            return _drop(session, statement)
    name = getattr(statement, "name")  # noqa: B009  every other statement here has one
    found = session.lake.table(*session.where(name))
    if not isinstance(found, IcebergTable):
        raise _of_hive(statement, session.where(name), found)
    return Result(commands.run(session, found, statement))


def _of_hive(statement: s.Statement, name: tuple[str, str], found: Table | None) -> QueryError:
    """Why a statement is none for a Hive table, in the words of Hive and of the catalogue."""
    match statement:
        case i.DropColumn():
            return QueryError(
                "FAILED",
                f"ParseException line {statement.place} mismatched input 'COLUMN' expecting"
                " PARTITION near 'DROP' in drop partition statement",
            )
        case _ if found is None:
            return semantic(10001, f"Table not found {'.'.join(name)}")
        case i.Rename():
            return task(
                "Unable to alter table. Unable to change partition or table:"
                " com.amazonaws.services.datacatalog.model.InvalidInputException: Table cannot be"
                " renamed (Service: AmazonDataCatalog; Status Code: 400; Error Code:"
                f" InvalidInputException; Request ID: {uuid.uuid4()}; Proxy: null)"
            )
    word = statement.subkind.replace("_", " ")
    return QueryError("NOT_SUPPORTED", f"{word} is only supported for Iceberg tables")


def _drop(session: Session, statement: s.Drop) -> Result:
    """Of a table whose metadata cannot be read, the metastore's record alone."""
    try:
        found = session.find(statement.name)
    except QueryError as error:
        if not error.name.startswith("ICEBERG_"):
            raise
        session.lake.catalog.drop_table(*session.where(statement.name))
        return Result()
    assert isinstance(found, IcebergTable)
    return Result(commands.drop(session, found))


def _change(session: Session, statement: i.Change) -> Result:
    session.lake.changing = True
    table = session.iceberg(statement.name, HIVE)
    if table.metadata.format_version < WITH_DELETES:
        raise QueryError("NOT_SUPPORTED", OLD_VERSION)
    work = {"DELETE": changes.delete, "UPDATE": changes.update, "MERGE": changes.merge}
    done = work[statement.subkind](session, table, statement.tree)  # type: ignore[operator]  # by name
    return _result(table.location, done)


def _result(location: str, done: changes.Changed) -> Result:
    return Result(files=done.files, count=done.count, location=location)


def _insert(session: Session, statement: s.Insert) -> Result:
    table = session.iceberg(statement.name, HIVE)
    compiled = session.compile(statement.tree)
    sql = writer.converted(compiled, table, statement.columns, session.now_text)
    done = changes.insert(session, table, session.text(compiled, sql))
    return _result(table.location, done)


def create_as(session: Session, statement: s.CreateTableAs, default_location: str) -> Result:
    """CTAS with ``table_type = 'ICEBERG'``."""
    database, name = session.where(statement.name)
    if session.lake.table(database, name) is not None:
        if statement.if_not_exists:
            return Result()
        raise QueryError(
            "TABLE_ALREADY_EXISTS",
            f"line 1:1: Destination table 'awsdatacatalog.{database}.{name}' already exists",
        )
    given = statement.properties
    compiled = session.compile(statement.tree)
    names = _names(compiled)
    given_kinds = [column.type for column in compiled.columns]
    schema = kinds.schema(
        list(zip(names, given_kinds, [None] * len(names), strict=True)), strict=True
    )
    if str(given.get("is_external", "false")).lower() != "false":
        raise QueryError("INVALID_TABLE_PROPERTY", "is_external must be false for Iceberg tables")
    location = commands.location_of(str(given.get("location", default_location)))
    if next(iter(session.objects.list(location + "/")), None) is not None:
        message = f"Cannot create a table on a non-empty location: {location}"
        raise QueryError("ICEBERG_FILESYSTEM_ERROR", message)
    words = given.get("partitioning", ())
    spec = partitions.spec([words] if isinstance(words, str) else list(words), schema)
    rest = {key: str(value) for key, value in given.items() if key not in CTAS_WORDS}
    chosen = commands.CREATED_WITH | properties.translated(rest)
    rows = session.text(compiled, _selected(compiled, names))
    rows = rows if statement.with_data else f"SELECT * FROM ({rows}) WHERE false"
    transaction = session.commits.new_table((database, name), location, schema, spec, chosen)
    done = changes.append(session, transaction, f"{database}.{name}", rows)
    return _result(location, done)


def _names(compiled: Compiled) -> list[str]:
    names = [column.name.lower() for column in compiled.columns]
    for place, name in enumerate(names):
        if name in names[:place]:
            message = f"line 1:1: Column name '{name}' specified more than once"
            raise QueryError("DUPLICATE_COLUMN_NAME", message)
    return names


def _selected(compiled: Compiled, names: list[str]) -> str:
    parts = ", ".join(f'q."c{place}" AS {quote(name)}' for place, name in enumerate(names))
    return f"SELECT {parts} FROM ({compiled.sql}) AS q"
