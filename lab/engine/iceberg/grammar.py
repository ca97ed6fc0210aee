"""Reads the statements that only Iceberg tables have.

Source: Amazon Athena User Guide, "Create Iceberg tables", "Update Iceberg table data", "Optimize
Iceberg tables", "Evolve Iceberg table schema".
"""

from sqlglot import exp

from lab.engine.catalog import Column
from lab.engine.create_table import NO_LOCATION, column_type, columns, properties
from lab.engine.errors import QueryError, unsupported
from lab.engine.iceberg import statements as s
from lab.engine.reader import Reader
from lab.engine.statements import Name, Statement
from lab.engine.syntax import mismatched, parse_query, refuse_unknown

CHANGES = {"DELETE": exp.Delete, "UPDATE": exp.Update, "MERGE": exp.Merge}
CATALOG = "awsdatacatalog"


def change(reader: Reader) -> Statement:
    """DELETE FROM, UPDATE, MERGE INTO."""
    word = reader.tokens[0].text.upper()
    tree = parse_query(reader.sql)
    if not isinstance(tree, CHANGES[word]) or not isinstance(tree.this, exp.Table):
        raise reader.error()
    if word != "MERGE" and tree.this.alias:
        # Trino gives a name of its own to the target of MERGE only.
        raise mismatched(next(t for t in reader.tokens if t.text == tree.this.alias))
    refuse_unknown(tree, ("this", "where", "expressions", "using", "on", "whens"))
    return s.Change(name=_name(tree.this), tree=tree, subkind=word)


def _name(node: exp.Table) -> Name:
    if node.catalog and node.catalog.lower() != CATALOG:
        raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{node.catalog}' does not exist")
    return Name(node.name.lower(), node.db.lower() or None)


def create(reader: Reader, name: Name, *, if_not_exists: bool) -> Statement:
    """What follows ``CREATE TABLE name``: columns in parentheses."""
    reader.expect("(")
    found = columns(reader)
    comment = reader.string() if reader.accept("COMMENT") else None
    words = _partitioning(reader) if reader.accept("PARTITIONED", "BY") else ()
    location = reader.string() if reader.accept("LOCATION") else ""
    given = properties(reader) if reader.accept("TBLPROPERTIES") else {}
    reader.end()
    if not location:
        raise QueryError("SYNTAX_ERROR", NO_LOCATION)
    kind = {key.lower(): value.lower() for key, value in given.items()}.get("table_type")
    if kind != "iceberg":
        raise QueryError(
            "FAILED",
            "SemanticException Only external tables can be created; use CREATE EXTERNAL TABLE",
        )
    rest = {key: value for key, value in given.items() if key.lower() != "table_type"}
    return s.Create(name, found, words, location, rest, comment, if_not_exists)


def _partitioning(reader: Reader) -> tuple[str, ...]:
    """``(category, bucket(16, id), day(ts))``"""
    reader.expect("(")
    found = []
    while True:
        word = reader.identifier()
        if reader.accept("("):
            parts = [reader.next().text]
            while reader.accept(","):
                parts.append(reader.next().text)
            reader.expect(")")
            word += f"({', '.join(parts)})"
        found.append(word)
        if reader.accept(")"):
            return tuple(found)
        reader.expect(",")


def alter(reader: Reader, name: Name) -> Statement | None:
    """What follows ``ALTER TABLE name``, if only Iceberg tables have it."""
    if reader.accept("DROP", "COLUMN"):
        word = reader.tokens[reader.place - 1]
        place = f"{word.line}:{word.col - len(word.text)}"
        return _ended(reader, s.DropColumn(name, reader.identifier(), place))
    if reader.accept("RENAME", "TO"):
        return _ended(reader, s.Rename(name, reader.name()))
    if reader.accept("UNSET", "TBLPROPERTIES"):
        reader.expect("(")
        keys = [reader.string()]
        while reader.accept(","):
            keys.append(reader.string())
        reader.expect(")")
        return _ended(reader, s.UnsetProperties(name, tuple(keys)))
    if reader.accept("CHANGE"):
        return _change_column(reader, name)
    return None


def _change_column(reader: Reader, name: Name) -> Statement:
    reader.accept("COLUMN")
    column, new = reader.identifier(), reader.identifier()
    kind = column_type(reader)
    comment = reader.string() if reader.accept("COMMENT") else None
    after = None
    if reader.accept("FIRST"):
        after = ""
    elif reader.accept("AFTER"):
        after = reader.identifier()
    return _ended(reader, s.ChangeColumn(name, column, Column(new, kind, comment), after))


def optimize(reader: Reader) -> Statement:
    """``OPTIMIZE name REWRITE DATA USING BIN_PACK [WHERE ...]``"""
    name = reader.name()
    reader.expect("REWRITE", "DATA")
    if reader.accept("USING") and not reader.accept("BIN_PACK"):
        raise unsupported(f"USING {reader.next().text.upper()}")
    tree = exp.select("1").from_(exp.table_(name.table, db=name.database, quoted=True))
    if reader.token is not None:
        if not reader.peek("WHERE"):
            raise reader.error()
        where = parse_query("SELECT 1 FROM t " + reader.rest().strip()).args.get("where")  # noqa: S608  parsed, never run
        tree.set("where", where)
    return s.Optimize(name, tree)


def vacuum(reader: Reader) -> Statement:
    return _ended(reader, s.Vacuum(reader.name()))


def _ended(reader: Reader, statement: Statement) -> Statement:
    reader.end()
    return statement
