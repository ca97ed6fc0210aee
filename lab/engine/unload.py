"""UNLOAD (query) TO 's3://...' WITH (...): its text. Source: Amazon Athena User Guide, "UNLOAD"."""

from collections.abc import Callable
from typing import Any

from sqlglot.tokenizer_core import TokenType

from lab.engine import statements as s
from lab.engine.errors import QueryError
from lab.engine.reader import Reader
from lab.engine.syntax import parse_query


def read_unload(reader: Reader, properties: Callable[[Reader], dict[str, Any]]) -> s.Unload:
    """What follows UNLOAD; ``properties`` reads what is in parentheses after WITH."""
    if not reader.peek("("):
        raise reader.error()
    query = reader.rest()
    start, end = reader.next().start, _skip(reader)
    # Blanks instead of the parentheses keep the positions of what is between them.
    text = query[:start] + " " + query[start + 1 : end] + " "
    reader.expect("TO")
    location = reader.string()
    if not location.startswith("s3://"):
        raise QueryError("INVALID_TABLE_PROPERTY", f"{location} is not an S3 location")
    given = properties(reader) if reader.accept("WITH") else {}
    reader.end()
    return s.Unload(location, given, parse_query(text))


def _skip(reader: Reader) -> int:
    """Go behind the closing parenthesis; where it stands in the text."""
    depth = 1
    while True:
        token = reader.next()
        kind = token.token_type
        depth += (kind == TokenType.L_PAREN) - (kind == TokenType.R_PAREN)
        if depth == 0:
            return int(token.start)
