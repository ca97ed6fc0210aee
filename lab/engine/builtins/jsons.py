"""JSON. A value of type json is its text without spaces; the keys of what json_parse reads are in
order, those of what json_extract finds in a text are as they are written. Source: Trino, "JSON
functions and operators".
"""

from lab.engine import types
from lab.engine.calls import Call
from lab.engine.errors import failure, unsupported
from lab.engine.values import Value


def _path(call: Call) -> str:
    """The steps of a simple path (``$.a.b[0]``, ``$["a b"]``) in DuckDB's writing; what has
    wildcards is refused.
    """
    written = call.args[1].literal
    if not isinstance(written, str):
        raise unsupported(f"{call.name} whose path is no constant", call.node)
    steps = _steps(written)
    invalid = not written.startswith("$") or any(mark in written for mark in ("*", "..", "?("))
    if steps is None and (invalid or written.count("[") != written.count("]")):
        raise failure("INVALID_FUNCTION_ARGUMENT", f"Invalid JSON path: '{written}'", call.node)
    if steps is None:
        raise unsupported(f"the JSON path {written!r}", call.node)
    return types.text("$" + "".join(steps))


def _steps(written: str) -> list[str] | None:
    if not written.startswith("$"):
        return None
    rest, steps = written[1:], []
    while rest:
        if rest.startswith("["):
            end = rest.find("]")
            inside, rest = rest[1:end], rest[end + 1 :]
            name = inside[1:-1]
            if inside.isdigit():
                steps.append(f"[{inside}]")
            elif len(inside) > 2 and inside[0] == inside[-1] == '"' and '"' not in name:
                steps.append(f'."{name}"')
            else:
                return None
        elif rest.startswith("."):
            end = min((place for c in ".[" if (place := rest.find(c, 1)) > 0), default=len(rest))
            name, rest = rest[1:end], rest[end:]
            if not name or any(c in name for c in '*?"'):
                return None
            steps.append(f'."{name}"')
        else:
            return None
    return steps


def _scalar(call: Call) -> Value:
    text, path = call.sql(0), _path(call)
    kind = types.VARCHAR if call.args[0].type.name == "json" else call.args[0].type
    # A number is given as it is written: DuckDB would say 12.5 for 12.50.
    sql = (
        f"CASE WHEN NOT json_valid({text}) THEN NULL"
        f" WHEN json_type({text}, {path}) IN ('OBJECT', 'ARRAY', 'NULL') THEN NULL"
        f" WHEN json_type({text}, {path}) = 'DOUBLE' THEN lab_json_number({text}, {path})"
        f" ELSE json_extract_string({text}, {path}) END"
    )
    return Value(sql, kind)


def _extract(call: Call) -> Value:
    text, path = call.sql(0), _path(call)
    found = f"CAST(json_extract({text}, {path}) AS VARCHAR)"
    sql = f"CASE WHEN json_valid({text}) THEN lab_json_as_written({found}) END"
    return Value(sql, types.JSON)


def _parse(call: Call) -> Value:
    bad = call.fail(f"'Cannot convert value to JSON: ''' || {call.sql(0)} || ''''", types.JSON)
    sql = (
        f"CASE WHEN {call.sql(0)} IS NULL THEN NULL ELSE coalesce(lab_json({call.sql(0)}),"
        f" {bad}) END"
    )
    return Value(sql, types.JSON)


def _array_length(call: Call) -> Value:
    text = call.sql(0)
    sql = (
        f"CASE WHEN json_valid({text}) AND json_type({text}) = 'ARRAY' THEN"
        f" CAST(json_array_length({text}) AS BIGINT) END"
    )
    return Value(sql, types.BIGINT)


def _size(call: Call) -> Value:
    text, path = call.sql(0), _path(call)
    sql = (
        f"CASE WHEN NOT json_valid({text}) THEN NULL ELSE CASE json_type({text}, {path})"
        f" WHEN 'ARRAY' THEN CAST(json_array_length({text}, {path}) AS BIGINT)"
        f" WHEN 'OBJECT' THEN CAST(len(json_keys({text}, {path})) AS BIGINT)"
        f" ELSE CASE WHEN json_type({text}, {path}) IS NULL THEN NULL ELSE CAST(0 AS"
        f" BIGINT) END END END"
    )
    return Value(sql, types.BIGINT)


def _is_scalar(call: Call) -> Value:
    text = call.sql(0)
    bad = call.fail(f"'Invalid JSON value: ' || {text}", types.BOOLEAN)
    sql = (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN json_valid({text}) THEN json_type({text}) NOT IN"
        f" ('OBJECT', 'ARRAY') ELSE {bad} END"
    )
    return Value(sql, types.BOOLEAN)


def _array_get(call: Call) -> Value:
    """An element from either end; a string comes without its quotes, which is no JSON."""
    text, place = call.sql(0), call.sql(1)
    items = f"lab_json_items({text})"
    after = f"least({place}, {2**62}) + 1"
    found = f"list_extract({items}, CASE WHEN {place} < 0 THEN {place} ELSE {after} END)"
    sql = (
        f"CASE WHEN NOT json_valid({text}) OR {found} = 'null' THEN NULL"
        f" WHEN left({found}, 1) = '\"' THEN json_extract_string({found}, '$') ELSE {found} END"
    )
    return Value(sql, types.JSON)


def _array_contains(call: Call) -> Value:
    """Whether a scalar is in an array; NULL when the text is no array."""
    text, wanted = call.sql(0), call.args[1]
    match wanted.type.name:
        case "varchar":
            test = f"left(x, 1) = '\"' AND json_extract_string(x, '$') = {wanted.sql}"
        case "boolean":
            test = f"x = CASE WHEN {wanted.sql} THEN 'true' ELSE 'false' END"
        case "bigint":
            test = f"regexp_matches(x, '^-?[0-9]+$') AND TRY_CAST(x AS BIGINT) = {wanted.sql}"
        case _:
            test = (
                "NOT regexp_matches(x, '^-?[0-9]+$') AND left(x, 1) <> '\"' AND TRY_CAST(x AS"
                f" DOUBLE) = {wanted.sql}"
            )
    sql = (
        f"CASE WHEN {wanted.sql} IS NULL THEN NULL WHEN json_valid({text}) AND json_type({text}) ="
        f" 'ARRAY' THEN len(list_filter(lab_json_items({text}), lambda x: {test})) > 0 END"
    )
    return Value(sql, types.BOOLEAN)


FUNCTIONS = {
    "json_extract_scalar": _scalar,
    "json_extract": _extract,
    "json_array_get": _array_get,
    "json_array_contains": _array_contains,
    "json_parse": _parse,
    "json_format": lambda call: Value(call.sql(0), types.VARCHAR),
    "json_array_length": _array_length,
    "json_size": _size,
    "is_json_scalar": _is_scalar,
}
