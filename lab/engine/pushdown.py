"""What a WHERE clause says about one table alone, told to its scan: which partitions and row groups
can be skipped. The condition itself stays where it is, so what is not understood here costs time
and no rows.
"""

from dataclasses import replace

from sqlglot import exp

from lab.engine import types
from lab.engine.errors import QueryError
from lab.engine.expression import boolean, compile_expression
from lab.engine.types import quote
from lab.engine.values import Context, Env, Field, PartitionFilter, Scope, Value

COMPARABLE = {exp.EQ: "=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def push_down(condition: exp.Expr, fields: tuple[Field, ...], context: Context) -> None:
    """Tell each scan what the condition says about its columns alone: partitions and row groups
    can then be skipped.
    """
    for part in _conjuncts(condition):
        if part.find(exp.Query, exp.Subquery, exp.Lambda) is None:
            _push_partition(part, fields, context)
            _push_statistics(part, fields, context)


def _conjuncts(node: exp.Expr) -> list[exp.Expr]:
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.And):
        return _conjuncts(node.left) + _conjuncts(node.right)
    return [node]


def _push_partition(part: exp.Expr, fields: tuple[Field, ...], context: Context) -> None:
    """The condition compiled over partition keys only; whatever else it needs makes that
    impossible, and is skipped.
    """
    known = []
    for item in fields:
        if item.origin is None:
            continue
        number, column = item.origin
        if column in {key.name.lower() for key in context.scans[number].table.partition_keys}:
            value = Value(f'"p".{quote(column)}', item.value.type, frozenset({item.origin}))
            known.append(replace(item, value=value))
    if not known:
        return
    try:
        value = boolean(part, Env(context, Scope(tuple(known))), "WHERE clause")
    except QueryError:
        return
    numbers = {number for number, _ in value.reads}
    if len(numbers) == 1:
        keys = frozenset(column for _, column in value.reads)
        context.scans[numbers.pop()].partition_filters.append(PartitionFilter(value.sql, keys))


def _push_statistics(part: exp.Expr, fields: tuple[Field, ...], context: Context) -> None:
    if isinstance(part, exp.Between):
        _push_comparison(part.this, ">=", part.args["low"], fields, context)
        _push_comparison(part.this, "<=", part.args["high"], fields, context)
    elif type(part) in COMPARABLE and isinstance(part, exp.Binary):
        symbol = COMPARABLE[type(part)]
        _push_comparison(part.left, symbol, part.right, fields, context)
        _push_comparison(part.right, MIRRORED[symbol], part.left, fields, context)
    elif isinstance(part, exp.In) and part.expressions:
        _push_list(part, fields, context)


def _push_list(part: exp.In, fields: tuple[Field, ...], context: Context) -> None:
    """``key IN ('a', 'b')`` names the partitions of a projection whose values are injected, and
    excludes row groups.
    """
    try:
        values = [compile_expression(item, Env(context, Scope())) for item in part.expressions]
    except QueryError:
        return
    item = _column_of(part.this, fields)
    if item is None or item.origin is None or any(value.literal is None for value in values):
        return
    if any(types.common_type(item.value.type, value.type) is None for value in values):
        return
    number, name = item.origin
    literals = tuple(value.literal for value in values)
    context.scans[number].filters.append((name, "in", literals))


def _column_of(node: exp.Expr, fields: tuple[Field, ...]) -> Field | None:
    """The one field that a bare column names."""
    if not isinstance(node, exp.Column):
        return None
    parts = [part.name.lower() for part in node.parts]
    matching = [
        f for f in fields
        if f.name and f.name.lower() == parts[-1]
        and (len(parts) == 1 or (f.relation or "").lower() == parts[-2])
    ]  # fmt: skip
    return matching[0] if len(matching) == 1 else None


def _push_comparison(
    column: exp.Expr, symbol: str, constant: exp.Expr, fields: tuple[Field, ...], context: Context
) -> None:
    item = _column_of(column, fields)
    if item is None or item.origin is None:
        return
    try:
        value = compile_expression(constant, Env(context, Scope()))
    except QueryError:
        return
    if value.literal is None:
        return
    if types.common_type(item.value.type, value.type) is None:
        return
    number, name = item.origin
    context.scans[number].filters.append((name, symbol, value.literal))
