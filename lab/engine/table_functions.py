"""Functions that are tables. Source: Trino documentation, "Table functions"."""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from sqlglot import exp

from lab.engine import types
from lab.engine.errors import failure, unsupported
from lab.engine.expression import compile_expression
from lab.engine.relations import Relation, aliases, renamed
from lab.engine.types import quote
from lab.engine.values import Context, Env, Field, Scope, Value


def table_function(node: exp.Table, context: Context) -> Relation:
    """``TABLE(sequence(start => 1, stop => 3))``; without TABLE it is no grammar of Trino's."""
    call = node.this
    if not isinstance(call, exp.Anonymous) or str(call.this).upper() != "TABLE":
        raise failure("SYNTAX_ERROR", "mismatched input '('", node)
    inner = call.expressions[0] if len(call.expressions) == 1 else None
    name = str(inner.this).lower() if isinstance(inner, exp.Anonymous) else ""
    if name in ("exclude_columns", "table_changes"):
        raise unsupported(f"the table function {name}", node)
    if inner is None or name != "sequence":
        raise failure("FUNCTION_NOT_FOUND", f"Table function '{name}' not registered", node)
    given = {"start": 0, "stop": 0, "step": 1}
    for place, argument in enumerate(inner.expressions):
        named = isinstance(argument, exp.Kwarg | exp.PropertyEQ)
        word = argument.this.name.lower() if named else list(given)[place]
        item = argument.expression if named else argument
        value = compile_expression(item, Env(context, Scope())).literal
        if word not in given or not isinstance(value, int):
            raise unsupported("this call of the table function sequence", node)
        given[word] = value
    if given["step"] == 0:
        message = "Step must be positive for start <= stop, negative otherwise"
        raise failure("INVALID_FUNCTION_ARGUMENT", message, node)
    alias = context.next_relation()
    numbers = f"generate_series(CAST({given['start']} AS BIGINT), {given['stop']}, {given['step']})"
    sql = f'(SELECT * FROM {numbers} AS "s"("c0")) AS {quote(alias)}'
    field = Field(
        "sequential_number", node.alias or None, Value(f'{quote(alias)}."c0"', types.BIGINT)
    )
    return Relation(sql, renamed((field,), aliases(node), node))
