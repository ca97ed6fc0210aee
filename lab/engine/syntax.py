"""Reads Trino's grammar with sqlglot, so that names, positions and literals stay as they were
written.

sqlglot turns a function into the idea behind it (``nvl`` and ``coalesce`` become one node), which
would hide names that Athena does not know. ``AthenaQuery`` therefore keeps every call anonymous,
keeps array subscripts from 1, and keeps ``DATE '...'`` apart from ``CAST('...' AS DATE)``: the two
fail differently. It drops the operators of other dialects.
"""

import re
from itertools import pairwise
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from lab.engine.errors import QueryError, failure, unsupported
from lab.engine.foreign import refuse_foreign
from lab.engine.json_syntax import PARSERS

LITERAL = "$literal"
SPECIAL_FORMS = ("CAST", "TRY_CAST", "EXTRACT", "TRIM", "SUBSTRING", "POSITION", "LISTAGG")
FOREIGN_RANGES = (
    TokenType.ILIKE,
    TokenType.GLOB,
    TokenType.RLIKE,
    TokenType.IRLIKE,
    TokenType.SIMILAR_TO,
    TokenType.OVERLAPS,
)


def _literal(_parser: object, value: exp.Expr, kind: exp.DataType) -> exp.Expr:
    node = exp.Anonymous(this=LITERAL, expressions=[value, kind])
    node.meta.update(kind.meta or value.meta)
    return node


FOREIGN_SYMBOLS = ("==", "<=>", "!")
EMPTY_CALL = [TokenType.L_PAREN, TokenType.R_PAREN]
NO_CALL = frozenset(
    {"CURRENT_DATE", "CURRENT_TIMESTAMP", "CURRENT_TIME", "LOCALTIME", "LOCALTIMESTAMP"}
)
UNITS = frozenset({"YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"})
FOREIGN_TYPES = frozenset({
    "STRING", "TEXT", "FLOAT", "BOOL", "INT64", "INT32", "INT16", "INT8", "INT2", "INT4", "FLOAT4",
    "FLOAT8", "FLOAT64", "FLOAT32", "DATETIME", "BINARY", "BLOB", "BYTEA", "BYTES", "NUMBER",
    "NVARCHAR", "NCHAR", "STRUCT", "NUMERIC", "DEC", "LONG", "SHORT", "TIMESTAMPTZ", "MONEY",
})  # fmt: skip
BEFORE_A_VALUE = (
    TokenType.SELECT, TokenType.COMMA, TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.EQ,
    TokenType.NEQ, TokenType.LT, TokenType.GT, TokenType.PLUS, TokenType.DASH, TokenType.WHERE,
    TokenType.AND, TokenType.OR, TokenType.NOT, TokenType.DPIPE, TokenType.IN,
)  # fmt: skip
# Trino documentation, "Keywords and identifiers"; without those that sqlglot reads as columns.
RESERVED = frozenset({
    "ALTER", "AND", "AS", "BETWEEN", "BY", "CASE", "CAST", "CONSTRAINT", "CREATE", "CROSS", "CUBE",
    "DEALLOCATE", "DELETE", "DESCRIBE", "DISTINCT", "DROP", "ELSE", "END", "ESCAPE", "EXCEPT",
    "EXECUTE", "EXISTS", "EXTRACT", "FOR", "FROM", "FULL", "GROUP", "GROUPING", "HAVING", "IN",
    "INNER", "INSERT", "INTERSECT", "INTO", "IS", "JOIN", "LEFT", "LIKE", "NATURAL", "NOT", "ON",
    "OR", "ORDER", "OUTER", "PREPARE", "RECURSIVE", "RIGHT", "ROLLUP", "SELECT", "TABLE", "THEN",
    "UNION", "UNNEST", "USING", "VALUES", "WHEN", "WHERE", "WITH",
})  # fmt: skip
RESERVED_CALLS = frozenset({"LEFT", "RIGHT", "IN", "LIKE", "SELECT"})


