"""Conditions: comparisons, BETWEEN, IN, LIKE, and the subqueries that stand in expressions.

Importing this module adds its handlers to ``expression.HANDLERS``.
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import re
from typing import Any

from sqlglot import exp

from lab.engine import comparisons, operators, types
from lab.engine.casts import coerce
from lab.engine.errors import QueryError, failure, unsupported
from lab.engine.expression import boolean, combined, compile_expression, handles, sides
from lab.engine.syntax import refuse_unknown
from lab.engine.types import Type
from lab.engine.values import Env, Scope, Value

COMPARISONS = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}


@handles(*COMPARISONS)
def _comparison(node: exp.Binary, env: Env) -> Value:
    symbol = COMPARISONS[type(node)]
    if isinstance(node.right, exp.Any | exp.All):
        return _quantified(node, symbol, env)
    left, right = sides(node, env)
    return operators.compare(symbol, left, right, node, env)


def _quantified(node: exp.Binary, symbol: str, env: Env) -> Value:
    left = compile_expression(node.left, env)
    query = _subquery(node.right.this, env)
    kind = _single_column(query, node)
    common = types.common_type(left.type, kind)
    if common is None or common != kind:
        raise unsupported(f"{left.type} {symbol} ANY/ALL of {kind}", node)
    word = "ANY" if isinstance(node.right, exp.Any) else "ALL"
    return Value(
        f"({coerce(left, kind).sql} {symbol} {word} ({query.sql}))",
        types.BOOLEAN,
        left.reads | query.reads,
        None,
        left.aggregate,
    )


@handles(exp.And, exp.Or)
def _connector(node: exp.Connector, env: Env) -> Value:
    word = node.key.upper()
    left, right = (
        boolean(side, env, "Logical expression term") for side in (node.left, node.right)
    )
    return combined(f"({left.sql} {word} {right.sql})", types.BOOLEAN, left, right)


@handles(exp.Not)
def _not(node: exp.Not, env: Env) -> Value:
    value = boolean(node.this, env, "Value of logical NOT expression")
    return combined(f"(NOT {value.sql})", types.BOOLEAN, value)


@handles(exp.Is)
def _is(node: exp.Is, env: Env) -> Value:
    if not isinstance(node.expression, exp.Null):
        raise failure(
            "SYNTAX_ERROR", f"mismatched input '{node.expression}'. Expecting: 'NULL'", node
        )
    value = compile_expression(node.this, env)
    return combined(f"({value.sql} IS NULL)", types.BOOLEAN, value)


@handles(exp.Between)
def _between(node: exp.Between, env: Env) -> Value:
    refuse_unknown(node, ("this", "low", "high"))
    value, low, high = (compile_expression(node.args[k], env) for k in ("this", "low", "high"))
    kind = types.common_type(value.type, low.type)
    kind = kind and types.common_type(kind, high.type)
    if kind is None:
        message = f"Cannot check if {value.type} is BETWEEN {low.type} and {high.type}"
        raise failure("TYPE_MISMATCH", message, node)
    a, b, c = (coerce(part, kind) for part in (value, low, high))
    sql = f"({a.sql} BETWEEN {b.sql} AND {c.sql})"
    if kind.name in ("double", "real") and a.literal is None:
        # DuckDB takes NaN for the greatest number; for Trino it is between no numbers.
        sql = f"({sql} AND NOT isnan({a.sql}))"
    return combined(sql, types.BOOLEAN, a, b, c)


@handles(exp.In)
def _in(node: exp.In, env: Env) -> Value:
    refuse_unknown(node, ("this", "expressions", "query"))
    value = compile_expression(node.this, env)
    query = node.args.get("query")
    if query is None and len(node.expressions) == 1 and isinstance(node.expressions[0], exp.Values):
        query = node.expressions[0]
    if query is not None:
        return _in_query(node, value, query, env)
    items = [compile_expression(item, env) for item in node.expressions]
    kind: Type | None = value.type
    for item in items:
        kind = types.common_type(kind, item.type) if kind else None
        if kind is None:
            message = f"IN value and list items must be the same type: {value.type}"
            raise failure("TYPE_MISMATCH", message, node)
    assert kind is not None
    if kind.name in (*comparisons.COMPOSITE, "char", "double", "real"):
        tests = [operators.compare("=", value, item, node, env) for item in items]
        return combined(f"({' OR '.join(test.sql for test in tests)})", types.BOOLEAN, *tests)
    parts = [coerce(part, kind) for part in (value, *items)]
    listed = ", ".join(part.sql for part in parts[1:])
    return combined(f"({parts[0].sql} IN ({listed}))", types.BOOLEAN, *parts)


def _in_query(node: exp.In, value: Value, inside: exp.Expr, env: Env) -> Value:
    query = _subquery(inside, env)
    kind = _row_type(query)
    common = types.common_type(value.type, kind)
    if common is None:
        message = (
            f"value and result of subquery must be of the same type for IN expression:"
            f" {value.type} vs {kind}"
        )
        raise failure("TYPE_MISMATCH", message, node)
    if common.name in (*comparisons.COMPOSITE, "double", "real"):
        return _in_composite(value, query, kind, common, node, env)
    inner = coerce(Value('"q"."c0"', kind), common)
    sql = f'({coerce(value, common).sql} IN (SELECT {inner.sql} FROM ({query.sql}) AS "q"))'
    return Value(sql, types.BOOLEAN, value.reads | query.reads, None, value.aggregate)


def _single_column(query: Any, node: exp.Expr) -> Type:
    if len(query.columns) != 1:
        message = (
            f"Multiple columns returned by subquery are not yet supported. Found"
            f" {len(query.columns)}"
        )
        raise failure("NOT_SUPPORTED", message, node)
    kind: Type = query.columns[0].type
    return kind


def _row_type(query: Any) -> Type:
    """The type of a query's row: its column's, or a row of all of them."""
    if len(query.columns) == 1:
        kind: Type = query.columns[0].type
        return kind
    return types.row(*((column.name, column.type) for column in query.columns))


def _row_of(query: Any, alias: str) -> str:
    """SQL for the row ``alias`` of the query as a value of ``_row_type``."""
    if len(query.columns) == 1:
        return f'"{alias}"."c0"'
    names = types.field_names(_row_type(query))
    parts = (f'{types.text(name)}: "{alias}"."c{i}"' for i, name in enumerate(names))
    return f"{{{', '.join(parts)}}}"


def _in_composite(  # noqa: PLR0913, PLR0917  the two sides and their types
    value: Value, query: Any, kind: Type, common: Type, node: exp.In, env: Env
) -> Value:
    """Row by row, since DuckDB does not leave an undecided comparison undecided."""
    item = coerce(Value(_row_of(query, "q"), kind), common)
    test = operators.compare("=", coerce(value, common), item, node, env).sql
    source = f'FROM ({query.sql}) AS "q" WHERE'
    sql = (
        f"CASE WHEN EXISTS (SELECT 1 {source} {test}) THEN true"
        f" WHEN EXISTS (SELECT 1 {source} ({test}) IS NULL) THEN NULL ELSE false END"
    )
    return Value(sql, types.BOOLEAN, value.reads | query.reads, None, value.aggregate)


@handles(exp.Like)
def _like(node: exp.Like, env: Env) -> Value:
    return _like_with(node, None, env)


@handles(exp.Escape)
def _escape(node: exp.Escape, env: Env) -> Value:
    return _like_with(node.this, compile_expression(node.expression, env), env)


def _like_with(node: exp.Like, escape: Value | None, env: Env) -> Value:
    left, right = sides(node, env)
    if left.type.name == "char":
        # With the spaces that fill it.
        full = f"rpad({left.sql}, {left.type.args[0]}, ' ')"
        left = Value(full, types.VARCHAR, left.reads, None, left.aggregate)
    for side in (left, right):
        if side.type.name == "char":
            raise unsupported("LIKE for char", node)
        if side.type.name not in ("varchar", "unknown"):
            message = (
                f"Left side of LIKE expression must evaluate to a varchar (actual: {side.type})"
            )
            raise failure("TYPE_MISMATCH", message, node)
    if escape is not None:
        return _like_escaped(node, left, right, escape, env)
    word = "NOT LIKE" if node.args.get("negate") else "LIKE"
    return combined(f"({left.sql} {word} {right.sql})", types.BOOLEAN, left, right)


def _like_escaped(node: exp.Like, left: Value, right: Value, escape: Value, env: Env) -> Value:
    """What is escaped must be a wildcard or the escape character."""
    character = escape.literal
    if not isinstance(character, str):
        raise unsupported("LIKE whose escape character is no constant", node)
    if len(character) != 1:
        message = "Escape string must be a single character"
        raise failure("INVALID_FUNCTION_ARGUMENT", message, node)
    e = re.escape(character)
    wrong = types.text(f"^(?s:(?:[^{e}]|{e}[%_{e}])*)$")
    bad = env.fail(
        "INVALID_FUNCTION_ARGUMENT",
        "'Escape character must be followed by ''%'', ''_'' or the escape character itself'",
        types.BOOLEAN,
    )
    word = "NOT LIKE" if node.args.get("negate") else "LIKE"
    plain = f"({left.sql} {word} {right.sql} ESCAPE {escape.sql})"
    sql = f"CASE WHEN NOT regexp_matches({right.sql}, {wrong}) THEN {bad} ELSE {plain} END"
    return combined(f"({sql})", types.BOOLEAN, left, right)


@handles(exp.Exists)
def _exists(node: exp.Exists, env: Env) -> Value:
    query = _subquery(node.this, env)
    return Value(f"EXISTS ({query.sql})", types.BOOLEAN, query.reads)


@handles(exp.Subquery)
def _scalar_subquery(node: exp.Subquery, env: Env) -> Value:
    query = _subquery(node, env)
    sql = query.sql
    if len(query.columns) > 1:
        sql = f'SELECT {_row_of(query, "q")} FROM ({sql}) AS "q"'
    return Value(f"({sql})", _row_type(query), query.reads)


def _subquery(node: exp.Expr, env: Env) -> Any:
    from lab.engine.query import compile_query

    query = compile_query(node, env.context, env.scope)
    inner = node.unnest() if isinstance(node, exp.Subquery) else node
    source = inner.args.get("from_") if isinstance(inner, exp.Select) else None
    if source is not None and isinstance(source.this, exp.Unnest):
        _refuse_correlated_unnest(source.this, env)
    return query


def _refuse_correlated_unnest(node: exp.Unnest, env: Env) -> None:
    """Trino does not unnest a column of the query around."""
    try:
        for item in node.expressions:
            compile_expression(item, env.with_(scope=Scope()))
    except QueryError as error:
        raise failure(
            "NOT_SUPPORTED", "Given correlated subquery is not supported", node
        ) from error
