"""UNION, INTERSECT, EXCEPT and VALUES: rows from several places brought to common types."""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from sqlglot import exp

from lab.engine import types
from lab.engine.casts import coerce
from lab.engine.errors import failure
from lab.engine.expression import compile_expression
from lab.engine.query import Output, Query, compile_query, ordered, refuse_maps
from lab.engine.syntax import refuse_unknown
from lab.engine.types import Type
from lab.engine.values import NOTHING, Context, Env, Scope, Value


def set_operation(node: exp.SetOperation, context: Context, parent: Scope | None) -> Query:
    refuse_unknown(node, ("this", "expression", "distinct", "order", "limit", "offset", "with_"))
    word = node.key.upper()
    left = compile_query(node.this, context, parent)
    right = compile_query(node.expression, context, parent)
    if len(left.columns) != len(right.columns):
        message = (
            f"{word} query has different number of fields: {len(left.columns)},"
            f" {len(right.columns)}"
        )
        raise failure("TYPE_MISMATCH", message, node)
    outputs, kinds = [], []
    for place, (a, b) in enumerate(zip(left.columns, right.columns, strict=True)):
        kind = types.common_type(a.type, b.type)
        if kind is None:
            message = (
                f"column {place + 1} in {word} query has incompatible types: {a.type}, {b.type}"
            )
            raise failure("TYPE_MISMATCH", message, node)
        kinds.append(kind)
        reads = a.value.reads | b.value.reads
        outputs.append(Output(a.name, Value(f'"c{place}"', kind, reads)))
    if node.args.get("distinct") is not False:
        refuse_maps(kinds, word, node)
    keeps_all = node.args.get("distinct") is False
    operator = word + (" ALL" if keeps_all else "")
    sides = [_converted(side, kinds) for side in (left, right)]
    hard = left.hard | right.hard
    if not keeps_all:
        hard |= NOTHING.union(*(o.value.reads for o in outputs))
    query = Query(f"({sides[0]}) {operator} ({sides[1]})", tuple(outputs), hard)
    return ordered(node, query, context, parent)


def _converted(query: Query, kinds: list[Type]) -> str:
    pairs = list(zip((column.type for column in query.columns), kinds, strict=True))
    if all(types.duckdb(a) == types.duckdb(b) and a.name != "unknown" for a, b in pairs):
        return query.sql
    columns = ", ".join(
        f'{coerce(Value(f"s.c{i}", column.type), kind).sql} AS "c{i}"'
        for i, (column, kind) in enumerate(zip(query.columns, kinds, strict=True))
    )
    return f"SELECT {columns} FROM ({query.sql}) AS s"


def _row(item: exp.Expr, env: Env) -> list[Value]:
    """The columns of one row: of ``(1, 2)``, of a value of type row, or the value itself."""
    while isinstance(item, exp.Tuple) and len(item.expressions) == 1:
        item = item.expressions[0]
    is_row = isinstance(item, exp.Anonymous) and str(item.this).upper() == "ROW"
    if isinstance(item, exp.Tuple) or is_row:
        return [compile_expression(part, env) for part in item.expressions]
    value = compile_expression(item, env)
    if value.type.name != "row":
        return [value]
    names = types.field_names(value.type)
    return [
        Value(f"struct_extract({value.sql}, {types.text(name)})", kind)
        for name, (_, kind) in zip(names, value.type.args, strict=True)
    ]


def values(node: exp.Values, context: Context, parent: Scope | None) -> Query:
    """``VALUES (1, 'a'), (2, 'b')``"""
    env = Env(context, Scope((), parent))
    rows = []
    for item in node.expressions:
        rows.append(_row(item, env))
    width = len(rows[0])
    for row in rows:
        if len(row) != width:
            message = f"Values rows have mismatched sizes: {width} vs {len(row)}"
            raise failure("TYPE_MISMATCH", message, node)
    kinds: list[Type] = []
    for column in zip(*rows, strict=True):
        kind = column[0].type
        for value in column[1:]:
            common = types.common_type(kind, value.type)
            if common is None:
                message = f"Values rows have mismatched types: {kind} vs {value.type}"
                raise failure("TYPE_MISMATCH", message, node)
            kind = common
        kinds.append(kind)
    texts = ", ".join(
        "(" + ", ".join(coerce(v, k).sql for v, k in zip(row, kinds, strict=True)) + ")"
        for row in rows
    )
    names = ", ".join(f'"c{i}"' for i in range(width))
    outputs = tuple(Output(None, Value(f'"c{i}"', kind)) for i, kind in enumerate(kinds))
    query = Query(f'SELECT * FROM (VALUES {texts}) AS "v"({names})', outputs)
    return ordered(node, query, context, parent)