class AthenaQuery(Trino):
    """Trino's dialect with nothing normalised away."""

    INDEX_OFFSET = 0
    SUPPORTS_USER_DEFINED_TYPES = True

    class Parser(Trino.Parser):  # type: ignore[misc,valid-type]  # sqlglot makes it a variable
        """Calls stay anonymous; typed literals stay literals."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}
        FUNCTION_PARSERS = {
            name: parse
            for name, parse in Trino.Parser.FUNCTION_PARSERS.items()
            if name in SPECIAL_FORMS
        } | PARSERS
        RANGE_PARSERS = {  # noqa: RUF012
            token: parse
            for token, parse in Trino.Parser.RANGE_PARSERS.items()
            if token not in FOREIGN_RANGES
        }
        COLUMN_OPERATORS = {  # noqa: RUF012
            TokenType.DOT: Trino.Parser.COLUMN_OPERATORS[TokenType.DOT]
        }
        TYPE_LITERAL_PARSERS = dict.fromkeys(exp.DType, _literal)


def tokenize(sql: str) -> list[Token]:
    """The tokens of a statement, by the rules of queries (double quotes are names)."""
    try:
        return AthenaQuery().tokenize(sql)
    except TokenError as error:
        raise QueryError("SYNTAX_ERROR", f"line 1:1: {error}".splitlines()[0]) from error


def parse_query(sql: str) -> exp.Expr:
    """The tree of one query. SYNTAX_ERROR says where the first token is that does not fit."""
    tokens = tokenize(sql)
    tokens = _whole_numbers(tokens, sql)
    _check_order(tokens)
    _check_types(tokens)
    try:
        trees = AthenaQuery().parser().parse(tokens, sql)
    except ParseError as error:
        raise _syntax_error(tokens, error) from error
    trees = [tree for tree in trees if tree is not None]
    if len(trees) != 1 or trees[0] is None:
        raise QueryError("SYNTAX_ERROR", "Only one sql statement is allowed.")
    _check_names(trees[0], tokens)
    refuse_foreign(trees[0])
    return trees[0]


def _check_names(tree: exp.Expr, tokens: list[Token]) -> None:
    """A word of the grammar is a name only in double quotes."""
    for node in tree.find_all(exp.Identifier, exp.Anonymous):
        word = str(node.this).upper()
        reserved = RESERVED_CALLS if isinstance(node, exp.Anonymous) else RESERVED
        if word in reserved and not node.args.get("quoted"):
            found = [token for token in tokens if token.text.upper() == word]
            raise mismatched(found[-1] if found else None, tokens)


def _whole_numbers(tokens: list[Token], sql: str) -> list[Token]:
    """``1_000``, ``0xFF``, ``0o17`` and ``0b11`` as numbers: sqlglot reads a number with an alias,
    or a binary.
    """
    result: list[Token] = []
    for token in tokens:
        last = result[-1] if result else None
        written = sql[token.start : token.end + 1]
        if token.token_type == TokenType.HEX_STRING and written[:2].lower() == "0x":
            result.append(_number(token, token, written))
        elif (
            last is not None
            and last.token_type == TokenType.NUMBER
            and last.end + 1 == token.start
            and token.token_type == TokenType.VAR
        ):
            result[-1] = _number(last, token, sql[last.start : token.end + 1])
        else:
            result.append(token)
    return result


def _number(first: Token, last: Token, written: str) -> Token:
    """The tokens from ``first`` to ``last`` as one whole number."""
    digits = written.replace("_", "").lower()
    base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2], 10)
    try:
        value = int(digits[2:] if base != 10 else digits, base)
    except ValueError as error:
        raise mismatched(last) from error
    if not re.fullmatch("[0-9a-zA-Z]+(_[0-9a-zA-Z]+)*", written):
        raise mismatched(last)
    return Token(TokenType.NUMBER, str(value), last.line, last.col, first.start, last.end)


def _check_order(tokens: list[Token]) -> None:
    """What sqlglot passes over in silence: a comma without a follower, an interval without quotes,
    LIMIT before OFFSET.
    """
    closing = (TokenType.FROM, TokenType.R_PAREN, TokenType.WHERE, TokenType.COMMA)
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        if token.token_type in (TokenType.ISNULL, TokenType.NOTNULL):
            raise mismatched(token)
        if token.token_type == TokenType.COMMA and (
            following is None or following.token_type in closing
        ):
            raise mismatched(following, tokens)
        if following is None:
            continue
        before = tokens[place - 1].token_type if place else None
        written = token.token_type not in (TokenType.STRING, TokenType.IDENTIFIER)
        if written and token.text in FOREIGN_SYMBOLS:
            raise mismatched(token)
        if token.token_type == TokenType.L_BRACKET and before in BEFORE_A_VALUE:
            raise mismatched(token)
        closed = [t.token_type for t in tokens[place + 1 : place + 3]] == EMPTY_CALL
        if token.text.upper() in NO_CALL and closed:
            raise mismatched(following)
        if token.token_type == TokenType.INTERVAL:
            _check_interval(tokens, place)
        if token.token_type == TokenType.INTERVAL and following.token_type == TokenType.NUMBER:
            raise mismatched(following)
        if token.token_type == TokenType.SELECT and following.token_type == TokenType.FROM:
            raise mismatched(following)
        if (
            token.token_type == TokenType.LIMIT
            and place + 2 < len(tokens)
            and tokens[place + 2].token_type in (TokenType.OFFSET, TokenType.COMMA)
        ):
            raise mismatched(tokens[place + 2])


def _check_interval(tokens: list[Token], place: int) -> None:
    """A unit follows the text: sqlglot would find it inside."""
    for index in (place + 1, place + 2):
        if index < len(tokens) and tokens[index].token_type == TokenType.STRING:
            unit = tokens[index + 1] if index + 1 < len(tokens) else None
            if unit is None or unit.text.upper() not in UNITS:
                raise mismatched(unit, tokens)
            return


def _check_types(tokens: list[Token]) -> None:
    """Names of types of other dialects, which sqlglot turns into Trino's."""
    casts: list[bool] = []
    for before, token in pairwise(tokens):
        if token.token_type == TokenType.L_PAREN:
            casts.append(before.text.upper() in ("CAST", "TRY_CAST"))
        elif token.token_type == TokenType.R_PAREN and casts:
            casts.pop()
        is_type = before.token_type == TokenType.ALIAS and casts and casts[-1]
        if is_type and token.text.upper() in FOREIGN_TYPES:
            where = f"line {token.line}:{column(token)}"
            message = f"{where}: Unknown type: {token.text.lower()}"
            raise QueryError("TYPE_MISMATCH", message)


