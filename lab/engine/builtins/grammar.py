"""Functions that Trino's grammar knows and SHOW FUNCTIONS does not list; each types itself."""

from lab.engine import operators, types
from lab.engine.builtins import arrays, dates
from lab.engine.calls import Call
from lab.engine.casts import coerce
from lab.engine.errors import failure
from lab.engine.values import Value


def _nullif(call: Call) -> Value:
    if len(call.args) != 2:
        raise failure(
            "SYNTAX_ERROR", "The 'nullif' function must have exactly two arguments", call.node
        )
    first, second = call.args
    equal = operators.compare("=", first, second, call.node)
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


FUNCTIONS = {
    "$subscript": arrays.FUNCTIONS.pop("$subscript"),
    "nullif": _nullif,
    "row": _row,
    "current_timestamp": dates.FUNCTIONS["now"],
    "localtimestamp": _local_timestamp,
}
