"""Window functions: OVER with its partition, order and frame. Source: Trino documentation, "Window
functions".
"""

from typing import Any

from sqlglot import exp

from lab.engine import signatures, types
from lab.engine.aggregates import aggregate, is_aggregate
from lab.engine.calls import unexpected
from lab.engine.casts import coerce
from lab.engine.errors import failure
from lab.engine.expression import compile_expression
from lab.engine.syntax import refuse_unknown
from lab.engine.types import Type
from lab.engine.values import NOTHING, Env, Reads, Value, union_reads

RANKS = ("row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile")
VALUES = ("first_value", "last_value", "nth_value", "lag", "lead")
# What the parts of OVER are called in an environment, in which no window may stand.
NESTED = "window specification"
TEMPORAL = ("date", "timestamp", "timestamp with time zone")
RANK_ONLY = (*RANKS, "lag", "lead")


def window(node: exp.Window, env: Env) -> Value:
    """``function OVER (...)``"""
    if not env.aggregates:
        message = (
            f"{env.clause} cannot contain aggregations, window functions or grouping operations"
        )
        raise failure("EXPRESSION_NOT_SCALAR", message, node)
    call, nulls = node.this, ""
    if isinstance(call, exp.IgnoreNulls | exp.RespectNulls):
        nulls = " IGNORE NULLS" if isinstance(call, exp.IgnoreNulls) else ""
        call = call.this
    if env.inside is not None or env.clause == NESTED:
        message = "Cannot nest window functions or row pattern measures inside window specification"
        raise failure("NESTED_WINDOW", message, node)
    over, reads, ordered = _over(node, env)
    inner = call.this if isinstance(call, exp.Filter) else call
    name = str(inner.this).lower() if isinstance(inner, exp.Anonymous) else ""
    if is_aggregate(name):
        if isinstance(call, exp.Filter):
            raise failure("NOT_SUPPORTED", "FILTER is not yet supported for window functions", call)
        if isinstance(node.this, exp.IgnoreNulls | exp.RespectNulls):
            message = f"Cannot specify null treatment clause for {name} function"
            raise failure("NULL_TREATMENT_NOT_ALLOWED", message, call)
        value = aggregate(call, env, over)
        return Value(value.sql, value.type, value.reads | reads, None, value.aggregate)
    if signatures.kind_of(name) == "scalar":
        raise failure("FUNCTION_NOT_WINDOW", f"Not a window function: {name}")
    if not isinstance(call, exp.Anonymous) or name not in RANKS + VALUES:
        raise failure("FUNCTION_NOT_FOUND", f"Function '{name}' not registered", node)
    if name in ("lag", "lead") and not ordered:
        raise failure(
            "MISSING_ORDER_BY", f"{name} function requires an ORDER BY window clause", call
        )
    if name in RANK_ONLY and _spec(node, env) is not None:
        message = f"Cannot specify window frame for {name} function"
        raise failure("INVALID_WINDOW_FRAME", message, call)
    return _ranking(name, call, env, over, reads, nulls)


def _ranking(name: str, call: Any, env: Env, over: str, reads: Reads, nulls: str) -> Value:  # noqa: PLR0913, PLR0917  a clause each
    arguments = [compile_expression(item, env) for item in call.expressions]
    found = signatures.match(name, [a.type for a in arguments])
    if found is None or found.returns is None:
        raise unexpected(name, arguments, call)
    ready = [
        coerce(a, wanted) if wanted is not None else a
        for a, wanted in zip(arguments, found.arguments, strict=True)
    ]
    if name == "ntile" and isinstance(ready[0].literal, int) and ready[0].literal <= 0:
        raise failure("INVALID_FUNCTION_ARGUMENT", "Buckets must be greater than 0", None)
    if name == "nth_value" and isinstance(ready[1].literal, int) and ready[1].literal <= 0:
        raise failure("INVALID_FUNCTION_ARGUMENT", "Offset must be at least 1", None)
    if name in ("lag", "lead") and len(ready) > 1 and _is_negative(ready[1]):
        raise failure("INVALID_FUNCTION_ARGUMENT", "Offset must be at least 0", None)
    texts = ", ".join(value.sql for value in ready)
    sql = f"CAST({name}({texts}{nulls}){over} AS {types.duckdb(found.returns)})"
    all_reads = union_reads(ready) | reads
    return Value(sql, found.returns, all_reads, None, any(value.aggregate for value in ready))


def _is_negative(value: Value) -> bool:
    return isinstance(value.literal, int | float) and value.literal < 0


def _definition(node: exp.Window, env: Env) -> exp.Window:
    """The window that a name stands for; OVER w and OVER (w) alike."""
    alias = node.args.get("alias")
    if alias is None:
        return node
    found = (env.windows or {}).get(alias.name.lower())
    if found is None:
        raise failure("INVALID_WINDOW_REFERENCE", f"Cannot resolve WINDOW name {alias.name}", node)
    own = [name for name in ("partition_by", "order", "spec") if node.args.get(name)]
    if not own:
        return found  # type: ignore[no-any-return]  # the mapping holds what the parser made
    found = _definition(found, env)
    if "partition_by" in own or ("order" in own and found.args.get("order")):
        message = "WINDOW specification with named reference cannot repeat PARTITION BY or ORDER BY"
        raise failure("INVALID_PARTITION_BY", message, node)
    merged = exp.Window(this=node.this, partition_by=found.args.get("partition_by"))
    merged.set("order", node.args.get("order") or found.args.get("order"))
    merged.set("spec", node.args.get("spec"))
    return merged


