"""Aggregate functions, with DISTINCT, ORDER BY, FILTER and as windows.

An aggregate's text is a template around its arguments, so that ``FILTER`` and ``OVER`` can follow
the call itself and conversions stand around both.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from lab.engine import collecting, literals, moments, operators, signatures, sketches, types
from lab.engine.calls import unexpected
from lab.engine.casts import coerce
from lab.engine.comparisons import holds_map
from lab.engine.errors import failure, unsupported
from lab.engine.syntax import refuse_unknown
from lab.engine.types import Type
from lab.engine.values import Env, Value, union_reads

Result = tuple[str, Type]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One call: its arguments, and how to write an aggregate of DuckDB with this call's
    modifiers.
    """

    name: str
    args: tuple[Any, ...]
    returns: Type | None
    distinct: bool
    order: str
    suffix: str
    node: Any
    env: Env

    def write(self, function: str, *arguments: str) -> str:
        """``function(DISTINCT arguments ORDER BY ...) FILTER (...) OVER (...)``"""
        inside = ("DISTINCT " if self.distinct else "") + ", ".join(arguments)
        return f"{function}({inside}{self.order}){self.suffix}"

    @property
    def first(self) -> str:
        sql: str = self.args[0].sql
        return sql


def is_aggregate(name: str) -> bool:
    return name in AGGREGATES or signatures.kind_of(name) == "aggregate"


def aggregate(node: exp.Expr, env: Env, over: str = "") -> Value:
    """The value of an aggregate call; ``over`` makes it a window."""
    condition = None
    call: Any = node
    if isinstance(node, exp.Filter):
        from lab.engine.expression import boolean

        condition = boolean(node.expression.this, _inner(env, "filter"), "FILTER")
        call = node.this
        if not isinstance(call, exp.GroupConcat) and not (
            isinstance(call, exp.Anonymous) and is_aggregate(str(call.this).lower())
        ):
            raise failure(
                "FUNCTION_NOT_AGGREGATE", "Filter is only valid for aggregation functions", node
            )
    name = "listagg" if isinstance(call, exp.GroupConcat) else str(call.this).lower()
    _check_place(name, call, env, over)
    made = _build(name, call, env, condition, over)
    handler = AGGREGATES.get(name)
    if handler is None:
        raise unsupported(f"function {name}", call)
    sql, kind = handler(made)
    values = [arg for arg in made.args if isinstance(arg, Value)]
    values += [condition] if condition else []
    return Value(
        sql,
        kind,
        union_reads(values) | _order_reads(call, env),
        None,
        not over or any(v.aggregate for v in values),
    )


def _inner(env: Env, name: str) -> Env:
    return env.with_(aggregates=False, inside=name)


def _check_place(name: str, node: Any, env: Env, over: str) -> None:
    if over:
        return
    texts = ("*" if isinstance(a, exp.Star) else a.sql(dialect="trino") for a in node.expressions)
    shown = f"{name}({', '.join(texts)})"
    if env.inside is not None:
        message = f"Cannot nest aggregations inside aggregation '{env.inside}': [{shown}]"
        raise failure("NESTED_AGGREGATION", message, node)
    if not env.aggregates:
        message = (
            f"{env.clause} cannot contain aggregations, window functions or grouping"
            f" operations: [{shown}]"
        )
        raise failure("EXPRESSION_NOT_SCALAR", message, node)
    if env.tried:
        raise unsupported("TRY around an aggregation", node)


def _build(name: str, call: Any, env: Env, condition: Value | None, over: str) -> Aggregate:
    from lab.engine.expression import compile_expression

    items, order_items, distinct = _pieces(call)
    inner = env if over else _inner(env, name)
    arguments: tuple[Any, ...] = tuple(
        item if isinstance(item, exp.Lambda) else compile_expression(item, inner)
        for item in items
        if not isinstance(item, exp.Star)
    )
    if distinct and any(isinstance(item, exp.Star) for item in items):
        raise failure("SYNTAX_ERROR", "mismatched input '*'", call)
    returns = None
    if name not in OWN_TYPES:
        given = [a.type if isinstance(a, Value) else None for a in arguments]
        found = signatures.match(name, given)
        if found is None:
            raise unexpected(name, list(arguments), call)
        arguments = tuple(
            coerce(a, wanted) if wanted is not None and isinstance(a, Value) else a
            for a, wanted in zip(arguments, found.arguments, strict=True)
        )
        returns = found.returns
    if distinct and any(isinstance(a, Value) and holds_map(a.type) for a in arguments):
        raise unsupported(f"{name}(DISTINCT ...) of a map", call)
    written = {item.sql() for item in items}
    if distinct and any(item.this.sql() not in written for item in order_items):
        message = (
            "For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments"
        )
        raise failure("EXPRESSION_NOT_IN_DISTINCT", message, call)
    suffix = f" FILTER (WHERE {condition.sql})" if condition else ""
    return Aggregate(
        name, arguments, returns, distinct, _order(order_items, inner), suffix + over, call, inner
    )


