"""Execution parameters: the ``?`` of a statement, replaced by literals. Source: Amazon Athena User
Guide, "Use parameterized queries".
"""

from sqlglot.tokenizer_core import TokenType

from lab.engine.errors import QueryError
from lab.engine.syntax import tokenize


def substitute(sql: str, parameters: list[str]) -> str:
    """``sql`` with each ``?`` replaced. INVALID_PARAMETER_USAGE when their numbers differ."""
    places = [token for token in tokenize(sql) if token.token_type == TokenType.PLACEHOLDER]
    if len(places) != len(parameters):
        message = (
            f"Incorrect number of parameters: expected {len(places)} but found {len(parameters)}"
        )
        raise QueryError("INVALID_PARAMETER_USAGE", message)
    for token, text in reversed(list(zip(places, parameters, strict=True))):
        sql = sql[: token.start] + text + sql[token.end + 1 :]
    return sql
