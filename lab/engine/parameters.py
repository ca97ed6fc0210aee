"""Execution parameters: the ``?`` of a statement, replaced by values. Source: Amazon Athena User
Guide, "Use parameterized queries".
"""

from collections.abc import Sequence

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from lab.engine.errors import QueryError
from lab.engine.syntax import parse_query, tokenize

# An expression of several parts stays one value where it is put.
OPERATIONS = (exp.Binary, exp.Unary, exp.Predicate, exp.Tuple, exp.Query)
NO_COLUMNS = ("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp")


def value_of(parameter: str) -> str:
    """The SQL that a parameter stands for: itself when it is an expression that names no column,
    otherwise the text it is.
    """
    try:
        tree = parse_query(f"SELECT ({parameter}\n)")
    except QueryError:
        return _quoted(parameter)
    whole = [name for name, value in tree.args.items() if value] == ["expressions"]
    alone = whole and len(tree.expressions) == 1
    named = any(node.sql().lower() not in NO_COLUMNS for node in tree.find_all(exp.Column))
    strange = tree.find(exp.Alias, exp.Placeholder) or any(node.comments for node in tree.walk())
    if not alone or named or strange:
        return _quoted(parameter)
    inner = tree.expressions[0]
    inner = inner.this if isinstance(inner, exp.Paren) else inner
    return f"({parameter})" if isinstance(inner, OPERATIONS) else parameter


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def substitute(sql: str, parameters: Sequence[str]) -> str:
    """``sql`` with each ``?`` replaced; parameters of a statement that has none are ignored, as
    Athena does. INVALID_PARAMETER_USAGE when their numbers differ.
    """
    places = [token for token in tokenize(sql) if token.token_type == TokenType.PLACEHOLDER]
    if places and len(places) != len(parameters):
        message = (
            f"Incorrect number of parameters: expected {len(places)} but found {len(parameters)}"
        )
        raise QueryError("INVALID_PARAMETER_USAGE", message)
    for token, text in reversed(list(zip(places, parameters, strict=False))):
        sql = sql[: token.start] + value_of(text) + sql[token.end + 1 :]
    return sql