def _spec(node: exp.Window, env: Env) -> Any:
    return _definition(node, env).args.get("spec")


def _over(node: exp.Window, env: Env) -> tuple[str, Reads, bool]:
    found = _definition(node, env)
    env = env.with_(clause=NESTED)
    refuse_unknown(found, ("this", "partition_by", "order", "spec", "alias", "over"))
    parts, reads = [], NOTHING
    partition = [compile_expression(item, env) for item in found.args.get("partition_by") or []]
    if partition:
        parts.append("PARTITION BY " + ", ".join(value.sql for value in partition))
        reads |= union_reads(partition)
    order = found.args.get("order")
    keys: list[Type] = []
    if order is not None:
        texts, keys = [], []
        for item in order.expressions:
            value = compile_expression(item.this, env)
            reads |= value.reads
            keys.append(value.type)
            if not types.is_orderable(value.type):
                message = (
                    f"{value.type} is not orderable, and therefore cannot be used in window"
                    " function ORDER BY"
                )
                raise failure("TYPE_MISMATCH", message, item)
            way = "DESC" if item.args.get("desc") else "ASC"
            nulls = "FIRST" if item.args.get("nulls_first") else "LAST"
            # In parentheses, so that a constant is no position.
            texts.append(f"({value.sql}) {way} NULLS {nulls}")
        parts.append("ORDER BY " + ", ".join(texts))
    if found.args.get("spec") is not None:
        parts.append(_frame(found.args["spec"], env, keys))
    return f" OVER ({' '.join(parts)})", reads, order is not None


def _frame(spec: exp.WindowSpec, env: Env, keys: list[Type]) -> str:
    refuse_unknown(spec, ("kind", "start", "start_side", "end", "end_side"))
    kind = str(spec.args["kind"]).upper()
    offsets = [spec.args.get(side) for side in ("start", "end")]
    if not keys and kind != "ROWS" and any(isinstance(side, exp.Expr) for side in offsets):
        message = f"Window frame of type {kind} PRECEDING or FOLLOWING requires ORDER BY"
        raise failure("MISSING_ORDER_BY", message, spec)
    if kind == "RANGE" and any(isinstance(side, exp.Expr) for side in offsets) and len(keys) > 1:
        message = (
            "Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER"
            f" BY (actual: {len(keys)})"
        )
        raise failure("INVALID_ORDER_BY", message, spec)
    _check_frame(spec)
    start = _bound(spec, "start", env, keys)
    if spec.args.get("end") is None:
        return f"{kind} BETWEEN {start} AND CURRENT ROW"
    return f"{kind} BETWEEN {start} AND {_bound(spec, 'end', env, keys)}"


def _check_frame(spec: exp.WindowSpec) -> None:
    """The start must not lie behind the end, as far as the words tell."""
    start, end = (_place(spec, side) for side in ("start", "end"))
    if start == 4:
        message = "Window frame start cannot be UNBOUNDED FOLLOWING"
    elif end == 0:
        message = "Window frame end cannot be UNBOUNDED PRECEDING"
    elif start > end:
        message = "Window frame start cannot be behind its end"
    else:
        return
    raise failure("INVALID_WINDOW_FRAME", message, spec)


def _place(spec: exp.WindowSpec, side: str) -> int:
    """From UNBOUNDED PRECEDING, 0, to UNBOUNDED FOLLOWING, 4."""
    bound, direction = spec.args.get(side), spec.args.get(f"{side}_side")
    if bound is None or bound == "CURRENT ROW":
        return 2
    far = bound == "UNBOUNDED"
    return (0 if far else 1) if direction == "PRECEDING" else (4 if far else 3)


def _bound(spec: exp.WindowSpec, side: str, env: Env, keys: list[Type]) -> str:
    bound, direction = spec.args[side], spec.args.get(f"{side}_side")
    if isinstance(bound, str):
        return f"{bound} {direction}" if direction else bound
    value = compile_expression(bound, env)
    kind = str(spec.args["kind"]).upper()
    if kind != "RANGE" and not value.type.is_integer:
        message = (
            f"Window frame {kind} {side} value type must be exact numeric type with scale 0"
            f" (actual {value.type})"
        )
        raise failure("TYPE_MISMATCH", message, bound)
    if kind == "RANGE" and not _goes_with(value.type, keys[0]):
        message = (
            f"Window frame RANGE value type ({value.type}) not compatible with sort item type"
            f" ({keys[0]})"
        )
        raise failure("TYPE_MISMATCH", message, bound)
    if _is_negative(value):
        message = "Window frame offset value must not be negative or null"
        raise failure("INVALID_WINDOW_FRAME", message)
    return f"{value.sql} {direction}"


def _goes_with(offset: Type, key: Type) -> bool:
    """Whether the sum of a key and an offset is such a key."""
    if key.is_numeric:
        return offset.is_numeric and types.can_coerce(offset, key)
    days = offset == types.DAY_INTERVAL and key.name != "time"
    return key.name in TEMPORAL and (days or offset == types.YEAR_INTERVAL)
