"""Arrays and the functions with lambdas on them. Source: Trino documentation, "Array functions and
operators".
"""

from lab.engine import comparisons, types
from lab.engine.builtins import maps, networks
from lab.engine.builtins.strings import joined
from lab.engine.calls import Call, fresh, lambda_sql, unexpected
from lab.engine.casts import cast, coerce
from lab.engine.errors import failure, unsupported
from lab.engine.types import Type
from lab.engine.values import Value


def _cardinality(call: Call) -> Value:
    kind = call.args[0].type.name
    if kind == "hyperloglog":
        return Value(f"CAST(len({call.sql(0)}) AS BIGINT)", types.BIGINT)
    if kind not in ("array", "map"):
        raise unsupported(f"cardinality({kind})", call.node)
    function = "len" if kind == "array" else "cardinality"
    return Value(f"CAST({function}({call.sql(0)}) AS BIGINT)", types.BIGINT)


def _element_at(call: Call) -> Value:
    base, index = call.args
    if base.type.name == "map":
        return maps.lookup(call)
    kind = base.type.element
    bad = call.fail("'SQL array indices start at 1'", kind)
    sql = f"CASE WHEN {index.sql} = 0 THEN {bad} ELSE list_extract({base.sql}, {index.sql}) END"
    return Value(sql, kind)


def _contains(call: Call) -> Value:
    if call.args[0].type.name != "array":
        return networks.contains(call)
    array, item = call.sql(0), call.sql(1)
    element = call.args[0].type.element
    if element.name in comparisons.COMPOSITE:
        x = fresh(call, "c")
        same = f"list_transform({array}, lambda {x}: {comparisons.equal(x, item, element)})"
        sql = (
            f"CASE WHEN {array} IS NULL OR {item} IS NULL THEN NULL WHEN list_contains({same},"
            " true)"
            f" THEN true WHEN len({same}) > list_count({same}) THEN NULL ELSE false END"
        )
        return Value(sql, types.BOOLEAN)
    _plain(call, element)
    sql = (
        f"CASE WHEN {array} IS NULL OR {item} IS NULL THEN NULL WHEN"
        f" list_contains({array}, {item}) THEN true"
        f" WHEN len({array}) > list_count({array}) THEN NULL ELSE false END"
    )
    return Value(sql, types.BOOLEAN)


def _plain(call: Call, element: Type) -> None:
    """Elements that DuckDB compares as Trino does."""
    if element.name in ("array", "map", "row", "char", "timestamp with time zone"):
        raise unsupported(f"{call.name} of {call.args[0].type}", call.node)


def _on_plain(text: str, kind: Type | None = None):  # type: ignore[no-untyped-def]  # a factory of functions
    def write(call: Call) -> Value:
        if call.args[0].type.name != "array":
            raise unsupported(f"{call.name}({call.args[0].type})", call.node)
        _plain(call, call.args[0].type.element)
        returns = kind or call.returns
        if returns is None:
            raise unsupported(call.name, call.node)
        return Value(text.format(*(a.sql for a in call.args)), returns)

    return write


def _join(call: Call) -> Value:
    element = call.args[0].type.element
    shown = cast(Value("x", element), types.VARCHAR, call.env, call.node).sql
    texts = f"list_transform({call.sql(0)}, lambda x: {shown})"
    kept = f"list_filter({texts}, lambda x: x IS NOT NULL)"
    if len(call.args) > 2:
        kept = f"list_transform({texts}, lambda x: coalesce(x, {call.sql(2)}))"
    whole = joined(kept, call.sql(1), call.args[1])
    missing = " OR ".join(f"{argument.sql} IS NULL" for argument in call.args)
    sql = f"CASE WHEN {missing} THEN NULL ELSE coalesce({whole}, '') END"
    return Value(sql, types.VARCHAR)


def _slice(call: Call) -> Value:
    """(start, length) in Trino; DuckDB's list_slice takes (first, last)."""
    array, start, size = (call.sql(i) for i in range(3))
    zero = call.fail("'SQL array indices start at 1'", call.args[0].type)
    negative = call.fail("'length must be greater than or equal to 0'", call.args[0].type)
    first = f"CASE WHEN {start} < 0 THEN len({array}) + {start} + 1 ELSE {start} END"
    sql = (
        f"CASE WHEN {size} < 0 THEN {negative} WHEN {start} = 0 THEN {zero}"
        f" WHEN abs({start}) > len({array}) OR {size} = 0 THEN list_filter({array},"
        f" lambda x: false)"
        f" ELSE list_slice({array}, {first}, {first} + {size} - 1) END"
    )
    return Value(sql, call.args[0].type)


def _transform(call: Call) -> Value:
    body = lambda_sql(call, 1, [call.args[0].type.element])
    return Value(f"list_transform({call.sql(0)}, {body.sql})", types.array(body.type), body.reads)


