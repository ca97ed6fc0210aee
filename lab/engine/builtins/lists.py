"""Arrays: what builds arrays from arrays, and folds. Source: Trino documentation, "Array functions
and operators".
"""

from lab.engine import comparisons, types
from lab.engine.calls import Call, fresh, lambda_body, unexpected
from lab.engine.errors import unsupported
from lab.engine.types import Type
from lab.engine.values import Value


def folded(items: str, start: Value, element: Type, name: str, body: str) -> str:
    """SQL for a fold. DuckDB wants the state to be of the elements' type, so both are one row, of
    which the items use ``x`` and the state ``s``; ``body`` is the next state over ``<name>s.s`` and
    ``<name>x.x``.
    """
    state, item = types.duckdb(start.type), types.duckdb(element)
    rows = f"list_transform({items}, lambda {name}: {{'s': CAST(NULL AS {state}), 'x': {name}}})"
    first = f"{{'s': CAST({start.sql} AS {state}), 'x': CAST(NULL AS {item})}}"
    following = f"{{'s': CAST({body} AS {state}), 'x': CAST(NULL AS {item})}}"
    return (
        f"struct_extract(list_reduce({rows}, lambda {name}s, {name}x: {following}, {first}), 's')"
    )


def fold(call: Call, items: str, element: Type, start: Value, place: int) -> tuple[str, Value]:
    """A fold by the lambda at ``place``: its SQL and the lambda's body."""
    name = fresh(call, "f")
    parameters = [Value(f"{name}s.s", start.type), Value(f"{name}x.x", element)]
    body = lambda_body(call, place, parameters)
    if not types.can_coerce(body.type, start.type):
        raise unexpected(call.name, list(call.args), call.node)
    return folded(items, start, element, name, body.sql), body


def _reduce(call: Call) -> Value:
    """``reduce(array, start, (s, x) -> s', s -> result)``; the state keeps the start's type."""
    start = call.args[1]
    if start.type.name == "varchar":
        start = Value(start.sql, types.VARCHAR)
    total, step = fold(call, call.sql(0), call.args[0].type.element, start, 2)
    r = fresh(call, "r")
    finish = lambda_body(call, 3, [Value(r, start.type)])
    sql = f"list_extract(list_transform([{total}], lambda {r}: {finish.sql}), 1)"
    sql = f"CASE WHEN {call.sql(0)} IS NULL THEN NULL ELSE {sql} END"
    return Value(sql, finish.type, step.reads | finish.reads)


def _zip(call: Call) -> Value:
    kind = types.row(*((None, argument.type.element) for argument in call.args))
    parts = ", ".join(
        f"{types.text(name)}: list_extract({argument.sql}, i)"
        for name, argument in zip(types.field_names(kind), call.args, strict=True)
    )
    return _side_by_side(call, f"lambda i: {{{parts}}}", types.array(kind), len(call.args))


def _side_by_side(call: Call, body: str, kind: Type, count: int) -> Value:
    arrays = [call.sql(place) for place in range(count)]
    missing = " OR ".join(f"{one} IS NULL" for one in arrays)
    longest = f"greatest({', '.join(f'len({one})' for one in arrays)})"
    items = f"list_transform(generate_series(1, {longest}), {body})"
    sql = f"CASE WHEN {missing} THEN NULL ELSE CAST({items} AS {types.duckdb(kind)}) END"
    return Value(sql, kind)


def _zip_with(call: Call) -> Value:
    i = fresh(call, "i")
    parameters = [
        Value(f"list_extract({call.sql(place)}, {i})", call.args[place].type.element)
        for place in (0, 1)
    ]
    body = lambda_body(call, 2, parameters)
    made = _side_by_side(call, f"lambda {i}: {body.sql}", types.array(body.type), 2)
    return Value(made.sql, made.type, body.reads)


def _ngrams(call: Call) -> Value:
    array, size = call.sql(0), call.sql(1)
    kind = types.array(call.args[0].type)
    bad = call.fail("'N must be positive'", kind)
    count = f"greatest(len({array}) - {size} + 1, 1)"
    items = (
        f"list_transform(generate_series(1, {count}), lambda i: list_slice({array}, i, i + {size}"
        " - 1))"
    )
    sql = (
        f"CASE WHEN {array} IS NULL OR {size} IS NULL THEN NULL WHEN {size} <= 0 THEN {bad}"
        f" ELSE {items} END"
    )
    return Value(sql, kind)


def _combinations(call: Call) -> Value:
    """Of 0 to 5 elements, in the order of their places."""
    array, size = call.sql(0), int(call.constant(1))
    kind = types.array(call.args[0].type)
    if not 0 <= size <= 5:
        raise call.bad_argument(f"combination size must be between 0 and 5: {size}")
    places = "[CAST([] AS BIGINT[])]"
    for _ in range(size):
        places = (
            f"flatten(list_transform({places}, lambda c: list_transform(generate_series("
            f"coalesce(list_extract(c, -1), 0) + 1, len({array})), lambda i: list_append(c, i))))"
        )
    items = (
        f"list_transform({places}, lambda c: list_transform(c, lambda i: list_extract({array}, i)))"
    )
    sql = f"CASE WHEN {array} IS NULL THEN NULL ELSE CAST({items} AS {types.duckdb(kind)}) END"
    return Value(sql, kind)


