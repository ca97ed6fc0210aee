"""CAST between dates, times and timestamps, and to their text: rounded half up to the precision
asked for, on the clock of the value's zone. Source: Trino documentation, "Conversion functions".
"""

from lab.engine import literals, types
from lab.engine.errors import unsupported
from lab.engine.text_casts import limited, rounded_time, rounded_timestamp
from lab.engine.types import Type
from lab.engine.values import Env, Value


def timestamp_text(sql: str, precision: int) -> str:
    digits = f" || '.' || left(strftime({sql}, '%f'), {precision})" if precision else ""
    return f"(strftime({sql}, '%Y-%m-%d %H:%M:%S'){digits})"


def timestamp_to_text(value: Value, target: Type, env: Env) -> str:
    return limited(timestamp_text(value.sql, value.type.args[0]), target, env)


def zone_of(value: Value) -> str:
    """The zone that all values of this expression have. NOT_SUPPORTED when they may differ."""
    if value.type.zone is None:
        raise unsupported("a timestamp whose zone depends on the row")
    return value.type.zone


def zoned_to_text(value: Value, target: Type, env: Env) -> str:
    zone = zone_of(value)
    shown = timestamp_text(literals.local(value.sql, zone), value.type.args[0])
    return limited(f"({shown} || {types.text(' ' + zone)})", target, env)


def zoned_to_date(value: Value, _target: Type, _env: Env) -> str:
    return f"CAST({literals.local(value.sql, zone_of(value))} AS DATE)"


def zoned_to_timestamp(value: Value, target: Type, _env: Env) -> str:
    plain = literals.local(value.sql, zone_of(value))
    narrower = target.args[0] < value.type.args[0]
    return rounded_timestamp(plain, target.args[0]) if narrower else plain


def timestamp_to_zoned(value: Value, target: Type, _env: Env) -> str:
    plain = f"CAST({value.sql} AS TIMESTAMP)"
    if value.type.args and target.args[0] < value.type.args[0]:
        plain = rounded_timestamp(plain, target.args[0])
    return literals.at_zone(plain, target.zone or "UTC")


def time_to_timestamp(value: Value, target: Type, env: Env) -> str:
    """At the day on which the statement began."""
    plain = f"(DATE '{env.context.now[:10]}' + {value.sql})"
    if target.args[0] < value.type.args[0]:
        plain = rounded_timestamp(plain, target.args[0])
    zoned = target.name == "timestamp with time zone"
    return literals.at_zone(plain, target.zone or "UTC") if zoned else plain


def timestamp_to_timestamp(value: Value, target: Type, _env: Env) -> str:
    if target.args[0] < value.type.args[0]:
        return rounded_timestamp(value.sql, target.args[0])
    return value.sql


def time_to_text(value: Value, target: Type, env: Env) -> str:
    digits = value.type.args[0]
    shown = f"strftime(DATE '1970-01-01' + {value.sql}, '%H:%M:%S.%f')"
    return limited(f"left({shown}, {9 + digits if digits else 8})", target, env)


def timestamp_to_time(value: Value, target: Type, _env: Env) -> str:
    plain = value.sql
    if value.type.name == "timestamp with time zone":
        plain = literals.local(plain, zone_of(value))
    return rounded_time(f"CAST({plain} AS TIME)", target.args[0])


def time_to_time(value: Value, target: Type, _env: Env) -> str:
    wider = target.args[0] >= value.type.args[0]
    return value.sql if wider else rounded_time(value.sql, target.args[0])


def zoned_to_zoned(value: Value, target: Type, _env: Env) -> str:
    if target.args[0] >= value.type.args[0]:
        return value.sql
    plain = rounded_timestamp(literals.local(value.sql, "UTC"), target.args[0])
    return literals.at_zone(plain, "UTC")