def _filter(call: Call) -> Value:
    body = lambda_sql(call, 1, [call.args[0].type.element])
    _require_boolean(call, body)
    return Value(f"list_filter({call.sql(0)}, {body.sql})", call.args[0].type, body.reads)


def _require_boolean(call: Call, body: Value) -> None:
    if body.type.name not in ("boolean", "unknown"):
        raise unexpected(call.name, list(call.args), call.node)


def _matches(call: Call) -> Value:
    """Three-valued: NULL when nothing decides and some answer is NULL."""
    body = lambda_sql(call, 1, [call.args[0].type.element])
    _require_boolean(call, body)
    answers = f"list_transform({call.sql(0)}, {body.sql})"
    decisive = "false" if call.name == "all_match" else "true"
    if_found = {"any_match": "true", "all_match": "false", "none_match": "false"}[call.name]
    otherwise = {"any_match": "false", "all_match": "true", "none_match": "true"}[call.name]
    sql = (
        f"CASE WHEN {call.sql(0)} IS NULL THEN NULL WHEN list_contains({answers},"
        f" {decisive}) THEN {if_found}"
        f" WHEN len({answers}) > list_count({answers}) THEN NULL ELSE {otherwise} END"
    )
    return Value(sql, types.BOOLEAN, body.reads)


def _sequence(call: Call) -> Value:
    first = call.args[0].type
    if first.is_integer:
        return _integer_sequence(call)
    start, stop = call.sql(0), call.sql(1)
    if len(call.args) == 2 and first.name == "date":
        step = f"CASE WHEN {start} <= {stop} THEN INTERVAL 1 DAY ELSE INTERVAL (-1) DAY END"
    elif len(call.args) == 3:
        step = call.sql(2)
    else:
        raise unsupported(f"sequence of {first}", call.node)
    kind = types.duckdb(first)
    sql = (
        f"list_transform(generate_series({call.sql(0)}, {call.sql(1)}, {step}), lambda x:"
        f" CAST(x AS {kind}))"
    )
    if len(call.args) == 2:
        return Value(sql, types.array(first))
    # A month of at least 28 days tells the direction as well as the length.
    size = f"epoch_us({step})"
    backwards = f"({size} > 0 AND {start} > {stop}) OR ({size} < 0 AND {start} < {stop})"
    long = (
        f"(epoch_us(CAST({stop} AS TIMESTAMP)) - epoch_us(CAST({start} AS TIMESTAMP))) // {size}"
        " >= 10000"
    )
    zero = call.fail("'step must not be zero'", types.array(first))
    if call.args[2].type == types.YEAR_INTERVAL:
        # Whether the last of a month comes back after a shorter one is not documented.
        late = call.env.fail(
            "NOT_SUPPORTED",
            "'a sequence of months from a day after the 28th is not supported by this lab'",
            types.array(first),
        )
        sql = f"CASE WHEN day({start}) > 28 THEN {late} ELSE {sql} END"
    sql = (
        f"CASE WHEN {size} = 0 THEN {zero} ELSE"
        f" {_bounded(call, sql, backwards, long, types.array(first))} END"
    )
    return Value(sql, types.array(first))


def _integer_sequence(call: Call) -> Value:
    start, stop = call.sql(0), call.sql(1)
    if len(call.args) == 3:
        if call.constant(2) == 0:
            raise call.bad_argument("step must not be zero")
        step = call.sql(2)
    else:
        step = f"CASE WHEN {start} <= {stop} THEN 1 ELSE -1 END"
    kind = types.array(types.BIGINT)
    sql = f"CAST(generate_series({start}, {stop}, {step}) AS BIGINT[])"
    backwards = f"({step} > 0 AND {start} > {stop}) OR ({step} < 0 AND {start} < {stop})"
    count = f"(CAST({stop} AS HUGEINT) - {start}) // {step} >= 10000"
    return Value(_bounded(call, sql, backwards, count, kind), kind)


def _bounded(call: Call, sql: str, backwards: str, long: str, kind: Type) -> str:
    """A sequence that goes from start to stop, in at most 10,000 steps."""
    wrong = call.fail(
        "'sequence stop value should be greater than or equal to start value if step is greater"
        " than zero otherwise stop should be less than or equal to start'",
        kind,
    )
    many = call.fail("'result of sequence function must not have more than 10000 entries'", kind)
    return f"CASE WHEN {backwards} THEN {wrong} WHEN {long} THEN {many} ELSE {sql} END"


def _reverse(call: Call) -> Value:
    kind = call.args[0].type
    if kind.name == "array":
        return Value(f"list_reverse({call.sql(0)})", kind)
    if kind.name == "varchar":
        return Value(f"reverse({call.sql(0)})", kind)
    if kind.name == "varbinary":
        pairs = f"regexp_extract_all(hex({call.sql(0)}), '..')"
        return Value(f"unhex(array_to_string(list_reverse({pairs}), ''))", kind)
    raise unsupported(f"reverse({kind})", call.node)


