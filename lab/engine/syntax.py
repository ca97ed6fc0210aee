"""Reads Trino's grammar with sqlglot, so that names, positions and literals stay as they were
written.

sqlglot turns a function into the idea behind it (``nvl`` and ``coalesce`` become one node), which
would hide names that Athena does not know. ``AthenaQuery`` therefore keeps every call anonymous,
keeps array subscripts from 1, and keeps ``DATE '...'`` apart from ``CAST('...' AS DATE)``: the two
fail differently. It drops the operators of other dialects.
"""

from itertools import pairwise
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from lab.engine.errors import QueryError, unsupported

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


class AthenaQuery(Trino):
    """Trino's dialect with nothing normalised away."""

    INDEX_OFFSET = 0

    class Parser(Trino.Parser):  # type: ignore[misc,valid-type]  # sqlglot makes it a variable
        """Calls stay anonymous; typed literals stay literals."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}
        FUNCTION_PARSERS = {  # noqa: RUF012
            name: parse
            for name, parse in Trino.Parser.FUNCTION_PARSERS.items()
            if name in SPECIAL_FORMS
        }
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
    _check_numbers(tokens)
    _check_order(tokens)
    try:
        trees = AthenaQuery().parser().parse(tokens, sql)
    except ParseError as error:
        raise _syntax_error(tokens, error) from error
    trees = [tree for tree in trees if tree is not None]
    if len(trees) != 1 or trees[0] is None:
        raise QueryError("SYNTAX_ERROR", "Only one sql statement is allowed.")
    return trees[0]


def _check_numbers(tokens: list[Token]) -> None:
    """``1_000`` is one number in Trino; sqlglot reads the number 1 with the alias ``_000``."""
    for token, following in pairwise(tokens):
        glued = token.end + 1 == following.start and following.token_type == TokenType.VAR
        if token.token_type == TokenType.NUMBER and glued:
            raise QueryError(
                "NOT_SUPPORTED",
                f"line {token.line}:{column(token)}: the number {token.text}{following.text}"
                " is not supported by this lab",
            )


JSON_FUNCTIONS = ("JSON_VALUE", "JSON_QUERY", "JSON_EXISTS", "JSON_OBJECT", "JSON_ARRAY")


def _check_order(tokens: list[Token]) -> None:
    """What sqlglot passes over in silence: a comma without a follower, an interval without quotes,
    LIMIT before OFFSET.
    """
    closing = (TokenType.FROM, TokenType.R_PAREN, TokenType.WHERE)
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        if token.token_type == TokenType.COMMA and (
            following is None or following.token_type in closing
        ):
            raise mismatched(following, tokens)
        if following is None:
            continue
        if token.token_type == TokenType.INTERVAL and following.token_type == TokenType.NUMBER:
            raise mismatched(following)
        if token.token_type == TokenType.SELECT and following.token_type == TokenType.FROM:
            raise mismatched(following)
        if (
            token.token_type == TokenType.LIMIT
            and place + 2 < len(tokens)
            and tokens[place + 2].token_type == TokenType.OFFSET
        ):
            raise mismatched(tokens[place + 2])
        if token.text.upper() in JSON_FUNCTIONS and following.token_type == TokenType.L_PAREN:
            message = (
                f"line {token.line}:{column(token)}: function {token.text.lower()} is not"
                f" supported by this lab"
            )
            raise QueryError("NOT_SUPPORTED", message)


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


def refuse_unknown(node: exp.Expr, known: tuple[str, ...]) -> None:
    """Refuse whatever the parser found in ``node`` that the compiler does not look at."""
    for name, value in node.args.items():
        if name not in known and value:
            raise unsupported(name.rstrip("_").replace("_", " ").upper(), node)
