"""GROUP BY: its keys, its sets, and the rule that what is selected is grouped or aggregated."""

from dataclasses import dataclass

from sqlglot import exp

from lab.engine.aggregates import is_aggregate
from lab.engine.errors import QueryError, failure, unsupported
from lab.engine.expression import compile_expression
from lab.engine.syntax import refuse_unknown
from lab.engine.values import NOTHING, Env, Reads, Value


@dataclass(frozen=True, slots=True)
class Grouping:
    """The clause in SQL, the texts of its keys, the columns that they read."""

    present: bool = False
    sql: str = ""
    keys: frozenset[str] = frozenset()
    reads: Reads = NOTHING
    values: tuple[Value, ...] = ()


def compile_group(node: exp.Select, env: Env, outputs: list[Value]) -> Grouping:
    group = node.args.get("group")
    if group is None:
        return Grouping()
    if group.args.get("all") and not group.expressions:
        # To Trino it is the name of a column.
        raise failure("COLUMN_NOT_FOUND", "Column 'all' cannot be resolved", node)
    sets = (exp.Rollup, exp.Cube, exp.GroupingSets)
    if group.args.get("all") is False and any(isinstance(g, sets) for g in group.expressions):
        raise unsupported("GROUP BY DISTINCT", node)
    refuse_unknown(group, ("expressions", "all"))
    inner = env.with_(clause="GROUP BY clause")
    keys: list[Value] = []
    parts = [_element(item, inner, outputs, keys) for item in group.expressions]
    reads = NOTHING.union(*(key.reads for key in keys))
    return Grouping(True, ", ".join(parts), frozenset(key.sql for key in keys), reads, tuple(keys))


def _element(item: exp.Expr, env: Env, outputs: list[Value], keys: list[Value]) -> str:
    if isinstance(item, exp.Rollup | exp.Cube):
        columns = [_column(part, env, keys) for part in item.expressions]
        return f"{item.key.upper()} ({', '.join(columns)})"
    if isinstance(item, exp.GroupingSets):
        sets = [_set(part, env, keys) for part in item.expressions]
        return f"GROUPING SETS ({', '.join(sets)})"
    if isinstance(item, exp.Tuple):
        return ", ".join(_element(part, env, outputs, keys) for part in item.expressions)
    if isinstance(item, exp.Literal) and not item.is_string:
        place = int(item.name)
        if not 1 <= place <= len(outputs):
            message = f"GROUP BY position {place} is not in select list"
            raise failure("INVALID_COLUMN_REFERENCE", message, item)
        value = outputs[place - 1]
        if value.aggregate:
            message = (
                "GROUP BY clause cannot contain aggregations, window functions or"
                " grouping operations"
            )
            raise failure("EXPRESSION_NOT_SCALAR", message, item)
        keys.append(value)
        return f"({value.sql})"
    value = compile_expression(item, env)
    keys.append(value)
    # In parentheses, so that a constant is no position.
    return f"({value.sql})"


def _set(part: exp.Expr, env: Env, keys: list[Value]) -> str:
    if isinstance(part, exp.Rollup | exp.Cube | exp.GroupingSets):
        raise failure("SYNTAX_ERROR", f"mismatched input '{part.key.upper()}'", part)
    inside = part.expressions if isinstance(part, exp.Tuple) else [part]
    return "(" + ", ".join(_column(item, env, keys) for item in inside) + ")"


def _column(part: exp.Expr, env: Env, keys: list[Value]) -> str:
    while isinstance(part, exp.Paren):
        part = part.this
    if isinstance(part, exp.Tuple):
        return "(" + ", ".join(_column(item, env, keys) for item in part.expressions) + ")"
    if not isinstance(part, exp.Column):
        message = f"GROUP BY expression must be a column reference: {part.sql(dialect='trino')}"
        raise failure("INVALID_COLUMN_REFERENCE", message, part)
    value = compile_expression(part, env)
    keys.append(value)
    return value.sql


def check_grouped(node: exp.Expr, env: Env, keys: set[str]) -> None:  # noqa: PLR0911  one return per kind
    """EXPRESSION_NOT_AGGREGATE for the first column that is neither a key, nor in one, nor
    aggregated.
    """
    if isinstance(node, exp.Subquery | exp.Query):
        return
    if isinstance(node, exp.Anonymous) and is_aggregate(str(node.this).lower()):
        return
    if isinstance(node, exp.GroupConcat | exp.Filter):
        return
    if isinstance(node, exp.Lambda):
        _check_lambda(node, env, keys)
        return
    if isinstance(node, exp.Anonymous) and str(node.this).lower() == "grouping":
        return
    if not isinstance(node, exp.Literal | exp.DataType | exp.Identifier | exp.Var) and _is_key(
        node, env, keys
    ):
        return
    if isinstance(node, exp.Column):
        message = (
            f"'{node.sql(dialect='trino')}' must be an aggregate expression or appear in"
            f" GROUP BY clause"
        )
        raise failure("EXPRESSION_NOT_AGGREGATE", message, node)
    if isinstance(node, exp.Window):
        _check_window(node, env, keys)
        return
    for child in node.iter_expressions():
        check_grouped(child, env, keys)


def _check_lambda(node: exp.Lambda, env: Env, keys: set[str]) -> None:
    """The columns in a lambda that are no parameters, of it or of one inside."""
    lambdas = node.find_all(exp.Lambda)
    parameters = {p.name.lower() for inner in lambdas for p in inner.expressions}
    for column in node.this.find_all(exp.Column):
        if column.parts[0].name.lower() not in parameters:
            check_grouped(column, env, keys)


def _check_window(node: exp.Window, env: Env, keys: set[str]) -> None:
    function = (
        node.this.this if isinstance(node.this, exp.IgnoreNulls | exp.RespectNulls) else node.this
    )
    order = node.args.get("order")
    for child in [
        *function.expressions,
        *(node.args.get("partition_by") or []),
        *(order.expressions if order else []),
    ]:
        if not isinstance(child, exp.Star):
            check_grouped(child, env, keys)


def _is_key(node: exp.Expr, env: Env, keys: set[str]) -> bool:
    try:
        return compile_expression(node, env.with_(aggregates=True)).sql in keys
    except QueryError:
        return False
