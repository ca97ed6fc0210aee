"""Maps. Source: Trino documentation, "Map functions and operators"."""

from lab.engine import types
from lab.engine.calls import Call, fresh, lambda_body, unexpected
from lab.engine.casts import coerce
from lab.engine.errors import failure, unsupported
from lab.engine.types import Type
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
    if common is None:
        message = f"Cannot use {key.type} for subscript of {base.type}"
        raise failure("TYPE_MISMATCH", message, call.node)
    base = coerce(base, types.map_of(common, base.type.element))
    wanted = coerce(key, common)
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


def _entry(call: Call, place: int, kind: Type) -> tuple[str, Value]:
    """The name of a variable for the map's entries, and the lambda's body over its key and
    value.
    """
    e = fresh(call, "e")
    key, value = kind.args
    return e, lambda_body(call, place, [Value(f"{e}.key", key), Value(f"{e}.value", value)])


def _filter(call: Call) -> Value:
    kind = call.args[0].type
    e, body = _entry(call, 1, kind)
    if body.type.name not in ("boolean", "unknown"):
        raise unexpected(call.name, list(call.args), call.node)
    pairs = f"list_filter({_pairs(call)}, lambda {e}: {body.sql})"
    return Value(_from_entries(call, pairs), kind, body.reads)


def _transform_values(call: Call) -> Value:
    kind = call.args[0].type
    e, body = _entry(call, 1, kind)
    of = types.map_of(kind.args[0], body.type)
    pairs = f"list_transform({_pairs(call)}, lambda {e}: {{'key': {e}.key, 'value': {body.sql}}})"
    sql = f"CAST({_from_entries(call, pairs)} AS {types.duckdb(of)})"
    return Value(sql, of, body.reads)


def _transform_keys(call: Call) -> Value:
    kind = call.args[0].type
    e, body = _entry(call, 1, kind)
    of = types.map_of(body.type, kind.args[1])
    pairs = f"list_transform({_pairs(call)}, lambda {e}: {{'key': {body.sql}, 'value': {e}.value}})"
    return Value(checked_entries(call, pairs, of), of, body.reads)


def checked_entries(call: Call, pairs: str, kind: Type) -> str:
    """SQL for the map of a list of entries, whose keys may be neither NULL nor double."""
    keys = f"list_transform({pairs}, lambda x: x.key)"
    missing = call.fail("'map key cannot be null'", kind)
    twice = call.fail(_duplicate(keys), kind)
    return (
        f"CASE WHEN {call.sql(0)} IS NULL THEN NULL WHEN len({keys}) > list_count({keys})"
        f" THEN {missing} WHEN len(list_distinct({keys})) < len({keys}) THEN {twice}"
        f" ELSE CAST(map_from_entries({pairs}) AS {types.duckdb(kind)}) END"
    )


def _duplicate(keys: str) -> str:
    first = f"list_extract(list_filter({keys}, lambda k, i: list_position({keys}, k) < i), 1)"
    return f"'Duplicate map keys (' || CAST({first} AS VARCHAR) || ') are not allowed'"


def _map_from_entries(call: Call) -> Value:
    row = call.args[0].type.element
    kind = types.map_of(row.args[0][1], row.args[1][1])
    _check_keys(call, kind)
    pairs = _renamed(call)
    absent = call.fail("'map entry cannot be null'", kind)
    entries = call.sql(0)
    sql = (
        f"CASE WHEN len({entries}) > len(list_filter({entries}, lambda x: x IS NOT NULL))"
        f" THEN {absent} ELSE {checked_entries(call, pairs, kind)} END"
    )
    return Value(sql, kind)


def _renamed(call: Call) -> str:
    """An array of rows of two as entries."""
    first, second = types.field_names(call.args[0].type.element)
    return (
        f"list_transform({call.sql(0)}, lambda x: {{'key': struct_extract(x, {types.text(first)}),"
        f" 'value': struct_extract(x, {types.text(second)})}})"
    )


def _multimap_from_entries(call: Call) -> Value:
    row = call.args[0].type.element
    kind = types.map_of(row.args[0][1], types.array(row.args[1][1]))
    _check_keys(call, kind)
    pairs = _renamed(call)
    missing = call.fail("'map key cannot be null'", kind)
    sql = (
        f"CASE WHEN {call.sql(0)} IS NULL THEN NULL"
        f" WHEN len(list_filter({pairs}, lambda x: x.key IS NULL)) > 0 THEN {missing}"
        f" ELSE {multimap(pairs, kind)} END"
    )
    return Value(sql, kind)