MOST_REPEATED = 10_000


def _repeat(call: Call) -> Value:
    kind = call.args[0].type
    count = call.sql(1)
    of = types.array(kind)
    many = call.fail(
        f"'count argument of repeat function must be less than or equal to {MOST_REPEATED}'", of
    )
    few = call.fail("'count argument of repeat function must be greater than or equal to 0'", of)
    sql = f"list_transform(range(CAST({count} AS BIGINT)), lambda x: {call.sql(0)})"
    sql = (
        f"CASE WHEN {count} < 0 THEN {few} WHEN {count} > {MOST_REPEATED} THEN {many}"
        f" ELSE {sql} END"
    )
    return Value(f"CAST({sql} AS {types.duckdb(types.array(kind))})", types.array(kind))


def _typeof(call: Call) -> Value:
    shown = types.text(str(call.args[0].type))
    # An aggregate that is only looked at still makes one row of many.
    sql = f"CASE WHEN count(*) >= 0 THEN {shown} END" if call.args[0].aggregate else shown
    return Value(sql, types.VARCHAR)


def _flatten(call: Call) -> Value:
    return Value(f"flatten({call.sql(0)})", call.args[0].type.element)


def _subscript(call: Call) -> Value:
    """``array[i]`` fails outside of the array, ``map[key]`` for a missing key, ``row[i]`` is a
    constant place.
    """
    base, index = call.args
    if base.type.name == "map":
        return maps.subscript(call)
    if base.type.name == "row":
        return _row_subscript(call)
    if base.type.name == "array" and index.type == types.UNKNOWN:
        index = coerce(index, types.BIGINT)
    if base.type.name != "array" or not index.type.is_integer:
        message = f"Cannot use {index.type} for subscript of {base.type}"
        raise failure("TYPE_MISMATCH", message, call.node)
    kind = base.type.element
    place = coerce(index, types.BIGINT).sql
    zero = call.fail("'SQL array indices start at 1'", kind)
    negative = call.fail(f"'Array subscript is negative: ' || {place}", kind)
    beyond = call.fail(
        f"'Array subscript must be less than or equal to array length: ' || {place} ||"
        f" ' > ' || len({base.sql})",
        kind,
    )
    sql = (
        f"CASE WHEN {place} = 0 THEN {zero} WHEN {place} < 0 THEN {negative}"
        f" WHEN {place} > len({base.sql}) THEN {beyond} ELSE list_extract({base.sql}, {place}) END"
    )
    return Value(sql, kind)


def _row_subscript(call: Call) -> Value:
    base = call.args[0]
    place = int(call.constant(1))
    if not 1 <= place <= len(base.type.args):
        raise call.bad_argument(f"Subscript index out of bounds: {place}")
    name = types.field_names(base.type)[place - 1]
    return Value(f"struct_extract({base.sql}, {types.text(name)})", base.type.args[place - 1][1])


NULL_AWARE = "CASE WHEN {0} IS NULL OR len({0}) > list_count({0}) OR len({0}) = 0 THEN NULL ELSE "
FUNCTIONS = {
    "$subscript": _subscript,
    "cardinality": _cardinality,
    "element_at": _element_at,
    "contains": _contains,
    "array_join": _join,
    "array_max": _on_plain(NULL_AWARE + "list_max({0}) END"),
    "array_min": _on_plain(NULL_AWARE + "list_min({0}) END"),
    "array_position": _on_plain(
        "CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL ELSE"
        " coalesce(CAST(list_position({0}, {1}) AS BIGINT), 0) END",
        types.BIGINT,
    ),
    "array_remove": _on_plain("list_filter({0}, lambda x: x IS NULL OR x <> {1})"),
    "slice": _slice,
    "transform": _transform,
    "filter": _filter,
    "any_match": _matches,
    "all_match": _matches,
    "none_match": _matches,
    "sequence": _sequence,
    "reverse": _reverse,
    "repeat": _repeat,
    "flatten": _flatten,
    "array_distinct": _on_plain("lab_distinct({0})"),
    "array_union": _on_plain(
        "CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL"
        " ELSE lab_distinct(list_concat({0}, {1})) END"
    ),
    "array_intersect": _on_plain(
        "CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL ELSE"
        " list_filter(lab_distinct({0}), lambda x: CASE WHEN x IS NULL THEN len({1})"
        " > list_count({1})"
        " ELSE list_contains({1}, x) END) END"
    ),
    "array_except": _on_plain(
        "CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL ELSE"
        " list_filter(lab_distinct({0}), lambda x: CASE WHEN x IS NULL THEN len({1})"
        " = list_count({1})"
        " ELSE NOT list_contains({1}, x) END) END"
    ),
    "typeof": _typeof,
}
