"""Functions that Trino's grammar knows and SHOW FUNCTIONS does not list; each types itself."""

from lab.engine import operators, types
from lab.engine.builtins import arrays, dates, formats, sql_json
from lab.engine.calls import Call
from lab.engine.casts import coerce
from lab.engine.errors import failure
from lab.engine.types import Type
from lab.engine.values import Value


def _nullif(call: Call) -> Value:
    if len(call.args) != 2:
        raise failure(
            "SYNTAX_ERROR", "The 'nullif' function must have exactly two arguments", call.node
        )
    first, second = call.args
    equal = operators.compare("=", first, second, call.node, call.env)
    return Value(f"CASE WHEN {equal.sql} THEN NULL ELSE {first.sql} END", first.type)


def _row(call: Call) -> Value:
    kind = types.row(*((None, argument.type) for argument in call.args))
    names = types.field_names(kind)
    parts = (
        f"{types.text(name)}: {coerce(argument, argument.type).sql}"
        for name, argument in zip(names, call.args, strict=True)
    )
    return Value(f"CAST({{{', '.join(parts)}}} AS {types.duckdb(kind)})", kind)


def _local_timestamp(call: Call) -> Value:
    return Value(f"CAST('{call.env.context.now}' AS TIMESTAMP)", types.timestamp(3))


def _local_time(call: Call) -> Value:
    return Value(f"TIME '{call.env.context.now[11:]}'", types.time(3))


def _current_time(call: Call) -> Value:
    return Value(_local_time(call).sql, Type("time with time zone", (3,), "UTC"))


def _current_schema(call: Call) -> Value:
    return Value(types.text(call.env.context.database), types.VARCHAR)


FUNCTIONS = {
    "$subscript": arrays.FUNCTIONS.pop("$subscript"),
    "nullif": _nullif,
    "row": _row,
    "current_timestamp": dates.FUNCTIONS["now"],
    "localtimestamp": _local_timestamp,
    "localtime": _local_time,
    "current_time": _current_time,
    "current_user": lambda _call: Value("'user'", types.VARCHAR),
    "current_catalog": lambda _call: Value("'awsdatacatalog'", types.VARCHAR),
    "current_schema": _current_schema,
    "format": formats.java_format,
    **sql_json.FUNCTIONS,
}