def multimap(pairs: str, kind: Type) -> str:
    """SQL for the map of a list of entries where each key has the list of its values."""
    keys = (
        f"list_filter(list_transform({pairs}, lambda x: x.key), lambda k, i:"
        f" list_position(list_transform({pairs}, lambda x: x.key), k) = i)"
    )
    values = (
        f"list_transform({keys}, lambda k: list_transform(list_filter({pairs}, lambda x: x.key ="
        " k), lambda x: x.value))"
    )
    return f"CAST(map({keys}, {values}) AS {types.duckdb(kind)})"


def _check_keys(call: Call, kind: Type) -> None:
    if kind.args[0].name in ("array", "map", "row", "char"):
        raise unsupported(f"a map whose keys are {kind.args[0]}", call.node)


def _concat(call: Call) -> Value:
    """The last map that has a key gives its value."""
    kind = call.returns or call.args[0].type
    maps = [coerce(argument, kind).sql for argument in call.args]
    if len(maps) == 1:
        return Value(maps[0], kind)
    missing = " OR ".join(f"{one} IS NULL" for one in maps)
    return Value(f"CASE WHEN {missing} THEN NULL ELSE map_concat({', '.join(maps)}) END", kind)


def _zip_with(call: Call) -> Value:
    """Over the keys of both; a missing value is NULL."""
    left, right = call.args[0].type, call.args[1].type
    k = fresh(call, "k")
    found = [f"list_extract(map_extract({call.sql(i)}, {k}), 1)" for i in (0, 1)]
    body = lambda_body(
        call, 2,
        [Value(k, left.args[0]), Value(found[0], left.args[1]), Value(found[1], right.args[1])],
    )  # fmt: skip
    kind = types.map_of(left.args[0], body.type)
    keys = (
        f"list_concat(map_keys({call.sql(0)}), list_filter(map_keys({call.sql(1)}), lambda x:"
        f" NOT list_contains(map_keys({call.sql(0)}), x)))"
    )
    sql = (
        f"CASE WHEN {call.sql(0)} IS NULL OR {call.sql(1)} IS NULL THEN NULL ELSE"
        f" CAST(map({keys}, list_transform({keys}, lambda {k}: {body.sql})) AS"
        f" {types.duckdb(kind)}) END"
    )
    return Value(sql, kind, body.reads)


def _split(call: Call) -> Value:
    """``split_to_map('a=1,b=2', ',', '=')`` and its multimap."""
    text, entry, inner = (call.sql(i) for i in range(3))
    many = call.name == "split_to_multimap"
    kind = types.map_of(types.VARCHAR, types.array(types.VARCHAR) if many else types.VARCHAR)
    ended = (
        f"CASE WHEN ends_with({text}, {entry}) THEN left({text}, length({text}) -"
        f" length({entry})) ELSE {text} END"
    )
    entries = (
        f"CASE WHEN {text} = '' THEN CAST([] AS VARCHAR[]) ELSE string_split({ended}, {entry}) END"
    )
    wrong = f"list_filter({entries}, lambda x: len(string_split(x, {inner})) <> 2)"
    bad = call.fail(
        types.text("Key-value delimiter must appear exactly once in each entry. Bad input: ")
        + f" || list_extract({wrong}, 1)",
        kind,
    )
    empty = call.fail("'delimiter is empty'", kind)
    same = call.fail("'entryDelimiter and keyValueDelimiter must not be the same'", kind)
    parts = f"list_transform({entries}, lambda x: string_split(x, {inner}))"
    pairs = (
        f"list_transform({parts}, lambda x: {{'key': list_extract(x, 1), 'value': list_extract(x,"
        f" 2)}})"
    )
    made = multimap(pairs, kind) if many else checked_entries(call, pairs, kind)
    sql = (
        f"CASE WHEN {text} IS NULL OR {entry} IS NULL OR {inner} IS NULL THEN NULL"
        f" WHEN {entry} = '' OR {inner} = '' THEN {empty} WHEN {entry} = {inner} THEN {same}"
        f" WHEN len({wrong}) > 0 THEN {bad} ELSE {made} END"
    )
    return Value(sql, kind)


def _pairs(call: Call) -> str:
    return f"map_entries({call.sql(0)})"


def _from_entries(call: Call, pairs: str) -> str:
    return f"CASE WHEN {call.sql(0)} IS NULL THEN NULL ELSE map_from_entries({pairs}) END"


FUNCTIONS = {
    "map": _map,
    "map_keys": _keys,
    "map_values": _values,
    "map_entries": _entries,
    "map_filter": _filter,
    "transform_values": _transform_values,
    "transform_keys": _transform_keys,
    "map_from_entries": _map_from_entries,
    "multimap_from_entries": _multimap_from_entries,
    "map_concat": _concat,
    "map_zip_with": _zip_with,
    "split_to_map": _split,
    "split_to_multimap": _split,
}