def column(token: Token) -> int:
    """The column, from 1, where a token begins (sqlglot remembers where it ends)."""
    return token.col - (token.end - token.start)


def _syntax_error(tokens: list[Token], error: ParseError) -> QueryError:
    detail = error.errors[0] if error.errors else {}
    line, end = detail.get("line"), detail.get("col")
    for token in tokens:
        if (token.line, token.col) == (line, end):
            return mismatched(token)
    return mismatched(None, tokens)


def mismatched(token: Token | None, tokens: list[Token] | None = None) -> QueryError:
    """Trino's sentence about a token that does not fit; None is the end of the statement."""
    if token is not None:
        where = f"line {token.line}:{column(token)}"
        return QueryError("SYNTAX_ERROR", f"{where}: mismatched input '{token.text}'")
    last = tokens[-1] if tokens else None
    line, place = (last.line, last.col + 1) if last else (1, 1)
    return QueryError("SYNTAX_ERROR", f"line {line}:{place}: mismatched input '<EOF>'")


# What sqlglot reads of other dialects and Trino's grammar has not.
FOREIGN_PARTS = ("pivots", "laterals", "hint", "qualify", "sort", "cluster", "connect", "prewhere",
                 "locks", "into", "by_name")  # fmt: skip


def refuse_unknown(node: exp.Expr, known: tuple[str, ...]) -> None:
    """Refuse whatever the parser found in ``node`` that the compiler does not look at."""
    for name, value in node.args.items():
        if name not in known and value:
            if name in FOREIGN_PARTS:
                word = name.rstrip("s").upper()
                raise failure("SYNTAX_ERROR", f"mismatched input '{word}'", node)
            raise unsupported(name.rstrip("_").replace("_", " ").upper(), node)
