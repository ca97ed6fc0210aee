"""JSON. A value of type json is its canonical text: no spaces, keys in order. Source: Trino, "JSON
functions and operators".
"""

from lab.engine import types
from lab.engine.calls import Call
from lab.engine.errors import unsupported
from lab.engine.values import Value


def _path(call: Call) -> str:
    """The steps of a simple path (``$.a.b[0]``, ``$["a b"]``) in DuckDB's writing; what has
    wildcards is refused.
    """
    written = call.args[1].literal
    if not isinstance(written, str):
        raise unsupported(f"{call.name} whose path is no constant", call.node)
    steps = _steps(written)
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
    sql = (
        f"CASE WHEN json_valid({text}) THEN lab_json(CAST(json_extract({text}, {path}) AS"
        f" VARCHAR)) END"
    )
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
    sql = f"CASE WHEN json_valid({text}) THEN json_type({text}) NOT IN ('OBJECT', 'ARRAY') END"
    return Value(sql, types.BOOLEAN)


FUNCTIONS = {
    "json_extract_scalar": _scalar,
    "json_extract": _extract,
    "json_parse": _parse,
    "json_format": lambda call: Value(call.sql(0), types.VARCHAR),
    "json_array_length": _array_length,
    "json_size": _size,
    "is_json_scalar": _is_scalar,
}