def _pieces(call: Any) -> tuple[list[Any], list[Any], bool]:
    """Arguments, ORDER BY items, DISTINCT; sqlglot hangs them around the last argument."""
    if isinstance(call, exp.GroupConcat):
        refuse_unknown(call, ("this", "separator"))
        inner = call.this
        if not isinstance(inner, exp.Order):
            raise failure("SYNTAX_ERROR", "mismatched input: listagg needs WITHIN GROUP", call)
        order, first, distinct = inner.expressions, inner.this, False
        if isinstance(first, exp.Distinct):
            first, distinct = first.expressions[0], True
        separator = call.args.get("separator") or exp.Literal.string("")
        if isinstance(separator, exp.OverflowTruncateBehavior):
            raise unsupported("ON OVERFLOW TRUNCATE", call)
        return [first, separator], order, distinct
    items, order, distinct = list(call.expressions), [], False
    if items and isinstance(items[-1], exp.Order):
        order = items[-1].expressions
        items[-1] = items[-1].this
    if len(items) == 1 and isinstance(items[0], exp.Distinct):
        items, distinct = list(items[0].expressions), True
        if items and isinstance(items[-1], exp.Order):
            order = items[-1].expressions
            items[-1] = items[-1].this
    return items, order, distinct


def _order(items: list[Any], env: Env) -> str:
    from lab.engine.expression import compile_expression

    if not items:
        return ""
    parts = []
    for item in items:
        way = "DESC" if item.args.get("desc") else "ASC"
        nulls = "FIRST" if item.args.get("nulls_first") else "LAST"
        parts.append(f"{compile_expression(item.this, env).sql} {way} NULLS {nulls}")
    return " ORDER BY " + ", ".join(parts)


def _order_reads(call: Any, env: Env) -> frozenset[tuple[int, str]]:
    from lab.engine.expression import compile_expression

    inner = _inner(env, "order")
    return union_reads(compile_expression(item.this, inner) for item in _pieces(call)[1])


def _count(a: Aggregate) -> Result:
    if len(a.args) > 1:
        raise unexpected("count", list(a.args), a.node)
    return a.write("count", a.first if a.args else "*"), types.BIGINT


def _count_if(a: Aggregate) -> Result:
    return a.write("count", f"CASE WHEN {a.first} THEN 1 END"), types.BIGINT


def _sum(a: Aggregate) -> Result:
    kind = a.args[0].type
    if kind.name.startswith("interval"):
        return _interval(a, "sum")
    if kind.name == "real":
        return f"CAST({a.write('sum', f'CAST({a.first} AS DOUBLE)')} AS FLOAT)", kind
    if kind.name == "decimal":
        return _total(a), types.decimal(38, kind.args[1])
    return f"CAST({a.write('sum', a.first)} AS {types.duckdb(kind)})", kind


def _total(a: Aggregate) -> str:
    """The sum of decimals, as DECIMAL(38, s)."""
    value = a.args[0]
    narrow = value.in_64_bits
    if narrow is None or a.distinct:
        return _added(a, a.first)
    # 64 bits are added in a third of the time; what does not fit them is added apart.
    near = f"CAST({a.write('sum', narrow)} AS {types.duckdb(_wide(value.type))})"
    rest = _added(a, f"CASE WHEN {narrow} IS NULL THEN {a.first} END")
    return f"coalesce({near} + {rest}, {near}, {rest})"


def _added(a: Aggregate, number: str) -> str:
    kind = _wide(a.args[0].type)
    total = a.write("sum", number)
    if a.args[0].type.args[0] > SAFE_DIGITS:
        # DuckDB counts on beyond 38 digits.
        fails = a.env.fail("NUMERIC_VALUE_OUT_OF_RANGE", "'Decimal overflow'", kind)
        nines = "9" * (38 - kind.args[1]) + "." + "9" * kind.args[1]
        most = f"CAST('{nines}' AS {types.duckdb(kind)})"
        total = f"CASE WHEN abs({total}) > {most} THEN {fails} ELSE {total} END"
    return f"CAST({total} AS {types.duckdb(kind)})"


def _wide(kind: Type) -> Type:
    return types.decimal(38, kind.args[1])


# Of decimals of so many digits, no sum of 10 ** 10 rows is too long.
SAFE_DIGITS = 28


def _interval(a: Aggregate, function: str) -> Result:
    kind = a.args[0].type
    total = f"round({a.write(function, literals.amount(a.args[0]))})"
    if kind == types.DAY_INTERVAL:
        return f"to_milliseconds(CAST({total} AS BIGINT))", kind
    return f"to_months(CAST({total} AS INTEGER))", kind


