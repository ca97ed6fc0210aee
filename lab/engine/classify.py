"""Which statement a text is, and its parts: Hive's grammar for DDL, Trino's for the rest.

What Athena accepts and this engine does not is refused by name; what Athena does not accept either
is a syntax error.
Source: Amazon Athena User Guide, "SQL reference for Athena".
"""

from collections.abc import Callable
from typing import Any

from lab.engine import statements as s
from lab.engine.alter_grammar import alter
from lab.engine.catalog import Database
from lab.engine.create_table import create_table, properties
from lab.engine.errors import QueryError, unsupported
from lab.engine.iceberg import grammar as iceberg
from lab.engine.iceberg.lookup import is_iceberg
from lab.engine.reader import EVERY_PART, Reader
from lab.engine.show_grammar import describe, ended, no_such_query, show
from lab.engine.syntax import parse_query
from lab.engine.unload import read_unload

QUERY_WORDS = ("SELECT", "WITH", "VALUES", "(", "TABLE")
# "Unsupported DDL", and what Trino has besides.
NOT_IN_ATHENA = (
    "ANALYZE", "CALL", "COMMENT", "COMMIT", "DENY", "DFS", "EXPORT", "GRANT", "IMPORT", "LOCK",
    "REFRESH", "RESET", "REVOKE", "ROLLBACK", "SET", "START", "TRUNCATE", "UNLOCK", "USE",
)  # fmt: skip
NEVER_CREATED = ("CATALOG", "FUNCTION", "INDEX", "MATERIALIZED", "ROLE", "TEMPORARY")


def classify(sql: str) -> s.Statement:
    """The statement in ``sql``. SYNTAX_ERROR or NOT_SUPPORTED when it is none that can be run."""
    reader = Reader(sql)
    if reader.token is None:
        raise reader.error()
    word = reader.token.text.upper()
    if word in QUERY_WORDS:
        return s.Select(parse_query(sql))
    if word in NOT_IN_ATHENA:
        raise no_such_query()
    if word == "USING":
        raise unsupported("USING EXTERNAL FUNCTION")
    if word not in READERS:
        raise reader.error()
    reader.place += 1
    return READERS[word](reader)


def _create(reader: Reader) -> s.Statement:
    if reader.accept("EXTERNAL"):
        reader.expect("TABLE")
        statement = create_table(reader)
        reader.refuse_quotes(EVERY_PART)
        if is_iceberg(statement.table):
            message = "External keyword not supported for table type ICEBERG"
            raise QueryError("SYNTAX_ERROR", message)
        return statement
    if reader.accept("DATABASE") or reader.accept("SCHEMA"):
        return _create_database(reader)
    or_replace = reader.accept("OR", "REPLACE")
    if reader.peek("PROTECTED") or reader.peek("MULTI"):
        raise unsupported("CREATE PROTECTED MULTI DIALECT VIEW")
    if reader.token is not None and reader.token.text.upper() in NEVER_CREATED:
        raise no_such_query()
    if or_replace or reader.peek("VIEW"):
        reader.expect("VIEW")
        return _create_view(reader, or_replace)
    reader.expect("TABLE")
    return _create_table_as(reader)


def _create_database(reader: Reader) -> s.Statement:
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = reader.identifier()
    comment = reader.string() if reader.accept("COMMENT") else None
    location = reader.string() if reader.accept("LOCATION") else None
    given = properties(reader) if reader.accept("WITH", "DBPROPERTIES") else {}
    reader.end()
    return s.CreateDatabase(Database(name, location, comment, given), if_not_exists)


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
        reader.refuse_quotes(EVERY_PART)
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
    if reader.token is not None and reader.token.text.upper() in NEVER_CREATED:
        raise no_such_query()
    view = reader.accept("VIEW")
    if not view:
        reader.expect("TABLE")
    if_exists = reader.accept("IF", "EXISTS")
    name = reader.name()
    if not view:
        reader.refuse_quotes()
    reader.end()
    return s.DropView(name, if_exists) if view else s.Drop(name, if_exists)


def _repair(reader: Reader) -> s.Statement:
    reader.expect("REPAIR", "TABLE")
    name = reader.name()
    reader.end()
    return s.Repair(name)


EXPLAINED = (s.Select, s.CreateTableAs, s.Insert, s.Unload)
# What Trino's grammar, which reads EXPLAIN, has not.
NEVER_EXPLAINED = ("MSCK", "VACUUM", "OPTIMIZE")
FORMS = ("TEXT", "JSON", "GRAPHVIZ")
PLANS = ("LOGICAL", "DISTRIBUTED", "VALIDATE", "IO")


def _explain(reader: Reader) -> s.Statement:
    """``EXPLAIN [ANALYZE [VERBOSE]] [(FORMAT x, TYPE y)] statement``"""
    analyze = reader.accept("ANALYZE")
    if analyze:
        reader.accept("VERBOSE")
    form, plan = "TEXT", "DISTRIBUTED"
    if (reader.peek("(", "FORMAT") or reader.peek("(", "TYPE")) and reader.accept("("):
        while True:
            if reader.accept("FORMAT"):
                form = _one_of(reader, FORMS[:2] if analyze else FORMS)
            elif not analyze and reader.accept("TYPE"):
                plan = _one_of(reader, PLANS)
            else:
                raise reader.error()
            if reader.accept(")"):
                break
            reader.expect(",")
    if reader.token is not None and reader.token.text.upper() in NEVER_EXPLAINED:
        raise reader.error()
    if reader.peek("CREATE", "EXTERNAL"):
        reader.place += 1
        raise reader.error()
    inner = classify(reader.rest())
    if not isinstance(inner, EXPLAINED) or (analyze and not isinstance(inner, s.Select)):
        word = "EXPLAIN ANALYZE" if analyze else "EXPLAIN"
        raise unsupported(f"{word} of {inner.subkind.replace('_', ' ')}")
    return s.Explain(inner, analyze, form, plan)


def _one_of(reader: Reader, words: tuple[str, ...]) -> str:
    for word in words:
        if reader.accept(word):
            return word
    raise reader.error()


def _prepare(reader: Reader) -> s.Statement:
    name = reader.identifier()
    reader.expect("FROM")
    query = reader.rest()
    classify(query)
    return s.Prepare(name, query.strip().removesuffix(";"))


def _execute(reader: Reader) -> s.Statement:
    name = reader.identifier()
    if not reader.accept("USING"):
        return ended(reader, s.Execute(name))
    return s.Execute(name, tuple(reader.expressions()))


def _deallocate(reader: Reader) -> s.Statement:
    reader.expect("PREPARE")
    return ended(reader, s.Deallocate(reader.identifier()))


READERS: dict[str, Callable[[Reader], s.Statement]] = {
    "DELETE": iceberg.change,
    "UPDATE": iceberg.change,
    "MERGE": iceberg.change,
    "OPTIMIZE": iceberg.optimize,
    "VACUUM": iceberg.vacuum,
    "CREATE": _create,
    "DROP": _drop,
    "ALTER": alter,
    "INSERT": _insert,
    "MSCK": _repair,
    "UNLOAD": lambda reader: read_unload(reader, _with_properties),
    "SHOW": show,
    "DESCRIBE": describe,
    "DESC": describe,
    "EXPLAIN": _explain,
    "PREPARE": _prepare,
    "EXECUTE": _execute,
    "DEALLOCATE": _deallocate,
}
