"""CAST from JSON and to JSON. A value of type json is its canonical text.

Source: Trino documentation, "JSON functions and operators", sections "Cast to JSON" and "Cast from
JSON".
"""

from lab.engine import types
from lab.engine.errors import failure, unsupported
from lab.engine.types import Type
from lab.engine.values import Env, Value

MAP_KEYS = ("varchar", "boolean", "double", "real", "decimal", *types.INTEGERS)


def to_json(sql: str, kind: Type, env: Env, depth: int = 0) -> str:  # noqa: PLR0911  one return per kind
    """SQL for the JSON of a value; NULL stays NULL."""
    match kind.name:
        case "json" | "unknown":
            return f"CAST({sql} AS VARCHAR)"
        case "boolean" | "tinyint" | "smallint" | "integer" | "bigint":
            return f"CAST({sql} AS VARCHAR)"
        case "double" | "real":
            return f"lab_{kind.name}_json({sql})"
        case "decimal":
            return _text(sql, kind, env)
        case "varchar":
            return f"CAST(to_json({sql}) AS VARCHAR)"
        case "date" | "timestamp" | "timestamp with time zone" | "uuid":
            return f"""('"' || {_text(sql, kind, env)} || '"')"""
        case "array":
            x = f"j{depth}"
            inner = to_json(x, kind.element, env, depth + 1)
            items = f"list_transform({sql}, lambda {x}: coalesce({inner}, 'null'))"
            return f"('[' || array_to_string({items}, ',') || ']')"
        case "map":
            return _map_to_json(sql, kind, env, depth)
        case "row":
            return _row_to_json(sql, kind, env, depth)
    raise unsupported(f"CAST of {kind} to json")


def _text(sql: str, kind: Type, env: Env) -> str:
    from lab.engine.casts import cast

    return cast(Value(sql, kind), types.VARCHAR, env).sql


def _map_to_json(sql: str, kind: Type, env: Env, depth: int) -> str:
    key, value = kind.args
    if key.name not in MAP_KEYS:
        raise failure("TYPE_MISMATCH", f"Cannot cast {kind} to json")
    x = f"j{depth}"
    shown = _text(f"{x}.key", key, env)
    inner = to_json(f"{x}.value", value, env, depth + 1)
    pairs = (
        f"list_transform(map_entries({sql}), lambda {x}: {{'k': {shown}, 'v': coalesce({inner},"
        f" 'null')}})"
    )
    members = (
        f"list_transform(list_sort({pairs}), lambda {x}: CAST(to_json({x}.k) AS VARCHAR) || ':'"
        f" || {x}.v)"
    )
    return f"('{{' || array_to_string({members}, ',') || '}}')"


def _row_to_json(sql: str, kind: Type, env: Env, depth: int) -> str:
    parts = []
    for place, (inner, (name, of)) in enumerate(
        zip(types.field_names(kind), kind.args, strict=True)
    ):
        value = to_json(f"struct_extract({sql}, {types.text(inner)})", of, env, depth)
        label = f"{',' if place else ''}CAST(to_json({types.text(name or '')}) AS VARCHAR)"
        comma = "',' || " if place else ""
        parts.append(f"{comma}{label.lstrip(',')} || ':' || coalesce({value}, 'null')")
    return f"CASE WHEN {sql} IS NULL THEN NULL ELSE '{{' || {' || '.join(parts)} || '}}' END"


def cast_to_json(value: Value, _target: Type, env: Env) -> str:
    return to_json(value.sql, value.type, env)


def from_json(sql: str, target: Type, env: Env, depth: int = 0) -> str:
    """SQL for the value of ``target`` that a JSON text stands for. ``null`` is NULL."""
    match target.name:
        case "json":
            return sql
        case "array":
            return _array_from_json(sql, target, env, depth)
        case "map":
            return _map_from_json(sql, target, env, depth)
        case "row":
            return _row_from_json(sql, target, env, depth)
    return _scalar_from_json(sql, target, env)


def wrong(sql: str, target: Type, expected: str, env: Env) -> str:
    message = f"'Cannot cast to {target}. {expected}' || {sql}"
    return env.fail("INVALID_CAST_ARGUMENT", message, target)


def _structured(sql: str, kind: str, good: str, target: Type, env: Env) -> str:
    bad = wrong(sql, target, f"Expected a json {kind.lower()}, but got ", env)
    return (
        f"CASE WHEN {sql} IS NULL OR {sql} = 'null' THEN NULL"
        f" WHEN json_type({sql}) = '{kind}' THEN {good} ELSE {bad} END"
    )


