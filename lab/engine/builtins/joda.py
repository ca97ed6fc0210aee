"""Dates by Joda's patterns. Source: Trino documentation, "Date and time functions and operators",
section "Java date functions".
"""

from lab.engine import literals, types
from lab.engine.builtins.dates import wall_clock
from lab.engine.calls import Call
from lab.engine.errors import unsupported
from lab.engine.temporal_casts import zone_of
from lab.engine.udfs import implementation
from lab.engine.values import Value


def _pattern(call: Call, parsing: bool) -> str:
    written = str(call.constant(1))
    letter = implementation("joda", "unknown_letter")(written, parsing)
    if letter is not None:
        raise unsupported(f"{call.name} with the letter {letter}", call.node)
    return written


def _format(call: Call) -> Value:
    value, pattern = call.args[0], _pattern(call, parsing=False)
    zone = zone_of(value) if value.type.name == "timestamp with time zone" else "UTC"
    if literals.offset_minutes(zone) is None and zone != "UTC" and set("zZ") & set(pattern):
        raise unsupported(f"{call.name} that prints a zone with daylight saving", call.node)
    sql = f"lab_joda_format({wall_clock(value)}, {types.text(pattern)}, {types.text(zone)})"
    return Value(sql, types.VARCHAR)


def _parse(call: Call) -> Value:
    """The value has the zone that the text names; of a column's texts each may name another."""
    pattern, text = _pattern(call, parsing=True), call.sql(0)
    zone: str | None = "UTC"
    if set("zZ") & set(pattern.replace("''", "")):
        literal = call.args[0].literal
        zone = None if literal is None else _zone_in(str(literal))
    kind = types.timestamp_tz(3, zone)
    bad = call.fail(f"'Invalid format: \"' || {text} || '\"'", kind)
    parsed = (
        f"timezone('UTC', date_trunc('millisecond', lab_joda_parse({text}, {types.text(pattern)})))"
    )
    sql = f"CASE WHEN {text} IS NULL THEN NULL ELSE coalesce({parsed}, {bad}) END"
    return Value(sql, kind)


def _zone_in(text: str) -> str:
    """The offset at the end of a text, as a zone."""
    tail = text.strip()[-6:]
    for sign in "+-":
        if sign in tail:
            digits = tail[tail.index(sign) + 1 :].replace(":", "")
            if len(digits) == 4 and digits.isdigit():
                zone = f"{sign}{digits[:2]}:{digits[2:]}"
                return "UTC" if digits == "0000" else zone
    return "UTC"


FUNCTIONS = {
    "format_datetime": _format,
    "parse_datetime": _parse,
}
