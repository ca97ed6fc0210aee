"""WITH RECURSIVE, as Trino runs it: the step is repeated ten times, and must then have come to an
end. Source: Trino documentation, "SELECT", section "WITH RECURSIVE clause".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from dataclasses import dataclass, replace

from sqlglot import exp

from lab.engine import types
from lab.engine.casts import coerce
from lab.engine.errors import failure, unsupported
from lab.engine.query import Output, Query, compile_query
from lab.engine.values import Context, Scope, Value

DEPTH = 10
LIMIT = (
    f"NOT_SUPPORTED: Recursion depth limit exceeded ({DEPTH})."
    " Use 'max_recursion_depth' session property to modify the limit."
)


@dataclass(frozen=True, slots=True)
class Working:
    """The rows of the step before, as the step sees them under the query's own name."""

    name: str
    columns: tuple[Output, ...]
    aliases: tuple[str, ...]

    def compile(self, _context: Context) -> Query:
        return Query(f'SELECT * FROM "{self.name}"', self.columns)


def refers_to(node: exp.Expr, name: str) -> bool:
    """Whether a table of this name is read in ``node``."""
    return any(not t.db and t.name.lower() == name for t in node.find_all(exp.Table))


def compile_recursive(
    node: exp.Expr, name: str, aliases: tuple[str, ...], scope: Scope, context: Context
) -> Query:
    """The query that ``name (aliases) AS (anchor UNION ALL step)`` defines."""
    if not isinstance(node, exp.Union) or node.args.get("distinct") is not False:
        raise unsupported("a recursive query that is not anchor UNION ALL step", node)
    if not aliases:
        message = "missing column aliases in recursive WITH query"
        raise failure("MISSING_COLUMN_ALIASES", message, node)
    anchor = compile_query(node.this, context, scope)
    table = f"rec{context.next_relation()}"
    columns = tuple(
        Output(alias, replace(column.value, sql=f'"c{place}"', literal=None, aggregate=False))
        for place, (alias, column) in enumerate(zip(aliases, anchor.columns, strict=False))
    )
    working = Working(f"{table}_n", columns, aliases)
    inner = Scope((), scope.parent, {**(scope.ctes or {}), name: working})
    step = compile_query(node.expression, context, inner)
    step_sql = _converted(step, anchor, node)
    parts = [f'"{table}_0" AS MATERIALIZED ({anchor.sql})']
    for turn in range(1, DEPTH + 2):
        sql = step_sql.replace(f'"{working.name}"', f'"{table}_{turn - 1}"')
        parts.append(f'"{table}_{turn}" AS MATERIALIZED ({sql})')
    names = [f'"c{place}"' for place in range(len(columns))]
    selected = " UNION ALL ".join(
        f'SELECT {", ".join(names)} FROM "{table}_{turn}"' for turn in range(DEPTH + 1)
    )
    fails = (
        f"(SELECT CASE WHEN count(*) > 0 THEN error({types.text(LIMIT)}) END IS NULL"
        f' FROM "{table}_{DEPTH + 1}")'
    )
    sql = f'WITH {", ".join(parts)} SELECT * FROM ({selected}) AS "all" WHERE {fails}'
    return Query(sql, columns, anchor.reads | step.reads)


def _converted(step: Query, anchor: Query, node: exp.Expr) -> str:
    """The step with the types of the anchor."""
    wanted, given = anchor.columns, step.columns
    if len(wanted) != len(given):
        message = (
            f"base and step relations of recursion have different number of fields:"
            f" {len(wanted)}, {len(given)}"
        )
        raise failure("TYPE_MISMATCH", message, node)
    selected = []
    for place, (a, b) in enumerate(zip(wanted, given, strict=True)):
        if types.common_type(a.type, b.type) != a.type:
            message = (
                f"recursion step relation output type ({b.type}) is not coercible to recursion"
                f" base relation output type ({a.type}) at column {place + 1}"
            )
            raise failure("TYPE_MISMATCH", message, node)
        selected.append(f'{coerce(Value(f"s.c{place}", b.type), a.type).sql} AS "c{place}"')
    return f"SELECT {', '.join(selected)} FROM ({step.sql}) AS s"