def _array_from_json(sql: str, target: Type, env: Env, depth: int) -> str:
    x = f"j{depth}"
    inner = from_json(x, target.element, env, depth + 1)
    good = f"list_transform(lab_json_items({sql}), lambda {x}: {inner})"
    return _structured(sql, "ARRAY", good, target, env)


def _map_from_json(sql: str, target: Type, env: Env, depth: int) -> str:
    from lab.engine.casts import cast

    key, value = target.args
    if key.name not in MAP_KEYS:
        raise failure("TYPE_MISMATCH", f"Cannot cast json to {target}")
    x = f"j{depth}"
    keys = (
        f"list_transform(lab_json_keys({sql}), lambda {x}:"
        f" {cast(Value(x, types.VARCHAR), key, env).sql})"
    )
    values = (
        f"list_transform(lab_json_values({sql}), lambda {x}: {from_json(x, value, env, depth + 1)})"
    )
    return _structured(sql, "OBJECT", f"map({keys}, {values})", target, env)


def _row_from_json(sql: str, target: Type, env: Env, depth: int) -> str:
    parts = []
    for place, (inner, (name, of)) in enumerate(
        zip(types.field_names(target), target.args, strict=True)
    ):
        text = f"lab_json_field({sql}, {types.text(f'{place}:{name or inner}')})"
        parts.append(f"{types.text(inner)}: {from_json(text, of, env, depth)}")
    bad = wrong(sql, target, "Expected a json array or object, but got ", env)
    size = f"json_type({sql}) = 'ARRAY' AND json_array_length({sql}) <> {len(target.args)}"
    return (
        f"CASE WHEN {sql} IS NULL OR {sql} = 'null' THEN NULL WHEN {size} OR json_type({sql}) NOT"
        " IN"
        f" ('ARRAY', 'OBJECT') THEN {bad} ELSE {{{', '.join(parts)}}} END"
    )


def scalar_text(sql: str, target: Type, env: Env) -> str:
    """A scalar as varchar: a string without its quotes, a double in the form 1.0E0."""
    kind = f"json_type({sql})"
    bad = wrong(sql, target, "Unexpected token when cast to varchar: ", env)
    return (
        f"CASE WHEN {sql} IS NULL OR {kind} = 'NULL' THEN NULL"
        f" WHEN {kind} IN ('OBJECT', 'ARRAY') THEN CAST({bad} AS VARCHAR)"
        f" WHEN {kind} = 'VARCHAR' THEN json_extract_string({sql}, '$')"
        f" WHEN regexp_matches({sql}, '^-?[0-9]+$') THEN {sql}"
        f" WHEN {kind} = 'DOUBLE' THEN lab_double_text(CAST({sql} AS DOUBLE)) ELSE {sql} END"
    )


def _scalar_from_json(sql: str, target: Type, env: Env) -> str:
    from lab.engine.casts import cast

    text = Value(scalar_text(sql, target, env), types.VARCHAR)
    if target.name == "varchar":
        return cast(text, target, env).sql
    if target.name in ("date", "timestamp"):
        return cast(text, target, env).sql
    if not (target.is_numeric or target.name == "boolean"):
        raise unsupported(f"CAST of json to {target}")
    kind = f"json_type({sql})"
    duck = types.duckdb(target)
    plain = cast(text, target, env).sql
    number = f"CAST({sql} AS DOUBLE)"
    if target.is_integer:
        of_double = cast(Value(number, types.DOUBLE), target, env).sql
    elif target.name == "decimal":
        bad = wrong(sql, target, "Out of range: ", env)
        of_double = plain = f"coalesce(TRY_CAST({text.sql} AS {duck}), {bad})"
    elif target.name == "boolean":
        of_double = f"({number} <> 0)"
        plain = f"CASE WHEN {kind} IN ('BIGINT', 'UBIGINT') THEN {of_double} ELSE {plain} END"
    else:
        of_double = f"CAST({sql} AS {duck})"
    from_boolean = f"CAST(CAST({sql} AS BOOLEAN) AS {duck})"
    return (
        f"CASE WHEN {kind} = 'DOUBLE' THEN {of_double} WHEN {kind} = 'BOOLEAN' THEN {from_boolean}"
        f" WHEN {kind} = 'NULL' OR {sql} IS NULL THEN NULL ELSE {plain} END"
    )


def cast_from_json(value: Value, target: Type, env: Env) -> str:
    return from_json(value.sql, target, env)
