"""Maps. Source: Trino documentation, "Map functions and operators"."""

from lab.engine import types
from lab.engine.calls import Call, lambda_sql
from lab.engine.casts import coerce
from lab.engine.errors import failure, unsupported
from lab.engine.values import Value


def lookup(call: Call) -> Value:
    """``element_at(map, key)``: NULL when the key is missing."""
    base, key = call.args
    wanted = coerce(key, base.type.args[0])
    return Value(f"list_extract(map_extract({base.sql}, {wanted.sql}), 1)", base.type.element)


def subscript(call: Call) -> Value:
    """``map[key]``: a missing key is an error."""
    base, key = call.args
    common = types.common_type(base.type.args[0], key.type)
    if common != base.type.args[0]:
        message = f"Cannot use {key.type} for subscript of {base.type}"
        raise failure("TYPE_MISMATCH", message, call.node)
    wanted = coerce(key, base.type.args[0])
    missing = call.fail(
        f"'Key not present in map: ' || CAST({wanted.sql} AS VARCHAR)", base.type.element
    )
    found = f"map_extract({base.sql}, {wanted.sql})"
    sql = (
        f"CASE WHEN {base.sql} IS NULL OR {wanted.sql} IS NULL THEN NULL"
        f" WHEN len({found}) = 0 THEN {missing} ELSE list_extract({found}, 1) END"
    )
    return Value(sql, base.type.element)


def _map(call: Call) -> Value:
    if not call.args:
        kind = types.map_of(types.UNKNOWN, types.UNKNOWN)
        return Value(f"CAST(MAP {{}} AS {types.duckdb(kind)})", kind)
    keys, values = call.args
    kind = types.map_of(keys.type.element, values.type.element)
    if keys.type.element.name in ("array", "map", "row"):
        raise unsupported(f"a map whose keys are {keys.type.element}", call.node)
    uneven = call.fail("'Key and value arrays must be the same length'", kind)
    null_key = call.fail("'map key cannot be null'", kind)
    duplicates = f"list_filter({keys.sql}, lambda k, i: list_position({keys.sql}, k) < i)"
    twice = call.fail(
        f"'Duplicate map keys (' || CAST(list_extract({duplicates}, 1) AS VARCHAR) ||"
        f" ') are not allowed'",
        kind,
    )
    sql = (
        f"CASE WHEN {keys.sql} IS NULL OR {values.sql} IS NULL THEN NULL"
        f" WHEN len({keys.sql}) <> len({values.sql}) THEN {uneven}"
        f" WHEN len({keys.sql}) > list_count({keys.sql}) THEN {null_key}"
        f" WHEN len({duplicates}) > 0 THEN {twice} ELSE map({keys.sql}, {values.sql}) END"
    )
    return Value(sql, kind)


def _keys(call: Call) -> Value:
    return Value(f"map_keys({call.sql(0)})", types.array(call.args[0].type.args[0]))


def _values(call: Call) -> Value:
    return Value(f"map_values({call.sql(0)})", types.array(call.args[0].type.args[1]))


def _entries(call: Call) -> Value:
    key, value = call.args[0].type.args
    kind = types.array(types.row((None, key), (None, value)))
    sql = (
        f"list_transform(map_entries({call.sql(0)}), lambda e: {{'field0': e.key,"
        f" 'field1': e.value}})"
    )
    return Value(sql, kind)


def _filter(call: Call) -> Value:
    kind = call.args[0].type
    body = lambda_sql(call, 1, list(kind.args))
    return Value(
        _from_entries(call, f"list_filter({_pairs(call)}, lambda e: {_apply(body)})"),
        kind,
        body.reads,
    )


def _transform_values(call: Call) -> Value:
    kind = call.args[0].type
    body = lambda_sql(call, 1, list(kind.args))
    pairs = f"list_transform({_pairs(call)}, lambda e: {{'key': e.key, 'value': {_apply(body)}}})"
    return Value(_from_entries(call, pairs), types.map_of(kind.args[0], body.type), body.reads)


def _pairs(call: Call) -> str:
    return f"map_entries({call.sql(0)})"


def _apply(body: Value) -> str:
    """The lambda's body with the entry's key and value for its two parameters."""
    names, text = body.sql.removeprefix("lambda ").split(": ", 1)
    key, value = names.split(", ")
    pair = (
        f"list_transform([e.key], lambda {key}: list_extract(list_transform([e.value],"
        f" lambda {value}: {text}), 1))"
    )
    return f"list_extract({pair}, 1)"


def _from_entries(call: Call, pairs: str) -> str:
    return f"CASE WHEN {call.sql(0)} IS NULL THEN NULL ELSE map_from_entries({pairs}) END"


FUNCTIONS = {
    "map": _map,
    "map_keys": _keys,
    "map_values": _values,
    "map_entries": _entries,
    "map_filter": _filter,
    "transform_values": _transform_values,
}