def _trim_array(call: Call) -> Value:
    array, count = call.sql(0), call.sql(1)
    kind = call.args[0].type
    negative = call.fail("'size must not be negative: ' || " + count, kind)
    long = call.fail(
        f"'size must not exceed array cardinality ' || len({array}) || ': ' || {count}", kind
    )
    sql = (
        f"CASE WHEN {array} IS NULL THEN NULL WHEN {count} < 0 THEN {negative} WHEN {count} >"
        f" len({array}) THEN {long} ELSE list_slice({array}, 1, len({array}) - {count}) END"
    )
    return Value(sql, kind)


def _shuffle(call: Call) -> Value:
    array = call.sql(0)
    drawn = f"list_sort(list_transform({array}, lambda x, i: {{'r': random(), 'i': i}}))"
    sql = f"list_transform({drawn}, lambda x: list_extract({array}, x.i))"
    return Value(f"CASE WHEN {array} IS NULL THEN NULL ELSE {sql} END", call.args[0].type)


def _histogram(call: Call) -> Value:
    kind = types.map_of(call.args[0].type.element, types.BIGINT)
    if kind.args[0].name in comparisons.COMPOSITE:
        raise unsupported(f"array_histogram of {call.args[0].type}", call.node)
    present = f"list_filter({call.sql(0)}, lambda x: x IS NOT NULL)"
    keys = f"list_filter({present}, lambda x, i: list_position({present}, x) = i)"
    counts = (
        f"list_transform({keys}, lambda k: CAST(len(list_filter({present}, lambda x: x = k)) AS"
        " BIGINT))"
    )
    return Value(f"CASE WHEN {call.sql(0)} IS NULL THEN NULL ELSE map({keys}, {counts}) END", kind)


def _overlap(call: Call) -> Value:
    """NULL when no element is in both and one of the arrays has a NULL."""
    a, b = call.sql(0), call.sql(1)
    if call.args[0].type.element.name in comparisons.COMPOSITE:
        raise unsupported(f"arrays_overlap of {call.args[0].type}", call.node)
    common = f"list_filter({a}, lambda x: x IS NOT NULL AND list_contains({b}, x))"
    sql = (
        f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN len({common}) > 0 THEN true"
        f" WHEN len({a}) = 0 OR len({b}) = 0 THEN false WHEN len({a}) > list_count({a}) OR len({b})"
        f" > list_count({b}) THEN NULL ELSE false END"
    )
    return Value(sql, types.BOOLEAN)


def _contains_sequence(call: Call) -> Value:
    a, b = call.sql(0), call.sql(1)
    if call.args[0].type.element.name in comparisons.COMPOSITE:
        raise unsupported(f"contains_sequence of {call.args[0].type}", call.node)
    starts = f"generate_series(1, len({a}) - len({b}) + 1)"
    equal = f"list_slice({a}, i, i + len({b}) - 1) = {b}"
    sql = (
        f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN len({b}) = 0 THEN true"
        f" ELSE len(list_filter({starts}, lambda i: {equal})) > 0 END"
    )
    return Value(sql, types.BOOLEAN)


def _sort(call: Call) -> Value:
    """By a comparison, or in ascending order with NULL at the end."""
    array, kind = call.sql(0), call.args[0].type
    if len(call.args) == 1:
        if kind.element.name in (*comparisons.COMPOSITE, "timestamp with time zone"):
            raise unsupported(f"array_sort of {kind}", call.node)
        return Value(f"list_sort({array}, 'ASC', 'NULLS LAST')", kind)
    x, y = fresh(call, "x"), fresh(call, "y")
    body = lambda_body(call, 1, [Value(y, kind.element), Value(x, kind.element)])
    if not body.type.is_integer:
        raise unexpected(call.name, list(call.args), call.node)
    bad = call.fail("'Lambda comparator must return either -1, 0, or 1'", types.INTEGER)
    answer = f"CASE WHEN ({body.sql}) IN (-1, 0, 1) THEN ({body.sql}) ELSE {bad} END"
    before = f"({answer}) < 0 OR (({answer}) = 0 AND {y}i < {x}i)"
    place = f"len(list_filter({array}, lambda {y}, {y}i: {before}))"
    places = f"list_sort(list_transform({array}, lambda {x}, {x}i: {{'r': {place}, 'i': {x}i}}))"
    sql = f"list_transform({places}, lambda {x}: list_extract({array}, {x}.i))"
    return Value(f"CASE WHEN {array} IS NULL THEN NULL ELSE {sql} END", kind, body.reads)


FUNCTIONS = {
    "reduce": _reduce,
    "zip": _zip,
    "zip_with": _zip_with,
    "ngrams": _ngrams,
    "combinations": _combinations,
    "trim_array": _trim_array,
    "shuffle": _shuffle,
    "array_histogram": _histogram,
    "arrays_overlap": _overlap,
    "contains_sequence": _contains_sequence,
    "array_sort": _sort,
}
