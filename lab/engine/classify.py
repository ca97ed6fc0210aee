"""Which statement a text is, and its parts: Hive's grammar for DDL, Trino's for the rest.

What Athena accepts and this engine does not is refused by name; what Athena does not accept either
is a syntax error.
Source: Amazon Athena User Guide, "SQL reference for Athena".
"""

from collections.abc import Callable
from typing import Any

from lab.engine import statements as s
from lab.engine.catalog import Database
from lab.engine.create_table import columns, create_table, properties
from lab.engine.errors import QueryError, unsupported
from lab.engine.iceberg import grammar as iceberg
from lab.engine.iceberg.lookup import is_iceberg
from lab.engine.reader import Reader
from lab.engine.syntax import parse_query
from lab.engine.unload import read_unload

QUERY_WORDS = ("SELECT", "WITH", "VALUES", "(", "TABLE")
UNSUPPORTED_WORDS = ("EXPLAIN",)


def classify(sql: str) -> s.Statement:
    """The statement in ``sql``. SYNTAX_ERROR or NOT_SUPPORTED when it is none that can be run."""
    reader = Reader(sql)
    if reader.token is None:
        raise reader.error()
    word = reader.token.text.upper()
    if word in QUERY_WORDS:
        return s.Select(parse_query(sql))
    if word in UNSUPPORTED_WORDS:
        raise QueryError("NOT_SUPPORTED", f"line 1:1: {word} is not supported by this lab")
    if word not in READERS:
        raise reader.error()
    reader.place += 1
    return READERS[word](reader)


def _create(reader: Reader) -> s.Statement:
    if reader.accept("EXTERNAL"):
        reader.expect("TABLE")
        statement = create_table(reader)
        if is_iceberg(statement.table):
            raise QueryError("FAILED", "External keyword not supported for table type ICEBERG")
        return statement
    if reader.accept("DATABASE") or reader.accept("SCHEMA"):
        return _create_database(reader)
    or_replace = reader.accept("OR", "REPLACE")
    if reader.accept("VIEW"):
        return _create_view(reader, or_replace)
    reader.expect("TABLE")
    return _create_table_as(reader)


def _create_database(reader: Reader) -> s.Statement:
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = reader.identifier()
    comment = reader.string() if reader.accept("COMMENT") else None
    location = reader.string() if reader.accept("LOCATION") else None
    if reader.accept("WITH", "DBPROPERTIES"):
        raise unsupported("WITH DBPROPERTIES")
    reader.end()
    return s.CreateDatabase(Database(name, location, comment), if_not_exists)


def _create_view(reader: Reader, or_replace: bool) -> s.Statement:
    name = reader.name()
    reader.expect("AS")
    text = reader.rest()
    return s.CreateView(name, or_replace, text.strip().rstrip(";").strip(), parse_query(text))


def _create_table_as(reader: Reader) -> s.Statement:
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = reader.name()
    given: dict[str, Any] = {}
    if reader.accept("WITH"):
        given = _with_properties(reader)
    if reader.peek("("):
        return iceberg.create(reader, name, if_not_exists=if_not_exists)
    reader.expect("AS")
    with_data = True
    tail = [token.text.upper() for token in reader.tokens[-3:]]
    text = reader.rest()
    if tail == ["WITH", "NO", "DATA"] or tail[-2:] == ["WITH", "DATA"]:
        with_data = tail[-2:] == ["WITH", "DATA"]
        first = reader.tokens[-2] if with_data else reader.tokens[-3]
        text = text[: first.start]
    return s.CreateTableAs(name, if_not_exists, given, parse_query(text), with_data)


def _with_properties(reader: Reader) -> dict[str, Any]:
    """``(format = 'PARQUET', partitioned_by = ARRAY['a', 'b'])``"""
    reader.expect("(")
    found: dict[str, Any] = {}
    while True:
        key = reader.identifier()
        reader.expect("=")
        if reader.accept("ARRAY"):
            reader.expect("[")
            items = [reader.string()]
            while reader.accept(","):
                items.append(reader.string())
            reader.expect("]")
            found[key] = tuple(items)
        else:
            found[key] = reader.next().text
        if reader.accept(")"):
            return found
        reader.expect(",")


def _insert(reader: Reader) -> s.Statement:
    reader.expect("INTO")
    reader.accept("TABLE")
    name = reader.name()
    named: list[str] = []
    if reader.peek("(") and not reader.peek("(", "SELECT") and not reader.peek("(", "WITH"):
        reader.expect("(")
        named.append(reader.identifier())
        while reader.accept(","):
            named.append(reader.identifier())
        reader.expect(")")
    return s.Insert(name, tuple(named), parse_query(reader.rest()))


