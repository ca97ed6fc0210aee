"""Statements for Trino, read only as far as the lab needs: which kind it is, and the parts of a
CTAS and an UNLOAD, whose properties Athena calls otherwise than Trino.

A query is kept as the text it is; whether it is right Trino says. DDL is read by ``classify``.
"""

from dataclasses import dataclass

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from lab.engine import statements as s
from lab.engine.classify import QUERY_WORDS, classify
from lab.engine.reader import Reader

CHANGES = ("DELETE", "UPDATE", "MERGE", "EXPLAIN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed(s.Statement):
    """A statement that goes to Trino as it is."""

    sql: str
    kind: str = "DML"
    subkind: str = ""


def read(sql: str) -> s.Statement:  # noqa: PLR0911  one return per kind
    """The statement in ``sql``. SYNTAX_ERROR or NOT_SUPPORTED only for what Trino is not sent."""
    reader = Reader(sql)
    if reader.token is None:
        raise reader.error()
    text = sql[: reader.tokens[-1].end + 1]
    word = reader.token.text.upper()
    if word in QUERY_WORDS:
        return s.Select(_unparsed(text))
    if word in CHANGES:
        return Passed(sql=text, subkind=word)
    if reader.accept("INSERT", "INTO"):
        return s.Insert(reader.name(), (), _unparsed(text))
    if reader.accept("UNLOAD"):
        return _unload(reader, sql)
    if reader.accept("CREATE"):
        replaced = reader.accept("OR", "REPLACE")
        if reader.accept("VIEW"):
            name = reader.name()
            reader.expect("AS")
            query = reader.rest()[: len(text)]
            return s.CreateView(name, replaced, query, _unparsed(text))
        if reader.accept("TABLE") and (found := _create_table_as(reader)):
            return found
    return classify(sql)


def text_of(tree: exp.Expr) -> str:
    return str(tree.this)


def _unparsed(text: str) -> exp.Expr:
    return exp.Command(this=text)


def _create_table_as(reader: Reader) -> s.CreateTableAs | None:
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = reader.name()
    given = _properties(reader) if reader.accept("WITH") else {}
    if not reader.accept("AS"):
        return None
    words = [token.text.upper() for token in reader.tokens[-3:]]
    query, end = reader.rest(), reader.tokens[-1].end + 1
    with_data = words != ["WITH", "NO", "DATA"]
    if not with_data:
        end = reader.tokens[-3].start
    elif words[1:] == ["WITH", "DATA"]:
        end = reader.tokens[-2].start
    return s.CreateTableAs(name, if_not_exists, given, _unparsed(query[:end]), with_data)


def _unload(reader: Reader, sql: str) -> s.Unload:
    query, start = reader.rest(), reader.next().start
    if sql[start] != "(":
        reader.place -= 1
        raise reader.error()
    end = _closing(reader).start
    reader.expect("TO")
    location = reader.string()
    given = _properties(reader) if reader.accept("WITH") else {}
    reader.end()
    # Blanks instead of the parentheses keep the positions of what is between them.
    return s.Unload(location, given, _unparsed(f"{query[:start]} {query[start + 1 : end]}"))


def _closing(reader: Reader) -> Token:
    depth = 1
    while True:
        token = reader.next()
        kind = token.token_type
        depth += (kind == TokenType.L_PAREN) - (kind == TokenType.R_PAREN)
        if depth == 0:
            return token


def _properties(reader: Reader) -> dict[str, str | tuple[str, ...]]:
    """``(format = 'PARQUET', partitioned_by = ARRAY['a', 'b'])``"""
    reader.expect("(")
    found: dict[str, str | tuple[str, ...]] = {}
    while not reader.accept(")"):
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
        if not reader.peek(")"):
            reader.expect(",")
    return found
