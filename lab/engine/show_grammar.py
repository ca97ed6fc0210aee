"""Reads SHOW and DESCRIBE.

Source: Amazon Athena User Guide, "SHOW COLUMNS", "SHOW CREATE TABLE", "SHOW TBLPROPERTIES",
"DESCRIBE", "DESCRIBE VIEW" and "Unsupported DDL".
"""

from lab.engine import statements as s
from lab.engine.errors import QueryError, unsupported
from lab.engine.reader import CATALOG, Reader

NOT_IN_ATHENA = (
    "COMPACTIONS", "CURRENT", "GRANT", "GRANTS", "INDEX", "INDEXES", "LOCKS", "PRINCIPALS", "ROLE",
    "ROLES", "SESSION", "STATS", "TRANSACTIONS", "CATALOGS", "BRANCHES",
)  # fmt: skip


def no_such_query() -> QueryError:
    """What Athena says of statements that its grammar has and it does not run."""
    return QueryError("SYNTAX_ERROR", "Queries of this type are not supported")


def show(reader: Reader) -> s.Statement:  # noqa: PLR0911  one return per kind
    if reader.accept("DATABASES") or reader.accept("SCHEMAS"):
        reader.accept("LIKE")
        return ended(reader, s.ShowDatabases(_pattern(reader)))
    if reader.accept("FUNCTIONS"):
        return _functions(reader)
    if reader.accept("PARTITIONS"):
        return ended(reader, s.ShowPartitions(reader.name()))
    if reader.accept("COLUMNS"):
        return ended(reader, s.ShowColumns(_in_database(reader), reader.quoted_name()))
    if reader.accept("CREATE", "TABLE"):
        name = reader.name()
        if reader.quoted is not None:
            raise no_such_query()
        return ended(reader, s.ShowCreateTable(name))
    if reader.accept("CREATE", "VIEW"):
        return ended(reader, s.ShowCreateView(reader.name()))
    if reader.accept("TBLPROPERTIES"):
        return ended(reader, s.ShowProperties(reader.name(), _key(reader)))
    if reader.peek("TABLES") or reader.peek("VIEWS"):
        kind = s.ShowViews if reader.next().text.upper() == "VIEWS" else s.ShowTables
        database = _database(reader) if reader.accept("IN") or reader.accept("FROM") else None
        reader.accept("LIKE")
        return ended(reader, kind(database, _pattern(reader)))
    if reader.token is not None and reader.token.text.upper() in NOT_IN_ATHENA:
        raise no_such_query()
    raise reader.error()


def _functions(reader: Reader) -> s.Statement:
    """``[LIKE 'pattern' [ESCAPE 'character']]``; Athena has no schemas with functions of their
    own.
    """
    if reader.peek("FROM") or reader.peek("IN"):
        raise unsupported("SHOW FUNCTIONS FROM a schema")
    pattern = reader.string() if reader.accept("LIKE") else None
    escape = reader.string() if pattern is not None and reader.accept("ESCAPE") else None
    return ended(reader, s.ShowFunctions(pattern, escape))


def _in_database(reader: Reader) -> s.Name:
    """``IN table [IN database]``"""
    if not reader.accept("IN"):
        reader.expect("FROM")
    name = reader.name()
    if reader.accept("IN") or reader.accept("FROM"):
        return s.Name(name.table, reader.identifier())
    return name


def _database(reader: Reader) -> str:
    """``[catalog.]database``"""
    name = reader.name()
    reader.refuse_quotes()
    if name.database not in (None, CATALOG):
        raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{name.database}' does not exist")
    return name.table


def _key(reader: Reader) -> str | None:
    if not reader.accept("("):
        return None
    key = reader.string()
    reader.expect(")")
    return key


def _pattern(reader: Reader) -> str | None:
    return reader.string() if reader.token is not None else None


def describe(reader: Reader) -> s.Statement:
    if reader.accept("VIEW"):
        return ended(reader, s.DescribeView(reader.name()))
    if reader.peek("INPUT") or reader.peek("OUTPUT"):
        raise no_such_query()
    detail = ""
    if reader.peek("FORMATTED") or reader.peek("EXTENDED"):
        detail = reader.next().text.upper()
    reader.accept("TABLE")
    name = reader.name()
    refusal = None if detail else reader.quoted_name((0,))
    partition = reader.partition() if reader.peek("PARTITION") else None
    column = reader.identifier() if reader.token is not None else None
    return ended(reader, s.Describe(name, detail, partition, column, refusal))


def ended[Kind: s.Statement](reader: Reader, statement: Kind) -> Kind:
    reader.end()
    return statement
