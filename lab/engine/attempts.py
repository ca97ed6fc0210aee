"""TRY and TRY_CAST: an error of the computation becomes NULL.

DuckDB's TRY takes neither aggregates, windows and subqueries nor ``error()``. What of that kind
stands inside is computed outside, where Trino's TRY does not reach either, and handed in by a
lambda. Source: Trino documentation, "TRY".
"""

from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from lab.engine import signatures
from lab.engine.errors import QueryError, unsupported
from lab.engine.values import Env, Value, union_reads

OUTSIDE = (exp.Window, exp.Subquery, exp.Exists, exp.GroupConcat, exp.Filter)
COMPUTED = ("INVALID_FUNCTION_ARGUMENT", "DIVISION_BY_ZERO", "NUMERIC_VALUE_OUT_OF_RANGE")


@dataclass(slots=True)
class Hoist:
    """What is computed outside of one TRY, as fields ``f0, f1, ...`` of the variable ``name``."""

    name: str
    depth: int
    values: list[Value] = field(default_factory=list)

    def take(self, value: Value) -> Value:
        self.values.append(value)
        sql = f"{self.name}.f{len(self.values) - 1}"
        return Value(sql, value.type, value.reads, None, value.aggregate)

    def around(self, body: str) -> str:
        body = _without_coalesce(body)
        if not self.values:
            return f"TRY({body})"
        fields = ", ".join(f"'f{i}': {value.sql}" for i, value in enumerate(self.values))
        tried = f"list_transform([{{{fields}}}], lambda {self.name}: TRY({body}))"
        return f"list_extract({tried}, 1)"


def _without_coalesce(sql: str) -> str:
    """Within TRY, DuckDB's ``coalesce`` whose last alternative fails for one row gives another row
    a wrong value; a CASE does not. Texts between quotes stay as they are.
    """
    parts = sql.split("'")
    parts[::2] = [part.replace("coalesce(", "lab_coalesce(") for part in parts[::2]]
    return "'".join(parts)


def is_outside(node: exp.Expr) -> bool:
    """Whether DuckDB's TRY must not hold this."""
    if isinstance(node, OUTSIDE):
        return True
    if isinstance(node, exp.Anonymous):
        return signatures.kind_of(str(node.this).lower()) == "aggregate"
    if isinstance(node, exp.In):
        return node.args.get("query") is not None
    return isinstance(node, exp.Binary) and isinstance(node.right, exp.Any | exp.All)


def attempt(node: exp.Expr, env: Env) -> Value:
    """``TRY(node)``"""
    from lab.engine.expression import compile_expression

    hoist = Hoist(f"t{len(env.lambdas)}", len(env.lambdas))
    try:
        value = compile_expression(node, env.with_(tried=True, hoist=hoist))
    except QueryError as error:
        if error.name in COMPUTED:
            raise unsupported("TRY around what fails for every row", node) from error
        raise
    reads = value.reads | union_reads(hoist.values)
    return Value(hoist.around(value.sql), value.type, reads, None, value.aggregate)


def hoisted(node: exp.Expr, env: Env) -> Value:
    """``node`` computed outside of the TRY around it."""
    from lab.engine.expression import compile_expression

    hoist: Any = env.hoist
    if len(env.lambdas) > hoist.depth:
        raise unsupported("a subquery or an aggregation in a lambda in TRY", node)
    taken: Value = hoist.take(compile_expression(node, env.with_(tried=False, hoist=None)))
    return taken


def attempt_cast(value: Value, made: Any, env: Env) -> Value:
    """``TRY(made(value))``, where an error of ``value`` itself stays one."""
    hoist = Hoist(f"t{len(env.lambdas)}", len(env.lambdas))
    risky = value.aggregate or any(word in value.sql for word in ("error(", "OVER (", "(SELECT "))
    inner = hoist.take(value) if risky else value
    result = made(inner, env.with_(tried=True))
    return Value(
        hoist.around(result.sql), result.type, value.reads | result.reads, None, value.aggregate
    )