def _drop(reader: Reader) -> s.Statement:
    if reader.accept("DATABASE") or reader.accept("SCHEMA"):
        if_exists = reader.accept("IF", "EXISTS")
        database = reader.identifier()
        cascade = reader.accept("CASCADE")
        reader.accept("RESTRICT")
        reader.end()
        return s.DropDatabase(database, if_exists, cascade)
    view = reader.accept("VIEW")
    if not view:
        reader.expect("TABLE")
    if_exists = reader.accept("IF", "EXISTS")
    name = reader.name()
    reader.end()
    return s.Drop(name, if_exists, view)


def _alter(reader: Reader) -> s.Statement:
    reader.expect("TABLE")
    name = reader.name()
    if (only := iceberg.alter(reader, name)) is not None:
        return only
    if reader.accept("ADD"):
        return _alter_add(reader, name)
    if reader.accept("DROP"):
        return _alter_drop(reader, name)
    if reader.accept("SET", "TBLPROPERTIES"):
        found = properties(reader)
        reader.end()
        return s.SetProperties(name, found)
    raise unsupported("this ALTER TABLE")


def _alter_add(reader: Reader, name: s.Name) -> s.Statement:
    if reader.accept("COLUMNS"):
        reader.expect("(")
        found = columns(reader)
        reader.end()
        return s.AddColumns(name, found)
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    partitions = []
    while reader.peek("PARTITION"):
        spec = reader.partition()
        partitions.append((spec, reader.string() if reader.accept("LOCATION") else None))
    if not partitions:
        raise reader.error()
    reader.end()
    return s.AddPartitions(name, if_not_exists, tuple(partitions))


def _alter_drop(reader: Reader, name: s.Name) -> s.Statement:
    if_exists = reader.accept("IF", "EXISTS")
    specs = [reader.partition()]
    while reader.accept(","):
        specs.append(reader.partition())
    reader.end()
    return s.DropPartitions(name, if_exists, tuple(specs))


def _repair(reader: Reader) -> s.Statement:
    reader.expect("REPAIR", "TABLE")
    name = reader.name()
    reader.end()
    return s.Repair(name)


def _show(reader: Reader) -> s.Statement:
    if reader.accept("DATABASES") or reader.accept("SCHEMAS"):
        reader.accept("LIKE")
        return _ended(reader, s.ShowDatabases(_pattern(reader)))
    if reader.accept("PARTITIONS"):
        return _ended(reader, s.ShowPartitions(reader.name()))
    if reader.accept("COLUMNS"):
        if not reader.accept("IN"):
            reader.expect("FROM")
        name = reader.name()
        if reader.accept("IN") or reader.accept("FROM"):
            name = s.Name(name.table, reader.identifier())
        return _ended(reader, s.ShowColumns(name))
    views_only = reader.accept("VIEWS")
    if not views_only and not reader.accept("TABLES"):
        raise unsupported(f"SHOW {reader.next().text.upper()}")
    database = reader.identifier() if reader.accept("IN") or reader.accept("FROM") else None
    reader.accept("LIKE")
    return _ended(reader, s.ShowTables(database, _pattern(reader), views_only))


def _pattern(reader: Reader) -> str | None:
    return reader.string() if reader.token is not None else None


def _describe(reader: Reader) -> s.Statement:
    if reader.peek("FORMATTED") or reader.peek("EXTENDED"):
        raise unsupported(f"DESCRIBE {reader.next().text.upper()}")
    reader.accept("TABLE")
    return _ended(reader, s.Describe(reader.name()))


def _ended(reader: Reader, statement: s.Statement) -> s.Statement:
    reader.end()
    return statement


def _prepare(reader: Reader) -> s.Statement:
    name = reader.identifier()
    reader.expect("FROM")
    query = reader.rest()
    classify(query)
    return s.Prepare(name, query.strip().removesuffix(";"))


def _execute(reader: Reader) -> s.Statement:
    name = reader.identifier()
    if not reader.accept("USING"):
        return _ended(reader, s.Execute(name))
    return s.Execute(name, tuple(reader.expressions()))


def _deallocate(reader: Reader) -> s.Statement:
    reader.expect("PREPARE")
    return _ended(reader, s.Deallocate(reader.identifier()))


READERS: dict[str, Callable[[Reader], s.Statement]] = {
    "DELETE": iceberg.change,
    "UPDATE": iceberg.change,
    "MERGE": iceberg.change,
    "OPTIMIZE": iceberg.optimize,
    "VACUUM": iceberg.vacuum,
    "CREATE": _create,
    "DROP": _drop,
    "ALTER": _alter,
    "INSERT": _insert,
    "MSCK": _repair,
    "UNLOAD": lambda reader: read_unload(reader, _with_properties),
    "SHOW": _show,
    "DESCRIBE": _describe,
    "DESC": _describe,
    "PREPARE": _prepare,
    "EXECUTE": _execute,
    "DEALLOCATE": _deallocate,
}