def _avg(a: Aggregate) -> Result:
    kind = a.args[0].type
    if kind.name.startswith("interval"):
        return _interval(a, "avg")
    if kind.name == "decimal":
        total = operators.unscaled(_total(a), types.decimal(38, kind.args[1]))
        count = a.write("count", a.first)
        sql = operators.divided(f"({total})::HUGEINT", f"({count})::HUGEINT", kind)
        return f"CASE WHEN {count} = 0 THEN NULL ELSE {sql} END", kind
    if kind.name == "real":
        return f"CAST({a.write('avg', a.first)} AS FLOAT)", kind
    return a.write("avg", a.first), types.DOUBLE


def _extreme(a: Aggregate) -> Result:
    if len(a.args) != 1:
        return collecting.extremes(a)
    if a.name == "max" and a.args[0].type.name in ("double", "real"):
        # NaN counts only when there is nothing else; DuckDB takes it for the greatest.
        number = a.write("max", f"CASE WHEN isnan({a.first}) THEN NULL ELSE {a.first} END")
        return f"coalesce({number}, {a.write('max', a.first)})", a.args[0].type
    return a.write(a.name, a.first), a.args[0].type


def _by(a: Aggregate) -> Result:
    if len(a.args) != 2:
        return collecting.extremes_by(a)
    function = "arg_max_null" if a.name == "max_by" else "arg_min_null"
    return a.write(function, a.args[0].sql, a.args[1].sql), a.args[0].type


def _array_agg(a: Aggregate) -> Result:
    if len(a.args) != 1:
        raise unexpected("array_agg", list(a.args), a.node)
    return a.write("list", a.first), types.array(a.args[0].type)


LEAST_ERROR, MOST_ERROR = 0.0040625, 0.26


def _approx_distinct(a: Aggregate) -> Result:
    """Exact: a number within Trino's standard error of 2.3 %, always."""
    error = a.args[1].literal if len(a.args) > 1 else None
    if error is not None and not LEAST_ERROR <= float(error) <= MOST_ERROR:
        message = f"Max standard error must be in [{LEAST_ERROR}, {MOST_ERROR}]: {error}"
        raise failure("INVALID_FUNCTION_ARGUMENT", message)
    distinct = replace(a, distinct=True)
    return distinct.write("count", a.first), types.BIGINT


def _any(a: Aggregate) -> Result:
    return a.write("any_value", a.first), a.args[0].type


def _booleans(a: Aggregate) -> Result:
    function = "bool_or" if a.name == "bool_or" else "bool_and"
    return a.write(function, a.first), types.BOOLEAN


def _listagg(a: Aggregate) -> Result:
    if a.args[0].type.name not in ("varchar", "unknown"):
        shown = a.node.this.this.sql(dialect="trino")
        message = f"Expected expression of varchar, but '{shown}' has {a.args[0].type} type"
        raise failure("TYPE_MISMATCH", message, a.node)
    if a.args[1].literal is None:
        raise failure("SYNTAX_ERROR", "mismatched input. Expecting: <string>", a.node)
    return a.write("string_agg", a.first, a.args[1].sql), types.VARCHAR


def _map_agg(a: Aggregate) -> Result:
    key, value = a.args
    kind = types.map_of(key.type, value.type)
    # Trino keeps one value per key and drops NULL keys; which one it keeps is not defined, so the
    # first.
    entries = a.write("list", f"{{'key': {key.sql}, 'value': {value.sql}}}")
    return f"lab_map_from_entries(list_filter({entries}, lambda e: e.key IS NOT NULL))", kind


def _histogram(a: Aggregate) -> Result:
    kind = types.map_of(a.args[0].type, types.BIGINT)
    return f"CAST({a.write('histogram', a.first)} AS {types.duckdb(kind)})", kind


def _bits(a: Aggregate) -> Result:
    function = {
        "bitwise_and_agg": "bit_and",
        "bitwise_or_agg": "bit_or",
        "bitwise_xor_agg": "bit_xor",
    }[a.name]
    return a.write(function, a.first), types.BIGINT


OWN_TYPES = frozenset({"count", "array_agg", "listagg"})
AGGREGATES: dict[str, Callable[[Aggregate], Result]] = {
    **collecting.AGGREGATES,
    **moments.AGGREGATES,
    **sketches.AGGREGATES,
    "count": _count,
    "count_if": _count_if,
    "sum": _sum,
    "avg": _avg,
    "min": _extreme,
    "max": _extreme,
    "min_by": _by,
    "max_by": _by,
    "array_agg": _array_agg,
    "approx_distinct": _approx_distinct,
    "arbitrary": _any,
    "any_value": _any,
    "bool_and": _booleans,
    "bool_or": _booleans,
    "every": _booleans,
    "listagg": _listagg,
    "map_agg": _map_agg,
    "histogram": _histogram,
    "bitwise_and_agg": _bits,
    "bitwise_or_agg": _bits,
    "bitwise_xor_agg": _bits,
}
