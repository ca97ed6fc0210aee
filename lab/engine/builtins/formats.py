"""Values as text by a pattern, and texts with a unit as values. Source: Trino documentation,
"Conversion functions" and "Date and time functions and operators".
"""

from lab.engine import types
from lab.engine.builtins.templates import Function, template
from lab.engine.calls import Call
from lab.engine.casts import cast
from lab.engine.errors import failure, unsupported
from lab.engine.temporal_casts import timestamp_text
from lab.engine.types import Type
from lab.engine.values import Value


def java_format(call: Call) -> Value:
    """``format('%s', ...)`` with the rules of java.util.Formatter."""
    if len(call.args) < 2:
        message = "There must be two or more arguments"
        raise failure("INVALID_FUNCTION_ARGUMENT", message, call.node)
    pattern, values = call.args[0], call.args[1:]
    if pattern.type.name != "varchar":
        raise failure(
            "TYPE_MISMATCH",
            f"Type of first argument to format() must be VARCHAR (actual: {pattern.type})",
            call.node,
        )
    kinds = ",".join(value.type.name for value in values)
    texts = ", ".join(f"CAST({_shown(value, call)} AS VARCHAR)" for value in values)
    bad = call.fail(f"'Invalid format string: ' || {pattern.sql}", types.VARCHAR)
    sql = f"coalesce(lab_format({pattern.sql}, {types.text(kinds)}, [{texts}]), {bad})"
    return Value(f"CASE WHEN {pattern.sql} IS NULL THEN NULL ELSE {sql} END", types.VARCHAR)


def _shown(value: Value, call: Call) -> str:
    match value.type.name:
        case "double" | "real":
            return f"trim(lab_{value.type.name}_json({value.sql}), '\"')"
        case "timestamp":
            return timestamp_text(value.sql, 6)
        case "time" | "timestamp with time zone" | "char":
            raise unsupported(f"format of {value.type}", call.node)
    return cast(value, types.VARCHAR, call.env, call.node).sql


def _read(text: str, message: str, kind: Type) -> Function:
    """What a function in Python reads, and fails where that answers None."""

    def write(call: Call) -> Value:
        source = call.sql(0)
        bad = call.fail(f"{types.text(message)} || {source}", kind)
        sql = f"coalesce({text.format(source)}, {bad})"
        return Value(f"CASE WHEN {source} IS NULL THEN NULL ELSE {sql} END", kind)

    return write


FUNCTIONS = {
    "format_number": template("lab_format_number({0})"),
    "human_readable_seconds": _read(
        "lab_readable_seconds({0})", "Invalid argument found: ", types.VARCHAR
    ),
    "parse_duration": _read(
        "to_milliseconds(lab_duration({0}))", "Invalid duration: ", types.DAY_INTERVAL
    ),
    "parse_data_size": _read("lab_data_size({0})", "Invalid data size: ", types.decimal(38, 0)),
    "parse_presto_data_size": _read(
        "lab_data_size({0})", "Invalid data size: ", types.decimal(38, 0)
    ),
    "to_milliseconds": template("epoch_ms({0})", types.BIGINT),
}
